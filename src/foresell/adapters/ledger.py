"""The ledger in a database: SQLite, or PostgreSQL by URL, on one path.

A connection lives as long as one question. So processes may fork, a server may be restarted under a
process that polls it, and no lock outlives what it was taken for: a process that is killed loses
its connection, and with it whatever it had not committed.

SQLite keeps its rollback journal instead of a write-ahead log: then the registry is one file, which
can be copied and can be read from a disk mounted read-only. Readers see the state before a write
until its commit, and wait for that at most as long as the disk takes.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Select, create_engine, event, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from foresell.adapters.ledger_place import Place, read_place, saying_trouble
from foresell.adapters.ledger_rows import (
    followed_by,
    head_of,
    refuse_overtaken,
    row_of,
    shown,
    transition_of,
)
from foresell.adapters.ledger_schema import (
    damage_of,
    doubtful_revision,
    found_revision,
    migrate,
)
from foresell.adapters.ledger_tables import HEADS, REVISION, TRANSITIONS
from foresell.errors import DataError, MachineError
from foresell.spec.registry import Head, Transition

PATIENCE_S = 30  # how long who comes waits for the one before, where nothing else is told
_CONNECTING_S = 10


def open_ledger(url: str, patience_s: float | None = None) -> "SqlLedger":
    """Return the ledger at a SQLAlchemy URL, once it was seen to be usable.

    ``patience_s``: how long it waits for a database that somebody else holds, or that does not
    answer when it is connected to; None for as long as a writer should. What is not there yet
    counts as empty, and is made by the first write. A URL that cannot be read is a UsageError; a
    database that is out of reach, or that a newer foresell has written, is a MachineError.
    """
    place = read_place(url)
    ledger = SqlLedger(place, _engine(place, patience_s))
    ledger.look()
    return ledger


def damage_at(url: str) -> str:
    """Return what the database at ``url`` shows to be wrong with its own file; "" for nothing.

    What a ledger reads of it is looked at elsewhere; this finds what reading passes over: an index
    that differs from its table, a page that nothing leads to, a revision that cannot be its own.
    Errors as of `open_ledger`, but that all damage is returned.
    """
    place = read_place(url)
    if place.file is not None and not place.file.exists():
        return ""
    try:
        with saying_trouble(place), _engine(place).connect() as connection:
            return doubtful_revision(connection, place.label) or damage_of(connection)
    except DataError as error:
        return error.what


class SqlLedger:
    """Keeps transitions in the tables of `ledger_tables`; threads and processes may share them."""

    def __init__(self, place: Place, engine: Engine) -> None:
        self._place = place
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writing = engine.execution_options(writes=True)
        self._current = False  # whether the tables were seen to be there and up to date

    def look(self) -> bool:
        """Tell whether there is a ledger, and bring that of an older foresell up to date."""
        if self._current or (self._place.file is not None and not self._place.file.exists()):
            return self._current
        with saying_trouble(self._place), self._reading.connect() as connection:
            found = found_revision(connection, self.label)
        if found not in {None, REVISION}:
            with self._transaction() as connection:
                migrate(connection, self.label)
        self._current = found is not None
        return self._current

    def projects(self) -> Sequence[str]:
        """Return the projects that have transitions, sorted."""
        # Of both tables: what is in one of them only is damaged, and has to be seen.
        asked = (select(HEADS.c.project), select(TRANSITIONS.c.project).distinct())
        return sorted({shown(row["project"]) for query in asked for row in self._rows(query)})

    def head(self, project: str) -> Head:
        """Return where the list ends; ``Head()`` when there is none.

        A ``DataError`` where that is not what foresell kept.
        """
        rows = self._rows(select(HEADS.c.number, HEADS.c.hash).where(HEADS.c.project == project))
        return head_of(rows[0], project, self.label) if rows else Head()

    def transitions(self, project: str) -> Sequence[Transition]:
        """Return all transitions, by number, as they are kept.

        Raises DataError: a row is not one that foresell kept.
        """
        asked = select(TRANSITIONS).where(TRANSITIONS.c.project == project)
        rows = self._rows(asked.order_by(TRANSITIONS.c.number))
        return tuple(transition_of(row, self.label) for row in rows)

    def append(self, transition: Transition) -> None:
        """Keep one more, durably, all or nothing.

        Raises ConflictError when the list ends elsewhere than the transition says.

        Raises:
            DataError: the list holds a transition of that number that its end knows nothing of.
        """
        row = row_of(transition)
        if not self.look():
            self._make()
        with self._transaction() as connection:
            if not _moved(connection, transition):
                refuse_overtaken(transition, self.label)
            try:
                connection.execute(insert(TRANSITIONS), row)
            except IntegrityError as error:
                raise DataError(
                    f"transition {transition.number} of {transition.project} is there already, and "
                    "the registry's record of its last transition says it is not",
                    self.label,
                    "look with foresell registry verify; restore the database from a backup",
                ) from error

    @property
    def label(self) -> str:
        """What to call this place in an error: a file, or a URL without credentials."""
        return self._place.label

    def _make(self) -> None:
        """Make the tables, and the file they are in.

        Raises:
            MachineError: its folder cannot be made.
        """
        if self._place.file is not None:
            try:
                self._place.file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise MachineError(
                    f"the registry's folder cannot be made: {error.strerror}",
                    self.label,
                    "mend the rights, or set FORESELL_HOME or FORESELL_REGISTRY to another place",
                ) from error
        with self._transaction() as connection:
            migrate(connection, self.label)
        self._current = True

    def _rows(self, query: Select[Any]) -> Sequence[dict[str, Any]]:
        """Return what a query answers, nothing where there is no ledger yet."""
        if not self.look():
            return ()
        with saying_trouble(self._place), self._reading.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Give a connection that may write; what it wrote is kept when the block ends well."""
        with saying_trouble(self._place), self._writing.begin() as connection:
            yield connection


def _moved(connection: Connection, transition: Transition) -> bool:
    """Move the end of the list to ``transition``; False when the list ends elsewhere."""
    before = followed_by(transition)
    after = {"number": transition.number, "hash": transition.hash}
    if before == Head():
        try:
            connection.execute(insert(HEADS), {"project": transition.project, **after})
        except IntegrityError:
            return False
        return True
    old = (
        HEADS.c.project == transition.project,
        HEADS.c.number == before.number,
        HEADS.c.hash == before.hash,
    )
    return connection.execute(update(HEADS).where(*old).values(after)).rowcount == 1


def _engine(place: Place, patience_s: float | None = None) -> Engine:
    """Return the engine for a place; it connects when it is asked something.

    ``patience_s`` as in `open_ledger`.

    Raises:
        MachineError: the driver is not installed.
    """
    if place.file is not None:
        waits_s = PATIENCE_S if patience_s is None else patience_s
        waiting: dict[str, Any] = {"connect_args": {"timeout": waits_s}}
    elif "connect_timeout" in place.url.query:
        waiting = {}
    else:
        # Whole seconds, and libpq takes 1 as 2.
        connecting_s = _CONNECTING_S if patience_s is None else max(2, math.ceil(patience_s))
        waiting = {"connect_args": {"connect_timeout": connecting_s}}
    try:
        engine = create_engine(place.url, poolclass=NullPool, hide_parameters=True, **waiting)
    except ImportError as error:
        raise MachineError(
            f"a registry in PostgreSQL needs psycopg: {error}",
            place.label,
            "pip install 'foresell[postgres]'",
        ) from error
    if place.file is not None:
        event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    """Make a connection durable, and leave it to `_begin` when a transaction begins."""
    # Bytes that are no UTF-8 are to be read, so that the row they are in can be named.
    connection.text_factory = lambda content: content.decode(errors="surrogateescape")
    connection.isolation_level = None  # or Python begins one at the first write, without the lock
    connection.execute("PRAGMA synchronous = EXTRA")  # FULL, and the folder of the journal as well


def _begin(connection: Connection) -> None:
    """Take the lock of a writer at once: a reader that becomes a writer late can only fail."""
    if not connection.get_execution_options().get("writes"):
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE_S}s'")
