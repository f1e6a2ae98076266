"""Deliveries to a small warehouse, the warehouse itself, and everything that is in it.

For tests that disturb loads. What two loads leave is equal where `contents` is.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

import foresell
from foresell.spec.warehouse import SCHEMA
from tests.builders import weekly_files, write_files
from tests.guarded import place_of

Contents = dict[str, str]
FILES = ("train.csv", "features.csv", "stores.csv", "test.csv")
WEEKS = 60
_TABLES = (
    "dim_store",
    "dim_dept",
    "fact_sales_weekly",
    "plan_sales_weekly",
    "stg_sales_weekly",
    "stg_sales_plan",
    "load_history",
    "contracts",
    "contract_checks",
    "schema_migrations",
)
# What tells one load from an equal one: its number, name and time, and what it reported.
_OF_A_LOAD = ("load_id", "batch", "loaded_at", "staged_at", "applied_at", "report", "source")


@dataclass(frozen=True)
class Warehouse:
    """A database of the server whose socket lies in the folder ``host``."""

    host: str
    name: str
    port: int = 5432

    @classmethod
    def at(cls, url: str) -> "Warehouse":
        """Return the one of a URL as the fixture ``postgres`` makes them."""
        place = place_of(url)
        return cls(place.host, place.name, place.port)

    @property
    def words(self) -> Mapping[str, str]:
        """The environment that names it."""
        named = {"DB_HOST": self.host, "DB_NAME": self.name, "DB_USER": "postgres"}
        return {**named, "DB_PORT": str(self.port), "DB_PASSWORD": "", "RDS_SECRET_NAME": ""}

    def name_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the environment of this process name it."""
        for name, value in self.words.items():
            monkeypatch.setenv(name, value)

    @contextmanager
    def asked(self, name: str = "") -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        """Connect past foresell, by the socket, to it or to another database beside it."""
        named = {"dbname": name or self.name, "user": "postgres"}
        where = {"host": self.host, "port": self.port, **named}
        with psycopg.connect(**where, autocommit=True) as connection:  # type: ignore[arg-type]
            yield connection

    def copied(self, name: str) -> "Warehouse":
        """Return a copy of it, which takes the place of an older one of that name."""
        names = {"new": sql.Identifier(name), "old": sql.Identifier(self.name)}
        with self.asked("postgres") as owner:
            owner.execute(sql.SQL("DROP DATABASE IF EXISTS {new} WITH (FORCE)").format(**names))
            owner.execute(sql.SQL("CREATE DATABASE {new} TEMPLATE {old}").format(**names))
        return Warehouse(self.host, name, self.port)


def deliveries(folder: Path, weeks: int = WEEKS) -> Mapping[str, Path]:
    """Write three deliveries of the toy ``walmart``, and return their folders by name.

    ``second`` and ``third`` have two weeks more than ``first``; they correct, each differently,
    some of its rows, and leave others as they are.
    """
    files = weekly_files(stores=3, depts=2, weeks=weeks)
    header, *rows = files["train.csv"].splitlines(keepends=True)
    days = sorted({row.split(b",")[2] for row in rows})
    first = [row for row in rows if row.split(b",")[2] not in days[-2:]]
    told = {
        "first": first,
        "second": [_more(row, b"100.5") if row.startswith(b"1,") else row for row in rows],
        "third": [_more(row, b"200.25") if row.split(b",")[1] == b"1" else row for row in rows],
    }
    return {
        name: write_files(folder / name, {**files, "train.csv": b"".join([header, *own])})
        for name, own in told.items()
    }


def filled(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Return the warehouse of an empty database, migrated, which has had the ``first`` delivery."""
    warehouse = Warehouse.at(url)
    warehouse.name_it(monkeypatch)
    foresell.migrate_warehouse("walmart")
    assert foresell.load_warehouse("walmart", data=folder / "first").failed == ()
    return warehouse


def contents(warehouse: Warehouse) -> Contents:
    """Return, by table, how many rows it has and the hash of all of them.

    Whoever else is connected has ended first: what was at work is kept, or undone, by then.
    """
    with warehouse.asked() as connection:
        _wait_alone(connection)
        return {table: _digest(connection, table) for table in _TABLES}


def versions(warehouse: Warehouse) -> Contents:
    """Return, by table, where each row stands and which transaction wrote it."""
    ask = "SELECT coalesce(md5(string_agg(concat(ctid, xmin), ' ' ORDER BY ctid)), '') FROM {}"
    with warehouse.asked() as connection:
        return {
            table: str(_value(connection, sql.SQL(ask).format(sql.Identifier(SCHEMA, table))))
            for table in _TABLES
            if table != "load_history"
        }


def _digest(connection: psycopg.Connection[tuple[object, ...]], table: str) -> str:
    """Return the number of rows and their hash, without what tells one load from another."""
    kept = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s "
        "AND table_name = %s AND column_name <> ALL(%s) ORDER BY ordinal_position",
        (SCHEMA, table, list(_OF_A_LOAD)),
    ).fetchall()
    assert kept, f"there is no table {table}"
    ask = sql.SQL(
        "SELECT concat(count(*), ' ', md5(string_agg(line, ' ' ORDER BY line))) "
        "FROM (SELECT md5(ROW({columns})::text) AS line FROM {table}) AS lines"
    ).format(
        columns=sql.SQL(", ").join(sql.Identifier(str(row[0])) for row in kept),
        table=sql.Identifier(SCHEMA, table),
    )
    return str(_value(connection, ask))


def _value(
    connection: psycopg.Connection[tuple[object, ...]], ask: sql.SQL | sql.Composed
) -> object:
    row = connection.execute(ask).fetchone()
    assert row is not None
    return row[0]


def _wait_alone(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    ask = sql.SQL(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    end = time.monotonic() + 60.0
    while _value(connection, ask):
        assert time.monotonic() < end, "somebody stays connected"
        time.sleep(0.02)


def _more(row: bytes, sales: bytes) -> bytes:
    """Return a row of train.csv with other sales."""
    parts = row.split(b",")
    return b",".join([*parts[:3], sales, parts[4]])
