"""What was and what is to come, small enough to stand beside numbers: a total through time."""

from datetime import date, timedelta
from typing import Literal

import polars as pl

from foresell.charts.axes import mark_at
from foresell.charts.monthly import strips
from foresell.charts.placed import full
from foresell.charts.theme import (
    ACCENT,
    INK,
    Box,
    Layers,
    Spec,
    finished,
    nothing,
    require,
)
from foresell.charts.through_time import Plane, plane
from foresell.spec.forecast import BANDS

Every = Literal["day", "week", "month"]
_STEP = {"day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30)}
_OPACITY = {95: 0.12, 80: 0.2}  # the wider band lies below


def outlook(history: pl.DataFrame, future: pl.DataFrame, *, every: Every, width: int = 520) -> Spec:
    """Draw what was observed in ink, then the forecast in the accent within its bands.

    ``history``: ``date``, ``y`` (null: not known, drawn as a gap). ``future``: ``date``,
    ``prediction`` and, where there are bands, ``lower_80``, ``upper_80``, ``lower_95``,
    ``upper_95``. Both ascending, each date once; either may be empty. ``every``: how far apart
    dates are.

    A missing column is a DataError.
    """
    if not history.is_empty():
        require(history, ["date", "y"], "outlook (history)")
    if not future.is_empty():
        require(future, ["date", "prediction"], "outlook (future)")
    if history.is_empty() and future.is_empty():
        return nothing("Nothing was observed, and nothing is forecast.", width)
    frames = [frame for frame in (history, future) if not frame.is_empty()]
    first, last = frames[0]["date"][0], frames[-1]["date"][-1]
    names = ("y", "prediction", *(edge for level in BANDS for edge in _edges(level)))
    values = [
        value
        for frame in frames
        for name in names
        if name in frame.columns
        for value in frame[name].drop_nulls().to_list()
    ]
    box = Box(width=width, height=230 if width < 500 else 290, left=44, right=10, top=16)
    over = plane(
        (first, last),
        values,
        at_most=5 if width < 600 else 9,
        zero=bool(values) and 0 <= min(values) < max(values) / 3,
    )
    layers = [*_bands(future, over), *_start(future), *_lines(history, future, over)]
    return finished([*layers, *_pointed(history, future, every, (first, last, box))], box)


def _edges(level: int) -> tuple[str, str]:
    """Return the columns between which ``level`` percent are to lie."""
    return f"lower_{level}", f"upper_{level}"


def _banded(future: pl.DataFrame) -> list[int]:
    """Return the levels of the bands that there are, the widest first."""
    return [level for level in sorted(BANDS, reverse=True) if {*_edges(level)} <= {*future.columns}]


def _bands(future: pl.DataFrame, over: Plane) -> list[Layers]:
    """Return the bands of the forecast, the widest lowest."""
    return [
        over.band(future.drop_nulls([low, high]), low, high, opacity=_OPACITY[level])
        for level in _banded(future)
        for low, high in (_edges(level),)
    ]


def _start(future: pl.DataFrame) -> list[Layers]:
    """Return the rule where the forecast begins."""
    return [] if future.is_empty() else mark_at(future["date"][0], "forecast")


def _lines(history: pl.DataFrame, future: pl.DataFrame, over: Plane) -> list[Layers]:
    """Return the line of what was, and that of what is to come, which sets out from its end."""
    layers: list[Layers] = []
    if not history.is_empty():
        layers.append(over.line(history, "y", INK, 1.5))
    if not future.is_empty():
        rows = future.select("date", pl.col("prediction").cast(pl.Float64))
        if not history.is_empty():
            end = history.tail(1).select("date", prediction=pl.col("y").cast(pl.Float64))
            rows = pl.concat([end, rows])
        layers.append(over.line(rows, "prediction", ACCENT, 2.5))
    return layers


def _pointed(
    history: pl.DataFrame, future: pl.DataFrame, every: Every, frame: tuple[date, date, Box]
) -> list[Layers]:
    """Return strips that are not seen and tell the numbers of a date under the pointer."""
    first, last, box = frame
    room = max(2.0, box.inner_width / ((last - first) / _STEP[every] + 1))
    layers: list[Layers] = []
    if not history.is_empty():
        known = history.drop_nulls("y")
        was = [
            {"date": day, "title": _title(day, every), "c0": full(value)}
            for day, value in known.select("date", "y").iter_rows()
        ]
        layers += [strips(pl.DataFrame(was), ["observed"], room)] if was else []
    if not future.is_empty():
        levels = sorted(_banded(future))
        ahead = [_told(row, levels, every) for row in future.iter_rows(named=True)]
        names = ["forecast", *(f"{level} % band" for level in levels)]
        layers.append(strips(pl.DataFrame(ahead), names, room))
    return layers


def _told(row: dict[str, object], levels: list[int], every: Every) -> dict[str, object]:
    """Return what a date of the forecast tells: texts under the names that `strips` takes."""
    said = [_number(row["prediction"])]
    for level in levels:
        low, high = (_number(row[edge]) for edge in _edges(level))
        said.append(f"{low} to {high}")
    day = row["date"]
    title = _title(day, every) if isinstance(day, date) else ""
    return {"date": day, "title": title, **{f"c{n}": text for n, text in enumerate(said)}}


def _number(value: object) -> str:
    """Return a number in full, a dash for none."""
    return full(value) if isinstance(value, (int, float)) else "–"


def _title(day: date, every: Every) -> str:
    """Return a period in words.

    >>> _title(date(2012, 9, 28), "week"), _title(date(2005, 6, 1), "month")
    ('28 Sep 2012', 'June 2005')
    """
    return f"{day:%B %Y}" if every == "month" else f"{day.day} {day:%b %Y}"
