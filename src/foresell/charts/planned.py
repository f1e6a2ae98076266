"""A plan and another one: what is forecast by the first, and what by the second beside it."""

from datetime import date, timedelta

import altair as alt
import polars as pl

from foresell.charts.axes import End, end_labels, event_names, mark_at
from foresell.charts.placed import full
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
    INK,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
)
from foresell.charts.through_time import Plane, plane

_NARROW = 600
_COLUMNS = ("date", "planned", "changed", "low", "high", "moved")


def plan_chart(
    rows: pl.DataFrame,
    history: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
    *,
    width: int = 960,
) -> Spec:
    """Draw the forecast by the plan and, in the accent, that of a changed plan.

    ``rows``: one a ``date``, ascending; ``planned``; ``changed`` (null everywhere: nothing was
    changed, and the plan itself is in the accent); ``low`` and ``high`` of what is in the accent
    (null: there is no band); ``moved``, whether the plan of that day is another one: these days are
    shaded. ``history``: ``date``, ``y``, ascending; a null is a gap. ``events``: ``date``,
    ``name``, a mark at the top for each, those of the first rows with their names.

    A missing column is a DataError.
    """
    require(rows, _COLUMNS, "a plan and another one")
    if rows.is_empty():
        return nothing("No forecast to draw.", width)
    past = history if history is not None else pl.DataFrame(schema={"date": pl.Date, "y": float})
    require(past, ["date", "y"], "a plan and another one (history)")
    narrow = width < _NARROW
    top = 10 if events is None or events.is_empty() else 46
    right = 78 if narrow else 104
    box = Box(width=width, height=(230 if narrow else 280) + top, left=48, right=right, top=top)
    values = [one for name in ("planned", "changed", "low", "high") for one in rows[name].to_list()]
    days = [*past["date"].to_list(), *rows["date"].to_list()]
    span = (days[0], days[-1])
    over = plane(span, [*values, *past["y"].to_list()], at_most=4 if narrow else 9)
    layers = [*_shade(rows), *_band(rows, over)]
    if past.height:
        layers += [over.line(past, "y", INK, 1.5), *mark_at(rows["date"][0])]
    lines, ends = _lines(rows, over)
    layers += lines
    layers += event_names(events if events is not None else pl.DataFrame(), span, box.inner_width)
    layers += end_labels(ends, days[-1], over.domain, box.inner_height)
    room = max(3.0, box.inner_width / max(len(days) - 1, 1))
    return finished([*layers, _told(rows, room)], box)


def _lines(rows: pl.DataFrame, over: Plane) -> tuple[list[Layers], list[End]]:
    """Return the lines of what is forecast, and what is said at their ends."""
    if rows["changed"].null_count() == rows.height:
        end = End(text="forecast", value=rows["planned"][-1], color=ACCENT, bold=True)
        return [over.line(rows, "planned", ACCENT, 2.5)], [end]
    return (
        [
            over.line(rows, "planned", BASE, 1.8),
            over.line(rows, "changed", ACCENT, 2.5),
        ],
        [
            End(text="as planned", value=rows["planned"][-1], color=BASE),
            End(text="changed", value=rows["changed"][-1], color=ACCENT, bold=True),
        ],
    )


def _shade(rows: pl.DataFrame) -> list[Layers]:
    """Return what lies behind the days whose plan is another one."""
    moved = rows.filter(pl.col("moved"))["date"].to_list()
    if not moved:
        return []
    days: list[date] = rows["date"].to_list()
    half = (days[1] - days[0]) / 2 if len(days) > 1 else timedelta(hours=12)
    ends = [max(moved[0] - half, days[0]), min(moved[-1] + half, days[-1])]
    data = inline(pl.DataFrame({"date": [ends[0]], "end": [ends[1]]}))
    shade: alt.Chart = alt.Chart(data).mark_rect(color=FAINT, opacity=0.35)
    return [shade.encode(x="date:T", x2="end:T")]


def _band(rows: pl.DataFrame, over: Plane) -> list[Layers]:
    """Return the area between low and high, where there is one."""
    known = rows.select("date", "low", "high").drop_nulls()
    return [] if known.is_empty() else [over.band(known, "low", "high")]


def _told(rows: pl.DataFrame, room: float) -> Layers:
    """Return what a pointer over a day is told: a strip as wide as the day, which is not seen."""
    named = {
        "planned": "as planned",
        "changed": "changed",
        "low": "one in ten below",
        "high": "one in ten above",
    }
    known = {key: words for key, words in named.items() if rows[key].null_count() < rows.height}
    told = rows.select(
        "date",
        *(pl.col(key).map_elements(full, pl.String).fill_null("not known") for key in known),
        day=pl.col("date").dt.to_string("%a %-d %b %Y"),
    )
    strip: alt.Chart = alt.Chart(inline(told)).mark_rule(
        color=BASE, opacity=0, strokeWidth=room, strokeCap="butt"
    )
    tips = [alt.Tooltip("day:N", title="day")]
    tips += [alt.Tooltip(f"{key}:N", title=words) for key, words in known.items()]
    return strip.encode(x="date:T", tooltip=tips)
