"""A connection to PostgreSQL that is lost: nothing is changed, or it is said that nobody knows."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pytest

from foresell.adapters.postgres_link import adbc_uri, opened, saying_trouble
from foresell.errors import MachineError
from foresell.spec.database import DatabasePlace
from tests.guarded import kill_server
from tests.numbers_table import add, numbered, numbers
from tests.relay import relay
from tests.services import held


@pytest.fixture
def place(emptied: str) -> DatabasePlace:
    """An empty database with one table of numbers."""
    return numbered(emptied)


@pytest.fixture
def far(place: DatabasePlace) -> Iterator[tuple[DatabasePlace, Any]]:
    """The same database by way of a relay, which can be cut."""
    with relay(place.host) as way:
        yield replace(place, host="127.0.0.1", port=way.port), way


def idle(connection: psycopg.Connection[Any]) -> None:
    connection.execute("INSERT INTO numbers VALUES (7)")


def copying(connection: psycopg.Connection[Any]) -> None:
    with connection.cursor().copy("COPY numbers FROM STDIN") as copy:
        for number in range(200_000):
            copy.write(f"{number}\n")


@pytest.mark.parametrize("work", [idle, copying])
def test_a_connection_that_is_lost_at_work_changes_nothing_and_says_so(
    place: DatabasePlace,
    far: tuple[DatabasePlace, Any],
    work: Callable[[psycopg.Connection[Any]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    there, way = far

    def cut_at_work() -> None:
        with opened(there) as connection:
            connection.execute("INSERT INTO numbers VALUES (-1)")
            way.cut()
            work(connection)

    with pytest.raises(MachineError) as said:
        cut_at_work()
    assert said.value.what.startswith(
        "the connection to the database was lost; nothing was changed: "
    )
    assert said.value.mend == "run it again"
    assert numbers(place) == []
    assert capsys.readouterr().err == ""
    add(there, 1)  # the way is open again
    assert numbers(place) == [1]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_connection_that_is_lost_in_the_commit_leaves_open_what_happened(
    place: DatabasePlace, far: tuple[DatabasePlace, Any], arrived: bool
) -> None:
    there, way = far
    (way.cut_after if arrived else way.cut_before)(b"COMMIT\0")
    with pytest.raises(MachineError) as said:
        add(there, 1)
    assert said.value.what.startswith(
        "the connection was lost while the work went in, so it is not known whether it did: "
    )
    assert said.value.mend == "run it again: it is safe, what is in already stays as it is"
    with opened(place) as owner:  # waits for what the lost one still holds
        owner.execute("LOCK TABLE numbers")
    assert numbers(place) == ([1] if arrived else [])


def test_a_query_by_adbc_that_loses_its_connection_says_so(
    far: tuple[DatabasePlace, Any],
) -> None:
    there, way = far
    with adbc.connect(adbc_uri(there)) as link, link.cursor() as cursor:
        way.cut()
        with (
            pytest.raises(MachineError, match="was lost; nothing was changed"),
            saying_trouble(there),
        ):
            cursor.execute("SELECT 1")


def test_a_server_that_is_killed_loses_nothing_that_was_kept() -> None:
    with held("postgres") as url:
        place = numbered(url)

        def killed_at_work() -> None:
            with opened(place) as connection:
                connection.execute("INSERT INTO numbers VALUES (1)")
                kill_server(place)
                connection.execute("INSERT INTO numbers VALUES (2)")

        with pytest.raises(MachineError, match="was lost; nothing was changed"):
            killed_at_work()
        with pytest.raises(MachineError, match="the database does not answer"):
            add(place, 3)


HOLDER = """
import sys
from foresell.adapters.postgres_link import opened
from foresell.spec.database import DatabasePlace
host, port, name = sys.argv[1:]
place = DatabasePlace(host=host, port=int(port), name=name, user="postgres")
with opened(place) as connection:
    connection.execute("INSERT INTO numbers VALUES (1)")
    connection.execute("LOCK TABLE numbers")
    print("held", flush=True)
    connection.execute("SELECT pg_sleep(600)")
"""


@pytest.mark.slow
def test_who_is_killed_in_a_long_statement_holds_nothing_for_long(place: DatabasePlace) -> None:
    words = [sys.executable, "-c", HOLDER, place.host, str(place.port), place.name]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
    with opened(place) as connection:
        connection.execute("SET LOCAL lock_timeout = '60s'")
        connection.execute("LOCK TABLE numbers")
    assert numbers(place) == []
