"""The rows of a panel laid out for counting: in series and period order, each by its number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.eda.tables import key_names
from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Rows in the order of their keys and dates, so that the order they came in changes nothing.

    ``frame``: the rows, one or more. ``keys``: (n series, key columns) sorted, called as in the
    tables. ``dates``: (n periods,) every period from the first to the last that has a row.
    ``series`` and ``period``: (n rows,) their places in these. ``y``: (n rows,) the target, NaN
    where it is null. ``means``: (n series,) the mean of the target; NaN of one without a value.
    """

    frame: pl.DataFrame
    keys: pl.DataFrame
    dates: tuple[date, ...]
    series: Places
    period: Places
    y: Numbers
    means: Numbers

    def by_series(self, values: Numbers) -> Numbers:
        """Return (n series,) the sums of ``values``, (n rows,); NaN counts as nothing."""
        return grouped(self.series, values, self.keys.height)

    def by_period(self, values: Numbers) -> Numbers:
        """Return (n periods,) the sums of ``values``, (n rows,); NaN counts as nothing."""
        return grouped(self.period, values, len(self.dates))

    @property
    def expected(self) -> Numbers:
        """(n rows,) the mean of each row's series, NaN where the row has no target."""
        return np.where(np.isfinite(self.y), self.means[self.series], np.nan)


def lay_grid(frame: pl.DataFrame, project: ProjectSpec) -> Grid:
    """Return the rows of ``frame``, at least one, in order of key and date."""
    keys, every = list(project.keys), step(project.frequency)
    rows = frame.sort([*keys, project.time]).rechunk()
    series = rows.select(pl.struct(keys).rle_id().cast(pl.Int64).alias("at"))["at"].to_numpy()
    dates = rows[project.time]
    first, last = cast("date", dates.min()), cast("date", dates.max())
    period = ((dates - first).dt.total_days() // every.days).to_numpy().astype(np.int64)
    y = numbers_of(rows[project.target])
    there = np.isfinite(y).astype(np.float64)
    count = np.bincount(series, there)
    with np.errstate(invalid="ignore"):
        means = np.bincount(series, np.nan_to_num(y)) / np.where(count > 0, count, np.nan)
    return Grid(
        frame=rows,
        keys=named_keys(rows, keys).unique(maintain_order=True),
        dates=tuple(first + i * every for i in range((last - first) // every + 1)),
        series=series,
        period=period,
        y=y,
        means=means,
    )


def grouped(places: Places, values: Numbers, length: int) -> Numbers:
    """Return (length,) the sums of ``values`` by place, taken in their order; NaN is nothing."""
    return np.bincount(places, np.nan_to_num(values), minlength=length).astype(np.float64)


def named_keys(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return the key columns of ``rows``, called as in the tables."""
    return rows.select(
        pl.col(key).alias(name) for key, name in zip(keys, key_names(keys), strict=True)
    )


def numbers_of(values: pl.Series) -> Numbers:
    """Return ``values`` as floats, NaN where there is none; a boolean is 0 or 1.

    >>> numbers_of(pl.Series([True, None])).tolist()
    [1.0, nan]
    """
    return values.cast(pl.Float64).fill_null(np.nan).to_numpy()
