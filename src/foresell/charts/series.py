"""Sales through time: the total, one series, and how far off the total was at each date."""

from datetime import date, timedelta

import altair as alt
import polars as pl

from foresell.charts.axes import (
    End,
    end_labels,
    event_names,
    mark_at,
    time_axis,
    triangles,
    value_axis,
    value_domain,
)
from foresell.charts.theme import (
    ACCENT,
    BASE,
    INK,
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
from foresell.charts.through_time import Plane, largest_first, plane

LOW, HIGH = "q0.1", "q0.9"


def total_over_time(
    totals: pl.DataFrame,
    events: pl.DataFrame | None = None,
    *,
    baseline: str = "",
    width: int = 960,
) -> Spec:
    """Draw the actual total, the forecast total and the best baseline's, labelled at their ends.

    ``totals``: one row per ``date``, ascending; ``y`` (null where unknown), ``prediction`` (null
    before the test window) and, optional, ``baseline``, named by the argument of that name.
    ``events``: ``date``, ``name``; a mark at the top for each on a date that is drawn, with its
    name where there is room, those of the largest totals first.

    A missing column is a DataError.
    """
    require(totals, ["date", "y", "prediction"], "total over time")
    judged = totals.drop_nulls("prediction")
    if judged.is_empty():
        return nothing("No total to draw: no forecast was judged.", width)
    narrow = width < 600
    shown = _tail(totals, judged.height, 2 if narrow else 3)
    marked = largest_first(shown, events)
    top = 10 if marked.is_empty() else 46
    height = (250 if narrow else 330) + top
    lines = [("baseline", baseline, BASE, 1.5), ("y", "actual", INK, 2.0)]
    lines.append(("prediction", "foresell", ACCENT, 2.5))
    lines = [line for line in lines if line[0] in totals.columns and line[1]]
    beside = max(text_width(text) for _, text, *_ in lines) + 12
    box = Box(width=width, height=height, left=44, right=min(beside, 150), top=top)
    span = _dates(shown)
    values = [value for name, *_ in lines for value in shown[name].to_list()]
    over = plane(span, values, at_most=5 if narrow else 12)
    layers = [over.line(shown, name, color, stroke) for name, _, color, stroke in lines]
    ends = [
        End(text=text, value=values[-1], color=color, bold=color == ACCENT)
        for name, text, color, _ in lines
        if (values := shown[name].drop_nulls().to_list())
    ]
    layers += mark_at(_first(judged), "forecast from here")
    layers += event_names(marked, span, box.inner_width)
    layers += end_labels(ends, span[1], over.domain, box.inner_height)
    return finished(layers, box)


def one_series(
    history: pl.DataFrame,
    test: pl.DataFrame,
    future: pl.DataFrame,
    events: pl.DataFrame | None = None,
    *,
    width: int = 320,
) -> Spec:
    """Draw one series: history and truth in ink, forecast and 80 % band in the accent.

    ``history``: ``date``, ``y``. ``test``: ``date``, ``y``, ``prediction``, ``q0.1``, ``q0.9`` and,
    optional, ``baseline``. ``future``: ``date``, ``prediction``, ``q0.1``, ``q0.9``. ``events``:
    ``date``, ``name``; a mark at the top for each that falls in the test window or after it. All
    ascending; each may be empty. A row with a null ``y`` is drawn as a gap, never as zero; where
    the row itself is missing the line runs on, so complete the calendar first.

    A missing column is a DataError, but an empty frame needs none.
    """
    _check(history, test, future)
    if history.is_empty() and test.is_empty() and future.is_empty():
        return nothing("No rows for this series.", width)
    ahead = test.height + future.height
    past = history.tail(_shown_before(test, future)) if ahead else history
    box = Box(width=width, height=int(0.62 * width), left=38, right=8, top=16)
    frames = [frame for frame in (past, test, future) if not frame.is_empty()]
    values = [
        value
        for frame in frames
        for name in ("y", "prediction", LOW, HIGH)
        if name in frame.columns
        for value in frame[name].to_list()
    ]
    over = plane((_first(frames[0]), _dates(frames[-1])[1]), values, at_most=6, ticks=3)
    return finished(_series_layers(past, test, future, events, over), box)


def _series_layers(
    past: pl.DataFrame,
    test: pl.DataFrame,
    future: pl.DataFrame,
    events: pl.DataFrame | None,
    over: Plane,
) -> list[Layers]:
    """Return the layers of one series, lowest first."""
    ahead = [rows for rows in (test, future) if not rows.is_empty()]
    layers = [over.band(rows, LOW, HIGH) for rows in ahead]
    layers += [rule for rows in ahead for rule in mark_at(_first(rows))]
    if "baseline" in test.columns and not test.is_empty():
        layers.append(over.line(test, "baseline", BASE, 1))
    observed = [
        rows.select("date", pl.col("y").cast(pl.Float64))
        for rows in (past, test)
        if not rows.is_empty()
    ]
    if observed:
        layers.append(over.line(pl.concat(observed), "y", INK, 1.3))
    layers += [over.line(rows, "prediction", ACCENT, 2) for rows in ahead]
    return layers + triangles(_ahead(events, ahead))


def _ahead(events: pl.DataFrame | None, ahead: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the events that fall where a forecast was made."""
    if events is None or events.is_empty():
        return pl.DataFrame()
    dates = [day for rows in ahead for day in rows["date"].to_list()]
    return events.filter(pl.col("date").is_in(dates))


def bias_over_time(totals: pl.DataFrame, *, width: int = 460) -> Spec:
    """Draw, for each date of the test window, by what share the total forecast was off.

    ``totals`` as in `total_over_time`. Above zero the forecast was too high. Dates whose actual
    total is zero or unknown are left out.

    A missing column is a DataError.
    """
    require(totals, ["date", "y", "prediction"], "bias over time")
    rows = (
        totals
        .drop_nulls(["y", "prediction"])
        .filter(pl.col("y") > 0)
        .select("date", share=pl.col("prediction") / pl.col("y") - 1, zero=pl.lit(0.0))
    )
    if rows.is_empty():
        return nothing("No total to compare with.", width)
    first, last = _dates(rows)
    every = max((last - first) / max(rows.height - 1, 1), timedelta(days=1))
    box = Box(width=width, height=240, left=48, right=18)
    domain = value_domain(rows["share"].to_list(), zero=True)
    bar = max(2.0, min(14.0, 0.7 * box.inner_width / (rows.height + 1)))
    data = inline(rows)
    bars = (
        alt
        .Chart(data)
        .mark_rule(color=ACCENT, strokeWidth=bar)
        .encode(
            x=time_axis(first - every, last + every, 7),
            y=value_axis("share", domain, label=PERCENT_LABEL),
            y2="zero:Q",
        )
    )
    zero = alt.Chart(inline(pl.DataFrame({"zero": [0.0]}))).mark_rule(color=INK).encode(y="zero:Q")
    return finished([bars, zero], box)


def _check(history: pl.DataFrame, test: pl.DataFrame, future: pl.DataFrame) -> None:
    """Raise DataError where a frame with rows lacks a column."""
    if not history.is_empty():
        require(history, ["date", "y"], "one series (history)")
    if not test.is_empty():
        require(test, ["date", "y", "prediction", LOW, HIGH], "one series (test)")
    if not future.is_empty():
        require(future, ["date", "prediction", LOW, HIGH], "one series (future)")


def _shown_before(test: pl.DataFrame, future: pl.DataFrame) -> int:
    """Return how many periods of history to draw: a third more than were judged, or 8 weeks."""
    frame = test if not test.is_empty() else future
    dates = frame["date"].head(2).to_list()
    daily = len(dates) == 2 and (dates[1] - dates[0]).days == 1
    return max(4 * test.height // 3, 2 * future.height // 3, 56 if daily else 20)


def _tail(totals: pl.DataFrame, judged: int, times: int) -> pl.DataFrame:
    """Return the judged dates and as many before them as fit ``times`` that length."""
    return totals.tail(judged * times)


def _first(frame: pl.DataFrame) -> date:
    """Return the first date of a frame that has rows."""
    day: date = frame["date"][0]
    return day


def _dates(frame: pl.DataFrame) -> tuple[date, date]:
    """Return the first and the last date of a frame that has rows."""
    last: date = frame["date"][-1]
    return _first(frame), last
