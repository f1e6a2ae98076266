"""From what a file holds to the types of the contract: a value that would change is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import polars as pl

from foresell.contracts.advice import NUMERAL, TOO_LARGE, advice
from foresell.contracts.contract import Column
from foresell.contracts.dates import ISO, parse_days
from foresell.contracts.showing import GUARDED, shown
from foresell.errors import DataError, counted
from foresell.spec.sources import POSTGRES, Table

SHOWN = 5
_ADVISED = 20
TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
}
_NUMBERS = (
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64),
    *(pl.Float32, pl.Float64, pl.Decimal),
)
# Stored types, beside the type itself, whose values can be exactly of a contract's type.
_ALSO: dict[str, tuple[type[pl.DataType], ...]] = {
    "string": (pl.Categorical, pl.Enum),
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "date": (pl.Datetime,),
}
_RETYPE = "write the column with the declared type, or change the type in contract.yaml"
_CASTS = {
    "string": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
}
_A_DAY = "a date column holds days: take the time off at the source, if it means nothing"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a series stands: ``file``, and the words for one of its rows, counted from 0.

    ``whole``: nothing of the file follows, so what is counted here is all there is. ``guarded``: no
    value may be shown, only its shape, for the file holds personal data.
    """

    file: str
    row: Callable[[int], str]
    whole: bool = True
    guarded: bool = False


def typed(raw: pl.Series, column: Column, table: Table, place: Place) -> pl.Series:
    """Return ``raw`` text as the column's type; null where it is empty or an NA token.

    In a column of text a field that is there and empty (``""``) is an empty text. A value that is
    not of the type is a ``DataError`` with the first places and values.
    """
    held = parsed(raw, column, table)
    text, found, failed, kind = held.text, held.found, held.failed, column.logical_type
    if failed.any():
        bad = text.filter(failed)
        if kind in NUMERAL and bad.str.contains(NUMERAL[kind]).all():
            what, mend = ("is", f"too large for type {kind}"), TOO_LARGE
        else:
            expected = f"{kind} ({_pattern(column)})" if kind == "date" else kind
            distinct = bad.unique(maintain_order=True).head(_ADVISED).to_list()
            what = ("is", f"not of type {expected}")
            mend = advice(kind, distinct, table, guarded=place.guarded)
        _refuse(what, text.rename(raw.name), failed, place, mend)
    if held.late is not None and held.late.any():
        mend = f"{_A_DAY} {GUARDED}" if place.guarded else _A_DAY
        _refuse(("has", "a time of day"), text.rename(raw.name), held.late, place, mend)
    return found.rename(raw.name)


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a file holds of a column, as far as it is of the column's type.

    ``text``: what was given, null where that is nothing. ``found``: its values; what stands there
    where one ``failed``, for it is none of the type, means nothing. ``late``: days that have a
    time, or None where no value could.
    """

    text: pl.Series
    found: pl.Series
    failed: pl.Series
    late: pl.Series | None = None


def parsed(raw: pl.Series, column: Column, table: Table) -> Held:
    """Return ``raw`` text in the column's type; nothing is refused."""
    tokens = list(table.na) if column.logical_type == "string" else ["", *table.na]
    text = raw.rename("t")
    if tokens:
        absent = pl.col("t").is_in(tokens)
        text = text.to_frame().select(pl.when(~absent).then("t"))["t"]
    kind = column.logical_type
    late = None
    if kind == "date":
        found, late = parse_days(text, _pattern(column))
    else:
        found = _convert(text, column, table)
    failed = found.is_null() & text.is_not_null()
    if kind == "number":
        failed |= ~found.is_finite().fill_null(value=True)
    return Held(text=text, found=found, failed=failed, late=late)


def converted(stored: pl.Series, column: Column) -> Held:
    """Return ``stored``, which is no text, in the column's type; nothing is refused."""
    found = stored.cast(TYPES[column.logical_type], strict=False)
    failed = found.cast(stored.dtype, strict=False).ne_missing(stored)
    if column.logical_type == "number":
        failed |= ~found.is_finite().fill_null(value=True)
    return Held(text=stored, found=found, failed=failed)


def cast(stored: pl.Series, column: Column, place: Place) -> pl.Series:
    """Return ``stored``, which is no text, in the column's type.

    Raises:
        DataError: the stored type is another kind of thing, or a value would change.
    """
    wanted, kind = TYPES[column.logical_type], column.logical_type
    if not isinstance(stored.dtype, (type(wanted), pl.Null, *_ALSO.get(kind, ()))):
        raise DataError(
            f"{stored.name!r} is stored as {stored.dtype}, which is not {kind}",
            place.file,
            _retype(stored.name, kind, place),
        )
    held = converted(stored, column)
    found, lost = held.found, held.failed
    if lost.any():
        row = int(lost.arg_true()[0])
        raise DataError(
            f"{_told(lost, stored.name, ('is', f'not of type {kind}'), place)}"
            f"{'' if place.guarded else f': {stored[row]}'}",
            f"{place.file}, {place.row(row)}",
            _retype(stored.name, kind, place),
        )
    return found


def _retype(name: str, kind: str, place: Place) -> str:
    """Return what to do about a column of another type; nobody writes a file for PostgreSQL."""
    if not place.file.startswith(POSTGRES):
        return _RETYPE
    return (
        f"read it by a query in project.yaml that casts it ({name}::{_CASTS[kind]}), or change the "
        "type in contract.yaml"
    )


def _refuse(
    what: tuple[str, str], text: pl.Series, failed: pl.Series, place: Place, mend: str
) -> NoReturn:
    """Refuse the texts that ``failed``.

    Raises:
        DataError: it names the first of them.
    """
    first = failed.arg_true().head(SHOWN)
    values = ", ".join(
        shown(value, guarded=place.guarded) for value in text.gather(first).to_list()
    )
    places = ", ".join(place.row(row) for row in first.to_list())
    raise DataError(
        f"{_told(failed, text.name, what, place)}: {values}", f"{place.file}, {places}", mend
    )


def _told(failed: pl.Series, name: str, what: tuple[str, str], place: Place) -> str:
    """Return how many of a column failed, as far as anybody has looked, and in what."""
    count, (verb, rest) = int(failed.sum()), what
    verb = verb if count == 1 else {"is": "are", "has": "have"}[verb]
    return (
        f"{'' if place.whole else 'at least '}{counted(count, 'value')} of {name!r} {verb} {rest}"
    )


def _convert(text: pl.Series, column: Column, table: Table) -> pl.Series:
    """Return the column's type, null where a value cannot be read as it."""
    if column.logical_type == "boolean":
        words = dict.fromkeys(table.true_words, True) | dict.fromkeys(table.false_words, False)
        return text.replace_strict(words, default=None, return_dtype=pl.Boolean)
    return text.cast(TYPES[column.logical_type], strict=False)


def _pattern(column: Column) -> str:
    """Return the date pattern of a column, ISO where none is declared."""
    return column.options.format or ISO
