"""Rows of PostgreSQL as files of a source: tables, views and queries, as of one moment."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi
from psycopg import sql

from foresell.adapters.held_file import HeldFile
from foresell.adapters.postgres_columns import (
    StoredColumn,
    ordered_by,
    refuse_odd_days,
    selected,
    wanted_columns,
)
from foresell.adapters.postgres_link import adbc_uri, saying_trouble
from foresell.adapters.sources import refuse_missing
from foresell.adapters.sqlstates import told
from foresell.errors import DataError, MachineError
from foresell.spec.database import DatabasePlace
from foresell.spec.ports import RawFile
from foresell.spec.sources import Relation
from foresell.spec.warehouse import SCHEMA

_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_GROUP = 131_072  # rows of a row group: the bytes follow from the rows, not from how they travelled


class PostgresSource:
    """Tables, views and queries of one database, as Parquet files named ``postgres:NAME``.

    The first time that anything is asked, all of ``relations`` are read, each once, in one
    transaction that sees one moment of the database; then the connection is closed. Equal rows are
    equal bytes: they come in the order of ``Relation.first``, then of all other columns, nulls
    last, text by its bytes. What was read is held in files without a name, in no more memory than
    some hundred thousand rows take. A relation without rows is a file that is not there.

    Raises, with whatever is asked: UsageError for a relation that does not exist or that the user
    may not read, DataError for a column that holds no type of a contract, MachineError where the
    database is out of reach.
    """

    synthetic = False

    def __init__(self, place: DatabasePlace, relations: Sequence[Relation]) -> None:
        self._place = place
        self._relations = {relation.name: relation for relation in relations}
        self._held: dict[str, HeldFile] | None = None

    @property
    def label(self) -> str:
        """The database, without credentials."""
        return self._place.label

    def files(self, pattern: str) -> Sequence[RawFile]:
        """Return the relation of that name, where it holds rows; a pattern stands for none."""
        held = self._read()
        if pattern not in held:
            return []
        return [RawFile(name=pattern, uri=self._uri(pattern), bytes=held[pattern].size)]

    def open(self, name: str) -> BinaryIO:
        """Open the rows of a relation, as Parquet.

        Raises:
            DataError: it holds no rows, or there is none of that name.
        """
        held = self._read()
        if name in held:
            return held[name].open()
        if name not in self._relations:
            refuse_missing(name, self.label, self._relations, "no table or query is declared")
        raise DataError(
            f"{_called(self._relations[name])} holds no rows",
            self.label,
            _filling(self._relations[name]),
        )

    def _uri(self, name: str) -> str:
        """Return where the rows of a relation come from, without credentials."""
        relation = self._relations[name]
        return f"{self.label}/{relation.table or f'query/{relation.called}'}"

    def _read(self) -> Mapping[str, HeldFile]:
        """Return the files of all relations that hold rows, read the first time this is asked."""
        if self._held is None:
            with saying_trouble(self._place):
                connection = dbapi.connect(adbc_uri(self._place))
            with closing(connection):
                self._held = dict(self._files(connection))
        return self._held

    def _files(self, connection: dbapi.Connection) -> Iterator[tuple[str, HeldFile]]:
        """Yield name and file of each relation that holds rows, all of one moment."""
        with saying_trouble(self._place), closing(connection.cursor()) as cursor:
            cursor.execute(_SNAPSHOT)
        for relation in self._relations.values():
            with saying_trouble(self._place, mends=_mends(relation)):
                held = _fetched(connection, relation, self.label)
            if held is not None:
                yield relation.name, held


def _fetched(connection: dbapi.Connection, relation: Relation, label: str) -> HeldFile | None:
    """Return the rows of ``relation`` as a Parquet file, or None where there are none."""
    rows = _rows_of(relation)
    described = sql.SQL(_query("postgres_relation")).format(relation=rows).as_string()
    held, count = HeldFile(), 0
    sink = pa.PythonFile(_Sink(held), mode="w")
    with closing(connection.cursor()) as cursor:
        columns = wanted_columns(cursor.adbc_execute_schema(described), relation, label)
        cursor.execute(_select(rows, columns, relation))
        reader = cursor.fetch_record_batch()
        plain = pa.schema([pa.field(one.name, one.type) for one in reader.schema])
        with pq.ParquetWriter(sink, plain, compression="zstd") as writer:
            for group in _groups(_batches(reader, connection, relation, label)):
                _refuse_odd(group, relation, label)
                writer.write_table(group.cast(plain), row_group_size=_GROUP)
                count += group.num_rows
    return held if count else None


def _select(rows: sql.Composable, columns: Sequence[StoredColumn], relation: Relation) -> str:
    """Return the statement that reads ``columns`` of ``rows``, in order."""
    return (
        sql
        .SQL(_query("postgres_rows"))
        .format(
            columns=sql.SQL(", ").join(map(selected, columns)),
            relation=rows,
            order=sql.SQL(", ").join(ordered_by(columns, relation.first)),
        )
        .as_string()
    )


def _query(name: str) -> str:
    """Return the text of the query ``name``, with the places of its parts."""
    return files("foresell.adapters").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")


def _rows_of(relation: Relation) -> sql.Composable:
    """Return the relation as a statement names it."""
    if relation.table is not None:
        return sql.Identifier(*relation.table.split("."))
    query = (relation.query or "").strip().rstrip(";")
    return sql.SQL("(\n{}\n)").format(sql.SQL(query))  # its last line may be a comment


def _batches(
    reader: pa.RecordBatchReader, connection: dbapi.Connection, relation: Relation, label: str
) -> Iterator[pa.RecordBatch]:
    """Yield the rows as they come; what goes wrong on the way has no SQLSTATE (ADBC 1.13).

    Where the connection is lost, ADBC's own error says so as the transaction is given up.

    Raises:
        MachineError: the server stopped the statement.
        DataError: the server could not work a row out.
    """
    try:
        yield from reader
    except (OSError, pa.ArrowException) as error:
        said = told(str(error).rpartition("ERROR:")[2])
        connection.rollback()  # fails where there is no connection any more
        if "canceling statement" in said:
            raise MachineError(
                f"the server stopped reading {_called(relation)}: {said}",
                label,
                "raise its statement_timeout, or ask for less",
            ) from error
        raise DataError(
            f"{_called(relation)} cannot be read: {said}", label, "mend its rows, or the query"
        ) from error


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield the rows in tables of the size of a row group, the last one smaller."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        while count >= _GROUP:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, _GROUP)
            waiting = table.slice(_GROUP).to_batches()
            count -= _GROUP
    if count:
        yield pa.Table.from_batches(waiting)


def _refuse_odd(group: pa.Table, relation: Relation, label: str) -> None:
    """Refuse text that is no UTF-8, and days that no calendar has.

    Raises:
        DataError: there is some.
    """
    try:
        group.validate(full=True)
    except pa.ArrowInvalid as error:
        raise DataError(
            f"{_called(relation)} holds text that is not UTF-8",
            label,
            "mend it there: a database with the encoding SQL_ASCII checks nothing",
        ) from error
    refuse_odd_days(group, _called(relation), label)


def _called(relation: Relation) -> str:
    """Return what to call a relation in an error."""
    return relation.table or f"the query of {relation.called!r}"


def _is_ours(relation: Relation) -> bool:
    """Tell whether it is of the star schema that foresell keeps."""
    return (relation.table or "").startswith(f"{SCHEMA}.")


def _filling(relation: Relation) -> str:
    """Return what to do about a relation without rows."""
    if _is_ours(relation):
        return "fill it: foresell warehouse load"
    return "fill it, or declare another table or query"


def _mends(relation: Relation) -> Mapping[str, str]:
    """Return, by SQLSTATE, what to do about what the database says of a relation."""
    if _is_ours(relation):
        return {"42501": "let its owner grant the role: GRANT read TO the user"}
    if relation.query is not None:
        mend = f"mend the query of {relation.called!r} in project.yaml"
        return {
            "42": mend,
            "42601": f"{mend}: it is one SELECT, or one WITH ... SELECT",
            "42501": "let the owner of what the query reads grant it: GRANT USAGE ON SCHEMA and "
            "GRANT SELECT ON the table, TO the user",
        }
    name = f"table: {relation.table}"
    schema = str(relation.table).partition(".")[0]
    return {
        "42P01": f"check {name} in project.yaml, or create it",
        "3F": f"check the schema of {name} in project.yaml",
        "42501": f"let its owner grant it: GRANT USAGE ON SCHEMA {schema} TO the user, "
        f"and GRANT SELECT ON {relation.table} TO the user",
    }


@dataclass(frozen=True)
class _Sink:
    """A held file as pyarrow writes into one, piece by piece."""

    held: HeldFile
    closed = False  # pyarrow asks

    def write(self, piece: bytes) -> int:
        """Add ``piece`` to the end."""
        return self.held.write(piece)
