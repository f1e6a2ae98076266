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
    neither the season nor the time a column is known in passes for its effect; the ratio that fits
    them together is told, with an interval from how far each period is off it. A value that is
    missing is unknown, and never taken for zero.
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
    mine = one[rows]
    sales = [float(grid.y[rows][group].sum()) for group in (mine, ~mine)]
    if int(both.sum()) < _LEAST_PERIODS or min(sales) <= 0:  # of nothing no ratio can be taken
        return None
    y, period = grid.y[rows], grid.period[rows]
    usual, ratio = _fit(y, mine, grid.series[rows], period)
    expected = usual[grid.series[rows]]
    y = np.where(expected > 0, y, 0.0)  # a series that sells nothing here has no part in it
    sold, due = (
        [grouped(period[group], values[group], len(grid.dates)) for group in (mine, ~mine)]
        for values in (y, expected)
    )
    whole, weight = sold[0] + sold[1], due[0] * ratio + due[1]
    told = both & (whole > 0) & (due[0] > 0) & (due[1] > 0)
    if ratio <= 0 or (n := int(told.sum())) < _LEAST_PERIODS:
        return None
    share = due[0][told] * ratio / weight[told]
    off = sold[0][told] - share * whole[told]
    bend = float((whole[told] * share * (1 - share)).sum())
    spread = float(np.sqrt((off * off).sum() * n / (n - 1))) / bend
    half = float(np.exp(float(stdtrit(n - 1, 0.975)) * spread))
    return int(mine.sum()), int((~mine).sum()), n, ratio, ratio / half, ratio * half


def _fit(y: Numbers, mine: _Mask, series: Places, period: Places) -> tuple[Numbers, float]:
    """Return (n series,) what each series has, its period and its group taken out, and the ratio.

    Fits target = series x period x group, each row's share of the three margins, in turns. Without
    it a series that is often promoted would be measured against its promotions.
    Source: Santos Silva and Tenreyro, Review of Economics and Statistics 88 (2006), 641-658.
    """
    n_series, n_periods = int(series.max()) + 1, int(period.max()) + 1
    by_series, by_period = grouped(series, y, n_series), grouped(period, y, n_periods)
    of_series = _over(by_series, grouped(series, np.ones_like(y), n_series))
    of_period, ratio = np.ones(n_periods), 1.0
    sold = [float(y[group].sum()) for group in (mine, ~mine)]
    for _ in range(_TURNS):
        base = of_series[series] * of_period[period]
        parts = [float(base[group].sum()) for group in (mine, ~mine)]
        before, ratio = ratio, sold[0] / parts[0] / (sold[1] / parts[1])
        lifted = np.where(mine, ratio, 1.0)
        of_period = _over(by_period, grouped(period, of_series[series] * lifted, n_periods))
        of_series = _over(by_series, grouped(series, of_period[period] * lifted, n_series))
        if abs(ratio - before) < _CLOSE:
            break
    return of_series, ratio


def _over(total: Numbers, parts: Numbers) -> Numbers:
    """Return ``total`` over ``parts``; 0 where one of them is not above 0."""
    fine = (parts > 0) & (total > 0)
    return np.where(fine, total / np.where(fine, parts, 1.0), 0.0)
