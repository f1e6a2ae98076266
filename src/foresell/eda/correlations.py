"""Correlations of columns of numbers: of rows, of ranks, and within series."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import polars as pl

from foresell.eda.grid import Numbers, Places, numbers_of

_MOST = 30  # of more columns only the pairs with the target are looked at
_LEAST = 3
_SCHEMA = {
    "a": pl.String,
    "b": pl.String,
    "n": pl.Int64,
    "pearson": pl.Float64,
    "spearman": pl.Float64,
    "within": pl.Float64,
}


def correlations(
    frame: pl.DataFrame, names: Sequence[str], series: Places | None = None
) -> pl.DataFrame:
    """Return the table ``correlations`` of the columns ``names``, the target first.

    Of each pair only rows that have both count. ``series``: (n rows,) which series a row is of.
    Columns without a value have no pair. A pair of few rows, or of a column that does not vary, has
    no correlation.
    """
    values = {name: numbers_of(frame[name]) for name in names if frame[name].count()}
    there = {name: np.isfinite(column) for name, column in values.items()}
    pairs = list(combinations(values, 2))
    if len(values) > _MOST:
        pairs = [(a, b) for a, b in pairs if a == names[0]]
    alike: dict[bytes, list[tuple[str, str]]] = {}  # pairs of which the same rows count
    for a, b in pairs:
        alike.setdefault(np.packbits(there[a] & there[b]).tobytes(), []).append((a, b))
    found = []
    for own in alike.values():
        both = there[own[0][0]] & there[own[0][1]]
        drawn = {
            name: values[name][both] for name in dict.fromkeys(part for at in own for part in at)
        }
        ways = [drawn, {name: _ranked(column) for name, column in drawn.items()}]
        if series is not None:
            at = series[both]
            ways.append({name: _around(column, at) for name, column in drawn.items()})
        units = [{name: _unit(column) for name, column in way.items()} for way in ways]
        for a, b in own:
            told = [_product(way[a], way[b]) for way in units]
            found.append((a, b, int(both.sum()), *told, *([None] if series is None else [])))
    return _strongest_first(pl.DataFrame(found, schema=_SCHEMA, orient="row"), names)


def _unit(values: Numbers) -> Numbers | None:
    """Return ``values`` around their mean, scaled so that their squares add up to 1.

    None of few values, or of such as do not vary.
    """
    # Of a column that does not vary only what the mean was rounded by would be left.
    if len(values) < _LEAST or np.ptp(values) == 0:
        return None
    off = values - values.mean()
    spread = float(np.sqrt((off * off).sum()))
    return off / spread if spread > 0 else None


def _product(x: Numbers | None, y: Numbers | None) -> float | None:
    """Return the correlation of two columns as `_unit` leaves them; None where there is none."""
    return None if x is None or y is None else float(np.clip((x * y).sum(), -1, 1))


def _around(values: Numbers, series: Places) -> Numbers:
    """Return ``values`` less the mean of their series; exactly 0 where a series does not vary."""
    count = np.bincount(series)
    mean = np.bincount(series, values) / np.maximum(count, 1)
    left = values - mean[series]
    scale = float(np.abs(values).max(initial=0.0))
    return np.where(np.abs(left) <= 1e-9 * scale, 0.0, left)


def _ranked(values: Numbers) -> Numbers:
    """Return the ranks of ``values`` from 1; equal values share the mean of theirs."""
    return pl.Series(values).rank("average").to_numpy()


def _strongest_first(found: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return pairs with the target before others, each by strength, then by declared order."""
    place: Mapping[str, int] = {name: at for at, name in enumerate(names)}
    return (
        found
        .with_columns(
            pl.col(side).replace_strict(place, return_dtype=pl.Int64).alias(f"__{side}")
            for side in ("a", "b")
        )
        .sort(
            pl.col("__a") != 0,
            -pl.col("spearman").abs().round(9).fill_null(-1),
            "__a",
            "__b",
        )
        .drop("__a", "__b")
    )
