"""What goes with covariates: rows with and without one, in the same periods."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from foresell.eda.grid import Grid, Numbers, numbers_of
from foresell.spec.project import ProjectSpec

_LEAST_ROWS, _LEAST_PERIODS = 5, 2
_SCHEMA = {
    "column": pl.String,
    "group": pl.String,
    "against": pl.String,
    "rows": pl.Int64,
    "rows_against": pl.Int64,
    "periods": pl.Int64,
    "ratio": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
_Mask = NDArray[np.bool_]


def covariate_effects(grid: Grid, project: ProjectSpec) -> pl.DataFrame:
    """Return the table ``covariate_effects`` of markdowns and of numbers known in advance.

    The level of rows is their target over the means of their series. Two groups of rows are
    compared in the periods that have five rows of each, so that neither the season nor the time a
    column is known in passes for its effect; the mean of these ratios is told, with the interval of
    a mean over periods. A value that is missing is unknown, and never taken for zero.
    """
    names = dict.fromkeys([*project.features.markdowns, *project.with_role("known_future")])
    found = []
    for name in names:
        if name not in grid.frame.columns or not _counts(grid.frame.schema[name]):
            continue
        values = numbers_of(grid.frame[name])
        for group, against, one, other in _groups(values, grid):
            told = _compared(grid, one, other)
            if told is not None:
                found.append((name, group, against, *told))
    return pl.DataFrame(found, orient="row", schema=_SCHEMA)


def _counts(kind: pl.DataType) -> bool:
    """Whether a column holds numbers, or yes and no."""
    return kind.is_numeric() or kind == pl.Boolean


def _groups(values: Numbers, grid: Grid) -> Iterator[tuple[str, str, _Mask, _Mask]]:
    """Yield which rows are compared with which others, and what both are called."""
    known = np.isfinite(values)
    yield "above zero", "zero", known & (values > 0), known & (values == 0)
    yield "known", "unknown", known, ~known
    if len(np.unique(values[known])) > 2:
        middle = _medians(values, known, grid)[grid.period]
        yield "upper half", "lower half", known & (values > middle), known & (values < middle)


def _medians(values: Numbers, known: _Mask, grid: Grid) -> Numbers:
    """Return (n periods,) the median of the known values of each, NaN where there is none."""
    found = np.full(len(grid.dates), np.nan)
    told = (
        pl
        .DataFrame({"at": grid.period[known], "value": values[known]})
        .group_by("at")
        .agg(pl.col("value").median())
    )
    found[told["at"].to_numpy()] = told["value"].to_numpy()
    return found


def _compared(
    grid: Grid, one: _Mask, other: _Mask
) -> tuple[int, int, int, float, float | None, float | None] | None:
    """Return rows of both, periods, ratio and its interval; None where nothing can be compared."""
    levels, counts = [], []
    for mask in (one, other):
        mine = mask & np.isfinite(grid.y)
        count = grid.by_period(mine.astype(np.float64))
        expected = grid.by_period(np.where(mine, grid.expected, 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            level = grid.by_period(np.where(mine, grid.y, 0.0)) / expected
        levels.append(np.where((count >= _LEAST_ROWS) & (expected > 0), level, np.nan))
        counts.append(count)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(levels[1] > 0, levels[0] / levels[1], np.nan)
    both = np.isfinite(ratio)
    n = int(both.sum())
    if n < _LEAST_PERIODS:
        return None
    mean, spread = float(ratio[both].mean()), float(ratio[both].std(ddof=1))
    half = float(stdtrit(n - 1, 0.975)) * spread / float(np.sqrt(n))
    rows = [int(count[both].sum()) for count in counts]
    return rows[0], rows[1], n, mean, mean - half, mean + half
