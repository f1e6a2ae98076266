"""What happened when: all series together, parts of them, months, and when values were missing."""

from datetime import date, timedelta

import altair as alt
import polars as pl

from foresell.charts.axes import (
    End,
    end_labels,
    event_names,
    time_axis,
    value_axis,
    value_domain,
)
from foresell.charts.eda_bars import label_axis, label_room
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
    text_width,
)
from foresell.charts.through_time import plane

_ROW = 22
_COLORS = (ACCENT, INK, BASE, FAINT)


def periods(totals: pl.DataFrame, events: pl.DataFrame | None = None, *, width: int = 960) -> Spec:
    """Draw one line through time, with a mark at the top for each event.

    ``totals``: ``date`` (ascending), ``y`` (null is a gap). ``events``: ``date``, ``name``; those
    that come first get their names where there is room.

    A missing column is a DataError.
    """
    require(totals, ["date", "y"], "periods")
    shown = totals.select("date", pl.col("y").cast(pl.Float64))
    if shown["y"].count() == 0:
        return nothing("No total to draw.", width)
    narrow = width < 600
    marked = events if events is not None else pl.DataFrame()
    top = 10 if marked.is_empty() else 46
    box = Box(width=width, height=(230 if narrow else 300) + top, left=44, right=62, top=top)
    span = _span(shown)
    over = plane(span, shown["y"].to_list(), at_most=5 if narrow else 12, zero=True)
    layers = [over.line(shown, "y", INK, 1.4 if shown.height > 400 else 1.8)]
    layers += event_names(marked, span, box.inner_width)
    return finished(layers, box)


def parted(rows: pl.DataFrame, *, width: int = 420) -> Spec:
    """Draw a line for each of at most four parts, labelled at its end.

    ``rows``: ``date``, ``value`` (the part), ``y``; parts in the order in which they come.

    A missing column is a DataError.
    """
    require(rows, ["date", "value", "y"], "parts through time")
    shown = rows.select("date", "value", pl.col("y").cast(pl.Float64)).drop_nulls()
    if shown.is_empty():
        return nothing("No part to draw.", width)
    parts = shown["value"].unique(maintain_order=True).to_list()[: len(_COLORS)]
    right = min(max(text_width(part) for part in parts) + 16, 130)
    box = Box(width=width, height=240, left=44, right=right)
    span = _span(shown)
    over = plane(span, shown["y"].to_list(), at_most=6, zero=True)
    layers: list[Layers] = []
    ends: list[End] = []
    for part, color in zip(parts, _COLORS, strict=False):
        line = shown.filter(pl.col("value") == part).sort("date")
        layers.append(over.line(line, "y", color, 1.5))
        ends.append(End(text=part, value=line["y"][-1], color=BASE if color == FAINT else color))
    return finished([*layers, *end_labels(ends, span[1], over.domain, box.inner_height)], box)


def months(rows: pl.DataFrame, *, width: int = 420) -> Spec:
    """Draw an upright bar a month. ``rows``: ``month`` (its first day, ascending), ``y``.

    A missing column is a DataError.
    """
    require(rows, ["month", "y"], "months")
    shown = rows.select(date="month", y=pl.col("y").cast(pl.Float64), zero=pl.lit(0.0)).drop_nulls()
    if shown.is_empty():
        return nothing("No month to draw.", width)
    box = Box(width=width, height=240, left=44, right=16)
    first, last = _span(shown)
    bar = max(1.5, min(14.0, 0.7 * box.inner_width / (shown.height + 1)))
    drawn = alt.Chart(inline(shown)).mark_rule(color=ACCENT, strokeWidth=bar)
    domain = value_domain(shown["y"].to_list(), zero=True)
    return finished(
        [
            drawn.encode(
                x=time_axis(first, last, 6, margin=timedelta(days=20)),
                y=value_axis("zero", domain),
                y2="y:Q",
            )
        ],
        box,
    )


def missing(rows: pl.DataFrame, *, width: int = 960) -> Spec:
    """Draw one row a column of the data, darker where more of its values are missing.

    ``rows``: ``period`` (date), ``column``, ``share`` (0 to 1). Columns as they come; runs of equal
    shares are one mark.

    A missing column is a DataError.
    """
    require(rows, ["period", "column", "share"], "missing by period")
    shown = rows.filter(pl.col("share").is_not_null())
    if shown.is_empty():
        return nothing("Nothing is missing.", width)
    names = shown["column"].unique(maintain_order=True).to_list()
    box = Box(width=width, height=len(names) * _ROW + 44, left=label_room(names), right=16, top=4)
    first, last = _span(shown.rename({"period": "date"}))
    after = _after(shown["period"])
    runs = _runs(shown, last + after)
    x = time_axis(first, last + after, 5 if width < 600 else 12)
    y = label_axis(names, box.left)
    drawn = alt.Chart(inline(runs)).mark_bar(color=ACCENT, height={"band": 0.66})
    return finished(
        [
            drawn.encode(
                x=x,
                x2="until:T",
                y=y,
                opacity=alt.Opacity(
                    "share:Q", scale=alt.Scale(domain=[0, 1], range=[0.12, 1]), legend=None
                ),
            ),
        ],
        box,
    )


def _runs(rows: pl.DataFrame, end: date) -> pl.DataFrame:
    """Return ``label``, ``date``, ``until``, ``share``: runs of one tenth, above zero.

    A period lasts until the next one, the last one until ``end``.
    """
    starts = rows["period"].unique().sort()
    ends = pl.DataFrame({"period": starts, "after": starts.shift(-1).fill_null(end)})
    some = pl.when(pl.col("share") > 0).then(0.1).otherwise(0.0)
    leveled = (
        rows
        .join(ends, on="period", how="left")
        .select(
            "period",
            "after",
            label="column",
            share=pl.max_horizontal(pl.col("share").round(1), some),
        )
        .sort("label", "period")
    )
    changed = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("share", "label")
    )
    return (
        leveled
        .with_columns(run=changed.cum_sum())
        .filter(pl.col("share") > 0)
        .group_by("run", maintain_order=True)
        .agg(
            pl.col("label", "share").first(),
            date=pl.col("period").first(),
            until=pl.col("after").last(),
        )
        .drop("run")
    )


def _after(periods: pl.Series) -> timedelta:
    """Return the time between two periods; a day of one alone."""
    steps = periods.unique().sort().diff().drop_nulls()
    least = steps.min()
    return least if isinstance(least, timedelta) else timedelta(days=1)


def _span(rows: pl.DataFrame) -> tuple[date, date]:
    """Return the first and the last date; two that differ, so that an axis has a length."""
    days = rows["date"].sort()
    first: date = days[0]
    last: date = days[-1]
    return (first, last) if first < last else (first, first + timedelta(days=1))
