"""Which past periods a period resembles: the same date a year before, or the same event.

A weekly period is a blend of the weeks 52 and 53 before, by the days they share with the same
dates; a daily one of the days around the same date. Around an event the source is the same place
beside that event's own last occurrence; an event with a fixed day needs that only in daily data,
since a week's blend by date already follows the weekday it falls on. Events that drift by more
than a week against the year (Easter) are not sources: their effect is taken out and put back, see
``drifting_events``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from foresell.features.calendar import EventGrid, event_grids
from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec

DAILY_KERNEL = (1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """For each of n periods, k source periods a year before.

    ``index``: (n, k) period indices, below 0 where the calendar has not begun. ``weight``: (n, k),
    each row sums to 1. ``aligned``: (n,) whether the period follows an event and not its date.
    """

    index: NDArray[np.int64]
    weight: NDArray[np.float64]
    aligned: NDArray[np.bool_]


def year_periods(project: ProjectSpec) -> int:
    """Return how many whole periods come closest to a year and keep the weekday: 52 or 364."""
    return 52 if step(project.frequency).days == 7 else 364


def week_periods(project: ProjectSpec) -> int:
    """Return the periods in a week: 7 for daily data, 1 for weekly."""
    return 7 if project.frequency == "D" else 1


def event_reach(project: ProjectSpec) -> int:
    """Return how many periods beside an event are aligned with it: one, or one week less a day."""
    return 1 if project.frequency != "D" else 3


def is_drifting(grid: EventGrid, project: ProjectSpec) -> bool:
    """Return whether two successive occurrences differ from a year by more than a week."""
    week = week_periods(project)
    year = 365.2425 / step(project.frequency).days
    return bool(grid.periods.size > 1 and np.abs(np.diff(grid.periods) - year).max() > week + 0.3)


def sources(project: ProjectSpec, dates: Sequence[date]) -> Sources:
    """Return the sources of every one of ``dates``, a complete calendar from the panel's first."""
    periods = np.arange(len(dates))
    if project.frequency == "D":
        index = periods[:, None] - 365 + np.arange(-3, 4)[None, :]
        weight = np.tile(np.array(DAILY_KERNEL) / sum(DAILY_KERNEL), (len(dates), 1))
    else:
        index = periods[:, None] - np.array([52, 53])[None, :]
        later = np.array([(_days_in_year_before(day) - 364) / 7 for day in dates])
        weight = np.column_stack([1 - later, later])
    aligned = np.zeros(len(dates), dtype=bool)
    for grid in event_grids(project, dates[0], len(dates)):
        by_date = grid.fixed_day and project.frequency != "D"
        if not by_date and not is_drifting(grid, project):
            _align(grid, event_reach(project), index, weight, aligned)
    return Sources(index=index, weight=weight, aligned=aligned)


def _days_in_year_before(day: date) -> int:
    """Return the days from the same date a year before to ``day``; 29 February counts from 28."""
    before = day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
    return (day - before).days


def _align(
    grid: EventGrid,
    reach: int,
    index: NDArray[np.int64],
    weight: NDArray[np.float64],
    aligned: NDArray[np.bool_],
) -> None:
    """Point the periods beside each occurrence at the same place beside the one before it."""
    for before, now in zip(grid.periods[:-1], grid.periods[1:], strict=True):
        for offset in sorted(range(-reach, reach + 1), key=abs, reverse=True):
            period = int(now + offset)
            if 0 <= period < len(index):
                index[period], weight[period] = before + offset, 0.0
                weight[period, 0] = 1.0
                aligned[period] = True


def drifting_events(project: ProjectSpec, dates: Sequence[date]) -> tuple[EventGrid, ...]:
    """Return the events whose effect must be moved, see ``is_drifting``."""
    grids = event_grids(project, dates[0], len(dates))
    return tuple(grid for grid in grids if is_drifting(grid, project))
