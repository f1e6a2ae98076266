"""How numbers are distributed: histograms, and single values that rows pile up at."""

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from foresell.eda.grid import Numbers, numbers_of

_BINS = 40
_FEW = 30  # a column of so few values is told value by value
_TAILS = (0.005, 0.995)  # what lies beyond is counted, and does not stretch the bins
_NEAREST = 5
_SAME = 1e-5  # of a value: so near to the end it is the end written otherwise, as 5 and 5.00001
_LEAST_ROWS, _LEAST_SHARE, _LEAST_RATIO = 10, 0.005, 5
_HISTOGRAM = {
    "column": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "rows": pl.Int64,
    "share": pl.Float64,
}
_PILES = {
    "column": pl.String,
    "value": pl.Float64,
    "other": pl.Float64,
    "rows": pl.Int64,
    "share": pl.Float64,
    "where": pl.String,
    "beside": pl.Int64,
}


def histograms(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Return the table ``histograms`` of the columns ``names``; one without values has no row.

    Forty bins of one width between the quantiles 0.005 and 0.995, the rest in two open ones.
    """
    parts = [_histogram(name, np.sort(_values(frame[name]))) for name in names]
    return pl.concat([pl.DataFrame(schema=_HISTOGRAM), *parts])


def _histogram(name: str, values: Numbers) -> pl.DataFrame:
    """Return the rows of one column, of its sorted ``values``."""
    single, counts = np.unique(values, return_counts=True)
    low: list[float | None]
    high: list[float | None]
    if len(single) <= _FEW:
        low, high = single.tolist(), single.tolist()
    else:
        ends = np.quantile(values, _TAILS)
        inside = values[(values >= ends[0]) & (values <= ends[1])]
        counts, edges = np.histogram(inside, bins=_BINS)
        counts = np.array([(values < ends[0]).sum(), *counts, (values > ends[1]).sum()])
        low, high = [None, *edges.tolist()], [*edges.tolist(), None]
    return pl.DataFrame(
        {
            "column": [name] * len(low),
            "low": low,
            "high": high,
            "rows": counts.astype(np.int64),
            "share": counts / max(len(values), 1),
        },
        schema=_HISTOGRAM,
    ).filter(pl.col("low").is_not_null() & pl.col("high").is_not_null() | (pl.col("rows") > 0))


def pile_ups(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Return the table ``pile_ups``: the ends of columns, and zero, that rows pile up at.

    A value is one where it holds at least 10 rows, 0.5 % of them, and five times as many as any of
    the five values nearest to it. What differs from an end by a hundred-thousandth of it is counted
    with it. Columns of thirty values or fewer have none.
    """
    found = [row for name in names for row in _piles(name, _values(frame[name]))]
    return pl.DataFrame(found, schema=_PILES, orient="row")


def _piles(
    name: str, values: Numbers
) -> Iterator[tuple[str, float, float | None, int, float, str, int]]:
    """Yield the rows of one column, of its ``values``."""
    single, counts = np.unique(values, return_counts=True)
    if len(single) <= _FEW:
        return
    for low, high, where in _places(single):
        near = [*range(max(0, low - _NEAREST), low), *range(high + 1, high + 1 + _NEAREST)]
        beside = max((int(counts[i]) for i in near if i < len(single)), default=0)
        rows = int(counts[low : high + 1].sum())
        enough = rows >= _LEAST_ROWS and rows >= _LEAST_SHARE * len(values)
        if enough and rows >= _LEAST_RATIO * beside:
            end, inner = (low, high) if where == "smallest" else (high, low)
            other = None if low == high else float(single[inner])
            yield name, float(single[end]), other, rows, rows / len(values), where, beside


def _places(single: Numbers) -> Iterator[tuple[int, int, str]]:
    """Yield the first and last place of the values at each end and at zero, in rising order."""
    smallest, largest = single[0], single[-1]
    low = int(np.searchsorted(single, smallest + _SAME * abs(smallest), side="right")) - 1
    high = int(np.searchsorted(single, largest - _SAME * abs(largest), side="left"))
    zero = int(np.searchsorted(single, 0.0))
    inside = low < zero < high and single[zero] == 0
    yield 0, low, "zero" if smallest == 0 else "smallest"
    if inside:
        yield zero, zero, "zero"
    yield high, len(single) - 1, "zero" if largest == 0 else "largest"


def _values(values: pl.Series) -> Numbers:
    """Return the numbers that are there."""
    return numbers_of(values.drop_nulls())
