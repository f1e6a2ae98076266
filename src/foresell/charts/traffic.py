"""What is asked of a server by day: rows, and those with values that training did not hold."""

from datetime import date, timedelta

import altair as alt
import polars as pl

from foresell.charts.axes import time_axis, value_axis, value_domain
from foresell.charts.theme import (
    ACCENT,
    FAINT,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
)

_NARROW = 500
_MARGIN = timedelta(hours=18)
_TIPS = (("day", "day"), ("told", "rows"), ("odd", "strange to training"))


def rows_by_day(days: pl.DataFrame, *, width: int = 760) -> Spec:
    """Draw a bar of the rows of each day, and in it those with a value strange to training.

    ``days``: ``date``, ``rows``, ``flagged``, ascending. A missing column is a DataError.
    """
    require(days, ["date", "rows", "flagged"], "rows by day")
    if days.is_empty():
        return nothing("Nothing was asked.", width)
    box = Box(width=width, height=190, left=52, right=16, top=12, bottom=44)
    first: date = days["date"][0]
    last: date = days["date"][-1]
    # A few days stand at the right, each no wider than where there are many.
    first = min(first, last - timedelta(days=13))
    room = box.inner_width / ((last - first).days + 2)
    x = time_axis(first, last, 5 if width < _NARROW else 10, margin=_MARGIN)
    domain = value_domain([0.0, *days["rows"].to_list()], zero=True)
    drawn = days.with_columns(
        zero=pl.lit(0),
        day=pl.col("date").dt.to_string("%-d %b %Y"),
        told=pl.col("rows").map_elements(lambda rows: f"{rows:,}", return_dtype=pl.String),
        odd=pl.col("flagged").map_elements(lambda rows: f"{rows:,}", return_dtype=pl.String),
    )
    data = alt.Chart(inline(drawn))
    layers: list[Layers] = [
        data.mark_bar(color=color, width=max(2.0, min(22.0, 0.7 * room))).encode(
            x=x,
            y=value_axis(name, domain, ticks=3),
            y2="zero:Q",
            tooltip=[alt.Tooltip(f"{field}:N", title=title) for field, title in _TIPS],
        )
        for name, color in (("rows", FAINT), ("flagged", ACCENT))
    ]
    return finished(layers, box)
