"""The level of series that have no past: what earlier newcomers sold when they appeared.

A pool's mean says what its established series sell. Those that appear after the panel began sell
far less, as a rule, or far more; how much is learnt from the ones that did.
"""

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.features.levels import Levels, Vector, fit_levels
from foresell.features.pools import Recipe
from foresell.spec.forecast import QUANTILES
from foresell.spec.project import ProjectSpec

MIN_NEWCOMERS = 9  # the fewest of which an 80 % band can hold a tenth
CLOSE = 1e-9


def newcomer_levels(panel: Panel, project: ProjectSpec, recipe: Recipe) -> Matrix:
    """Return (n series, 9) quantiles of what a series without history sells, rising.

    Unit of the target, where its pool's shape is 1. NaN for a series with any observation up to the
    panel's cutoff, and for all of them where fewer than nine newcomers teach anything: then the
    pool's level stands. Nothing after the cutoff is looked at.

    A newcomer is a series first observed after the panel's first period. Its first
    ``project.horizon`` periods, divided by the pool's shape and by the geometric mean of the pool's
    level and the level of all, are its lesson; all newcomers count alike, however many periods they
    were seen. Half way between "as the pool" and "as all" had the least quantile loss on cutoffs
    of 64 to 97 weeks of a weekly panel, and pools of newcomers by group lost against all of them.
    """
    none = np.full((panel.n_series, len(QUANTILES)), np.nan)
    history = panel.target[:, : panel.cutoff + 1]
    seen = np.isfinite(history)
    unseen = seen.sum(axis=1) == 0
    first = np.argmax(seen, axis=1)
    new = ~unseen & (first > 0)
    if not unseen.any() or new.sum() < MIN_NEWCOMERS:
        return none
    levels = fit_levels(panel, project, recipe)
    reference = _reference(levels)
    periods = np.arange(history.shape[1])
    early = seen & new[:, None] & (periods < first[:, None] + project.horizon)
    early &= np.isfinite(reference)[:, None]
    ratio = history[early] / (reference[:, None] * levels.shape)[early]
    count = early.sum(axis=1)
    weight = (1 / np.maximum(count, 1))[np.nonzero(early)[0]]
    teachers = int(count.astype(bool).sum())
    if teachers < MIN_NEWCOMERS:
        return none
    learnt = weighted_quantiles(ratio, weight, teachers)
    quantiles: Matrix = reference[:, None] * learnt
    return np.where(unseen[:, None], quantiles, np.nan)


def _reference(levels: Levels) -> Vector:
    """Return (n series,) the geometric mean of pool level and level of all; NaN without a pool."""
    established = np.array([used == "series" for used in levels.level_used], dtype=np.bool_)
    if not established.any():
        return np.full(len(established), np.nan)
    middle: Vector = np.sqrt(levels.pool * np.median(levels.scale[established]))
    return middle


def weighted_quantiles(values: Vector, weight: Vector, count: int) -> Vector:
    """Return (9,) quantiles of ``values``, rising, with the finite-sample correction.

    ``weight``: (n,) above 0. ``count``: independent observations the values come from. Level q
    above one half is the smallest value at which a share ``q (count + 1) / count`` of the weight is
    reached, one below it the same from above; the middle is the middle of both.
    Source: J. Lei et al., "Distribution-free predictive inference for regression", JASA 113 (2018).

    >>> weighted_quantiles(np.arange(1.0, 10.0), np.ones(9), 9).tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
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
