"""Transactions of PostgreSQL: what is kept of them, and what the server's refusals mean."""

import traceback
from typing import Any, LiteralString

import psycopg
import pytest

from foresell.adapters.postgres_link import opened, saying_trouble
from foresell.errors import ConflictError, DataError, ForesellError, MachineError, UsageError
from foresell.spec.database import DatabasePlace
from tests.numbers_table import add, numbered, numbers


@pytest.fixture
def place(emptied: str) -> DatabasePlace:
    """An empty database with one table of numbers."""
    return numbered(emptied)


def setting(connection: psycopg.Connection[Any], name: str) -> str:
    found = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert found is not None
    return str(found[0])


def test_a_block_that_ends_is_kept_whole(place: DatabasePlace) -> None:
    with opened(place) as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
        connection.execute("INSERT INTO numbers VALUES (2)")
        assert numbers(place) == []  # nobody else sees half of it
    assert connection.closed
    assert numbers(place) == [1, 2]


@pytest.mark.parametrize("stop", [ValueError("no"), KeyboardInterrupt()])
def test_a_block_that_fails_leaves_nothing_and_says_what_it_said(
    place: DatabasePlace, stop: BaseException
) -> None:
    def failing() -> None:
        with opened(place) as connection:
            connection.execute("INSERT INTO numbers VALUES (1)")
            raise stop

    with pytest.raises(type(stop)) as said:
        failing()
    assert said.value is stop
    assert numbers(place) == []


def test_a_failure_that_the_block_kept_to_itself_is_not_taken_for_success(
    place: DatabasePlace,
) -> None:
    def careless() -> None:
        with opened(place) as connection:
            connection.execute("INSERT INTO numbers VALUES (1)")
            try:
                connection.execute("SELECT 1 / 0")
            except psycopg.Error:
                return

    with pytest.raises(MachineError, match="a statement failed, and the work went on"):
        careless()
    assert numbers(place) == []


def test_who_reads_sees_one_snapshot_and_writes_nothing(place: DatabasePlace) -> None:
    with opened(place, reading=True) as connection:
        before = connection.execute("SELECT count(*) FROM numbers").fetchone()
        add(place, 1)
        assert connection.execute("SELECT count(*) FROM numbers").fetchone() == before == (0,)
        assert setting(connection, "transaction_isolation") == "repeatable read"
    with (
        pytest.raises(UsageError, match="the database cannot be written") as said,
        opened(place, reading=True) as connection,
    ):
        connection.execute("INSERT INTO numbers VALUES (2)")
    assert said.value.mend == "the server takes no writes: name its primary instead of a replica"
    assert numbers(place) == [1]


def test_the_server_lists_us_by_name_and_notices_when_we_are_gone(place: DatabasePlace) -> None:
    with opened(place) as connection:
        assert setting(connection, "application_name") == "foresell"
        assert setting(connection, "client_connection_check_interval") == "5s"
        assert setting(connection, "client_encoding") == "UTF8"


REFUSED: list[tuple[LiteralString, type[ForesellError], str, str]] = [
    ("SELECT * FROM nowhere", UsageError, "the database lacks what is asked of", "migrate"),
    ("SELECT missing FROM numbers", UsageError, "the database lacks what is asked of", "migrate"),
    ("SELECT * FROM nowhere.at_all", UsageError, "the database lacks what is asked of", "migrate"),
    ("SELEC 1", UsageError, "the database does not understand", "mend the query"),
    ("SELECT 1 / 0", DataError, "the database refuses a value: division by zero", "mend the value"),
    ("SELECT 'x'::int", DataError, "the database refuses a value", "mend the value"),
    (
        "INSERT INTO numbers VALUES (1), (1)",
        DataError,
        'the database refuses a row: duplicate key value violates unique constraint "numbers_pkey"',
        "mend the row",
    ),
    (
        "SET LOCAL statement_timeout = 5; SELECT pg_sleep(10)",
        MachineError,
        "the server stopped the statement",
        "statement_timeout",
    ),
    (
        "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01', MESSAGE = 'deadlock'; END $$",
        ConflictError,
        "somebody else was writing at the same time; nothing was changed: deadlock",
        "run it again",
    ),
    (
        "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'XX001', MESSAGE = 'bad page'; END $$",
        MachineError,
        "the database is damaged: bad page",
        "backup",
    ),
    (
        "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'no space'; END $$",
        MachineError,
        "the server's disk is full: no space",
        "free the disk",
    ),
    (
        "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'HV000', MESSAGE = 'abroad'; END $$",
        MachineError,
        "the database answers HV000: abroad",
        "log",
    ),
    (
        "SELECT pg_terminate_backend(pg_backend_pid())",
        MachineError,
        "the connection to the database was lost; nothing was changed: terminating connection",
        "run it again",
    ),
]


@pytest.mark.parametrize(("statement", "kind", "what", "mend"), REFUSED)
def test_what_the_server_refuses_is_said_with_its_mend(
    place: DatabasePlace, statement: LiteralString, kind: type[ForesellError], what: str, mend: str
) -> None:
    with pytest.raises(ForesellError) as said, opened(place) as connection:
        connection.execute(statement)
    assert type(said.value) is kind
    assert said.value.what.startswith(what)
    assert "LINE" not in said.value.what
    assert said.value.where == place.label
    assert mend in said.value.mend


def test_a_caller_may_know_better_how_to_mend(place: DatabasePlace) -> None:
    with (
        pytest.raises(UsageError) as said,
        opened(place) as connection,
        saying_trouble(place, mends={"42P01": "declare the table"}),
    ):
        connection.execute("SELECT * FROM nowhere")
    assert said.value.mend == "declare the table"


def test_a_text_that_postgresql_cannot_hold_is_a_fault_of_the_data(place: DatabasePlace) -> None:
    with pytest.raises(DataError, match="NUL"), opened(place) as connection:
        connection.execute("SELECT %s::text", ["a\0b"])


def test_a_misuse_of_the_library_is_not_dressed_up(place: DatabasePlace) -> None:
    with pytest.raises(psycopg.ProgrammingError), opened(place) as connection:
        connection.execute("SELECT %s", [])


def test_a_lock_that_another_holds_is_a_matter_of_waiting(place: DatabasePlace) -> None:
    impatient = "SET LOCAL lock_timeout = 20; LOCK TABLE numbers"
    with opened(place) as first:
        first.execute("LOCK TABLE numbers")
        with pytest.raises(MachineError) as said, opened(place) as second:
            second.execute(impatient)
    assert said.value.what.startswith("somebody else holds what is needed")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            "INSERT INTO people VALUES (1, 'JaneDoe', 50000)",
            'the database refuses a row: new row for relation "people" violates check constraint '
            '"people_kind_check"',
        ),
        (
            "INSERT INTO people VALUES (NULL, 'JaneDoe', 1)",
            'the database refuses a row: null value in column "id" of relation "people" violates '
            "not-null constraint",
        ),
        (
            "INSERT INTO people VALUES (7, 'JaneDoe', 1), (7, 'JaneDoe', 1)",
            "the database refuses a row: duplicate key value violates unique constraint "
            '"people_pkey"',
        ),
        (
            "SELECT CAST('{JaneDoe}' AS JSON)",
            "the database refuses a value: invalid input syntax for type json",
        ),
    ],
)
def test_no_value_of_a_row_that_is_refused_is_told(
    place: DatabasePlace, asked: LiteralString, said: str
) -> None:
    def asking() -> None:
        with opened(place) as connection:
            connection.execute(
                "CREATE TABLE people (id INT PRIMARY KEY, name TEXT, "
                "kind INT CONSTRAINT people_kind_check CHECK (kind < 9))"
            )
            connection.execute(asked)

    with pytest.raises(DataError) as refused:
        asking()

    assert refused.value.what == said
    assert "JaneDoe" not in "".join(traceback.format_exception(refused.value))
