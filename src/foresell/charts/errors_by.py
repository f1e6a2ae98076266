"""Where the errors are: by step of the horizon, by segment, by fold, and how they are spread."""

import altair as alt
import numpy as np
import polars as pl

from foresell.charts.axes import End, end_labels, value_axis, value_domain
from foresell.charts.placed import ticks
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
NUMBER_WIDTH = 46  # of one of the two columns of numbers beside the dots
_BESIDE = 138  # room of the longest name beside its line where a chart is narrow


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
        right=_BESIDE if narrow else 176,
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
                text=_short(name, 18 if narrow else 26),
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
    """Draw one line per segment value: the champion's WAPE and the baseline's, as dots and numbers.

    ``rows``: ``value`` (the segment), ``candidate``, ``wape``; drawn in the order the values come
    in. ``limit`` is the right end of the axis: a larger error is a triangle there, beside its
    number. ``left`` is the margin of the labels in pixels: charts that share both line up.

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
        right=2 * NUMBER_WIDTH + 14,
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
    few = min(max(1, int(box.inner_width / 46)), 5)  # so that labels do not run into each other
    axis = alt.Axis(
        values=ticks(0.0, limit, few), labelExpr=PERCENT_LABEL, labelFlush=False, grid=False
    )

    drawn = wide.with_columns(pl.col(pl.Float64).clip(upper_bound=limit))

    def dots(field: str, size: int, color: str) -> list[Layers]:
        layers: list[Layers] = []
        for far, shape in ((False, "circle"), (True, "triangle-right")):
            part = drawn.filter((wide[field] > limit) == far)
            if not part.is_empty():
                mark = alt.Chart(inline(part)).mark_point(
                    opacity=1, filled=True, size=size, color=color, shape=shape
                )
                layers.append(mark.encode(x=alt.X(f"{field}:Q", scale=scale, axis=axis), y=y))
        return layers

    layers: list[Layers] = []
    if "baseline" in wide.columns:
        link = alt.Chart(inline(drawn.drop_nulls())).mark_rule(color=BASE, strokeWidth=2)
        layers.append(
            link.encode(x=alt.X("champion:Q", scale=scale, axis=axis), x2="baseline:Q", y=y)
        )
        layers += dots("baseline", 60, BASE)
    layers += dots("champion", 100, ACCENT)
    return finished([*layers, *_numbers(wide, y, box.inner_width)], box)


def _numbers(wide: pl.DataFrame, y: alt.Y, edge: int) -> list[Layers]:
    """Return both shares in percent, in columns right of ``edge``, where no dot can lie."""
    layers: list[Layers] = []
    for place, (field, color) in enumerate((("champion", ACCENT), ("baseline", BASE)), start=1):
        if field in wide.columns:
            text = pl.col(field).map_elements(_in_percent, return_dtype=pl.String)
            part = wide.select("value", text=text).drop_nulls()
            mark = alt.Chart(inline(part)).mark_text(
                align="right",
                x=edge + 10 + place * NUMBER_WIDTH,
                baseline="middle",
                color=color,
                fontWeight="bold" if color == ACCENT else "normal",
            )
            layers.append(mark.encode(y=y, text=alt.Text("text:N")))
    return layers


def _in_percent(share: float) -> str:
    """Return a share in percent, without its sign and no longer than six characters or so."""
    percent = 100 * share
    return f"{percent:.1f}" if percent < 100 else f"{percent:,.0f}" if percent < 1e5 else ">99,999"


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


def spread_of_errors(
    errors: pl.Series, *, shares: bool = False, bins: int = 41, width: int = 460
) -> Spec:
    """Draw how often each size of error happened; the outer bars hold all that lies beyond.

    ``errors``: forecast less truth, in any unit, nulls left out; labelled as percent where they
    are ``shares``. Half the bins lie below zero.
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
        .mark_rect(color=ACCENT, opacity=1, stroke=PAPER, strokeWidth=1)
        .encode(
            x=alt.X(
                "low:Q",
                scale=alt.Scale(domain=[-reach, reach], nice=False),
                axis=alt.Axis(
                    grid=False, tickCount=5, labelExpr=PERCENT_LABEL if shares else NUMBER_LABEL
                ),
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
