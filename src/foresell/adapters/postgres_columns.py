"""Columns of PostgreSQL: which are read, as which of their types, and in which order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from foresell.errors import DataError, nearest
from foresell.spec.sources import Relation

# Read as text, which the contract then reads as it reads that of a delimited file: nothing is
# rounded on the way, and a key of 19 digits stays what it is.
_AS_TEXT = frozenset({"bpchar", "name", "numeric", "uuid"})
_TEXTS = frozenset({"bpchar", "name", "text", "varchar"})
_NUMBERS = frozenset({"int2", "int4", "int8", "float4", "float8"})
_EPOCH = date(1970, 1, 1).toordinal()
_DAYS = (date.min.toordinal() - _EPOCH, date.max.toordinal() - _EPOCH)  # as pyarrow counts them
_DAY_US = 86_400_000_000


@dataclass(frozen=True, kw_only=True)
class StoredColumn:
    """One column as it is asked for: its name there, that of the contract, PostgreSQL's type."""

    theirs: str
    ours: str
    type: str


def wanted_columns(schema: pa.Schema, relation: Relation, label: str) -> Sequence[StoredColumn]:
    """Return the columns to read of ``relation``, in its order; ``schema`` as ADBC describes it.

    Raises:
        DataError: two have one name, one that is declared is not there, or one is of a type that no
            contract has.
    """
    where = f"{label}, {relation.table or relation.called}"
    _refuse_twice(schema.names, where)
    for name in relation.columns:
        if name not in schema.names:
            raise DataError(f"there is no column {name!r}", where, nearest(name, schema.names))
    names = relation.columns or {name: name for name in schema.names}
    found = [
        _column(field, names[field.name], where)
        for field in schema
        if names.get(field.name, "") and names[field.name] not in relation.without
    ]
    if not found:
        raise DataError("no column is left to read", where, "declare one that is not dropped")
    return found


def selected(column: StoredColumn) -> sql.Composable:
    """Return the column as a SELECT names it, under the contract's name."""
    cast = sql.SQL("::text" if column.type in _AS_TEXT else "")
    return sql.SQL("{}{} AS {}").format(_own(column), cast, sql.Identifier(column.ours))


def ordered_by(columns: Sequence[StoredColumn], first: Sequence[str]) -> Iterator[sql.Composable]:
    """Yield what rows are ordered by: the columns of ``first``, then all others.

    Text goes by its bytes, whatever the language of the database.
    """
    places = {name: place for place, name in enumerate(first)}
    for column in sorted(columns, key=lambda one: places.get(one.ours, len(first))):
        yield sql.SQL('{} COLLATE "C"' if column.type in _TEXTS else "{}").format(_own(column))


def refuse_odd_days(group: pa.Table, called: str, label: str) -> None:
    """Refuse ``infinity`` and days outside the years 1 to 9999.

    Raises:
        DataError: the first column that holds one.
    """
    for field in group.schema:
        unit = 1 if pa.types.is_date32(field.type) else _DAY_US
        if not (pa.types.is_date32(field.type) or pa.types.is_timestamp(field.type)):
            continue
        numbers = group[field.name].cast(pa.int32() if unit == 1 else pa.int64())
        ends = pc.min_max(numbers).as_py()
        least, most = _DAYS[0] * unit, (_DAYS[1] + 1) * unit - 1
        if ends["min"] is not None and not (least <= ends["min"] and ends["max"] <= most):
            raise DataError(
                f"the column {field.name!r} of {called} holds a day outside the years 1 to 9999",
                label,
                "mend it there, or leave such rows out by a query: isfinite(day)",
            )


def _own(column: StoredColumn) -> sql.Composable:
    """Return the column as it is named there, and no other of that name."""
    return sql.Identifier("rows", column.theirs)


def _column(field: pa.Field, ours: str, where: str) -> StoredColumn:
    """Return how one column is read.

    Raises:
        DataError: it is of a type that no contract has.
    """
    told: Mapping[bytes, bytes] = field.metadata or {}
    kind = told.get(b"POSTGRESQL:type", b"").decode()
    plain = kind in _NUMBERS | _AS_TEXT | {"bool", "date", "timestamp"}
    if not plain and not pa.types.is_string(field.type):  # an enum has the name of its type
        raise DataError(
            f"the column {field.name!r} is of PostgreSQL's type {kind}, which no contract has",
            where,
            _ADVICE.get(kind, "read it by a query that casts it, or leave it out: columns: {...}"),
        )
    return StoredColumn(theirs=field.name, ours=ours, type=kind)


_ADVICE: Mapping[str, str] = {
    "timestamptz": "its day depends on the time zone: read it by a query that says which, such as "
    "SELECT (sold_at AT TIME ZONE 'Europe/Berlin')::date AS day",
    "money": "read it by a query that casts it: amount::numeric",
}


def _refuse_twice(names: Sequence[str], where: str) -> None:
    """Refuse columns of one name: nobody could tell which is meant.

    Raises:
        DataError: there are some.
    """
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(
            f"two columns are named {twice[0]!r}", where, "give one another name: ... AS name"
        )
