"""What the gate found, run after run: the share of rows it set aside, and the rules they broke."""

from collections.abc import Sequence

import altair as alt
import polars as pl

from foresell.charts.placed import placed_rule, placed_text
from foresell.charts.theme import (
    BASE,
    FAINT,
    GRID,
    INK,
    MUTED,
    PERCENT_LABEL,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
    text_width,
)

_TOLD = ("label", "said", "checked", "share", "allowed", "aside", "passed")  # of a run
_LEAST = 2  # runs that make a history
_PITCH = 11  # pixels that a run takes at least
_LABEL = 96  # pixels that the day of a run takes
_ROW = 28  # pixels of a rule
_MOST_RULES = 10
_WIDEST, _SMALLEST, _LARGEST = 20, 14, 480  # of a bar in pixels; of a dot in square pixels
_FEW = "One run so far: from the second one on they stand side by side here."


def set_aside(runs: pl.DataFrame, *, width: int = 760) -> Spec:
    """Draw the share of rows that each run set aside, and how many may be.

    ``runs``: ``label`` (its day), ``said`` (day and time), ``checked`` (rows held against every
    rule), ``share`` (of these, those that broke one), ``allowed`` (as a share), ``aside`` (rows set
    aside), ``passed``, in time order. Where all do not fit, the newest are drawn.
    The bar of a run that was stopped is dark. The line of what is allowed, that of the last run, is
    left out where it is far above all bars.

    A missing column is a DataError.
    """
    require(runs, list(_TOLD), "rows set aside")
    if runs.height < _LEAST:
        return nothing(_FEW, width)
    box = Box(width=width, height=218, left=52, right=12, top=24, bottom=34)
    drawn = _newest(runs, box)
    allowed, highest = float(drawn["allowed"][-1]), float(drawn["share"].max())  # type: ignore[arg-type]
    near = 0 < allowed <= 4 * highest or highest == 0
    top = 1.12 * max(highest, allowed if near else 0.0) or 0.01
    x = _x(drawn.height)
    y = alt.Y(
        "share:Q",
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(tickCount=3, labelExpr=PERCENT_LABEL),
    )
    told = [
        alt.Tooltip("said:N", title="run"),
        alt.Tooltip("aside:Q", title="rows set aside", format=","),
        alt.Tooltip("checked:Q", title="rows checked", format=","),
        alt.Tooltip("share:Q", title="of these broke a rule", format=".3~%"),
    ]
    thick = min(_WIDEST, 0.66 * box.inner_width / drawn.height)
    feet = alt.Chart(inline(drawn.select("step"))).mark_point(
        color=FAINT, filled=True, opacity=1, size=14, y=box.inner_height
    )
    layers: list[Layers] = [feet.encode(x=x)]
    for passed, color in ((True, BASE), (False, INK)):
        own = drawn.filter(pl.col("passed") == passed).with_columns(zero=pl.lit(0.0))
        bars = alt.Chart(inline(own.drop("label", "allowed"))).mark_bar(color=color, width=thick)
        layers.append(bars.encode(x=x, y=y, y2="zero:Q", tooltip=told))
    if near and allowed > 0:
        layers += _limit(allowed, top, box)
    return finished([*layers, *_days(drawn["label"].to_list(), box)], box)


def rules_broken(counts: pl.DataFrame, *, width: int = 760) -> Spec:
    """Draw how many rows broke each rule in each run, as dots by area; the last count as a number.

    ``counts``: ``rule``, ``run`` (0 and on, in time order), ``label`` (its day), ``said`` (day and
    time), ``broken`` (rows), one row for each rule in each run. Rules from the top as they come,
    ten at most; where all runs do not fit, the newest are drawn.

    A missing column is a DataError.
    """
    require(counts, ["rule", "run", "label", "said", "broken"], "rules broken")
    rules = counts["rule"].unique(maintain_order=True).to_list()[:_MOST_RULES]
    runs = counts.select("run", "label").unique("run", maintain_order=True)
    if runs.height < _LEAST:
        return nothing(_FEW, width)
    widest = max(text_width(rule) for rule in rules) + 18
    left = min(widest, round(0.44 * width))
    box = Box(width=width, height=_ROW * len(rules) + 58, left=left, right=56, top=24, bottom=34)
    drawn = _newest(runs, box)
    own = (
        counts
        .filter(pl.col("broken") > 0)
        .join(drawn.select("run", "step"), on="run", how="inner", maintain_order="left")
        .join(_places(rules), on="rule", how="inner", maintain_order="left")
    )
    most = max(int(own["broken"].max() or 0), 1)  # type: ignore[arg-type]
    dots = (
        alt
        .Chart(inline(own.select("step", "place", "rule", "said", "broken")))
        .mark_point(color=BASE, filled=True, opacity=0.85, stroke=None)
        .encode(
            x=_x(drawn.height),
            y=alt.Y("place:Q", scale=alt.Scale(domain=[len(rules), 0], nice=False), axis=None),
            size=alt.Size(
                "broken:Q",
                scale=alt.Scale(domain=[0, most], range=[_SMALLEST, _LARGEST]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("rule:N", title="rule"),
                alt.Tooltip("said:N", title="run"),
                alt.Tooltip("broken:Q", title="rows that broke it", format=","),
            ],
        )
    )
    last = counts.filter(pl.col("run") == runs["run"][-1])
    now = dict(last.select("rule", "broken").iter_rows())
    layers: list[Layers] = [
        placed_text("last run", box.inner_width + 48, -12, color=MUTED, align="right")
    ]
    for row, rule in enumerate(rules):
        middle = _ROW * (row + 0.5)
        count = int(now.get(rule, 0))
        layers += [
            placed_rule((0, middle, box.inner_width, middle), GRID),
            placed_text(_cut(rule, left - 18), -14, middle, align="right"),
            placed_text(f"{count:,}", box.inner_width + 48, middle, align="right", bold=count > 0),
        ]
    return finished([*layers, dots, *_days(drawn["label"].to_list(), box)], box)


def _newest(runs: pl.DataFrame, box: Box) -> pl.DataFrame:
    """Return as many runs as fit, the newest, numbered in ``step`` from 0."""
    return runs.tail(max(_LEAST, box.inner_width // _PITCH)).with_row_index("step")


def _x(runs: int) -> alt.X:
    """Return the channel on which each run has the same room."""
    return alt.X(
        "step:Q", scale=alt.Scale(domain=[-0.5, runs - 0.5], nice=False, zero=False), axis=None
    )


def _places(rules: Sequence[str]) -> pl.DataFrame:
    """Return how far down the middle of each rule lies, in rules."""
    return pl.DataFrame({
        "rule": pl.Series(rules, dtype=pl.String),
        "place": pl.Series([row + 0.5 for row in range(len(rules))], dtype=pl.Float64),
    })


def _limit(allowed: float, top: float, box: Box) -> list[Layers]:
    """Return the line of what is allowed, and its words above all bars, which none covers."""
    down = box.inner_height * (1 - allowed / top)
    words = f"dashed: {100 * allowed:g} % may break a rule"
    line: alt.Chart = alt.Chart(inline(pl.DataFrame({"one": [1]}))).mark_rule(
        color=MUTED, strokeDash=[4, 3]
    )
    return [
        line.encode(x=alt.value(0), x2=alt.value(box.inner_width), y=alt.value(down)),
        placed_text(words, 0, -12, color=MUTED),
    ]


def _days(labels: Sequence[str], box: Box) -> list[Layers]:
    """Return the days of a few runs below the plot: the last, and others before it, evenly."""
    last = len(labels) - 1
    every = -(-len(labels) * _LABEL // box.inner_width)
    steps = range(last, -1, -every)
    chosen = [one for one in steps if one == last or labels[one] != labels[one + every]]
    down, pitch = box.inner_height + 18, box.inner_width / len(labels)
    layers: list[Layers] = []
    for step in chosen:
        middle = pitch * (step + 0.5)
        half = text_width(labels[step]) / 2
        if step == 0:
            place = placed_text(labels[step], max(middle - half, 0), down, color=MUTED)
        elif step == last:
            end = min(middle + half, box.inner_width)
            place = placed_text(labels[step], end, down, color=MUTED, align="right")
        else:
            place = placed_text(labels[step], middle, down, color=MUTED, align="center")
        layers.append(place)
    return layers


def _cut(text: str, room: int) -> str:
    """Return as much of a text as fits, with an ellipsis where that is not all.

    >>> _cut("Dept: maximum", 200), _cut("Dept: maximum", 65)
    ('Dept: maximum', 'Dept: m…')
    """
    if text_width(text) <= room:
        return text
    kept = text
    while kept and text_width(f"{kept}…") > room:
        kept = kept[:-1]
    return f"{kept}…"
