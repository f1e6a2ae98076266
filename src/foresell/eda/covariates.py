"""What goes with covariates: rows with and without one, in the same periods."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from foresell.eda.grid import Grid, Numbers, Places, grouped, numbers_of
from foresell.spec.project import ProjectSpec

_LEAST_ROWS, _LEAST_PERIODS = 5, 2
_TURNS, _CLOSE = 60, 1e-7
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

    The level of rows is their target over what their series usually have, any effect of the group
    taken out. Two groups of rows are compared in the periods that have five rows of each, so that
    neither the season nor the time a column is known in passes for its effect; the mean of these
    ratios is told, with the interval of a mean over periods. A value that is missing is unknown,
    and never taken for zero.
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
) -> tuple[int, int, int, float, float, float] | None:
    """Return rows of both, periods, ratio and its interval; None where nothing can be compared."""
    there = np.isfinite(grid.y) & (grid.means[grid.series] > 0)
    counts = [grid.by_period((mask & there).astype(np.float64)) for mask in (one, other)]
    both = (counts[0] >= _LEAST_ROWS) & (counts[1] >= _LEAST_ROWS)
    rows = (one | other) & there & both[grid.period]
    if int(both.sum()) < _LEAST_PERIODS:
        return None
    y, mine, period = grid.y[rows], one[rows], grid.period[rows]
    usual = _usual(y, mine, grid.series[rows], period)[grid.series[rows]]
    levels = []
    for group in (mine, ~mine):
        expected = grouped(period[group], usual[group], len(grid.dates))
        with np.errstate(invalid="ignore", divide="ignore"):
            level = grouped(period[group], y[group], len(grid.dates)) / expected
        levels.append(np.where(expected > 0, level, np.nan))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(levels[1] > 0, levels[0] / levels[1], np.nan)
    ratio = ratio[np.isfinite(ratio)]
    if (n := len(ratio)) < _LEAST_PERIODS:
        return None
    mean, spread = float(ratio.mean()), float(ratio.std(ddof=1))
    half = float(stdtrit(n - 1, 0.975)) * spread / float(np.sqrt(n))
    return int(mine.sum()), int((~mine).sum()), n, mean, mean - half, mean + half


def _usual(y: Numbers, mine: _Mask, series: Places, period: Places) -> Numbers:
    """Return (n series,) what each series has, its period and its group taken out.

    Fits target = series x period x group, each row's share of the three margins, in turns. Without
    it a series that is often promoted would be measured against its promotions.
    Source: Santos Silva and Tenreyro, Review of Economics and Statistics 88 (2006), 641-658.
    """
    n_series, n_periods = int(series.max()) + 1, int(period.max()) + 1
    by_series, by_period = grouped(series, y, n_series), grouped(period, y, n_periods)
    of_series = _over(by_series, grouped(series, np.ones_like(y), n_series))
    of_period, ratio = np.ones(n_periods), 1.0
    for _ in range(_TURNS):
        base = of_series[series] * of_period[period]
        parts = [
            float(y[group].sum()) / max(float(base[group].sum()), 1e-300) for group in (mine, ~mine)
        ]
        before, ratio = ratio, parts[0] / parts[1] if parts[1] > 0 else 1.0
        lifted = np.where(mine, ratio, 1.0)
        of_period = _over(by_period, grouped(period, of_series[series] * lifted, n_periods))
        of_series = _over(by_series, grouped(series, of_period[period] * lifted, n_series))
        if abs(ratio - before) < _CLOSE:
            break
    return of_series


def _over(total: Numbers, parts: Numbers) -> Numbers:
    """Return ``total`` over ``parts``; 0 where one of them is not above 0."""
    fine = (parts > 0) & (total > 0)
    return np.where(fine, total / np.where(fine, parts, 1.0), 0.0)
