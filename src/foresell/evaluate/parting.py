"""One way to part the judged rows, and how rows are parted by the values of a column."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One way to part rows. ``codes``: (n rows,) place of each row in ``values``, -1 for nowhere.

    ``values`` are texts in the order a person reads them.
    """

    name: str
    values: tuple[str, ...]
    codes: NDArray[np.int64]


def by_value(column: pl.Series) -> Segment:
    """Part rows by the values of a column, in their own order; null is nowhere.

    >>> found = by_value(pl.Series("type", ["b", "a", None, "b"]))
    >>> found.values, found.codes.tolist()
    (('a', 'b'), [1, 0, -1, 1])
    """
    values = column.drop_nulls().unique().sort()
    return Segment(name=column.name, values=texts_of(values), codes=codes_of(column, values))


def codes_of(column: pl.Series, values: pl.Series) -> NDArray[np.int64]:
    """Return the place of each row's value in ``values``, -1 where it is not among them."""
    places = pl.Series(range(len(values)), dtype=pl.Int64)
    found = column.replace_strict(values, places, default=-1, return_dtype=pl.Int64)
    return found.fill_null(-1).to_numpy()


def texts_of(values: pl.Series) -> tuple[str, ...]:
    """Return values as a person reads them."""
    return tuple(str(value) for value in values.to_list())
