"""Where a ledger is: the URL of a database read, and what its troubles mean."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Error as SqliteError

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from foresell.adapters.ledger_rows import shown
from foresell.adapters.sqlstates import DAMAGED, FULL, HELD, MENDS, OVERTAKEN, told
from foresell.errors import ConflictError, DataError, ForesellError, MachineError, UsageError

VARIABLE = "FORESELL_REGISTRY"
_FORMS = "sqlite:////folder/registry.db or postgresql://USER@HOST:5432/DATABASE"
_DRIVERS: Mapping[str, str] = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgresql+psycopg2": "postgresql+psycopg",  # what MLflow's users write; libpq reads both
}
_RIGHTS = "mend the rights of the folder and of the file, or set FORESELL_REGISTRY to another place"
_SERVER = f"see that the server runs, and that {VARIABLE} names it, its user and its password"
# By SQLite's result codes (sqlite.org/rescode.html) and PostgreSQL's SQLSTATE classes.
_SQLITE_MENDS: Mapping[int, str] = {3: _RIGHTS, 5: HELD, 6: HELD, 8: _RIGHTS, 13: FULL}
# What no whole file of ours answers to our own questions: 1 no such table or column, 11 malformed,
# 17 another schema, 18 a text too long, 24 another format, 26 no database.
_SQLITE_DAMAGED = frozenset({1, 11, 17, 18, 24, 26})
_POSTGRES_DAMAGED = frozenset({"22021", "42703", "42P01"}) | DAMAGED
_POSTGRES_MENDS: Mapping[str, str] = {
    **MENDS,
    "42501": "let the database's owner grant the right, or open the registry once as its owner",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A database: its URL with the driver that is used, and its file where it is one."""

    url: URL
    file: Path | None

    @property
    def label(self) -> str:
        """What to call it in an error: a file, or a URL without user and password."""
        if self.file is not None:
            return str(self.file)
        host = self.url.host or "".join(self.url.normalized_query.get("host", ("localhost",)))
        port = f":{self.url.port}" if self.url.port else ""
        return f"postgresql://{host}{port}/{self.url.database or ''}"


def read_place(url: str) -> Place:
    """Return the place that a SQLAlchemy URL names.

    Raises:
        UsageError: it is no URL, or names neither a file of SQLite nor PostgreSQL.

    >>> read_place("postgresql://jo:secret@db.example/models").label
    'postgresql://db.example/models'
    """
    try:
        read = make_url(url)
    except (ArgumentError, ValueError):  # whose texts would show the password
        raise UsageError(
            "the registry's URL cannot be read",
            VARIABLE,
            f"write {_FORMS}; a password belongs in PGPASSWORD or ~/.pgpass; in one that stands in "
            "the URL all the same, write @ as %40, / as %2F and : as %3A",
        ) from None
    driver = _DRIVERS.get(read.drivername)
    if driver is None:
        raise UsageError(
            f"a registry cannot be kept in {read.drivername!r}", VARIABLE, f"write {_FORMS}"
        )
    if not driver.startswith("sqlite"):
        return Place(url=read.set(drivername=driver), file=None)
    if not read.database or read.database.startswith((":memory:", "file:")):
        raise UsageError(
            "the registry's URL names no file, and what is in memory only is gone with the process",
            VARIABLE,
            "write sqlite:////folder/registry.db",
        )
    return Place(url=read.set(drivername=driver), file=Path(read.database))


@contextmanager
def saying_trouble(place: Place) -> Iterator[None]:
    """Turn what the database complains of into an error that says how to mend it."""
    try:
        yield
    except SQLAlchemyError as error:
        meant = _meaning(error, place)
        raise meant from error
    except UnicodeDecodeError as error:  # a name in the database is no text
        meant = damaged(str(error), place.label)
        raise meant from error


def damaged(said: str, label: str) -> DataError:
    """Return the error that says that a database is not what was written; ``said``: how one sees.

    >>> damaged("no such table: heads", "registry.db").what
    "the registry's database is damaged: no such table: heads"
    """
    return DataError(
        f"the registry's database is damaged: {shown(said)}",
        label,
        "restore it from a backup; foresell registry verify PROJECT tells whether it is whole",
    )


def _meaning(error: SQLAlchemyError, place: Place) -> ForesellError:
    """Return the error that says what ``error`` means."""
    cause = getattr(error, "orig", None) or error
    said = told(str(cause), str(place.url.password or ""))
    if getattr(cause, "sqlstate", None) in OVERTAKEN:
        return ConflictError(
            f"the registry was being written by somebody else: {said}",
            place.label,
            "read the registry again, and ask again",
        )
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the rest of the number is detail
    unlike = code in _SQLITE_DAMAGED or not isinstance(cause, SqliteError)
    if place.file is not None and unlike:  # the latter: an answer of another form than ours
        return damaged(said, place.label)
    if getattr(cause, "sqlstate", None) in _POSTGRES_DAMAGED:
        return damaged(said, place.label)
    if place.file is not None:
        mend = _SQLITE_MENDS.get(code, _RIGHTS)
    else:
        mend = _POSTGRES_MENDS.get(getattr(cause, "sqlstate", None) or "", _SERVER)
    return MachineError(f"the registry cannot be used: {said}", place.label, mend)
