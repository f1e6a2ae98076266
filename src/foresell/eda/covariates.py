"""What goes with covariates: rows with and without one, in the same periods."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from foresell.eda.chance import adjusted, tail
from foresell.eda.grid import Grid, Numbers, Places, grouped, numbers_of
from foresell.spec.project import ProjectSpec

_LEAST_ROWS, _LEAST_PERIODS = 5, 2
_TURNS, _CLOSE, _STILL = 60, 1e-7, 1e-5
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
    "unit": pl.String,
    "units": pl.Int64,
    "chance": pl.Float64,
}
_Mask = NDArray[np.bool_]
_Told = tuple[tuple[int, int, int], float, tuple[float, float], int, float]


def covariate_effects(grid: Grid, project: ProjectSpec) -> pl.DataFrame:
    """Return the table ``covariate_effects`` of markdowns and of numbers known in advance.

    The level of rows is their target over what their series usually have, any effect of the group
    taken out. Two groups of rows are compared in the periods that have five rows of each, so that
    neither the season nor the time a column is known in passes for its effect; the ratio that fits
    them together is told. Rows of one unit hang together through time, and rows of one period among
    each other, so the interval counts neither as independent; a unit is what a column has one value
    of in a period, such as a store. ``chance`` holds for all rows of the table at once. A value
    that is missing is unknown, and never taken for zero.
    """
    names = dict.fromkeys([*project.features.markdowns, *project.with_role("known_future")])
    found = []
    for name in names:
        if name not in grid.frame.columns or not _counts(grid.frame.schema[name]):
            continue
        values = numbers_of(grid.frame[name])
        keys = _varies_by(name, grid, project)
        units = grid.frame.select(pl.struct(keys).rank("dense").cast(pl.Int64) - 1).to_series()
        for group, against, one, other in _groups(values, grid):
            told = _compared(grid, one, other, units.to_numpy())
            if told is not None:
                rows, mean, (low, high), of, chance = told
                found.append((
                    name,
                    group,
                    against,
                    *rows,
                    mean,
                    low,
                    high,
                    ", ".join(keys),
                    of,
                    chance,
                ))
    chances = adjusted([row[-1] for row in found])
    told_of = [(*row[:-1], chance) for row, chance in zip(found, chances, strict=True)]
    return pl.DataFrame(told_of, orient="row", schema=_SCHEMA)


def _varies_by(name: str, grid: Grid, project: ProjectSpec) -> list[str]:
    """Return the keys within whose values a column has one value a period: all, if no single one.

    What is the same everywhere in a period varies by period alone: each series is a unit then.
    """
    keys = list(project.keys)
    for key in keys if len(keys) > 1 else []:
        held = grid.frame.group_by(key, project.time).agg(pl.col(name).n_unique().alias("values"))
        if int(held["values"].to_numpy().max()) == 1:
            return [key]
    return keys


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


@dataclass(frozen=True, kw_only=True)
class _Margins:
    """Rows that are compared: target, whether of the group, and the numbers of what they are of."""

    y: Numbers
    mine: _Mask
    series: Places
    period: Places
    unit: Places


def _compared(grid: Grid, one: _Mask, other: _Mask, units: Places) -> _Told | None:
    """Return rows of both and periods, ratio, its interval, units, and chance; None of too few."""
    there = np.isfinite(grid.y) & (grid.means[grid.series] > 0)
    counts = [grid.by_period((mask & there).astype(np.float64)) for mask in (one, other)]
    both = (counts[0] >= _LEAST_ROWS) & (counts[1] >= _LEAST_ROWS)
    rows = (one | other) & there & both[grid.period]
    mine = one[rows]
    sales = [float(grid.y[rows][group].sum()) for group in (mine, ~mine)]
    if int(both.sum()) < _LEAST_PERIODS or min(sales) <= 0:  # of nothing no ratio can be taken
        return None
    margins = _Margins(
        y=grid.y[rows],
        mine=mine,
        series=grid.series[rows],
        period=grid.period[rows],
        unit=units[rows],
    )
    expected, ratio = _fit(margins)
    n_units = len(np.unique(margins.unit))
    n = min(len(np.unique(margins.period)), n_units)
    if ratio <= 0 or n < _LEAST_PERIODS:
        return None
    error = _error(margins, expected)
    half = float(np.exp(float(stdtrit(n - 1, 0.975)) * error))
    size = abs(float(np.log(ratio)))
    counted = int(mine.sum()), int((~mine).sum()), int(both.sum())
    chance = tail(size / error, n - 1) if error > 0 else float(size == 0)
    return counted, ratio, (ratio / half, ratio * half), n_units, chance


def _error(margins: _Margins, expected: Numbers) -> float:
    """Return the standard error of the logarithm of the ratio.

    What a row is off its expectation is added up by unit, and by period; the larger of both errors
    and of the two together counts, each made larger for few units.
    Source: Cameron, Gelbach and Miller, Journal of Business and Economic Statistics 29 (2011).
    """
    lean = margins.mine.astype(np.float64)  # what of the group is not in series and periods
    weights = [_sums(places, expected) for places in (margins.series, margins.period)]
    for _ in range(_TURNS):
        moved = 0.0
        for places, weight in zip((margins.series, margins.period), weights, strict=True):
            shift = _over_any(_sums(places, expected * lean), weight)[places]
            lean, moved = lean - shift, max(moved, float(np.abs(shift).max()))
        if moved < _STILL:
            break
    bend = float((expected * lean * lean).sum())
    if bend <= 0:
        return 0.0
    score = np.where(expected > 0, lean * (margins.y - expected), 0.0)
    both = margins.unit * (int(margins.period.max()) + 1) + margins.period
    parts = [_clustered(score, places) for places in (margins.unit, margins.period)]
    cells = _clustered(score, np.unique(both, return_inverse=True)[1].astype(np.int64))
    return float(np.sqrt(max(*parts, sum(parts) - cells))) / bend


def _clustered(score: Numbers, places: Places) -> float:
    """Return the variance of the sum of ``score``, rows of one place hanging together."""
    sums = _sums(places, score)
    n = len(np.unique(places))
    return float((sums * sums).sum()) * n / max(n - 1, 1)


def _sums(places: Places, values: Numbers) -> Numbers:
    """Return the sums of ``values`` by place."""
    return grouped(places, values, int(places.max()) + 1)


def _over_any(total: Numbers, parts: Numbers) -> Numbers:
    """Return ``total`` over ``parts``; 0 where there is no part."""
    fine = parts > 0
    return np.where(fine, total / np.where(fine, parts, 1.0), 0.0)


def _fit(margins: _Margins) -> tuple[Numbers, float]:
    """Return (n rows,) what is expected of each, and the ratio of the group.

    Fits target = series x period x group, each row's share of the three margins, in turns. Without
    it a series that is often promoted would be measured against its promotions.
    Source: Santos Silva and Tenreyro, Review of Economics and Statistics 88 (2006), 641-658.
    """
    y, mine, series, period = margins.y, margins.mine, margins.series, margins.period
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
    return of_series[series] * of_period[period] * np.where(mine, ratio, 1.0), ratio


def _over(total: Numbers, parts: Numbers) -> Numbers:
    """Return ``total`` over ``parts``; 0 where one of them is not above 0."""
    fine = (parts > 0) & (total > 0)
    return np.where(fine, total / np.where(fine, parts, 1.0), 0.0)
