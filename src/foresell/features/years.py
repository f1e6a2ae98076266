"""A season told by more than one year: what the last year says, steadied by the years before it.

A week of last year holds a season and an accident. Where the same dates and events were seen the
year before as well, a share of that older value, brought to last year's local level, takes the
place of the newest: the accidents of two years cancel in part, the season does not.
Source: the weights of simple exponential smoothing over the years of a season, Hyndman &
Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., section 8.1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.features.alignment import Sources, week_periods, year_periods
from foresell.spec.project import ProjectSpec

REACH_WEEKS = 6  # beside a period: what its local level is measured over
GROWTH = (0.5, 2.0)  # bounds of the local level against the year before
# The share of the years before. Measured on a weekly panel of two years (week against the weeks
# around it, events left out): what a group's week of one year tells of the next correlates at 0.6;
# what a series adds to its group at 0.2 raw and 0.3 smoothed. Accidents alone would ask for one
# half, seasons that wander for less; a fifth to a half is between the two at each level.
SHAPE_SHARE = 0.3
SMOOTH_SHARE = 0.4
OWN_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Years:
    """How the periods of a history hang on those a year before.

    ``where``: the sources of every period. ``reach``: periods to each side that make a local level.
    ``block``: periods that certainly have no source among themselves.
    """

    where: Sources
    reach: int
    block: int


def years_of(project: ProjectSpec, where: Sources) -> Years:
    """Return the years of a project whose periods have the sources ``where``."""
    week = week_periods(project)
    return Years(where=where, reach=REACH_WEEKS * week, block=year_periods(project) - 2 * week)


def steadied(values: Matrix, years: Years, share: float) -> Matrix:
    """Return ``values`` with ``share`` of every period taken from the years before.

    ``values``: (n rows, n periods), finite, without effects that move against the year; the periods
    are the first ones of ``years.where``. The older value is multiplied by the local growth: the
    sum of the periods around over that of their own sources, bounded. A period without a source
    in reach stays. Periods before ``years.block`` have none, so the first year is returned as is.
    """
    out = values.copy()
    length = values.shape[1]
    for start in range(years.block, length, years.block):
        stop = min(start + years.block, length)
        first = max(start - years.reach, 0)
        newer = values[:, first : stop + years.reach]
        older, known = _older(out, years.where, first, first + newer.shape[1])
        growth = _local_growth(newer, older, known, years.reach)
        inside = slice(start - first, start - first + stop - start)
        mixed = (1 - share) * newer + share * older * growth
        out[:, start:stop] = np.where(known, mixed, newer)[:, inside]
    return out


def _older(
    values: Matrix, where: Sources, first: int, stop: int
) -> tuple[Matrix, NDArray[np.bool_]]:
    """Return the values a year before periods ``first .. stop`` and which periods have one."""
    index, weight = where.index[first:stop], where.weight[first:stop]
    weight = np.where(index >= 0, weight, 0.0)
    total = weight.sum(axis=1)
    picked = np.zeros((values.shape[0], len(index)))
    for place in range(index.shape[1]):
        picked += values[:, np.maximum(index[:, place], 0)] * weight[:, place]
    return picked / np.where(total > 0, total, 1.0), total > 0


def _local_growth(newer: Matrix, older: Matrix, known: NDArray[np.bool_], reach: int) -> Matrix:
    """Return the sum of ``newer`` over that of ``older`` around each period, bounded."""
    above, below = _around(newer * known, reach), _around(older * known, reach)
    fine = (above > 0) & (below > 0)
    ratio: Matrix = np.where(fine, above, 1.0) / np.where(fine, below, 1.0)
    return np.clip(ratio, *GROWTH)


def _around(values: Matrix, reach: int) -> Matrix:
    """Return the sum of each row's values from ``reach`` before to ``reach`` after each column."""
    length = values.shape[1]
    total = np.concatenate([np.zeros((values.shape[0], 1)), np.cumsum(values, axis=1)], axis=1)
    place = np.arange(length)
    after, before = np.minimum(place + reach + 1, length), np.maximum(place - reach, 0)
    summed: Matrix = total[:, after] - total[:, before]
    return summed
