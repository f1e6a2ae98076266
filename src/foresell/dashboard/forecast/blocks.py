"""Long rows as matrices: some columns by series and period, so that a filter is a choice of rows.

A sum over any filter is then a sum over rows of a matrix, which takes milliseconds at 30,000
series, where grouping the long rows anew would take seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Which row of a matrix a series has, and which column a period.

    ``keys``: key columns, (n series, key columns), unique. ``time``: the date column. ``first``:
    the first period there is; ``every``: days between two.
    """

    keys: pl.DataFrame
    time: str
    first: date
    every: int

    def day(self, period: int) -> date:
        """Return the date of a period."""
        return date.fromordinal(self.first.toordinal() + period * self.every)

    def period(self, day: date) -> int:
        """Return the period that a date falls in, below 0 before the first one."""
        return (day.toordinal() - self.first.toordinal()) // self.every


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """Columns of numbers by series and period: each (n series, width), NaN where there is no row.

    ``first``: the number of the period of the first column.
    """

    first: int
    width: int
    columns: Mapping[str, Matrix]

    @property
    def after(self) -> int:
        """The period after the last one."""
        return self.first + self.width


def laid(grid: Grid, frame: pl.DataFrame, columns: Sequence[str]) -> Block:
    """Return ``columns`` of long rows as matrices; rows of a series that ``grid`` lacks are left.

    ``frame``: key columns, date and ``columns`` (numbers or booleans, null becomes NaN).
    """
    keys = grid.keys.columns
    named = frame.select(
        *(pl.col(name).cast(grid.keys.schema[name], strict=False) for name in keys),
        grid.time,
        *(pl.col(name).cast(pl.Float64) for name in columns),
    )
    found = named.join(
        grid.keys.with_row_index("__row"), on=keys, how="inner", maintain_order="left"
    )
    if found.is_empty():
        return Block(
            first=0, width=0, columns={name: np.zeros((grid.keys.height, 0)) for name in columns}
        )
    period = ((found[grid.time] - grid.first).dt.total_days() // grid.every).to_numpy()
    row = found["__row"].to_numpy()
    first, width = int(period.min()), int(period.max() - period.min()) + 1
    made = {}
    for name in columns:
        matrix = np.full((grid.keys.height, width), np.nan)
        matrix[row, period - first] = found[name].fill_null(np.nan).to_numpy()
        made[name] = matrix
    return Block(first=first, width=width, columns=made)


def taken(matrix: Matrix, rows: Rows) -> Matrix:
    """Return the rows of ``matrix`` at ``rows``; itself, and no copy, where those are all."""
    return matrix if len(rows) == len(matrix) else matrix[rows]


def summed(matrix: Matrix, rows: Rows) -> Vector:
    """Return (periods,) the sum over ``rows`` of what is known, NaN where nothing is.

    >>> summed(np.array([[1.0, np.nan], [2.0, np.nan], [4.0, 8.0]]), np.array([0, 1])).tolist()
    [3.0, nan]
    """
    some = taken(matrix, rows)
    seen = np.isfinite(some)
    total: Vector = np.where(seen, some, 0.0).sum(axis=0)
    total[~seen.any(axis=0)] = np.nan
    return total


def stretched(values: Vector, first: int, span: tuple[int, int]) -> Vector:
    """Return ``values``, whose first is of period ``first``, for the periods of ``span``.

    ``span``: first period and the one after the last; NaN where there is no value.

    >>> stretched(np.array([1.0, 2.0]), 3, (2, 5)).tolist()
    [nan, 1.0, 2.0]
    """
    out = np.full(max(0, span[1] - span[0]), np.nan)
    low, high = max(first, span[0]), min(first + len(values), span[1])
    if low < high:
        out[low - span[0] : high - span[0]] = values[low - first : high - first]
    return out
