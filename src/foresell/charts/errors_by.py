"""Where the errors are: by step of the horizon, by segment, by fold, and how they are spread."""

from typing import Any, Literal

import altair as alt
import numpy as np
import polars as pl

from foresell.charts.axes import End, end_labels, value_axis, value_domain
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
    GRID,
    INK,
    NUMBER_LABEL,
    PAPER,
    PERCENT_LABEL,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
)

ROW_HEIGHT = 27


def error_by_step(
    by_step: pl.DataFrame, *, champion: str, baseline: str = "", width: int = 960
) -> Spec:
    """Draw WAPE against the step of the horizon, a line per candidate, labelled at its end.

    ``by_step``: ``candidate``, ``step`` (1 is the first period after the cutoff), ``wape`` (a
    share). ``champion`` gets the accent, ``baseline`` the strong grey, others the faint one.

    A missing column is a DataError.
    """
    require(by_step, ["candidate", "step", "wape"], "error by step")
    rows = by_step.select("candidate", "step", "wape").drop_nulls().sort("candidate", "step")
    if rows.is_empty():
        return nothing("No error by step to draw.", width)
    narrow = width < 600
    box = Box(
        width=width,
        height=250 if narrow else 330,
        left=44,
        right=130 if narrow else 150,
        bottom=44,
    )
    domain = value_domain(rows["wape"].to_list(), zero=True)
    others = sorted(set(rows["candidate"].to_list()) - {champion, baseline})
    layers: list[Layers] = []
    ends: list[End] = []
    low, high = int(rows["step"].to_numpy().min()), int(rows["step"].to_numpy().max())
    for name in [*others, baseline, champion]:
        line = rows.filter(pl.col("candidate") == name)
        if line.is_empty():
            continue
        color, stroke = _color(name, champion, baseline), 3.0 if name == champion else 1.6
        layers.append(
            alt
            .Chart(inline(line))
            .mark_line(
                color=color,
                strokeWidth=stroke,
                point={"color": color, "opacity": 1} if line.height == 1 else False,
            )
            .encode(
                x=_step_axis(low, high, narrow=narrow),
                y=value_axis("wape", domain, label=PERCENT_LABEL),
            )
        )
        ink = color if color != FAINT else BASE
        ends.append(
            End(
                text=_short(name, 18 if narrow else 20),
                value=line["wape"][-1],
                color=ink,
                bold=name == champion,
            )
        )
    return finished([*layers, *end_labels(ends, high, domain, box.inner_height)], box)


def _step_axis(low: int, high: int, *, narrow: bool) -> alt.X:
    """Return the x channel of the steps ``low`` to ``high``."""
    return alt.X(
        "step:Q",
        scale=alt.Scale(domain=[low, max(high, low + 1)], nice=False),
        axis=alt.Axis(
            grid=False,
            domain=True,
            domainColor=GRID,
            ticks=True,
            tickColor=GRID,
            tickSize=4,
            values=_step_ticks(low, high, 5 if narrow else 10),
        ),
    )


def _step_ticks(low: int, high: int, at_most: int) -> list[int]:
    """Return the first step and then round ones, at most ``at_most`` + 1 in all."""
    every = next(size for size in (1, 2, 5, 10, 20, 50, 100, 1000) if high / size <= at_most)
    return [low, *range((low // every + 1) * every, high + 1, every)]


def dumbbells(
    rows: pl.DataFrame,
    *,
    champion: str,
    baseline: str,
    limit: float,
    left: int = 90,
    width: int = 460,
) -> Spec:
    """Draw one line per segment value: the champion's WAPE, the baseline's, others faint.

    ``rows``: ``value`` (the segment), ``candidate``, ``wape``; drawn in the order the values come
    in. ``limit`` is the right end of the axis, ``left`` the margin of
    the labels in pixels: several charts that share both line up.

    A missing column is a DataError.
    """
    require(rows, ["value", "candidate", "wape"], "error by segment")
    wide = _pivoted(rows, champion, baseline)
    if wide.is_empty():
        return nothing("No segments to compare.", width)
    box = Box(
        width=width,
        height=wide.height * ROW_HEIGHT + 36,
        left=left,
        right=30,
        top=6,
        bottom=30,
    )
    y = alt.Y(
        "value:N",
        sort=None,
        scale=alt.Scale(domain=wide["value"].to_list()),
        axis=alt.Axis(grid=True, labelLimit=box.left - 10, labelColor=INK),
    )
    scale = alt.Scale(domain=[0, limit], nice=False)
    axis = alt.Axis(tickCount=4, labelExpr=PERCENT_LABEL, grid=False)

    def dots(field: str, **how: Any) -> Layers:
        mark: alt.Chart = alt.Chart(inline(wide.drop_nulls(field))).mark_point(opacity=1, **how)
        return mark.encode(x=alt.X(f"{field}:Q", scale=scale, axis=axis), y=y)

    layers: list[Layers] = []
    if "baseline" in wide.columns:
        link = alt.Chart(inline(wide.drop_nulls())).mark_rule(color=BASE, strokeWidth=2)
        layers.append(
            link.encode(x=alt.X("champion:Q", scale=scale, axis=axis), x2="baseline:Q", y=y)
        )
        layers.append(dots("baseline", size=60, filled=True, color=BASE))
    layers.append(dots("champion", size=100, filled=True, color=ACCENT))
    return finished([*layers, *_numbers(wide, y, scale, axis)], box)


def _numbers(wide: pl.DataFrame, y: alt.Y, scale: alt.Scale, axis: alt.Axis) -> list[Layers]:
    """Return the champion's share as text, on the side of its dot that the link leaves free."""
    behind = (
        pl.col("champion") > pl.col("baseline")
        if "baseline" in wide.columns
        else pl.lit(value=True)
    )
    text = wide.with_columns(
        text=pl.col("champion").map_elements(lambda share: f"{100 * share:.1f}", pl.String),
        behind=behind.fill_null(value=True),
    )
    layers: list[Layers] = []
    sides: tuple[tuple[bool, Literal["left", "right"], int], ...]
    sides = ((True, "left", 9), (False, "right", -9))
    for side, align, dx in sides:
        part = text.filter(pl.col("behind") == side).drop_nulls("champion")
        if not part.is_empty():
            mark = alt.Chart(inline(part)).mark_text(
                align=align, dx=dx, baseline="middle", color=ACCENT, fontWeight="bold"
            )
            layers.append(
                mark.encode(
                    x=alt.X("champion:Q", scale=scale, axis=axis), y=y, text=alt.Text("text:N")
                )
            )
    return layers


def _pivoted(rows: pl.DataFrame, champion: str, baseline: str) -> pl.DataFrame:
    """Return ``value``, ``champion`` and, where it is among the rows, ``baseline``."""
    order = rows.select(pl.col("value").cast(pl.String)).unique(maintain_order=True)
    wide = order
    for name, column in ((champion, "champion"), (baseline, "baseline")):
        part = rows.filter(pl.col("candidate") == name).select(
            pl.col("value").cast(pl.String), pl.col("wape").alias(column)
        )
        if column == "champion" or not part.is_empty():
            wide = wide.join(part, on="value", how="left", maintain_order="left")
    return wide.drop_nulls("champion")


def spread_of_errors(errors: pl.Series, *, bins: int = 41, width: int = 460) -> Spec:
    """Draw how often each size of error happened; the outer bars hold all that lies beyond.

    ``errors``: forecast less truth, in any unit, nulls left out. Half the bins lie below zero.
    """
    known = errors.drop_nulls().drop_nans().to_numpy().astype(np.float64)
    if known.size == 0:
        return nothing("No errors to draw.", width)
    reach = float(np.quantile(np.abs(known), 0.98)) or 1.0
    edges = np.linspace(-reach, reach, bins + 1)
    counts, _ = np.histogram(np.clip(known, -reach, reach), edges)
    frame = pl.DataFrame({
        "low": edges[:-1],
        "high": edges[1:],
        "share": counts / known.size,
        "zero": np.zeros(bins),
    })
    box = Box(width=width, height=240, left=44)
    top = value_domain(frame["share"].to_list(), zero=True)
    bars = (
        alt
        .Chart(inline(frame))
        .mark_rect(color=ACCENT, opacity=0.8, stroke=PAPER, strokeWidth=1)
        .encode(
            x=alt.X(
                "low:Q",
                scale=alt.Scale(domain=[-reach, reach], nice=False),
                axis=alt.Axis(grid=False, tickCount=5, labelExpr=NUMBER_LABEL),
            ),
            x2="high:Q",
            y=value_axis("share", top, label=PERCENT_LABEL),
            y2="zero:Q",
        )
    )
    middle = alt.Chart(inline(pl.DataFrame({"low": [0.0]}))).mark_rule(color=INK).encode(x="low:Q")
    return finished([bars, middle], box)


def _color(name: str, champion: str, baseline: str) -> str:
    """Return the token of a candidate."""
    return ACCENT if name == champion else BASE if name == baseline else FAINT


def _short(name: str, most: int) -> str:
    """Return ``name``, cut where it would run out of the margin."""
    return name if len(name) <= most else name[: most - 1] + "…"
