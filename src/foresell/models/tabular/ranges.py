"""From where to where the numbers and days of the rows run that a delivered model learnt from."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

RANGES = "plain/ranges.json"

Range = tuple[Any, Any]  # the least and the largest value: int, float or date


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


def outside(frame: pl.DataFrame, ranges: Mapping[str, Range]) -> pl.Series:
    """Return (n,) the names of the columns of each row whose value lies outside ``ranges``.

    A null is outside nothing, and a value at an end is inside.

    >>> outside(pl.DataFrame({"n": [2, 3, None]}), {"n": (3, 7)}).to_list()
    [['n'], [], []]
    """
    flags = {
        name: ((frame[name] < low) | (frame[name] > high)).fill_null(value=False)
        for name, (low, high) in ranges.items()
        if name in frame.columns
    }
    return named_flags("outside", flags, frame.height)


def named_flags(title: str, flags: Mapping[str, pl.Series], height: int) -> pl.Series:
    """Return (height,) the names of the ``flags`` (height,) that are true of each row, as lists.

    >>> named_flags("which", {"a": pl.Series([True, False])}, 2).to_list()
    [['a'], []]
    """
    kind = pl.List(pl.String)
    raised = {name: flag for name, flag in flags.items() if flag.any()}
    if not raised:
        return pl.Series(title, [[]], dtype=kind).new_from_index(0, height)
    told = [pl.when(pl.col(name)).then(pl.lit(name)).alias(name) for name in raised]
    found = pl.DataFrame(raised).select(pl.concat_list(told).list.drop_nulls().alias(title))
    return found.to_series().cast(kind)


def _end(value: Any) -> Any:
    """Return one end of a range; text is a day."""
    return date.fromisoformat(value) if isinstance(value, str) else value
