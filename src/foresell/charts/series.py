"""Sales through time: the total, one series, and how far off the total was at each date."""

from datetime import date, timedelta

import altair as alt
import polars as pl

from foresell.charts.axes import (
    Domain,
    End,
    end_labels,
    event_names,
    mark_at,
    time_axis,
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
)

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
    marked = _marked(shown, events)
    top = 10 if marked.is_empty() else 46
    height = (250 if narrow else 330) + top
    box = Box(width=width, height=height, left=44, right=100 if narrow else 150, top=top)
    lines = [("baseline", baseline, BASE, 1.5), ("y", "actual", INK, 2.0)]
    lines.append(("prediction", "foresell", ACCENT, 2.5))
    lines = [line for line in lines if line[0] in totals.columns and line[1]]
    domain = value_domain(value for name, *_ in lines for value in shown[name].to_list())
    first, last = _dates(shown)
    x = time_axis(first, last, 5 if narrow else 12)
    data = inline(shown)
    layers: list[Layers] = [
        alt
        .Chart(data)
        .mark_line(color=color, strokeWidth=stroke, clip=True)
        .encode(x=x, y=value_axis(name, domain))
        for name, _, color, stroke in lines
    ]
    start = _first(judged)
    ends = [
        End(text=text, value=values[-1], color=color, bold=color == ACCENT)
        for name, text, color, _ in lines
        if (values := shown[name].drop_nulls().to_list())
    ]
    layers += mark_at(start, "forecast from here")
    layers += event_names(marked, (first, last), box.inner_width)
    layers += end_labels(ends, last, domain, box.inner_height)
    return finished(layers, box)


def _marked(shown: pl.DataFrame, events: pl.DataFrame | None) -> pl.DataFrame:
    """Return ``date``, ``name`` of the events on dates that are drawn, largest total first.

    The larger of its own total and the one before counts, for people buy ahead of a feast.
    """
    if events is None or events.is_empty():
        return pl.DataFrame()
    own = pl.coalesce("y", "prediction")
    size = shown.select("date", size=pl.max_horizontal(own, own.shift(1)))
    found = events.select("date", "name").join(size, on="date", how="inner")
    return found.sort("size", "date", "name", descending=[True, False, False], nulls_last=True)


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
    domain = value_domain(
        value
        for frame in frames
        for name in ("y", "prediction", LOW, HIGH)
        if name in frame.columns
        for value in frame[name].to_list()
    )
    first, last = _first(frames[0]), _dates(frames[-1])[1]
    return finished(_series_layers(past, test, future, events, (first, last, domain)), box)


def _series_layers(
    past: pl.DataFrame,
    test: pl.DataFrame,
    future: pl.DataFrame,
    events: pl.DataFrame | None,
    frame: tuple[date, date, Domain],
) -> list[Layers]:
    """Return the layers of one series, lowest first."""
    first, last, domain = frame
    x = time_axis(first, last, 6)

    def line(rows: pl.DataFrame, field: str, color: str, stroke: float) -> Layers:
        mark: alt.Chart = alt.Chart(inline(rows.select("date", field))).mark_line(
            color=color, strokeWidth=stroke, clip=True
        )
        return mark.encode(x=x, y=value_axis(field, domain, ticks=3))

    def band(rows: pl.DataFrame) -> Layers:
        area: alt.Chart = alt.Chart(inline(rows.select("date", low=LOW, high=HIGH))).mark_area(
            color=ACCENT, opacity=0.2, clip=True
        )
        return area.encode(x=x, y=value_axis("low", domain, ticks=3), y2="high:Q")

    ahead = [rows for rows in (test, future) if not rows.is_empty()]
    layers: list[Layers] = [band(rows) for rows in ahead]
    layers += [rule for rows in ahead for rule in mark_at(_first(rows))]
    if "baseline" in test.columns and not test.is_empty():
        layers.append(line(test, "baseline", BASE, 1))
    observed = [
        rows.select("date", pl.col("y").cast(pl.Float64))
        for rows in (past, test)
        if not rows.is_empty()
    ]
    if observed:
        layers.append(line(pl.concat(observed), "y", INK, 1.3))
    layers += [line(rows, "prediction", ACCENT, 2) for rows in ahead]
    return layers + _event_marks(events, test, future)


def _event_marks(
    events: pl.DataFrame | None, test: pl.DataFrame, future: pl.DataFrame
) -> list[Layers]:
    """Return a small triangle at the top for each event that falls where a forecast was made."""
    if events is None or events.is_empty():
        return []
    dates = [day for rows in (test, future) for day in rows["date"].to_list()]
    shown = events.filter(pl.col("date").is_in(dates)).unique("date").sort("date")
    if shown.is_empty():
        return []
    marks = alt.Chart(inline(shown.select("date"))).mark_point(
        shape="triangle-down", size=26, filled=True, opacity=1, color=BASE, y=-7
    )
    return [marks.encode(x="date:T")]


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
