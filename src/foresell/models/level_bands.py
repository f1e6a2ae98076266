"""How sure the sums of a hierarchy are: conformal bands of each level, from the folds' own sums.

A sum misses by less than its series together, and more than if they missed independently; neither
is assumed here. The held-out forecasts of the delivered candidate are summed as the answers are,
and what each level's sums missed by is put around its next ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from foresell.data.panel import Matrix, Panel
from foresell.evaluate.intervals import (
    Spread,
    conformal_quantiles,
    fit_spread,
    spread_of,
)
from foresell.features.hierarchy import hierarchy_levels
from foresell.features.levels import Vector
from foresell.features.pools import Codes
from foresell.models.combination import bucket_of
from foresell.models.origins import actual_after
from foresell.models.stacking import FoldRows
from foresell.spec.forecast import CONFORMAL, ENSEMBLE, QUANTILES, RESIDUAL
from foresell.spec.project import ProjectSpec

FEW = 30  # misses of a horizon bucket below which the whole level speaks for it
FEWEST_OUTER = 19  # misses of which the largest is not passed in 95 % of cases
OUTER = NormalDist().inv_cdf(0.975) / NormalDist().inv_cdf(0.9)  # 1.53: of a normal distribution


@dataclass(frozen=True, kw_only=True)
class LevelBand:
    """How far a level's sums miss. ``table``: (buckets, quantile levels) of misses per spread.

    ``methods``: of each bucket, how its row of the table came about. ``residual_quantiles`` where
    the misses are too few for the 95 % band, which is then that of 80 % times `OUTER`.
    """

    spread: Spread
    table: Matrix
    methods: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "spread": asdict(self.spread),
            "table": self.table.tolist(),
            "methods": list(self.methods),
        }


def band_from_dict(read: Mapping[str, Any]) -> LevelBand:
    """Return what ``to_dict`` made ``read`` of."""
    spread = read["spread"]
    return LevelBand(
        spread=Spread(
            weights=tuple(spread["weights"]), low=float(spread["low"]), high=float(spread["high"])
        ),
        table=np.array(read["table"], dtype=np.float64),
        methods=tuple(read["methods"]),
    )


def fit_bands(
    panel: Panel,
    project: ProjectSpec,
    rows: FoldRows,
    forecast: Vector,
    buckets: Sequence[int],
) -> tuple[LevelBand, ...]:
    """Return for each declared level how its sums of held-out forecasts missed.

    ``forecast``: (rows,) the delivered candidate's. A sum is that of the rows observed.
    """
    declared = project.hierarchy.levels if project.hierarchy is not None else ()
    return tuple(
        _band(rows, forecast, _places(panel, project, rows, level.codes), buckets)
        for level in hierarchy_levels(panel, declared)
    )


def row_places(panel: Panel, project: ProjectSpec, cutoff: int) -> tuple[Codes, Codes]:
    """Return series and step (from 0) of a fold's held-out rows, in the order of `FoldRows`."""
    steps = min(project.horizon, panel.cutoff - cutoff)
    series, step = np.nonzero(np.isfinite(actual_after(panel, cutoff, steps)))
    return series.astype(np.int64), step.astype(np.int64)


def _places(panel: Panel, project: ProjectSpec, rows: FoldRows, codes: Codes) -> Codes:
    """Return (rows, 3) fold, node and step (from 1) of every held-out row."""
    parts = []
    for cutoff in dict.fromkeys(rows.cutoff.tolist()):
        series, step = row_places(panel, project, int(cutoff))
        parts.append(np.column_stack([np.full(len(series), cutoff), codes[series], step + 1]))
    return np.concatenate(parts) if parts else np.zeros((0, 3), dtype=np.int64)


def _band(rows: FoldRows, forecast: Vector, places: Codes, buckets: Sequence[int]) -> LevelBand:
    """Return the band of one level from the misses of its sums.

    The sums of a fold miss together, up or down as those weeks went, and there are few folds: so
    what was missed by in one direction is feared in both, and widened by the uncertainty that a
    mean of so few folds has. Too few misses to tell the 95 % band from the 80 % one: it is as much
    wider as a normal distribution's. No miss at all: the normal distribution stands in.
    """
    cells, cell = np.unique(places, axis=0, return_inverse=True)
    cell = cell.ravel()
    miss = np.bincount(cell, rows.actual - forecast, len(cells)).astype(np.float64)
    size = np.bincount(cell, np.abs(forecast), len(cells)).astype(np.float64)
    fold, step = cells[:, 0], cells[:, 2].astype(np.float64)
    some = size > 0
    miss, size, fold, step = miss[some], size[some], fold[some], step[some]
    share = size / _date_totals(size, fold, step)
    spread = fit_spread(band_design(share, step), miss, size)
    ratio = miss / spread_of(spread, band_design(share, step), size)
    bucket = bucket_of(int(buckets[-1]), buckets)[
        np.minimum(step, buckets[-1]).astype(np.int64) - 1
    ]
    folds = max(1, len(np.unique(fold)))
    normal = [NormalDist().inv_cdf(level) for level in QUANTILES]
    table = np.tile(normal, (len(buckets), 1))
    methods = [ENSEMBLE] * len(buckets)
    for place in range(len(buckets) if len(ratio) else 0):
        mine = bucket == place
        mine = mine if mine.sum() >= FEW else np.ones(len(ratio), dtype=bool)
        table[place] = _mirrored(ratio[mine]) * np.sqrt(1 + 1 / folds)
        methods[place] = CONFORMAL if mine.sum() >= FEWEST_OUTER else RESIDUAL
    return LevelBand(spread=spread, table=table, methods=tuple(methods))


def _mirrored(misses: Vector) -> Vector:
    """Return (levels,) conformal quantiles of ``misses`` and of their opposites, rising.

    >>> _mirrored(np.array([1.0, 2.0])).round(2).tolist()[-3:]
    [2.0, 2.0, 3.06]
    """
    found = conformal_quantiles(np.concatenate([misses, -misses]), QUANTILES)
    if len(misses) < FEWEST_OUTER:
        found[0] = min(found[0], OUTER * found[1])
        found[-1] = max(found[-1], OUTER * found[-2])
    return found


def _date_totals(size: Vector, fold: Codes, step: Vector) -> Vector:
    """Return for each cell the size of everything in its fold and step."""
    place = np.unique(np.column_stack([fold, step]), axis=0, return_inverse=True)[1].ravel()
    total: Vector = np.bincount(place, size).astype(np.float64)[place]
    return total


def band_design(share: Vector, step: Vector) -> Matrix:
    """Return (n, 3) what a sum's miss depends on: its share of everything, and how far ahead."""
    return np.column_stack([
        np.ones(len(share)),
        np.log(np.maximum(share, 1e-6)),
        np.log(np.maximum(step, 1.0)),
    ])


def band_quantiles(
    band: LevelBand, point: Vector, size: Vector, share: Vector, place: tuple[Vector, Codes]
) -> Matrix:
    """Return (n, quantile levels) around sums ``point``, rising.

    ``size``: (n,) the sums of the absolute forecasts; ``share``: of the size of everything at that
    date. ``place``: step and horizon bucket of each.
    """
    step, bucket = place
    spread = spread_of(band.spread, band_design(share, step), size)
    return point[:, None] + band.table[bucket] * spread[:, None]
