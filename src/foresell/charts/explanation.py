"""Where a forecast comes from: the forecast above its parts, each part on its own strip.

The picture adds up: what the strips show is what lies between the base and the forecast.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import altair as alt
import polars as pl

from foresell.charts.axes import spread, time_axis, value_domain
from foresell.charts.placed import (
    Strip,
    placed_rule,
    placed_text,
    short,
    signed,
    ticks,
    title_above,
)
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
    FONT_SIZE,
    GRID,
    INK,
    MUTED,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
)
from foresell.spec.ordered_sums import one_piece, ordered_sum

# What each part is, in a few words; drawn in this order.
PHRASES: Mapping[str, str] = {
    "base": "the year before",
    "events": "events in their own place",
    "growth": "growth since the year before",
    "known": "what is planned",
    "residual": "what was learnt beside",
    "newcomer": "what new series sell",
    "floor": "nothing below zero",
    "reconciliation": "agreement with the sums",
}
_TALL, _STRIP, _GAP = 170, 46, 22


def explanation_chart(
    frame: pl.DataFrame, *, title: str = "", unit: str = "", width: int = 960, titled: bool = False
) -> Spec:
    """Draw the forecast above its parts, one strip each, all strips on one scale.

    ``frame``: ``date``, ``part``, ``value``; several values of a date and part are summed, so that
    several series are drawn as their sum. ``titled``: write what it is into the picture, for one
    that stands alone; ``title`` then names the series and ``unit`` the unit of the target.

    A missing column is a DataError.
    """
    require(frame, ["date", "part", "value"], "explanation")
    wide = _by_date(frame)
    if wide.is_empty():
        return nothing("No forecast to explain.", width)
    strips = [name for name in PHRASES if name != "base" and _matters(wide, name)]
    box = Box(
        width=width,
        height=_TALL + len(strips) * (_STRIP + _GAP) + (64 if titled else 14) + 34,
        left=52,
        right=190,
        top=64 if titled else 14,
    )
    first, last = wide["date"].min(), wide["date"].max()
    if not (isinstance(first, date) and isinstance(last, date)):
        return nothing("No dates to draw.", width)
    every = (last - first) / max(wide.height - 1, 1) or timedelta(days=1)
    x = time_axis(first, last, 5 if width < 600 else 10, margin=every)
    values = [*wide["base"].to_list(), *wide["forecast"].to_list()]
    head = Strip(0, _TALL, value_domain(values))
    layers = [*_grid(head, box), *_lines(wide, head, x, box)]
    shared = value_domain([v for name in strips for v in wide[name].to_list()], zero=True)
    bar = max(2.0, min(14.0, 0.62 * box.inner_width / (wide.height + 1)))
    for row, name in enumerate(strips):
        top = _TALL + _GAP + row * (_STRIP + _GAP)
        strip = Strip(top, top + _STRIP, shared)
        layers += [*_zero(strip, box), *_bars(wide, name, strip, x, bar, box)]
        layers += _beside(name, float(one_piece(wide[name]).sum()), strip, box)
    if titled:
        parts = " + ".join(["base", *strips])
        layers += title_above(
            f"Where the forecast comes from: {title}", f"forecast = {parts}", unit
        )
    return finished(layers, box)


def _by_date(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row a date, ascending: the sum of each part, 0 without any, and ``forecast``."""
    summed = frame.group_by("date", "part", maintain_order=True).agg(ordered_sum(pl.col("value")))
    wide = summed.pivot(on="part", index="date", values="value").sort("date").fill_null(0.0)
    missing = [name for name in PHRASES if name not in wide.columns]
    wide = wide.with_columns(pl.lit(0.0).alias(name) for name in missing)
    return wide.with_columns(forecast=pl.sum_horizontal(*PHRASES))


def _matters(wide: pl.DataFrame, name: str) -> bool:
    """Tell whether a part is anywhere more than a rounding of the forecast."""
    size = wide["forecast"].abs().max()
    there = wide[name].abs().max()
    return isinstance(there, float) and there > 1e-6 * max(float(str(size)), 1e-12)


def _y(box: Box) -> alt.Y:
    """Return the y channel of a column ``p`` of pixels from the top of the plot."""
    scale = alt.Scale(domain=[box.inner_height, 0], nice=False, zero=False)
    return alt.Y("p:Q", scale=scale, axis=None)


def _lines(wide: pl.DataFrame, head: Strip, x: alt.X, box: Box) -> list[Layers]:
    """Return the base and the forecast as lines, named where they end."""
    layers: list[Layers] = []
    drawn = (("base", BASE, 1.5), ("forecast", ACCENT, 2.5))
    for name, color, stroke in drawn:
        rows = wide.select("date", p=pl.col(name).map_elements(head.place, pl.Float64))
        line: alt.Chart = alt.Chart(inline(rows)).mark_line(color=color, strokeWidth=stroke)
        layers.append(line.encode(x=x, y=_y(box)))
    ends = [head.place(wide[name][-1]) for name, *_ in drawn]
    for place, (name, color, _) in zip(spread(ends, 32, 6, _TALL - 24), drawn, strict=True):
        words = PHRASES.get(name, "the base and all parts below")
        layers += _named(name, words, (box.inner_width + 8, place), color)
    return layers


def _bars(
    wide: pl.DataFrame, name: str, strip: Strip, x: alt.X, bar: float, box: Box
) -> list[Layers]:
    """Return one bar a date, from zero."""
    layers: list[Layers] = []
    for up, color in ((True, ACCENT), (False, BASE)):
        side = wide.filter((pl.col(name) > 0) if up else (pl.col(name) < 0))
        rows = side.select(
            "date",
            p=pl.col(name).map_elements(strip.place, pl.Float64),
            zero=pl.lit(strip.place(0.0)),
        )
        if rows.height:
            marks: alt.Chart = alt.Chart(inline(rows)).mark_rule(
                color=color, strokeWidth=bar, strokeCap="butt"
            )
            layers.append(marks.encode(x=x, y=_y(box), y2="zero:Q"))
    return layers


def _beside(name: str, total: float, strip: Strip, box: Box) -> list[Layers]:
    """Return a strip's name, its sum and what it is, to the right of it."""
    middle = strip.place(0.0)
    place = min(max(middle - 8, strip.top + 4), strip.bottom - 14)
    told = f"{name}: {signed(total)} in all"
    return _named(told, PHRASES[name], (box.inner_width + 8, place), INK)


def _named(name: str, words: str, place: tuple[float, float], color: str) -> list[Layers]:
    """Return a name in bold and what it is below it."""
    left, top = place
    return [
        placed_text(name, left, top, color=color, bold=True),
        placed_text(words, left, top + 15, color=MUTED),
    ]


def _grid(head: Strip, box: Box) -> list[Layers]:
    """Return the grid of the forecast's own strip, with its numbers."""
    layers: list[Layers] = []
    for tick in ticks(*head.domain, 4):
        place = head.place(tick)
        layers.append(placed_rule((0, place, box.inner_width, place), GRID))
        layers.append(placed_text(short(tick), -8, place, color=MUTED, align="right"))
    return layers


def _zero(strip: Strip, box: Box) -> list[Layers]:
    """Return a strip's zero line, and its numbers: zero and the outermost ticks, for scale."""
    layers: list[Layers] = []
    inside = ticks(*strip.domain, 4)
    shown = {0.0, inside[0], inside[-1]}
    apart = {tick for tick in shown if abs(strip.place(tick) - strip.place(0.0)) >= FONT_SIZE}
    for tick in sorted({0.0} | apart):
        place = strip.place(tick)
        layers.append(placed_rule((0, place, box.inner_width, place), FAINT if tick == 0 else GRID))
        layers.append(placed_text(signed(tick), -8, place, color=MUTED, align="right"))
    return layers
