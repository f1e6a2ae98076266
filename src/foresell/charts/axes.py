"""Where ticks and labels go: computed here, so that nothing depends on a machine's fonts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from typing import Any

import altair as alt
import polars as pl

from foresell.charts.theme import (
    BASE,
    FONT_SIZE,
    GRID,
    INK,
    MUTED,
    NUMBER_LABEL,
    PAPER,
    Layers,
    inline,
)

Domain = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class End:
    """A label at the right end of a line: ``value`` is where the line ends."""

    text: str
    value: float
    color: str
    bold: bool = False


def stamp(day: date) -> int:
    """Return ``day`` as milliseconds since 1970, midnight UTC.

    >>> stamp(date(1970, 1, 2))
    86400000
    """
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def value_domain(values: Iterable[float | None], *, zero: bool = False) -> Domain:
    """Return a domain 5 % wider than the finite ``values``; (0, 1) where there are none.

    With ``zero`` the domain holds 0, and no margin is added on that side of it.

    >>> value_domain([0.0, 10.0])
    (-0.5, 10.5)
    >>> value_domain([4.0, 10.0, None], zero=True)
    (0.0, 10.5)
    """
    known = [value for value in values if value is not None and isfinite(value)]
    if not known:
        return (0.0, 1.0)
    low, high = min(known), max(known)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    bottom = 0.0 if zero and low == 0 else low - margin
    top = 0.0 if zero and high == 0 and low < 0 else high + margin
    return (bottom, top)


def date_ticks(first: date, last: date, at_most: int) -> list[date]:
    """Return at most ``at_most`` evenly spaced calendar days within [first, last].

    Month starts where the span is long enough (every 1, 2, 3, 6, 12 ... months, counted from
    January), else every 1, 2, 4, 8 ... weeks from ``first``.

    >>> date_ticks(date(2011, 11, 20), date(2012, 8, 1), 3)
    [datetime.date(2012, 1, 1), datetime.date(2012, 4, 1), datetime.date(2012, 7, 1)]
    """
    if (last - first).days < 100:
        weeks = 1
        while (last - first).days // (7 * weeks) + 1 > at_most:
            weeks *= 2
        count = (last - first).days // (7 * weeks) + 1
        return [first + timedelta(weeks=weeks * i) for i in range(count)]
    starts = [
        day
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first <= (day := date(year, month, 1)) <= last
    ]
    for months in (1, 2, 3, 6):
        ticks = [day for day in starts if (day.month - 1) % months == 0]
        if len(ticks) <= at_most:
            return ticks
    years = [day for day in starts if day.month == 1]
    every = -(-len(years) // at_most) if years else 1
    return years[::every]


def time_axis(first: date, last: date, at_most: int, *, margin: timedelta = timedelta(0)) -> alt.X:
    """Return the x channel of a ``date`` column: months, and the year once below them.

    ``margin``: room at both ends that no tick stands in, for marks that are wide.
    """
    ticks, span = date_ticks(first, last, at_most), [first - margin, last + margin]
    upper = "%e %b" if (last - first).days < 100 else "%b"
    opening = [
        day for day, before in zip(ticks, [None, *ticks], strict=False) if _opens(day, before)
    ]
    return alt.X(
        "date:T",
        scale=alt.Scale(type="utc", domain=_times(span), nice=False),
        axis=alt.Axis(
            values=_times(ticks),
            labelExpr=(
                f"[utcFormat(datum.value, '{upper}'), indexof({_listed(opening)}, +datum.value) "
                ">= 0 ? utcFormat(datum.value, '%Y') : '']"
            ),
            grid=False,
            domain=True,
            domainColor=GRID,
            ticks=True,
            tickColor=GRID,
            tickSize=4,
            labelPadding=3,
            labelFlush=True,
        ),
    )


def _times(days: Sequence[date]) -> alt.ExprRef:
    """Return ``days`` as an expression: the milliseconds of their midnights in UTC.

    Written as numbers, as texts or as Vega-Lite's own dates each becomes a call: ``datetime`` of a
    number is a year to Vega's interpreter, which pages use so that nothing is evaluated, and a
    domain of calls is joined with itself, unevaluated, where a mark has two ends.
    """
    return alt.ExprRef(expr=_listed(days))


def _listed(days: Sequence[date]) -> str:
    """Return the milliseconds of ``days`` as a list in an expression."""
    return f"[{', '.join(str(stamp(day)) for day in days)}]"


def _opens(day: date, before: date | None) -> bool:
    """Tell whether ``day`` is of another year than the tick ``before`` it, if there is one."""
    return before is None or before.year != day.year


def value_axis(field: str, domain: Domain, *, label: str = NUMBER_LABEL, ticks: int = 4) -> alt.Y:
    """Return the y channel of ``field`` with a few grid lines, labelled by the expression."""
    return alt.Y(
        f"{field}:Q",
        scale=alt.Scale(domain=list(domain), nice=False, zero=False),
        axis=alt.Axis(tickCount=ticks, labelExpr=label),
    )


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move ``places`` as little as needed to lie ``gap`` apart within [low, high], order kept.

    Returns as many numbers, in the order given. Where there is no room for all, they are spaced
    evenly over the whole range.

    >>> spread([10.0, 11.0, 50.0], gap=10, low=0, high=100)
    [5.5, 15.5, 50.0]
    """
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    if len(places) > 1 and gap * (len(places) - 1) >= high - low:
        even = (high - low) / (len(places) - 1)
        moved = [low + even * rank for rank in range(len(places))]
    else:
        moved = _pooled([places[i] for i in order], gap, low, high)
    out = [0.0] * len(places)
    for rank, i in enumerate(order):
        out[i] = moved[rank]
    return out


def _pooled(ordered: list[float], gap: float, low: float, high: float) -> list[float]:
    """Return ascending places at least ``gap`` apart, least squares from ``ordered``.

    Places less their rank times the gap must not fall: pool-adjacent-violators, then the bounds.
    Source: Barlow et al., *Statistical Inference under Order Restrictions*, 1972, ch. 1.
    """
    blocks: list[tuple[float, int]] = []
    for rank, place in enumerate(ordered):
        mean, size = place - rank * gap, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean = (before * count + mean * size) / (count + size)
            size += count
        blocks.append((mean, size))
    flat = [mean for mean, size in blocks for _ in range(size)]
    ceiling = high - gap * (len(flat) - 1)
    return [min(max(value, low), ceiling) + rank * gap for rank, value in enumerate(flat)]


def end_labels(ends: Sequence[End], last: object, domain: Domain, height: int) -> list[Layers]:
    """Return text to the right of the last point of each line, moved apart where it would overlap.

    ``last`` is the x value of the ends (a date, or a number in a column ``step``).
    """
    if not ends:
        return []
    span = (domain[1] - domain[0]) or 1.0
    places = spread(
        [end.value for end in ends], 1.25 * FONT_SIZE * span / height, domain[0], domain[1]
    )
    x = "date" if isinstance(last, date) else "step"
    layers: list[Layers] = []
    for bold in (False, True):
        rows = [
            {x: last, "place": place, "text": end.text, "color": end.color}
            for end, place in zip(ends, places, strict=True)
            if end.bold is bold
        ]
        if rows:
            layers.append(
                alt
                .Chart(inline(pl.DataFrame(rows)))
                .mark_text(
                    align="left", dx=7, baseline="middle", fontWeight="bold" if bold else "normal"
                )
                .encode(
                    x=alt.X(f"{x}:{'T' if x == 'date' else 'Q'}"),
                    y=alt.Y("place:Q"),
                    text=alt.Text("text:N"),
                    color=alt.Color("color:N", scale=None),
                )
            )
    return layers


def event_names(events: pl.DataFrame, span: tuple[date, date], width: int) -> list[Layers]:
    """Return a triangle above the plot for each event, and its name where two lines have room.

    ``events``: ``date``, ``name``; the first rows get their names first. ``span``: the first and
    last date of an x axis ``width`` pixels long.
    """
    if events.is_empty():
        return []
    first, last = span
    taken: tuple[list[Domain], list[Domain]] = ([], [])
    names: list[Layers] = []
    for day, text in events.select("date", "name").iter_rows():
        middle = width * (day - first).days / max((last - first).days, 1)
        half = (0.58 * FONT_SIZE * len(text) + 8) / 2
        place = min(max(middle, half - 30), width + 60 - half)
        own = (place - half, place + half)
        for line, others in enumerate(taken):
            if all(own[1] <= low or own[0] >= high for low, high in others):
                others.append(own)
                word = alt.Chart(inline(pl.DataFrame({"text": [text]}))).mark_text(
                    x=place, y=-18 - 15 * line, color=MUTED, baseline="middle", align="center"
                )
                names.append(word.encode(text=alt.Text("text:N")))
                break
    return [*triangles(events), *names]


def triangles(events: pl.DataFrame) -> list[Layers]:
    """Return a triangle above the plot for each ``date`` of ``events``, which may be empty."""
    if events.is_empty():
        return []
    days = events.select("date").unique().sort("date")
    marks: alt.Chart = alt.Chart(inline(days)).mark_point(
        shape="triangle-down", size=26, filled=True, opacity=1, color=BASE, y=-7
    )
    return [marks.encode(x=alt.X("date:T"))]


def mark_at(day: date, text: str | None = None) -> list[Layers]:
    """Return a vertical rule at ``day``, with ``text`` beside its top."""
    data = inline(pl.DataFrame({"date": [day], "text": [text or ""]}))
    rule: Layers = (
        alt.Chart(data).mark_rule(color=BASE, strokeDash=[2, 3]).encode(x=alt.X("date:T"))
    )
    if text is None:
        return [rule]
    place: dict[str, Any] = {"align": "left", "baseline": "top", "dx": 5, "y": 0}
    halo = alt.Chart(data).mark_text(**place, stroke=PAPER, strokeWidth=4)
    label = alt.Chart(data).mark_text(**place, color=INK)
    place_at, said = alt.X("date:T"), alt.Text("text:N")
    words: list[Layers] = [layer.encode(x=place_at, text=said) for layer in (halo, label)]
    return [rule, *words]
