"""The month as people are paid by it: sales rise and fall with the days of the month.

Wages, pensions and benefits come on fixed days, so the first days of a month sell more than the
last ones, and a week is worth what days of the month it holds. A year later the same week holds
other days. So the effect is learnt from the history, taken out of it before it is shifted by a
year, and put back at the days to come.
Source: M. Stephens, "'3rd of the Month': Do Social Security Recipients Smooth Consumption Between
Checks?", American Economic Review 93 (2003).
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.features.alignment import week_periods
from foresell.features.calendar import event_grids
from foresell.features.levels import Vector, pool_shape
from foresell.features.pools import Codes
from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec

WAVES = 2  # sine and cosine pairs over a month
MONTH = 30.4369  # days, mean
BESIDE_WEEKS = 5  # to each side: what a period is compared with
ALL_RIDGE, GROUP_RIDGE = 0.03, 1.0  # of the design's own size; chosen on earlier cutoffs
LEAST = 26  # weeks beside no event to learn from; with fewer there is no effect
BOUNDS = (0.7, 1.4)


def month_effects(
    project: ProjectSpec,
    dates: Sequence[date],
    codes: Codes,
    units: Matrix,
    rich: NDArray[np.bool_],
) -> Matrix:
    """Return (n series, n dates): the factor the days of the month put on each period.

    ``units``: (n series, periods to the cutoff) target per scale, without weekday profile and
    events; only the ``rich`` series teach. Each group's log shape, less the mean of the periods
    around, is regressed on waves over the month treated likewise: first all groups together, then
    each group's own difference, shrunk. Periods beside declared events teach nothing.
    """
    week, seen = week_periods(project), units.shape[1]
    factor = np.ones((units.shape[0], len(dates)))
    if not rich.any():
        return factor
    shape = pool_shape(units, rich, codes)[0]
    logs = np.log(np.clip(np.where(shape > 0, shape, 1.0), 0.02, 50.0))
    waves = _waves(dates, step(project.frequency).days)
    usable = ~_beside_events(project, dates[0], seen)
    if usable.sum() < LEAST * week:
        return factor
    reach = BESIDE_WEEKS * week
    design = _against_neighbours(waves[:seen].T, reach)[:, usable].T
    miss = _against_neighbours(logs, reach)[:, usable]
    members = np.bincount(codes, weights=rich, minlength=len(logs)).astype(np.float64)
    effect = (waves - waves[:seen].mean(axis=0)) @ _weights(design, miss, members)
    bounded: Matrix = np.clip(np.exp(effect.T), *BOUNDS)
    return bounded[codes]


def _waves(dates: Sequence[date], days: int) -> Matrix:
    """Return (n dates, 2 x WAVES): the mean over each period's days of waves over the month."""
    day = np.array([[(last - timedelta(days=back)).day for back in range(days)] for last in dates])
    turn = 2 * np.pi * (day - 1) / MONTH
    pairs = [(np.cos(k * turn), np.sin(k * turn)) for k in range(1, WAVES + 1)]
    return np.column_stack([wave.mean(axis=1) for pair in pairs for wave in pair])


def _beside_events(project: ProjectSpec, first: date, periods: int) -> NDArray[np.bool_]:
    """Return (n periods,) whether an event falls within a week of the period."""
    week = week_periods(project)
    beside = np.zeros(periods, dtype=np.bool_)
    for grid in event_grids(project, first, periods):
        for offset in range(-week, week + 1):
            felt = grid.periods + offset
            beside[felt[(felt >= 0) & (felt < periods)]] = True
    return beside


def _against_neighbours(values: Matrix, reach: int) -> Matrix:
    """Return each row less its mean from ``reach`` before to ``reach`` after each column."""
    length = values.shape[1]
    total = np.concatenate([np.zeros((values.shape[0], 1)), np.cumsum(values, axis=1)], axis=1)
    place = np.arange(length)
    after, before = np.minimum(place + reach + 1, length), np.maximum(place - reach, 0)
    mean: Matrix = (total[:, after] - total[:, before]) / (after - before)
    return values - mean


def _weights(design: Matrix, miss: Matrix, members: Vector) -> Matrix:
    """Return (waves, groups): the weights of all groups plus each group's own difference.

    ``design``: (periods, waves); ``miss``: (groups, periods); ``members``: (groups,) how much each
    counts in what all have in common; one of 0 has no difference of its own.
    """
    groups = len(members)
    taught = np.flatnonzero(members)  # a group that teaches nothing must not change how sums round
    miss, members = miss[taught], members[taught]
    gram = design.T @ design
    size = float(np.trace(gram)) / len(gram) * np.eye(len(gram))
    common = members @ miss / members.sum()
    shared = np.linalg.solve(gram + ALL_RIDGE * size, design.T @ common)
    own = np.linalg.solve(gram + GROUP_RIDGE * size, design.T @ (miss - design @ shared).T)
    weights = np.repeat(shared[:, None], groups, axis=1)
    weights[:, taught] += own
    return weights
