"""How the ledger's tables are made: at once, or by the migrations one after the other."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from foresell.adapters.ledger_schema import found_revision, make, upgrade_from
from foresell.adapters.ledger_tables import REVISION
from foresell.settings import environment
from tests.services import empty_database

_IN_POSTGRESQL = (
    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
    "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE 'refuse%' ORDER BY proname",
    "SELECT definition FROM pg_views WHERE schemaname = 'public' ORDER BY viewname",
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace ORDER BY conname",
)
_IN_SQLITE = ("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",)
_WRITES = """
import sys
from foresell.adapters.ledger import open_ledger
from foresell.spec.registry import GENESIS, Transition
open_ledger(sys.argv[1]).append(Transition(project="toy", number=1, at="now", who="jo",
    action="register", version=1, reason="first", previous=GENESIS, hash="ab" * 32))
print("alembic" in sys.modules)
"""


def schema(connection: Connection) -> list[object]:
    """Return all there is in a database, as the database itself tells it."""
    asked = _IN_SQLITE if connection.dialect.name == "sqlite" else _IN_POSTGRESQL
    told = [[tuple(row) for row in connection.execute(text(query))] for query in asked]
    look = inspect(connection)
    columns = [
        (table, each["name"], str(each["type"]), each["nullable"], each["default"])
        for table in sorted([*look.get_table_names(), *look.get_view_names()])
        for each in look.get_columns(table)
    ]
    return [*told, columns, found_revision(connection, "here")]


@pytest.fixture(params=["sqlite", "postgresql"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> list[list[object]]:
    """What is in a database that was made at once, and in one that the migrations made."""
    found = []
    for number, at_once in enumerate((True, False)):
        url = f"sqlite:///{tmp_path / str(number)}.db"
        if request.param == "postgresql":
            url = str(request.getfixturevalue("emptied"))
            empty_database(url)
        engine = create_engine(url)
        with engine.begin() as connection:
            make(connection) if at_once else upgrade_from(None, connection, "here")
        with engine.connect() as connection:
            found.append(schema(connection))
        engine.dispose()
    return found


def test_what_is_made_at_once_is_what_the_migrations_make(two: list[list[object]]) -> None:
    at_once, by_migrations = two
    assert at_once == by_migrations
    assert at_once[-1] == REVISION
    assert all(at_once[:-1])


def test_the_first_registration_does_not_wait_for_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'registry.db'}"
    done = subprocess.run(
        [sys.executable, "-c", _WRITES, url],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
