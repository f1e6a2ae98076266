"""What somebody gives who asks for rows from Python: mappings, or a frame of polars or pandas."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from foresell.errors import UsageError


def listed_rows(rows: object) -> list[Any]:
    """Return one row or several as a list.

    Raises:
        UsageError: it is neither.

    >>> listed_rows({"MSRP": 80}), listed_rows(({"MSRP": 80},))
    ([{'MSRP': 80}], [{'MSRP': 80}])
    """
    if isinstance(rows, Mapping):
        return [rows]
    if isinstance(rows, Iterable) and not isinstance(rows, str | bytes):
        return list(rows)
    raise UsageError(
        f"{type(rows).__name__} is nothing that holds rows",
        "rows",
        "give a row as a mapping, a list of them, a polars or pandas frame, or the path of a file",
    )


def frame_of(rows: object) -> pl.DataFrame | None:
    """Return a frame of polars or pandas as one of polars, None for anything else.

    The index of a pandas frame is left out.

    Raises:
        UsageError: a column of it holds several kinds of things.
    """
    if isinstance(rows, pl.DataFrame):
        return rows
    if isinstance(rows, pl.LazyFrame):
        return rows.collect()
    kind = type(rows)
    if kind.__module__.partition(".")[0] != "pandas" or kind.__name__ != "DataFrame":
        return None
    given: Any = rows
    try:
        return pl.from_pandas(given)
    except (TypeError, ValueError, pl.exceptions.PolarsError, ImportError) as error:
        raise UsageError(
            f"the pandas frame cannot be read: {error}", "rows", "give plain columns of one kind"
        ) from error
