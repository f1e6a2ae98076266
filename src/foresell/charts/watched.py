"""How far columns have moved from what a model learnt, look by look, in times of their limit."""

from collections.abc import Mapping, Sequence

import altair as alt
import polars as pl

from foresell.charts.axes import value_axis, value_domain
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
    GRID,
    INK,
    MUTED,
    PAPER,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
    text_width,
)

# Of a column at a look: what its dot is filled with, and its outline.
STATES: Mapping[str, tuple[str, str]] = {
    "quiet": (FAINT, FAINT),  # near what was learnt
    "far": (PAPER, BASE),  # beyond the limit, as chance alone may put it
    "expected": (FAINT, BASE),  # moved, and declared to
    "moved": (ACCENT, ACCENT),  # beyond the limit and beyond chance
}
_ROW = 21  # pixels
_FARTHEST = 5.0  # times the limit: what is farther has the same dot
_LEAST, _GROWS = 14.0, 46.0  # area of a dot, in square pixels, and for each time of the limit
_FEWEST = 10  # looks that have room, so that two do not stand at both ends
_LABEL = 62  # pixels of a day
_TIPS = (("column", "column"), ("at", "looked"), ("says", "found"), ("times", "times its limit"))


def moves_by_look(cells: pl.DataFrame, looks: pl.DataFrame, *, width: int = 760) -> Spec:
    """Draw a row for each column and a dot for each look: the larger, the farther it had moved.

    ``cells``: ``column``, ``place`` (of the look), ``effect`` (times of the limit, null where it is
    not known), ``state`` (of `STATES`), ``at`` and ``says`` (what the pointer is told); the columns
    in the order of the rows. ``looks``: ``place`` (0, 1, 2 ...), ``label`` (a day), ``version``, in
    order. A line stands where another version was looked at.

    A missing column is a DataError.
    """
    require(cells, ["column", "place", "effect", "state", "at", "says"], "moves by look")
    require(looks, ["place", "label", "version"], "moves by look")
    if cells.is_empty() or looks.is_empty():
        return nothing("Nobody has looked yet.", width)
    names = cells["column"].unique(maintain_order=True).to_list()
    left = _margin(names, width)
    box = Box(width=width, height=_ROW * len(names) + 54, left=left, right=30, top=22, bottom=32)
    last = int(looks["place"][-1])
    first = min(int(looks["place"][0]), last - _FEWEST + 1)
    x = alt.X(
        "place:Q",
        scale=alt.Scale(domain=[first - 0.5, last + 0.5], nice=False, zero=False),
        axis=None,
    )
    y = _rows(names, left, lines=True)
    layers = _dots(_sized(cells), x, y)
    layers += _days(looks, box, last - first + 1)
    return finished(layers + _changes(looks), box)


def moves_now(cells: pl.DataFrame, *, width: int = 760) -> Spec:
    """Draw how far each column had moved at one look, beside the limit.

    ``cells`` as in `moves_by_look`, of one look. A missing column is a DataError.
    """
    require(cells, ["column", "effect", "state", "at", "says"], "moves now")
    known = cells.filter(pl.col("effect").is_not_null())
    if known.is_empty():
        return nothing("Nothing was measured.", width)
    names = known["column"].unique(maintain_order=True).to_list()
    left = _margin(names, width)
    box = Box(width=width, height=_ROW * len(names) + 54, left=left, right=52, top=22, bottom=32)
    far = min(2 * _FARTHEST, max(1.5, float(known["effect"].max())))  # type: ignore[arg-type]
    drawn = _sized(known).with_columns(
        shown=pl.col("effect").clip(0, far),
        zero=pl.lit(0.0),
        word=pl.col("effect").map_elements(times, return_dtype=pl.String),
    )
    x = alt.X(
        "shown:Q",
        scale=alt.Scale(domain=[0, far], nice=False),
        axis=alt.Axis(tickCount=5, labelExpr="format(datum.value, '~g') + '×'", grid=False),
    )
    y = _rows(names, left, lines=False)
    data = alt.Chart(inline(drawn))
    stems = data.mark_rule(color=GRID, strokeWidth=2).encode(x=x, x2="zero:Q", y=y)
    words = data.mark_text(align="left", dx=12, color=MUTED).encode(x=x, y=y, text="word:N")
    return finished([stems, *_limit("shown"), *_dots(drawn, x, y), words], box)


def move_over_looks(cells: pl.DataFrame, looks: pl.DataFrame, *, width: int = 520) -> Spec:
    """Draw how far one column had moved at each look, beside the limit.

    ``cells`` and ``looks`` as in `moves_by_look`. A missing column is a DataError.
    """
    require(cells, ["column", "place", "effect", "state", "at", "says"], "a column over looks")
    require(looks, ["place", "label", "version"], "a column over looks")
    known = cells.filter(pl.col("effect").is_not_null()).sort("place")
    if known.height < 2:
        return nothing("Fewer than two looks have measured it.", width)
    box = Box(width=width, height=230, left=44, right=30, top=22, bottom=32)
    domain = value_domain([*known["effect"].to_list(), 1.2], zero=True)
    span = [int(looks["place"][0]) - 0.3, int(looks["place"][-1]) + 0.3]
    x = alt.X("place:Q", scale=alt.Scale(domain=span, nice=False, zero=False), axis=None)
    y = value_axis("effect", domain, label="format(datum.value, '~g') + '×'")
    drawn = _sized(known).with_columns(area=pl.lit(44.0))
    line = alt.Chart(inline(known.select("place", "effect"))).mark_line(color=FAINT, strokeWidth=2)
    layers: list[Layers] = [line.encode(x=x, y=y), *_limit("effect", upright=False)]
    layers += _dots(drawn, x, y)
    layers += _days(looks, box, looks.height)
    return finished(layers + _changes(looks), box)


def times(effect: float) -> str:
    """Return how many times of a limit something is, in words.

    >>> times(0.04), times(1.26), times(213.0)
    ('0.0×', '1.3×', '213×')
    """
    return f"{effect:,.0f}×" if effect >= 100 else f"{effect:.1f}×"


def _margin(names: Sequence[str], width: int) -> int:
    """Return the pixels that the names of rows are given."""
    return min(max(map(text_width, names)) + 16, 190 if width >= 500 else 118)


def _rows(names: Sequence[str], left: int, *, lines: bool) -> alt.Y:
    """Return the channel of the columns, with their names before the rows."""
    return alt.Y(
        "column:N",
        sort=None,
        scale=alt.Scale(domain=list(names)),
        axis=alt.Axis(labelColor=INK, labelLimit=left - 10, grid=lines, tickBand="center"),
    )


def _sized(cells: pl.DataFrame) -> pl.DataFrame:
    """Return cells with the area of their dots, and how far they moved in words."""
    far = pl.col("effect").fill_null(0.0).clip(0, _FARTHEST)
    quiet = pl.col("state") == "quiet"
    return cells.with_columns(
        area=pl.when(quiet).then(_LEAST).otherwise(_LEAST + _GROWS * far),
        times=pl.col("effect").map_elements(times, return_dtype=pl.String).fill_null("not known"),
    )


def _dots(cells: pl.DataFrame, x: alt.X, y: alt.Y) -> list[Layers]:
    """Return the dots, those that matter last."""
    layers: list[Layers] = []
    for state, (fill, stroke) in STATES.items():
        own = cells.filter(pl.col("state") == state)
        if own.is_empty():
            continue
        mark = alt.Chart(inline(own)).mark_point(
            fill=fill, stroke=stroke, strokeWidth=1.3, opacity=1, shape="circle"
        )
        layers.append(
            mark.encode(
                x=x,
                y=y,
                size=alt.Size("area:Q", scale=None),
                tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in _TIPS],
            )
        )
    return layers


def _limit(field: str, *, upright: bool = True) -> list[Layers]:
    """Return the rule at the limit, and its name."""
    data = alt.Chart(inline(pl.DataFrame({field: [1.0], "text": ["limit"]})))
    rule = data.mark_rule(color=INK, strokeDash=[2, 3])
    if upright:
        word = data.mark_text(color=MUTED, y=-10, align="center")
        return [rule.encode(x=f"{field}:Q"), word.encode(x=f"{field}:Q", text="text:N")]
    word = data.mark_text(color=MUTED, x="width", align="right", dy=-8)
    return [rule.encode(y=f"{field}:Q"), word.encode(y=f"{field}:Q", text="text:N")]


def _days(looks: pl.DataFrame, box: Box, count: int) -> list[Layers]:
    """Return the days below the looks, as many as have room, the last one always."""
    every = max(1, -(-_LABEL * count // box.inner_width))
    last = int(looks["place"][-1])
    told = looks.filter((last - pl.col("place")) % every == 0)
    words = alt.Chart(inline(told.select("place", "label"))).mark_text(
        color=MUTED, y=box.inner_height + 16, align="center"
    )
    return [words.encode(x="place:Q", text="label:N")]


def _changes(looks: pl.DataFrame) -> list[Layers]:
    """Return a line before each look at another version than the one before, with its number."""
    other = (pl.col("version") != pl.col("version").shift(1)).fill_null(value=False)
    changed = looks.filter(other).select(
        place=pl.col("place") - 0.5, text=pl.format("version {}", "version")
    )
    if changed.is_empty():
        return []
    data = alt.Chart(inline(changed))
    rule = data.mark_rule(color=BASE, strokeDash=[2, 3]).encode(x="place:Q")
    words = data.mark_text(color=MUTED, y=-10, align="left", dx=4)
    return [rule, words.encode(x="place:Q", text="text:N")]
