"""Rows of a table by column, as graphs take them, and what of them no training row held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.features.levels import Vector
from foresell.models.tabular.ranges import Flags, Matrix, as_number

Texts = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class RowColumns:
    """Raw rows (n,) by column.

    ``table``: (names, n) numbers, NaN where unknown; booleans are 0 and 1, days are counted from
    1970. ``texts``: (n,) by name, None where null, which is not the empty text.
    """

    rows: int
    names: Sequence[str]
    table: Matrix
    texts: Mapping[str, Texts]

    @property
    def numbers(self) -> Mapping[str, Vector]:
        """(n,) the rows of ``table`` by name."""
        return dict(zip(self.names, self.table, strict=True))


def columns_of_frame(frame: pl.DataFrame) -> RowColumns:
    """Return the rows of ``frame``, in the types of the contract, by column.

    >>> columns_of_frame(pl.DataFrame({"n": [2, None], "t": ["a", None]})).table.tolist()
    [[2.0, nan]]
    """
    texts = {column.name: column.to_list() for column in frame if column.dtype == pl.String}
    names = [name for name in frame.columns if name not in texts]
    table = np.empty((len(names), frame.height))
    for at, name in enumerate(names):
        table[at] = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return RowColumns(frame.height, names, table, texts)


def columns_of_values(
    values: Mapping[str, Sequence[Any]], texts: frozenset[str], days: frozenset[str]
) -> RowColumns:
    """Return rows that were read value by value; ``texts`` and ``days``: the columns of these.

    The same as `columns_of_frame` of a frame that holds them, without one.

    >>> columns_of_values({"n": [2, None], "t": ["a", None]}, frozenset({"t"}), frozenset()).texts
    {'t': ['a', None]}
    """
    names = [name for name in values if name not in texts]
    rows = len(next(iter(values.values())))
    # Of None NumPy makes NaN.
    numbers = [_counted(values[name]) if name in days else values[name] for name in names]
    table = np.array(numbers, dtype=np.float64)
    told = {name: values[name] for name in values if name in texts}
    return RowColumns(rows, names, table.reshape(len(names), rows), told)


def graph_inputs(columns: RowColumns) -> dict[str, NDArray[Any]]:
    """Return (n, 1) each column as a graph takes it: a text that is null is ""."""
    found: dict[str, NDArray[Any]] = dict(zip(columns.names, columns.table[..., None], strict=True))
    for name, texts in columns.texts.items():
        plain = [text or "" for text in texts] if None in texts else texts
        found[name] = np.array([plain], dtype=object).T
    return found


def unseen_flags(columns: RowColumns, seen: Mapping[str, frozenset[str]]) -> Flags:
    """Return (n,) by column which rows have a text that is new; columns without any are left out.

    ``seen``: the texts that training rows held. A null is nothing new.
    """
    found: dict[str, NDArray[np.bool_]] = {}
    for name, known in seen.items():
        new = set(columns.texts[name]) - known - {None}
        if new:
            found[name] = np.array([text in new for text in columns.texts[name]], dtype=np.bool_)
    return found


def named(flags: Flags, rows: int) -> list[list[str]]:
    """Return (n rows,) the names of the ``flags`` (n rows,) that are true of each row.

    >>> named({"a": np.array([True, False]), "b": np.array([True, True])}, 2)
    [['a', 'b'], ['b']]
    """
    found: list[list[str]] = [[] for _ in range(rows)]
    for name, flag in flags.items():
        for at in np.flatnonzero(flag).tolist():
            found[at].append(name)
    return found


def _counted(days: Sequence[date | None]) -> Sequence[float | None]:
    """Return days as they are counted from 1970."""
    return [None if day is None else as_number(day) for day in days]
