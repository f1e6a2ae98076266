"""How sure a candidate is: spread and calibration from the folds, quantiles in an answer.

Every miss that calibrates is measured by a size that its own fold did not teach, nor its own half
of the series in the same periods, as the sizes of a new forecast are taught by other weeks. The
intervals are named by how
they came about: `CONFORMAL`, `RESIDUAL` where the history is too short for the declared folds or
their rows too few for the finite-sample correction, `ENSEMBLE` where there is next to no miss.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from foresell.evaluate.intervals import (
    DEFAULT_SIZE,
    Calibration,
    Spread,
    calibrated_quantiles,
    fit_calibration,
    fit_spread,
    spread_of,
    volume_codes,
)
from foresell.models.baselines import BASELINES
from foresell.models.combination import bucket_of
from foresell.models.members import own_members
from foresell.models.shape import FEWEST_ROWS, Shape, grow_shape
from foresell.spec.forecast import ENSEMBLE, QUANTILES, RESIDUAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from foresell.data.panel import Matrix
    from foresell.features.levels import Vector
    from foresell.features.pools import Codes
    from foresell.models.learner import Learner, PanelForecast
    from foresell.models.stacking import FoldRows
    from foresell.spec.project import ProjectSpec

FEWEST_CONFORMAL = 39  # misses of which the smallest and the largest hold 95 % between them
FEWEST_RESIDUAL = 10
FOLD_GROUPS = 4  # the most parts the folds are kept apart in


@dataclass(frozen=True, kw_only=True)
class Uncertainty:
    """One candidate's spread and calibration; no spread where the learner's shape is it."""

    spread: Spread | None
    calibration: Calibration


def named_method(method: str, misses: int) -> str:
    """Return the method that so many held-out misses allow, ``method`` or a lesser one."""
    if misses < FEWEST_RESIDUAL:
        return ENSEMBLE
    return method if misses >= FEWEST_CONFORMAL else RESIDUAL


def fit_shape(rows: FoldRows, forecast: Vector, seed: int) -> tuple[Shape | None, Matrix | None]:
    """Return the shape of a forecast's misses, and (rows, 2) each row's reach below and above.

    The reach is per scale, by a shape that was grown without the row (`_crossings`).
    With too few rows there is neither.
    """
    misses, reach = rows.actual - forecast, np.ones((len(rows.actual), 2))
    parts = list(_crossings(rows))
    if not parts or min(int(there.sum()) for _, there in parts) < FEWEST_ROWS:
        return None, None
    for out, there in parts:
        shape = grow_shape(
            rows.design[there], rows.table[there], misses[there], rows.scale[there], seed
        )
        reach[out] = shape.sides(rows.design[out], rows.table[out])
    return grow_shape(rows.design, rows.table, misses, rows.scale, seed), reach


def fit_uncertainty(
    rows: FoldRows, forecast: Vector, buckets: int, reach: Matrix | None = None
) -> Uncertainty:
    """Return the spread and calibration of one candidate from its held-out rows.

    ``reach``: (rows, 2) of `fit_shape`, of this candidate or of one like it; it is the spread then.
    Where it is left out the spread is linear, fitted without a row to measure its miss
    (`_crossings`), and on all rows for use.
    """
    misses = rows.actual - forecast
    groups = (rows.bucket, rows.holiday, _stretches(rows, buckets))
    if reach is not None:
        calibration = fit_calibration(
            misses, rows.scale[:, None] * reach, rows.scale, groups, buckets
        )
        return Uncertainty(spread=None, calibration=calibration)
    size = rows.scale * DEFAULT_SIZE
    for out, there in _crossings(rows):
        spread = fit_spread(rows.design[there], misses[there], rows.scale[there])
        size[out] = spread_of(spread, rows.design[out], rows.scale[out])
    return Uncertainty(
        spread=fit_spread(rows.design, misses, rows.scale),
        calibration=fit_calibration(
            misses, np.column_stack([size, size]), rows.scale, groups, buckets
        ),
    )


def candidate_quantiles(
    learner: Learner, answer: PanelForecast, candidate: str, project: ProjectSpec
) -> Matrix:
    """Return the (n series, steps, levels) quantiles of any candidate of ``answer``, rising.

    All 0 where the plan means that nothing is sold, but of baselines, which know no plan.
    """
    point = answer.members[candidate]
    if learner.interval_method == ENSEMBLE:
        flat = _ensemble_quantiles(answer, point)
    else:
        known = learner.uncertainty[candidate]
        groups = (
            np.tile(bucket_of(point.shape[1], learner.buckets), point.shape[0]),
            volume_codes(answer.scale, known.calibration.volumes),
            answer.holiday.astype(np.int64),
        )
        size = answer.scale[:, None] * answer.reach
        if known.spread is not None:
            linear = spread_of(known.spread, answer.design, answer.scale)
            size = np.column_stack([linear, linear])
        flat = calibrated_quantiles(known.calibration, point.ravel(), size, groups)
    bounded = np.maximum(flat, 0.0) if project.nonnegative else flat
    bands = bounded.reshape(*point.shape, len(QUANTILES))
    if candidate in BASELINES:
        return bands
    learnt = np.where(np.isfinite(answer.newcomers), answer.newcomers, bands)
    return np.where(answer.stopped[..., None], 0.0, learnt)


def series_methods(answer: PanelForecast) -> tuple[str, ...]:
    """Return the method of each series' intervals: (n,).

    What earlier newcomers sold is no calibration of the forecast: `RESIDUAL`.
    """
    learnt = np.isfinite(answer.newcomers[:, 0, 0])
    return tuple(np.where(learnt, RESIDUAL, answer.interval_method).tolist())


def _ensemble_quantiles(answer: PanelForecast, point: Matrix) -> Matrix:
    """Return (rows, levels): normal, as wide as members disagree and a miss usually is."""
    own = np.stack([answer.members[name].ravel() for name in own_members(answer.members)])
    size = np.hypot(own.std(axis=0), DEFAULT_SIZE * answer.scale)
    normal = np.array([NormalDist().inv_cdf(level) for level in QUANTILES])
    quantiles: Matrix = point.ravel()[:, None] + size[:, None] * normal
    return quantiles


def _stretches(rows: FoldRows, buckets: int) -> Codes:
    """Return (rows,) the stretch of time each target is in: as long as a bucket, from the end."""
    if not len(rows.period):
        return rows.period
    longest = int((rows.period - rows.cutoff).max())
    stretches: Codes = (rows.period.max() - rows.period) // -(-longest // buckets)
    return stretches


def _crossings(rows: FoldRows) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield the rows to be measured, and the rows to learn that from: those of other folds.

    Windows of folds may overlap: then the same target, missed from two cutoffs, would teach how far
    it is missed. In the periods that both have, only the other half of the series teaches. Where
    there is but one fold it is the other half, too. Nothing may be left to teach: then the usual
    size of a miss stands in.
    """
    numbers = np.unique(rows.cutoff)
    group = np.searchsorted(numbers, rows.cutoff) * min(len(numbers), FOLD_GROUPS)
    group //= max(len(numbers), 1)
    for number in np.unique(group):
        own = group == number
        met = np.isin(rows.period, np.unique(rows.period[own])) & ~own
        for half in (0, 1) if met.any() or own.all() else (None,):
            out = own if half is None else own & (rows.half == half)
            other = np.ones_like(own) if half is None else rows.half != half
            there = other if own.all() else ~own & (other | ~met)
            if out.any():
                yield out, there
