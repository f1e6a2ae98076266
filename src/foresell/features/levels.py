"""Levels, shapes and filled histories: what stands in where a series says nothing itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.features.alignment import year_periods
from foresell.features.pools import Codes, Recipe, group_codes, group_sum, pool_name
from foresell.spec.project import ProjectSpec

Vector = NDArray[np.float64]
MIN_MEMBERS = 3
RANK = 8
SHAPE_BOUNDS = (0.02, 50.0)  # away from zero, so that a shape can divide


@dataclass(frozen=True, kw_only=True)
class Levels:
    """The series' own size and whom it follows.

    ``scale``: (n series,) mean absolute target of the last year observed, above 0. ``share``: (n
    series,) observed share of the last year. ``shape``: (n series, periods to the cutoff) what the
    series' pool sells per unit of scale. ``pool``: (n series,) the median scale of the pool's
    members with half a year or more; NaN where nothing has that much. ``level_used``: the finest
    level each series is answered from.
    """

    scale: Vector
    pool: Vector
    share: Vector
    shape: Matrix
    level_used: tuple[str, ...]


def _mean_where(values: Matrix, seen: NDArray[np.bool_]) -> Vector:
    """Return the mean of the seen values of each row, NaN where a row has none."""
    count = seen.sum(axis=1)
    total = np.where(seen, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def last_observed(history: Matrix, count: int) -> Matrix:
    """Return (n series, count): each row's last ``count`` observed values, the newest last.

    However old they are; NaN on the left where there are fewer.
    """
    seen = np.isfinite(history)
    back = seen[:, ::-1].cumsum(axis=1)[:, ::-1]  # 1 at the last observation, 2 before it
    out = np.full((history.shape[0], count), np.nan)
    rows, columns = np.nonzero(seen & (back <= count))
    out[rows, count - back[rows, columns]] = history[rows, columns]
    return out


def pool_shape(units: Matrix, rich: NDArray[np.bool_], codes: Codes) -> tuple[Matrix, Vector]:
    """Return each group's mean of ``units`` per period over its rich members, and their number."""
    usable = np.where(rich[:, None], units, np.nan)
    count = group_sum(np.isfinite(usable).astype(np.float64), codes)
    total = group_sum(usable, codes)
    shape = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return shape, group_sum(rich[:, None].astype(np.float64), codes)[:, 0]


def fit_levels(panel: Panel, project: ProjectSpec, recipe: Recipe) -> Levels:
    """Return the levels of every series as of the panel's cutoff."""
    history = panel.target[:, : panel.cutoff + 1]
    year = min(year_periods(project), history.shape[1])
    recent = last_observed(history, year)
    own = _mean_where(np.abs(recent), np.isfinite(recent))
    share = np.isfinite(history[:, -year:]).mean(axis=1)
    rich = (share >= 0.5) & (own > 0)
    sizes = np.where(own > 0, own, np.nan)
    floor = 1e-3 * float(np.median(own[rich])) if rich.any() else 1.0
    scale, used = sizes, np.where(rich, "series", "").astype(object)
    shape, pool = np.full(history.shape, np.nan), np.full(len(own), np.nan)
    for columns in recipe.chain:
        codes = group_codes(panel, columns)
        pooled, members = pool_shape(history / sizes[:, None], rich, codes)
        enough = (members[codes] >= MIN_MEMBERS) | (len(columns) == 0)
        shape = np.where(np.isfinite(shape) | ~enough[:, None], shape, pooled[codes])
        used = np.where((used == "") & enough, pool_name(columns), used)
        middle = _group_scale(own, rich, codes)[codes]
        scale = np.where(np.isfinite(scale) | ~enough, scale, middle)
        pool = np.where(np.isfinite(pool) | ~enough, pool, middle)
    return Levels(
        scale=np.maximum(np.where(np.isfinite(scale), scale, floor), floor),
        pool=pool,
        share=share,
        shape=np.clip(np.where(np.isfinite(shape), shape, 1.0), *SHAPE_BOUNDS),
        level_used=tuple(str(level) for level in used),
    )


def _group_scale(own: Vector, rich: NDArray[np.bool_], codes: Codes) -> Vector:
    """Return the median scale of each group's rich members, NaN where it has none."""
    return np.array([
        np.median(members) if (members := own[(codes == code) & rich]).size else np.nan
        for code in range(int(codes.max()) + 1)
    ])


def low_rank(values: Matrix, seen: NDArray[np.bool_], rank: int) -> Matrix:
    """Return the rank-``rank`` smoothing of ``values`` (rows, columns), missing cells imputed.

    Three rounds of: fill the missing cells with the current smoothing (0 at first), project on the
    leading ``rank`` directions.
    Source: T. Hastie et al., "Matrix completion and low-rank SVD via fast alternating least
    squares", JMLR 16 (2015).
    """
    if min(values.shape) <= rank:
        return np.where(seen, values, 0.0)
    smooth = np.zeros_like(values)
    for _ in range(1 if seen.all() else 3):
        filled = np.where(seen, values, smooth)
        tall = filled.shape[0] > filled.shape[1]
        gram = filled.T @ filled if tall else filled @ filled.T
        top = np.linalg.eigh(gram)[1][:, -rank:]
        smooth = filled @ top @ top.T if tall else top @ (top.T @ filled)
    return smooth


def smooth_history(levels: Levels, codes: Codes, clean: Matrix, effects: Matrix) -> Matrix:
    """Return (n series, periods to the cutoff): the history as its group remembers it, all finite.

    ``clean`` is the history without ``effects`` (weekday profile and drifting events). Each series
    is divided by its level against the group's shape; the deviations of the group's series are
    smoothed to a low rank and put back. A series without a past deviates by nothing and takes no
    part, so that it changes nothing for the others.
    """
    seen = np.isfinite(clean)
    shape = np.clip(levels.shape / effects, *SHAPE_BOUNDS)
    total = np.where(seen, clean, 0.0).sum(axis=1)
    level = total / np.maximum(np.where(seen, shape, 0.0).sum(axis=1), 1e-9)
    past = seen.any(axis=1)
    level = np.where(past, level, levels.scale)
    size = np.maximum(level, 0.05 * levels.scale)[:, None]
    deviation = np.where(seen, clean / size - shape, 0.0)
    smooth = np.zeros_like(clean)
    for code in range(int(codes.max()) + 1):
        rows = np.flatnonzero((codes == code) & past)
        if rows.size > 2:
            rank = min(RANK, max(1, rows.size // 5))
            smooth[rows] = low_rank(deviation[rows], seen[rows], rank)
    return (shape + smooth) * size
