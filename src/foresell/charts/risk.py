"""A segment's months as one picture: history, backtest and forecast above, returns below."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import altair as alt
import polars as pl

from foresell.charts.axes import Domain, spread, time_axis, value_domain
from foresell.charts.placed import Strip, placed_rule, placed_text, short, ticks, title_above
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
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

_TALL, _GAP, _STRIP = 300, 74, 130
_FORECAST = ["date", "prediction", "lower_80", "upper_80", "lower_95", "upper_95"]


@dataclass(frozen=True, kw_only=True)
class RiskFrames:
    """What is drawn; every frame but ``history`` may be empty, dates are first days of months.

    ``history``: ``date``, ``y``. ``backtest``: ``origin``, ``date``, ``prediction``. ``forecast``:
    ``date``, ``prediction``, ``lower_80``, ``upper_80``, ``lower_95``, ``upper_95``. ``returns``:
    ``date``, ``value``. ``path``: ``date``, ``value``, the volatility of the months ahead.
    """

    history: pl.DataFrame
    backtest: pl.DataFrame
    forecast: pl.DataFrame
    returns: pl.DataFrame
    path: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class RiskWords:
    """What is written: the title, the line below it, and the title of the lower picture."""

    title: str
    told: str
    below: str


def risk_chart(frames: RiskFrames, words: RiskWords, *, width: int = 960) -> Spec:
    """Draw the months with their forecast in its 80 and 95 % bands, and their returns below.

    The backtest's forecasts are thin lines, one an origin; the returns are bars around zero, and
    the volatility ahead a band of one standard deviation to each side.

    A missing column is a DataError.
    """
    require(frames.history, ["date", "y"], "risk (history)")
    if frames.history.is_empty():
        return nothing(f"{words.title}: no month to draw.", width)
    if not frames.forecast.is_empty():
        require(frames.forecast, _FORECAST, "risk (forecast)")
    box = Box(
        width=width, height=_TALL + _GAP + _STRIP + 64 + 34, left=60, right=110, top=64, bottom=34
    )
    x = _time(frames)
    head = Strip(0, _TALL, _sales_domain(frames))
    foot = Strip(_TALL + _GAP, _TALL + _GAP + _STRIP, _return_domain(frames))
    layers = [*_grid(head, box, percent=False), *_bands(frames.forecast, head, x, box)]
    layers += [*_lines(frames, head, x, box), *_ends(frames, head, box)]
    if frames.returns.height or frames.path.height:
        layers += [*_grid(foot, box, percent=True), *_returns(frames, foot, x, box)]
    layers.append(placed_text(words.below, -52, _TALL + _GAP - 22, color=INK, bold=True))
    return finished([*layers, *title_above(words.title, words.told, "", left=-60)], box)


def _time(frames: RiskFrames) -> alt.X:
    """Return the x channel that both pictures share."""
    dates = [
        day
        for frame in (frames.history, frames.forecast, frames.path)
        if frame.height
        for day in (frame["date"][0], frame["date"][-1])
    ]
    return time_axis(min(dates), max(dates), 12, margin=timedelta(days=20))


def _sales_domain(frames: RiskFrames) -> Domain:
    """Return the domain of the upper picture; it holds zero where the months come near to it."""
    values = [*frames.history["y"].to_list()]
    for name in _FORECAST[1:]:
        if frames.forecast.height:
            values += frames.forecast[name].to_list()
    if frames.backtest.height:
        values += frames.backtest["prediction"].to_list()
    known = [value for value in values if value is not None]
    return value_domain(known, zero=min(known) < max(known) / 3)


def _return_domain(frames: RiskFrames) -> Domain:
    """Return the domain of the lower picture, around zero."""
    values = frames.returns["value"].to_list() if frames.returns.height else []
    if frames.path.height:
        values += [sign * one for one in frames.path["value"].to_list() for sign in (1, -1)]
    return value_domain([0.0, *values])


def _y(box: Box, field: str = "p") -> alt.Y:
    """Return the y channel of a column of pixels from the top of the plot."""
    scale = alt.Scale(domain=[box.inner_height, 0], nice=False, zero=False)
    return alt.Y(f"{field}:Q", scale=scale, axis=None)


def _placed(frame: pl.DataFrame, names: Iterable[str], strip: Strip) -> pl.DataFrame:
    """Return ``date`` and the columns ``names`` as pixels from the top of the plot."""
    return frame.select(
        "date", *(pl.col(name).map_elements(strip.place, pl.Float64) for name in names)
    )


def _bands(forecast: pl.DataFrame, head: Strip, x: alt.X, box: Box) -> list[Layers]:
    """Return the two bands of the forecast, the wider below."""
    layers: list[Layers] = []
    if forecast.is_empty():
        return layers
    for level, opacity in ((95, 0.12), (80, 0.2)):
        low, high = f"lower_{level}", f"upper_{level}"
        area: alt.Chart = alt.Chart(inline(_placed(forecast, (low, high), head))).mark_area(
            color=ACCENT, opacity=opacity
        )
        layers.append(area.encode(x=x, y=_y(box, low), y2=f"{high}:Q"))
    return layers


def _lines(frames: RiskFrames, head: Strip, x: alt.X, box: Box) -> list[Layers]:
    """Return the backtest's lines, the history and the forecast, which sets out from its end."""
    layers: list[Layers] = []
    if frames.backtest.height:
        rows = frames.backtest.select(
            "date", "origin", p=pl.col("prediction").map_elements(head.place, pl.Float64)
        )
        base = alt.Chart(inline(rows))
        thin = base.mark_line(color=BASE, strokeWidth=1, opacity=0.7)
        layers.append(thin.encode(x=x, y=_y(box), detail="origin:N"))
        dots = base.mark_point(color=BASE, filled=True, size=9, opacity=0.7)
        layers.append(dots.encode(x=x, y=_y(box)))
    history = _placed(frames.history, ["y"], head)
    line: alt.Chart = alt.Chart(inline(history)).mark_line(color=INK, strokeWidth=1.7)
    layers.append(line.encode(x=x, y=_y(box, "y")))
    if frames.forecast.height:
        last = frames.history.tail(1).select("date", prediction=pl.col("y"))
        ahead = pl.concat([last, frames.forecast.select("date", "prediction")])
        drawn: alt.Chart = alt.Chart(inline(_placed(ahead, ["prediction"], head))).mark_line(
            color=ACCENT, strokeWidth=2.5
        )
        layers.append(drawn.encode(x=x, y=_y(box, "prediction")))
    return layers


def _ends(frames: RiskFrames, head: Strip, box: Box) -> list[Layers]:
    """Return the names of the lines, to their right."""
    named: list[tuple[float, str, str, bool]] = []
    if frames.forecast.height:
        last = head.place(frames.forecast["prediction"][-1])
        named.append((last, "forecast", ACCENT, True))
    named.append((head.place(frames.history["y"][-1]), "actual", INK, False))
    if frames.backtest.height:
        last = head.place(frames.backtest["prediction"][-1])
        named.append((last, "backtest", BASE, False))
    places = spread([place for place, *_ in named], 16, 6, _TALL - 6)
    return [
        placed_text(text, box.inner_width + 8, place, color=color, bold=bold)
        for place, (_, text, color, bold) in zip(places, named, strict=True)
    ]


def _returns(frames: RiskFrames, foot: Strip, x: alt.X, box: Box) -> list[Layers]:
    """Return the returns as bars and the volatility ahead as a band around zero."""
    layers: list[Layers] = []
    if frames.returns.height:
        bar = max(2.0, min(10.0, 0.5 * box.inner_width / (frames.history.height + 8)))
        rows = _placed(frames.returns, ["value"], foot).with_columns(zero=pl.lit(foot.place(0.0)))
        bars: alt.Chart = alt.Chart(inline(rows)).mark_rule(
            color=BASE, strokeWidth=bar, strokeCap="butt"
        )
        layers.append(bars.encode(x=x, y=_y(box, "value"), y2="zero:Q"))
    if frames.path.height:
        both = frames.path.select("date", upper="value", lower=-pl.col("value"))
        band = _placed(_wide(both), ("lower", "upper"), foot)
        area: alt.Chart = alt.Chart(inline(band)).mark_area(color=ACCENT, opacity=0.2)
        layers.append(area.encode(x=x, y=_y(box, "lower"), y2="upper:Q"))
        for name in ("lower", "upper"):
            edge: alt.Chart = alt.Chart(inline(band)).mark_line(color=ACCENT, strokeWidth=2)
            layers.append(edge.encode(x=x, y=_y(box, name)))
        place = foot.place(frames.path["value"][-1])
        layers.append(
            placed_text("volatility", box.inner_width + 8, place, color=ACCENT, bold=True)
        )
    return layers


def _wide(band: pl.DataFrame) -> pl.DataFrame:
    """Return a band that can be seen: a single month gets half a month to each side."""
    if band.height > 1:
        return band
    day: date = band["date"][0]
    return pl.concat([
        band.with_columns(date=pl.lit(day - timedelta(days=12))),
        band.with_columns(date=pl.lit(day + timedelta(days=12))),
    ])


def _grid(strip: Strip, box: Box, *, percent: bool) -> list[Layers]:
    """Return the grid of one picture with its numbers; zero is darker."""
    layers: list[Layers] = []
    for tick in ticks(*strip.domain, 6):
        place = strip.place(tick)
        color = FAINT if tick == 0 else GRID
        layers.append(placed_rule((0, place, box.inner_width, place), color))
        text = f"{short(100 * tick)}\u00a0%" if percent else short(tick)
        layers.append(placed_text(text, -8, place, color=MUTED, align="right"))
    return layers
