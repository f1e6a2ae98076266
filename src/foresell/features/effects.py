"""Effects that are taken out of a history before it is shifted by a year, and put back after.

Two of them: the weekday profile of daily data, and events that drift against the year (Easter).
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.features.alignment import drifting_events, week_periods
from foresell.features.calendar import EventGrid
from foresell.features.levels import Levels, pool_shape
from foresell.features.pools import Codes, group_sum
from foresell.spec.project import ProjectSpec

SHRINK = 0.8  # of the log effect of a drifting event; chosen on earlier cutoffs
OWN_WEEKS = 10.0  # weeks of its own that weigh as much as the pool's weekday profile


def weekday_profile(
    project: ProjectSpec, levels: Levels, codes: Codes, history: Matrix, periods: int
) -> Matrix:
    """Return (n series, periods): how a weekday compares with the week, 1 for weekly data.

    ``history``: (n series, periods to the cutoff) target. A series' own profile of the last year is
    shrunk to that of its group ``codes``.
    """
    week = week_periods(project)
    if week == 1:
        return np.ones((history.shape[0], periods))
    first = max(0, history.shape[1] - 52 * week)
    units = history[:, first:] / levels.scale[:, None]
    days = np.arange(first, history.shape[1]) % week
    total = np.column_stack([np.nansum(units[:, days == day], axis=1) for day in range(week)])
    count = np.column_stack([
        np.isfinite(units[:, days == day]).sum(axis=1) for day in range(week)
    ]).astype(np.float64)
    pool = _ratio_to_mean(group_sum(total, codes), group_sum(count, codes))[codes]
    trust = count.mean(axis=1, keepdims=True)
    trust /= trust + OWN_WEEKS
    profile = trust * _ratio_to_mean(total, count) + (1 - trust) * pool
    bounded: Matrix = np.clip(profile, 0.05, 10.0)
    return bounded[:, np.arange(periods) % week]


def _ratio_to_mean(total: Matrix, count: Matrix) -> Matrix:
    """Return each weekday's mean against the mean of the week; 1 where nothing was sold."""
    mean = total / np.maximum(count, 1.0)
    week = mean.mean(axis=1, keepdims=True)
    return np.where((week > 0) & (count > 0), mean / np.where(week > 0, week, 1.0), 1.0)


def drift_effects(
    project: ProjectSpec,
    dates: Sequence[date],
    codes: Codes,
    units: Matrix,
    rich: NDArray[np.bool_],
) -> Matrix:
    """Return (n series, n dates): the factor that drifting events put on each period, 1 elsewhere.

    ``units``: (n series, periods to the cutoff) target per scale, without weekday profile. The
    factor is the ratio of the periods around an occurrence to their neighbours in the mean of the
    group's ``rich`` members, over past occurrences, shrunk towards 1.
    """
    factor = np.ones((units.shape[0], len(dates)))
    drifting = drifting_events(project, dates)
    if not drifting:
        return factor
    shape = pool_shape(units, rich, codes)[0]
    shape = np.clip(np.where(np.isfinite(shape), shape, 1.0), 0.02, 50.0)
    for grid in drifting:
        offsets, beside = _windows(project)
        effect = _effect(grid, np.log(shape), offsets, beside)
        for place, offset in enumerate(offsets):
            felt = grid.periods + offset
            inside = felt[(felt >= 0) & (felt < len(dates))]
            factor[:, inside] = np.exp(SHRINK * effect[codes, place])[:, None]
    return factor


def _windows(project: ProjectSpec) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the offsets an event is felt at and those it is compared with, in periods."""
    if project.frequency == "D":
        return tuple(range(-7, 4)), (*range(-21, -7), *range(4, 18))
    return (-2, -1, 0), (-5, -4, -3, 1, 2, 3)


def _effect(
    grid: EventGrid, logs: Matrix, offsets: tuple[int, ...], beside: tuple[int, ...]
) -> Matrix:
    """Return (n groups, offsets): the mean log ratio to the neighbours over past occurrences."""
    total = np.zeros((logs.shape[0], len(offsets)))
    count = np.zeros(len(offsets))
    for period in grid.periods:
        near = [period + b for b in beside if 0 <= period + b < logs.shape[1]]
        if len(near) * 2 < len(beside):
            continue
        level = logs[:, near].mean(axis=1)
        for place, offset in enumerate(offsets):
            if 0 <= period + offset < logs.shape[1]:
                total[:, place] += logs[:, period + offset] - level
                count[place] += 1
    return total / np.maximum(count, 1)
