"""Months as lines: what was, what is said to come in its bands, and what anybody could have said.

Each line is named where it ends. Under the pointer a month tells all its numbers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import altair as alt
import polars as pl

from foresell.charts.axes import (
    Domain,
    End,
    end_labels,
    mark_at,
    time_axis,
    value_axis,
    value_domain,
)
from foresell.charts.placed import full
from foresell.charts.theme import (
    ACCENT,
    BASE,
    GRID,
    INK,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
    text_width,
)
from foresell.charts.through_time import Plane

_NARROW = 600
_BESIDE = 12  # pixels on both sides of the name at the end of a line
_MARGIN = timedelta(days=20)  # half a month and a bit, at both ends
# A logarithmic return as the change that it is: 0.693 is 100 %. Close to nothing, it has
# more digits: no month falls by the whole.
_CHANGE_LABEL = (
    "format(100 * (exp(datum.value) - 1), datum.value < -5 ? ',.6~r' : ',.3~r') + '\u00a0%'"
)
_CHANGES = (
    0.001,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    3.0,
    9.0,
    99.0,
)  # from one tick to the next


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line. ``column``: of its values; ``name``: at its end and under the pointer.

    ``after``: the column at whose last value it sets out, "" where it stands alone. ``dots``: each
    month has one, for months that have no neighbour.
    """

    column: str
    name: str
    color: str
    stroke: float = 2.0
    after: str = ""
    dashed: bool = False
    dots: bool = False


@dataclass(frozen=True, kw_only=True)
class Between:
    """A band between two columns. ``name``: under the pointer."""

    low: str
    high: str
    name: str
    opacity: float


def monthly_chart(
    rows: pl.DataFrame,
    lines: Sequence[Line],
    *,
    bands: Sequence[Between] = (),
    start: date | None = None,
    width: int = 760,
) -> Spec:
    """Draw ``lines`` over ``bands``, the first ones lowest.

    ``rows``: ``date``, the first day of each month, ascending, each once; the columns of lines and
    bands, null where there is nothing. ``start``: where the forecast begins, told at the top.

    A missing column is a DataError.
    """
    drawn = [one.column for one in lines] + [name for one in bands for name in (one.low, one.high)]
    require(rows, ["date", *drawn], "months")
    values = [value for name in drawn for value in rows[name].drop_nulls().to_list()]
    if not values:
        return nothing("No month to draw.", width)
    narrow = width < _NARROW
    named = max((text_width(end.text) for end in _ends(rows, lines)), default=0) + _BESIDE
    right = max(92 if narrow else 132, min(named, width // 2))
    box = Box(width=width, height=270 if narrow else 340, left=48, right=right, top=18)
    domain = value_domain(values, zero=min(values) < max(values) / 3)
    first, last = rows["date"][0], rows["date"][-1]
    x = time_axis(first, last, 5 if narrow else 10, margin=_MARGIN)
    over = Plane(x=x, domain=domain)
    layers = [
        over.band(rows.drop_nulls([one.low, one.high]), one.low, one.high, opacity=one.opacity)
        for one in bands
    ]
    layers += mark_at(start, "forecast from here") if start is not None else []
    for one in lines:
        layers += _line(rows, one, over)
    layers += end_labels(_ends(rows, lines), last, domain, box.inner_height)
    layers += _peaks(rows, lines, over)
    layers += _pointed(rows, lines, bands, box)
    return finished(layers, box)


def _line(rows: pl.DataFrame, one: Line, over: Plane) -> list[Layers]:
    """Return one line, and its dots where it has any."""
    own = rows.select("date", value=one.column)
    if one.after:
        # It begins where the other one ends, so that no gap is read as a month without a number.
        known = rows.select("date", value=one.after).drop_nulls().tail(1)
        own = pl.concat([known, own.drop_nulls()]).unique("date", keep="last").sort("date")
    layers = [over.line(own, "value", one.color, one.stroke, dashed=one.dashed)]
    if one.dots:
        dots: alt.Chart = alt.Chart(inline(own.drop_nulls())).mark_point(
            color=one.color, filled=True, opacity=1, size=22
        )
        layers.append(dots.encode(x=over.x, y=over.y("value")))
    return layers


def _ends(rows: pl.DataFrame, lines: Sequence[Line]) -> list[End]:
    """Return the names of the lines that nothing goes on from, where they end."""
    left = _left(rows, lines)
    return [
        End(
            text=one.name,
            value=rows[one.column].drop_nulls()[-1],
            color=one.color,
            bold=one.color == ACCENT,
        )
        for one in lines
        if rows[one.column].drop_nulls().len() and one.column not in left
    ]


def _left(rows: pl.DataFrame, lines: Sequence[Line]) -> set[str]:
    """Return the columns at whose ends other lines set out."""
    return {one.after for one in lines if rows[one.column].drop_nulls().len()}


def _peaks(rows: pl.DataFrame, lines: Sequence[Line], over: Plane) -> list[Layers]:
    """Return the names of the lines that others go on from: above their highest month."""
    left = _left(rows, lines)
    layers: list[Layers] = []
    for one in lines:
        known = rows.select("date", value=one.column).drop_nulls()
        if one.column in left and known.height:
            peak = known.sort("value", "date", descending=True).head(1)
            data = inline(peak.with_columns(text=pl.lit(one.name)))
            word: alt.Chart = alt.Chart(data).mark_text(color=one.color, dy=-9, align="center")
            layers.append(word.encode(x=over.x, y=over.y("value"), text="text:N"))
    return layers


def _pointed(
    rows: pl.DataFrame, lines: Sequence[Line], bands: Sequence[Between], box: Box
) -> list[Layers]:
    """Return what tells the numbers of a month: a strip that is not seen, as wide as a month."""
    told: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for row in rows.iter_rows(named=True):
        texts = _texts(row, lines, bands)
        cells = {f"c{place}": text for place, text in enumerate(texts.values())}
        at = {"date": row["date"], "title": f"{row['date']:%B %Y}"}
        told.setdefault(tuple(texts), []).append({**at, **cells})
    months = max((rows["date"][-1] - rows["date"][0]).days / 30.4, 1.0) + 1.3
    room = max(2.0, box.inner_width / months)
    return [strips(pl.DataFrame(own), names, room) for names, own in told.items() if names]


def strips(rows: pl.DataFrame, names: Sequence[str], room: float) -> Layers:
    """Return strips over the height of a chart that are not seen and tell what ``rows`` say.

    ``rows``: ``date``, ``title``, and the texts ``c0``, ``c1`` ..., as many as ``names``. ``room``:
    how wide a strip is, in pixels.
    """
    strip: alt.Chart = alt.Chart(inline(rows)).mark_rule(color=GRID, opacity=0, strokeWidth=room)
    said = [alt.Tooltip(f"c{place}:N", title=name) for place, name in enumerate(names)]
    return strip.encode(x="date:T", tooltip=[alt.Tooltip("title:N", title="title"), *said])


def _texts(
    row: Mapping[str, float], lines: Sequence[Line], bands: Sequence[Between]
) -> dict[str, str]:
    """Return what a month tells, by name: the lines and bands with a number, topmost first."""
    told = {
        one.name: full(row[one.column]) for one in reversed(lines) if row[one.column] is not None
    }
    for one in reversed(bands):
        if row[one.low] is not None and row[one.high] is not None:
            told[one.name] = f"{full(row[one.low])} to {full(row[one.high])}"
    return told


def returns_chart(returns: pl.DataFrame, path: pl.DataFrame, *, width: int = 520) -> Spec:
    """Draw monthly returns as bars, and the volatility ahead as a band to both sides of zero.

    ``returns``: ``date``, ``value`` (logarithmic). ``path``: ``date``, ``value``, one standard
    deviation of the months to come, logarithmic as well. Either may be empty. The scale is
    logarithmic; the axis and the pointer tell the change on the month before.

    A missing column is a DataError.
    """
    require(returns, ["date", "value"], "returns")
    require(path, ["date", "value"], "volatility")
    days = [*returns["date"].to_list(), *path["date"].to_list()]
    if not days:
        return nothing("No two months in a row are positive: there are no returns.", width)
    spread = path["value"].to_list()
    domain = value_domain([0.0, *returns["value"].to_list(), *spread, *(-one for one in spread)])
    box = Box(width=width, height=260, left=56, right=78 if spread else 14, top=18)
    x = time_axis(min(days), max(days), 5, margin=_MARGIN)
    y = _change_axis("value", domain)
    months = (max(days) - min(days)).days / 30.4 + 2.3
    room = max(2.0, box.inner_width / months)
    layers: list[Layers] = []
    if returns.height:
        bars: alt.Chart = alt.Chart(inline(returns.with_columns(zero=pl.lit(0.0)))).mark_rule(
            color=BASE, strokeWidth=min(10.0, 0.6 * room), strokeCap="butt"
        )
        layers.append(bars.encode(x=x, y=y, y2="zero:Q"))
    if path.height:
        layers += _volatile(path, x, domain, max(days), box)
    layers += mark_zero()
    for frame, name, edges in (
        (returns, "change", (1,)),
        (path, "one standard deviation", (-1, 1)),
    ):
        if frame.height:
            layers.append(strips(_changes(frame, edges), [name], room))
    return finished(layers, box)


def _volatile(path: pl.DataFrame, x: alt.X, domain: Domain, last: date, box: Box) -> list[Layers]:
    """Return the band of one standard deviation; that of a single month is half a month wider."""
    ahead = path
    if path.height == 1:
        day: date = path["date"][0]
        sides = [day - timedelta(days=12), day + timedelta(days=12)]
        ahead = pl.DataFrame({"date": sides, "value": [path["value"][0]] * 2})
    both = ahead.select("date", upper="value", lower=-pl.col("value"))
    area: alt.Chart = alt.Chart(inline(both)).mark_area(color=ACCENT, opacity=0.2)
    edge = _change_axis("lower", domain)
    layers: list[Layers] = [area.encode(x=x, y=edge, y2="upper:Q")]
    for name in ("lower", "upper"):
        line: alt.Chart = alt.Chart(inline(both)).mark_line(color=ACCENT, strokeWidth=2)
        layers.append(line.encode(x=x, y=_change_axis(name, domain)))
    end = End(text="volatility", value=both["upper"][-1], color=ACCENT, bold=True)
    return layers + end_labels([end], last, domain, box.inner_height)


def mark_zero() -> list[Layers]:
    """Return the line at zero."""
    rule: alt.Chart = alt.Chart(inline(pl.DataFrame({"value": [0.0]}))).mark_rule(color=INK)
    return [rule.encode(y="value:Q")]


def _change_axis(field: str, domain: Domain) -> alt.Y:
    """Return the y channel of logarithmic returns, labelled by the change that each one is.

    From one tick to the next it is the same change, the least one that leaves seven ticks or fewer.
    """
    low, high = domain
    steps = [math.log1p(change) for change in _CHANGES]
    step = next((one for one in steps if (high - low) / one <= 6), steps[-1])
    ticks = [step * place for place in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return value_axis(field, domain).axis(values=ticks, labelExpr=_CHANGE_LABEL)


def _changes(frame: pl.DataFrame, edges: Sequence[int]) -> pl.DataFrame:
    """Return ``date``, ``title`` and the value times each of ``edges`` as changes, in a text."""
    said = [" to ".join(_change(edge * value) for edge in edges) for value in frame["value"]]
    return frame.select(
        "date",
        pl.col("date").dt.to_string("%B %Y").alias("title"),
        pl.Series("c0", said, dtype=pl.String),
    )


def _change(value: float) -> str:
    """Return a logarithmic return as the change on the month before.

    >>> _change(0.6931), _change(-1.93)
    ('100 %', '-85 %')
    """
    return f"{round(100 * math.expm1(value)):,} %"
