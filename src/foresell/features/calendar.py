"""Time turned into numbers: events and the periods they fall in, calendar and cyclic features."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from foresell.spec.calendar import Event, Frequency, step
from foresell.spec.occurrences import occurrences
from foresell.spec.project import ProjectSpec

_FEAST = 7  # days between two days of one occurrence


def period_dates(dates: Sequence[date], frequency: Frequency, periods: int) -> tuple[date, ...]:
    """Return ``periods`` evenly spaced dates from ``dates[0]`` on, past the given ones if need be.

    >>> period_dates([date(2012, 1, 6)], "W-FRI", 2)
    (datetime.date(2012, 1, 6), datetime.date(2012, 1, 13))
    """
    return tuple(dates[0] + i * step(frequency) for i in range(periods))


@dataclass(frozen=True, kw_only=True)
class EventGrid:
    """Where one event falls on a calendar of periods.

    ``periods``: the period index of each occurrence, in time order; it may lie outside the
    calendar. Days of one event within a week of each other (a feast of three days) are one
    occurrence, which begins on the first of them. ``inside``: (n periods,) whether a day of the
    event falls in the period. ``to_next`` and ``since_last``: (n periods,) days from the period to
    the next and from the last such day, 0 inside, capped at the declared window.
    """

    name: str
    fixed_day: bool
    periods: NDArray[np.int64]
    inside: NDArray[np.bool_]
    to_next: NDArray[np.float64]
    since_last: NDArray[np.float64]


@lru_cache(maxsize=64)
def _event_grids(
    events: tuple[Event, ...], frequency: Frequency, window: int, first: date, periods: int
) -> tuple[EventGrid, ...]:
    """Lay each event on the calendar of ``periods`` periods that starts at ``first``."""
    width = step(frequency).days
    ends = first.toordinal() + width * np.arange(periods)
    span = (first - timedelta(days=800), first + timedelta(days=int(width * periods) + 500))
    grids = []
    for event in events:
        days = np.array([day.toordinal() for day in occurrences(event, *span)], dtype=np.int64)
        begins = days[np.diff(days, prepend=-10_000) > _FEAST] if days.size else days
        held = -((first.toordinal() - begins) // width)
        after = np.append(days, ends[-1] + 10_000)[np.searchsorted(days, ends - width + 1)]
        before = np.insert(days, 0, ends[0] - 10_000)[np.searchsorted(days, ends, side="right")]
        to_next = np.clip(after - ends, 0, window).astype(np.float64)
        since = np.clip(ends - width + 1 - before, 0, window).astype(np.float64)
        inside = (after <= ends) & (after >= ends - width + 1)
        grids.append(
            EventGrid(
                name=event.name,
                fixed_day=event.day is not None,
                periods=held,
                inside=inside,
                to_next=np.where(inside, 0.0, to_next),
                since_last=np.where(inside, 0.0, since),
            )
        )
    return tuple(grids)


def event_grids(project: ProjectSpec, first: date, periods: int) -> tuple[EventGrid, ...]:
    """Lay the project's events on ``periods`` periods from ``first`` on; weeks end on theirs."""
    return _event_grids(
        project.events, project.frequency, project.features.event_window_days, first, periods
    )


def calendar_columns(project: ProjectSpec, dates: Sequence[date]) -> dict[str, NDArray[np.float32]]:
    """Return the declared calendar and cyclic features of each date, by name, each (n dates,).

    ``week`` is the ISO week, ``weekday`` 1 = Monday. Cyclic features are the sine and cosine of the
    place in the year and, for daily data, in the week.
    """
    parts = {
        "weekday": [day.isoweekday() for day in dates],
        "day_of_month": [day.day for day in dates],
        "week": [day.isocalendar().week for day in dates],
        "month": [day.month for day in dates],
        "quarter": [(day.month + 2) // 3 for day in dates],
    }
    columns = {
        f"calendar_{name}": np.array(parts[name], dtype=np.float32)
        for name in project.features.calendar
    }
    if project.features.cyclic:
        turns = {"year": (np.array([day.timetuple().tm_yday for day in dates]) - 1) / 365.25}
        if project.frequency == "D":
            turns["week"] = np.array([day.weekday() for day in dates]) / 7
        for name, turn in turns.items():
            columns[f"{name}_sin"] = np.sin(2 * np.pi * turn).astype(np.float32)
            columns[f"{name}_cos"] = np.cos(2 * np.pi * turn).astype(np.float32)
    return columns


def event_columns(
    project: ProjectSpec, first: date, periods: NDArray[np.intp]
) -> dict[str, NDArray[np.float32]]:
    """Return, for each of ``periods`` (indices counted from ``first``), the features of each event.

    ``event_NAME``: 1 where an occurrence falls in the period; ``event_NAME_to`` and
    ``event_NAME_since``: days to the next and since the last one, capped.
    """
    columns: dict[str, NDArray[np.float32]] = {}
    for grid in event_grids(project, first, int(periods.max()) + 1):
        columns[f"event_{grid.name}"] = grid.inside[periods].astype(np.float32)
        columns[f"event_{grid.name}_to"] = grid.to_next[periods].astype(np.float32)
        columns[f"event_{grid.name}_since"] = grid.since_last[periods].astype(np.float32)
    return columns
