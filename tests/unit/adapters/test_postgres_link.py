"""Transactions of PostgreSQL: what is kept of them, and what is said of their troubles."""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, LiteralString

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pytest
from psycopg import sql

from foresell.adapters.postgres_link import adbc_uri, opened, saying_trouble
from foresell.errors import ConflictError, DataError, ForesellError, MachineError, UsageError
from foresell.spec.database import DatabasePlace
from tests.guarded import guarded, kill_server, place_of
from tests.held_service import free_port
from tests.relay import relay
from tests.services import held

SECRET = "p@ss:w/o rd%20'\"\\é?#"  # noqa: S105 - of nothing; every character that some syntax minds


@pytest.fixture
def place(emptied: str) -> DatabasePlace:
    """An empty database, where nobody needs a password, with one table of numbers."""
    found = place_of(emptied)
    with opened(found) as connection:
        connection.execute("CREATE TABLE public.numbers (n BIGINT PRIMARY KEY)")
    return found


def add(place: DatabasePlace, number: int) -> None:
    with opened(place) as connection:
        connection.execute("INSERT INTO numbers VALUES (%s)", [number])


def numbers(place: DatabasePlace) -> list[int]:
    with opened(place, reading=True) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM numbers ORDER BY n")]


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

    with pytest.raises(MachineError, match="current transaction is aborted"):
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
        "the database refuses a row: duplicate key value violates unique constraint "
        '"numbers_pkey". Key (n)=(1) already exists.',
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


# Before there is a connection.


def refusal(place: DatabasePlace) -> ForesellError:
    """Return what both libraries say of a place: they say alike, and never with its password."""
    with pytest.raises(ForesellError) as said, opened(place):
        pass
    with (
        pytest.raises(ForesellError) as other,
        saying_trouble(place),
        adbc.connect(adbc_uri(place)),
    ):
        pass
    assert type(other.value) is type(said.value)
    assert other.value.mend == said.value.mend
    assert said.value.where == other.value.where == place.label
    for error in (said.value, other.value):
        shown = "".join(traceback.format_exception(error))
        assert not place.password or place.password not in shown
    return said.value


def test_a_database_that_is_not_there_is_a_matter_of_its_name(place: DatabasePlace) -> None:
    found = refusal(replace(place, name="nix"))
    assert (type(found), found.mend) == (UsageError, "create it, or check DB_NAME")


def test_a_user_who_is_not_there_is_a_matter_of_the_name(place: DatabasePlace) -> None:
    found = refusal(replace(place, user="nobody", password=SECRET))
    assert type(found) is UsageError
    assert found.mend == "check DB_USER and DB_PASSWORD, or the secret that RDS_SECRET_NAME names"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"host": "127.0.0.1", "port": free_port()},
        {"host": "no.such.host.invalid"},
        {"host": "/no/such/folder"},
    ],
)
def test_a_server_that_does_not_answer_is_a_fault_of_the_machine(elsewhere: Any) -> None:
    found = refusal(DatabasePlace(**elsewhere, name="sales", user="jo", password=SECRET))
    assert (type(found), found.exit_code) == (MachineError, 3)
    assert found.what.startswith("the database does not answer: ")
    assert found.mend == "see that the server runs, and that DB_HOST and DB_PORT name it"


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_a_server_that_cannot_encrypt_is_refused_where_that_is_asked(
    place: DatabasePlace, mode: str
) -> None:
    with relay(place.host) as way:
        found = refusal(replace(place, host="127.0.0.1", port=way.port, sslmode=mode))
    assert type(found) is UsageError
    assert found.what.startswith("the connection cannot be encrypted as asked")
    assert "DB_SSLMODE" in found.mend


@pytest.mark.parametrize("secret", [SECRET, "a b", "%41", "x" * 200])
def test_any_password_gets_in_by_both_libraries(place: DatabasePlace, secret: str) -> None:
    with guarded(place, secret) as guest:
        with opened(guest, reading=True) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("guest",)
        with saying_trouble(guest), adbc.connect(adbc_uri(guest)) as link, link.cursor() as cursor:
            cursor.execute("SELECT current_user::text")
            assert cursor.fetchone() == ("guest",)


def test_a_wrong_password_is_refused_and_shown_nowhere(place: DatabasePlace) -> None:
    with guarded(place, SECRET) as guest:
        for wrong in ("another w@rd%", ""):
            found = refusal(replace(guest, password=wrong))
            assert type(found) is UsageError
            assert found.what.startswith("the database refuses the user or the password")


def test_a_user_without_a_right_is_told_so(place: DatabasePlace) -> None:
    with guarded(place, SECRET) as guest, pytest.raises(UsageError) as said:
        add(guest, 1)
    assert said.value.what == "the user has no right to this: permission denied for table numbers"


def test_what_the_server_repeats_of_a_password_is_not_told_on(place: DatabasePlace) -> None:
    known = replace(place, password=SECRET)
    for say in (SECRET, adbc_uri(known)):
        with pytest.raises(ForesellError) as said, opened(known) as connection:
            connection.execute(
                sql.SQL("DO $$ BEGIN RAISE EXCEPTION USING MESSAGE = {}; END $$").format(
                    sql.Literal(say)
                )
            )
        shown = "".join(traceback.format_exception(said.value))
        assert SECRET not in shown
        assert adbc_uri(known) not in shown
        assert "***" in shown


# A connection that is lost.


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
    (way.cut_after if arrived else way.cut_before)(b"COMMIT")
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


def test_a_server_that_is_killed_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    with held("postgres") as url:
        place = place_of(url)
        with opened(place) as connection:
            connection.execute("CREATE TABLE numbers (n BIGINT PRIMARY KEY)")

        def killed_at_work() -> None:
            with opened(place) as connection:
                connection.execute("INSERT INTO numbers VALUES (1)")
                kill_server(place)
                connection.execute("INSERT INTO numbers VALUES (2)")

        with pytest.raises(MachineError, match="was lost; nothing was changed"):
            killed_at_work()
        with pytest.raises(MachineError, match="the database does not answer"):
            add(place, 3)
