"""The level of series that have no past: what earlier newcomers sold when they appeared.

A pool's mean says what its established series sell. Those that appear after the panel began sell
far less, as a rule, or far more; how much is learnt from the ones that did. Where none did, it is
what the neighbours sell.
"""

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.features.levels import Levels, Vector, fit_levels
from foresell.features.neighbours import neighbours
from foresell.features.pools import Codes, Recipe, group_codes
from foresell.features.season import recent_windows
from foresell.features.threads import one_thread
from foresell.spec.forecast import QUANTILES
from foresell.spec.project import ProjectSpec

MIN_NEWCOMERS = 9  # the fewest of which an 80 % band can hold a tenth
FEWEST_OUTER = 39  # the fewest whose extremes hold 95 % between them
FARTHEST = 1000.0  # times the middle: further says nothing of how far
STRETCH = 1.53  # of the normal distribution: how much further 95 % reach from the middle than 80 %
CLOSE = 1e-9


def newcomer_levels(panel: Panel, project: ProjectSpec, recipe: Recipe) -> Matrix:
    """Return (n series, quantile levels) of what a series without history sells, rising.

    Unit of the target, where its pool's shape is 1. NaN for a series with any observation up to the
    panel's cutoff, and where neither nine newcomers nor nine established series teach anything:
    then the pool's level stands. Nothing after the cutoff is looked at.

    A newcomer is a series first observed after the panel's first period. One that came with a key
    value that nothing had before (a new shop) is of another kind than one that joined shops and
    items long there, and each kind teaches its own. A newcomer's first ``project.horizon`` periods,
    divided by the pool's shape and by the geometric mean of the pool's level and the level of all,
    are its lesson; all newcomers count alike, however many periods they were seen. Half way between
    "as the pool" and "as all" had the least quantile loss on cutoffs of 64 to 97 weeks of a weekly
    panel, and pools of newcomers by group lost against all of them.

    Where fewer than 39 teach, the outer two quantiles are stretched (`widened`). Where fewer than
    nine came of a kind, the level is that of its neighbours (`neighbours`).
    """
    quantiles = np.full((panel.n_series, len(QUANTILES)), np.nan)
    history = panel.target[:, : panel.cutoff + 1]
    seen = np.isfinite(history)
    unseen = seen.sum(axis=1) == 0
    if not unseen.any() or unseen.all():
        return quantiles
    first = np.where(unseen, history.shape[1], np.argmax(seen, axis=1))
    fresh = _fresh(panel, first)
    levels = fit_levels(panel, project, recipe)
    reference = _reference(levels)
    for kind in (False, True):
        early = _early(seen, first, (fresh == kind) & np.isfinite(reference), project.horizon)
        asked = unseen & (fresh == kind)
        if early.any(axis=1).sum() >= MIN_NEWCOMERS:
            learnt = _lesson(history, reference[:, None] * levels.shape, early)
            quantiles[asked] = reference[asked, None] * learnt
    left = unseen & np.isnan(quantiles).any(axis=1)
    if left.any():
        quantiles[left] = neighbour_levels(panel, project, recipe, levels)[left]
    return quantiles


def _fresh(panel: Panel, first: Codes) -> NDArray[np.bool_]:
    """Return (n series,) whether a series came with a key value that no series had before it.

    ``first``: (n series,) the period each was first observed in, past the last for one never seen.
    """
    fresh = np.zeros(panel.n_series, dtype=np.bool_)
    for name in panel.keys.columns:
        codes = group_codes(panel, [name])
        earliest = np.full(int(codes.max()) + 1, np.iinfo(np.int64).max)
        np.minimum.at(earliest, codes, first)
        fresh |= earliest[codes] == first
    return fresh


def _early(
    seen: NDArray[np.bool_], first: Codes, kind: NDArray[np.bool_], horizon: int
) -> NDArray[np.bool_]:
    """Return (n series, periods) the first ``horizon`` periods of newcomers of a ``kind``."""
    periods = np.arange(seen.shape[1])
    new = kind & (first > 0)
    return seen & new[:, None] & (periods < first[:, None] + horizon)


def _lesson(history: Matrix, expected: Matrix, cells: NDArray[np.bool_]) -> Vector:
    """Return the quantiles of history over ``expected`` in ``cells``; every series counts alike."""
    count = cells.sum(axis=1)
    weight = (1 / np.maximum(count, 1))[np.nonzero(cells)[0]]
    series = int(count.astype(bool).sum())
    found = weighted_quantiles(history[cells] / expected[cells], weight, series)
    return found if series >= FEWEST_OUTER else widened(found)


def widened(quantiles: Vector) -> Vector:
    """Return (11,) quantiles with the outer two put `STRETCH` times as far out as the next ones.

    From the middle, as a ratio where both are above 0. For too few observations to say how far 95 %
    reach: their extremes would be the 80 % band again. Never closer than they were.

    >>> widened(np.array([1.0, 1, 2, 3, 3, 4, 5, 6, 7, 16, 16])).round(2).tolist()
    [0.48, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0, 7.0, 16.0, 33.36]
    """
    middle, found = float(quantiles[QUANTILES.index(0.5)]), quantiles.copy()
    for outer, inner, reached in ((0, 1, min), (-1, -2, max)):
        edge = float(quantiles[inner])
        stretched = (
            edge * float(np.clip(edge / middle, 1 / FARTHEST, FARTHEST)) ** (STRETCH - 1)
            if min(edge, middle) > 0
            else middle + STRETCH * (edge - middle)
        )
        found[outer] = reached(float(quantiles[outer]), stretched)
    return found


def neighbour_levels(panel: Panel, project: ProjectSpec, recipe: Recipe, levels: Levels) -> Matrix:
    """Return (n series, quantile levels) of what neighbours say; NaN where they say nothing.

    How far a level may be off is how far the established series are from theirs, in the recent
    periods, had they been new: leading key known or new.
    """
    with one_thread():  # or the last bits of a product of matrices depend on the machine
        found = neighbours(panel, project, recipe, levels)
    history = panel.target[:, : panel.cutoff + 1]
    recent = np.isfinite(history)
    recent[:, : -recent_windows(project)[0]] = False
    quantiles = np.full((panel.n_series, len(QUANTILES)), np.nan)
    for known, left_out in ((True, found.left_out), (False, found.strange)):
        cells = recent & np.isfinite(left_out)[:, None]
        asked = (found.known == known) & np.isfinite(found.level)
        if asked.any() and cells.any(axis=1).sum() >= MIN_NEWCOMERS:
            learnt = _lesson(history, left_out[:, None] * levels.shape, cells)
            quantiles[asked] = found.level[asked, None] * learnt
    return quantiles


def _reference(levels: Levels) -> Vector:
    """Return (n series,) the geometric mean of pool level and level of all; NaN without a pool."""
    established = np.array([used == "series" for used in levels.level_used], dtype=np.bool_)
    if not established.any():
        return np.full(len(established), np.nan)
    middle: Vector = np.sqrt(levels.pool * np.median(levels.scale[established]))
    return middle


def weighted_quantiles(values: Vector, weight: Vector, count: int) -> Vector:
    """Return (11,) quantiles of ``values``, rising, with the finite-sample correction.

    ``weight``: (n,) above 0. ``count``: independent observations the values come from. Level q
    above one half is the smallest value at which a share ``q (count + 1) / count`` of the weight is
    reached, one below it the same from above; the middle is the middle of both.
    Source: J. Lei et al., "Distribution-free predictive inference for regression", JASA 113 (2018).

    >>> weighted_quantiles(np.arange(1.0, 10.0), np.ones(9), 9).tolist()
    [1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.0]
    """
    order = np.lexsort((weight, values))
    ordered = values[order]
    below = np.cumsum(weight[order]) / weight.sum()
    above = np.cumsum(weight[order][::-1]) / weight.sum()
    stretch = (count + 1) / count
    found = [
        _middle(ordered, below, above)
        if abs(level - 0.5) < CLOSE
        else _reached(ordered, below, level * stretch)
        if level > 0.5
        else _reached(ordered[::-1], above, (1 - level) * stretch)
        for level in QUANTILES
    ]
    return np.maximum.accumulate(np.array(found))


def _reached(ordered: Vector, share: NDArray[np.float64], wanted: float) -> float:
    """Return the first value whose cumulated share is the wanted one; the last if none is."""
    place = int(np.searchsorted(share, wanted - CLOSE))
    return float(ordered[min(place, len(ordered) - 1)])


def _middle(ordered: Vector, below: Vector, above: Vector) -> float:
    """Return the weighted median: the mean of the median from below and from above."""
    return (_reached(ordered, below, 0.5) + _reached(ordered[::-1], above, 0.5)) / 2
