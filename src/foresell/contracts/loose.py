"""A file read as far as it goes: a column that is gone, renamed or of another type refuses nothing.

What a run reads has to be as declared; what is watched may not be, and then that is the finding.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import BinaryIO

import polars as pl

from foresell.contracts.contract import Column, Contract, SchemaObject
from foresell.contracts.decoding import choose_encoding, chunks, utf8_chunks
from foresell.contracts.headers import dropped_columns
from foresell.contracts.records import cut_records
from foresell.contracts.showing import column_shown, is_guarded
from foresell.contracts.text import csv_rows
from foresell.contracts.values import TYPES, converted, parsed
from foresell.errors import DataError
from foresell.spec.cleaning import Cleaning
from foresell.spec.sources import Table

_FEW = 0.05  # of the values: so many of another type are single errors, more are another type
_STORED: Mapping[type[pl.DataType], str] = {
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamp",
    pl.String: "string",
    pl.Categorical: "string",
    pl.Enum: "string",
}


@dataclass(frozen=True, kw_only=True)
class LooseFile:
    """A file as it is.

    ``columns``: its columns in their order, as they may be told, and ``types`` of each as the
    contract calls types; personal and dropped columns are in neither. ``frame`` (rows,): the
    columns that the contract knows and whose values are of its type, null where one is not.
    ``others`` (rows,): the columns that it does not know, as what they look like. ``wrong``: how
    many values of a column of ``frame`` are of no such type.
    """

    name: str
    columns: tuple[str, ...]
    types: Mapping[str, str]
    frame: pl.DataFrame
    others: pl.DataFrame
    wrong: Mapping[str, int] = field(default_factory=dict)


def read_loosely(
    content: BinaryIO, name: str, table: Table, contract: Contract, cleaning: Cleaning
) -> LooseFile:
    """Return what a delimited or Parquet file holds. ``table``: how its text is to be read.

    A ``DataError``: it is neither, has no rows, a line of another width, or a column twice.
    """
    parquet = name.lower().endswith(".parquet")
    stored = _parquet(content, name) if parquet else _text(content, name, table)
    dropped = dropped_columns(contract, cleaning)
    known: dict[str, pl.Series] = {}
    others: dict[str, pl.Series] = {}
    types: dict[str, str] = {}
    wrong: dict[str, int] = {}
    for at, raw in enumerate(stored.iter_columns()):
        series = raw.fill_nan(None) if raw.dtype.is_float() else raw  # pandas has no other null
        if series.name in dropped:
            continue
        if (column := contract.columns.get(series.name)) is None:
            told = _told(series.name, at, contract)
            others[told] = looks_like(series, table).alias(told)
            types[told] = type_word(others[told])
            continue
        values, bad = _values(series, column, table)
        held = series.len() - series.null_count()
        if bad > _FEW * held:
            types[column.name] = _other_type(series, column, table)
            continue
        known[column.name], types[column.name] = values, column.logical_type
        if bad:
            wrong[column.name] = bad
    return LooseFile(
        name=name,
        columns=tuple(types),
        types=types,
        frame=pl.DataFrame(known),
        others=pl.DataFrame(others),
        wrong=wrong,
    )


def type_word(values: pl.Series) -> str:
    """Return the type of ``values`` as a contract calls it.

    >>> type_word(pl.Series([1, 2])), type_word(pl.Series(["a"])), type_word(pl.Series([0.5]))
    ('integer', 'string', 'number')
    """
    for kind, word in _STORED.items():
        if isinstance(values.dtype, kind):
            return word
    return "integer" if values.dtype.is_integer() else "number"


def looks_like(values: pl.Series, table: Table) -> pl.Series:
    """Return text as the first type that all of it can be read as, other values as they are.

    >>> looks_like(pl.Series(["1", "2.5", ""]), Table(name="t", file="t.csv")).to_list()
    [1.0, 2.5, None]
    """
    if values.dtype != pl.String:
        return values
    for kind in ("integer", "number", "boolean", "date"):
        held = parsed(values, Column(name="values", logical_type=kind), table)
        if not held.failed.any() and held.found.count():
            return held.found
    return values


def _values(series: pl.Series, column: Column, table: Table) -> tuple[pl.Series, int]:
    """Return a column in the type of the contract, null where it is none, and how many are none."""
    if series.dtype == pl.String:
        held = parsed(series, column, table)
    elif series.dtype.is_nested() or series.dtype == pl.Binary:
        return pl.Series(series.name, [None] * series.len()), series.len()
    else:
        held = converted(series, column)
    bad = held.failed if held.late is None else held.failed | held.late
    found = held.found.alias(column.name)
    values = found.to_frame().select(pl.when(~bad).then(column.name).alias(column.name))
    return values.to_series().cast(TYPES[column.logical_type]), int(bad.sum())


def _other_type(series: pl.Series, column: Column, table: Table) -> str:
    """Return what a column is whose values are not of the contract's type."""
    if series.dtype.is_nested() or series.dtype == pl.Binary:
        return str(series.dtype).partition("(")[0].lower()
    if series.dtype.is_float() and series.is_infinite().any():
        return "numbers that are not finite"
    word = type_word(looks_like(series, table))
    return word if word != column.logical_type else "string"


def _told(name: str, at: int, contract: Contract) -> str:
    """Return what an unknown column may be called: a header may be a row about a person."""
    plain = not is_guarded(contract) or repr(name) in column_shown(name, at, contract)
    return name if plain else f"no. {at + 1}"


def _text(content: BinaryIO, name: str, table: Table) -> pl.DataFrame:
    """Return delimited text, every column as text.

    Raises:
        DataError: it has no header.
    """
    encoding = choose_encoding(content, table, name)
    text = utf8_chunks(chunks(content, len), encoding, table, name)
    first, _ = next(cut_records(text, table, name), (None, True))
    if first is None or not first.text.strip():
        raise DataError("the file is empty", name, "get the file again from its source")
    head = first.text[: first.ends[0] + 1].decode()
    header = next(csv.reader(StringIO(head, newline=""), delimiter=table.separator), [""])
    content.seek(0)
    opened = csv_rows(content, name, replace(table, na=()), _texts(header))
    return pl.concat(list(opened.batches))


def _texts(header: list[str]) -> Contract:
    """Return a contract of text columns with these names."""
    columns = tuple(Column(name=name, logical_type="string") for name in dict.fromkeys(header))
    return Contract(
        id="file", version="1.0.0", schema=(SchemaObject(name="file", properties=columns),)
    )


def _parquet(content: BinaryIO, name: str) -> pl.DataFrame:
    """Return a Parquet file.

    Raises:
        DataError: it is none, or has no rows.
    """
    try:
        found = pl.read_parquet(content)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError("not a Parquet file", name, "get the file again") from error
    if not found.height:
        raise DataError("the file has columns and no rows", name, "get the file again")
    return found
