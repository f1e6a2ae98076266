"""From where to where the numbers and days of the rows run that a delivered model learnt from."""

import json
import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

RANGES = "plain/ranges.json"

Range = tuple[Any, Any]  # the least and the largest value: int, float or date
Ends = tuple[float, float]  # the same as the graphs take them
Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Flags = Mapping[str, NDArray[np.bool_]]

_EPOCH = date(1970, 1, 1)
_NO_ENDS = (math.nan, math.nan)


def ranges_file(frame: pl.DataFrame) -> dict[str, bytes]:
    """Return the file that tells of every column of numbers or days in ``frame`` its two ends.

    NaN and null are none of its values; a column without any value is left out.
    """
    told: dict[str, list[Any]] = {}
    for column in frame:
        known = column.drop_nulls()
        if column.dtype.is_float():
            known = known.filter(known.is_finite())
        if known.len() and (column.dtype.is_numeric() or column.dtype == pl.Date):
            told[column.name] = [known.min(), known.max()]
    return {RANGES: json.dumps(told, indent=1, ensure_ascii=False, default=str).encode()}


def read_ranges(content: bytes) -> dict[str, Range]:
    """Return what `ranges_file` told: of each column the least and the largest value.

    >>> days = pl.DataFrame({"n": [3, 7, None], "day": [date(2004, 1, 2), None, date(2003, 5, 6)]})
    >>> read_ranges(ranges_file(days)[RANGES])["day"]
    (datetime.date(2003, 5, 6), datetime.date(2004, 1, 2))
    """
    told: Mapping[str, list[Any]] = json.loads(content)
    return {name: (_end(low), _end(high)) for name, (low, high) in told.items()}


def range_ends(ranges: Mapping[str, Range]) -> dict[str, Ends]:
    """Return the least and the largest value of each column as the graphs take them.

    >>> range_ends({"n": (3, 7), "day": (date(1970, 1, 2), date(1970, 1, 5))})
    {'n': (3.0, 7.0), 'day': (1.0, 4.0)}
    """
    return {name: (as_number(low), as_number(high)) for name, (low, high) in ranges.items()}


def as_number(value: Any) -> float:
    """Return a number or a day as the graphs take it: days are counted from 1970."""
    return float((value - _EPOCH).days if isinstance(value, date) else value)


def outside_flags(numbers: Mapping[str, Vector], table: Matrix, ends: Mapping[str, Ends]) -> Flags:
    """Return (n,) by column which numbers lie outside ``ends``; columns without any are left out.

    ``table``: (columns, n) what ``numbers`` holds by name, NaN where unknown, which is outside
    nothing. A value at an end is inside.

    >>> row = np.array([2, 3, np.nan])
    >>> outside_flags({"n": row}, row[None], {"n": (3.0, 7.0)})
    {'n': array([ True, False, False])}
    """
    known = np.array([ends.get(name, _NO_ENDS) for name in numbers]).reshape(-1, 2)
    beyond = (table < known[:, :1]) | (table > known[:, 1:])
    if not beyond.any():
        return {}
    return {name: flags for name, flags in zip(numbers, beyond, strict=True) if flags.any()}


def outside_of_row(numbers: Mapping[str, float], ends: Mapping[str, Ends]) -> Flags:
    """Return `outside_flags` (1,) of one row; ``numbers``: by column, NaN where unknown.

    >>> outside_of_row({"n": 2.0, "m": math.nan}, {"n": (3.0, 7.0), "m": (3.0, 7.0)})
    {'n': array([ True])}
    """
    found: dict[str, NDArray[np.bool_]] = {}
    for name, value in numbers.items():
        low, high = ends.get(name, _NO_ENDS)
        if value < low or value > high:
            found[name] = np.array([True])
    return found


def named_flags(title: str, flags: Flags, height: int) -> pl.Series:
    """Return (height,) the names of the ``flags`` (height,) that are true of each row, as lists.

    >>> named_flags("which", {"a": np.array([True, False])}, 2).to_list()
    [['a'], []]
    """
    kind = pl.List(pl.String)
    if not flags:
        return pl.Series(title, [[]], dtype=kind).new_from_index(0, height)
    told = [pl.when(pl.col(name)).then(pl.lit(name)).alias(name) for name in flags]
    raised = pl.DataFrame(dict(flags))
    found = raised.select(pl.concat_list(told).list.drop_nulls().alias(title))
    return found.to_series().cast(kind)


def _end(value: Any) -> Any:
    """Return one end of a range; text is a day."""
    return date.fromisoformat(value) if isinstance(value, str) else value
