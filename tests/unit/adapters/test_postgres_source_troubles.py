"""What PostgreSQL cannot give, or no contract can hold, and what is said of it."""

import time
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from foresell.adapters.postgres_source import PostgresSource
from foresell.errors import DataError, MachineError, UsageError
from foresell.spec.sources import Relation
from tests.migrated import place_of
from tests.relations import HIDDEN, NAME, SALES, change, in_a_while, relation_of, rows, trouble

ONE_SELECT = "mend the query of 'x' in project.yaml: it is one SELECT, or one WITH ... SELECT"


@pytest.fixture
def table(emptied: str) -> Callable[..., PostgresSource]:
    return relation_of(emptied)


@pytest.mark.parametrize(
    ("query", "what", "mend"),
    [
        (
            "SELECT now() AS at",
            "the column 'at' is of PostgreSQL's type timestamptz, which no contract has",
            "its day depends on the time zone",
        ),
        (
            "SELECT '{}'::jsonb AS j",
            "the column 'j' is of PostgreSQL's type jsonb, which no contract has",
            "read it by a query that casts it, or leave it out",
        ),
        (
            "SELECT ARRAY[1] AS list",
            "the column 'list' is of PostgreSQL's type _int4, which no contract has",
            "read it by a query that casts it",
        ),
        (
            "SELECT 5::money AS m",
            "the column 'm' is of PostgreSQL's type money, which no contract has",
            "read it by a query that casts it: amount::numeric",
        ),
        ("SELECT 1 AS a, 2 AS a", "two columns are named 'a'", "give one another name"),
        (
            "SELECT 'infinity'::date AS day",
            "the column 'day' of the query of 'x' holds a day outside the years 1 to 9999",
            "mend it there",
        ),
        (
            "SELECT '-infinity'::timestamp AS day",
            "the column 'day' of the query of 'x' holds a day outside the years 1 to 9999",
            "mend it there",
        ),
        (
            "SELECT 1 / (i - 90000) AS q FROM generate_series(1, 100000) AS i",
            "the query of 'x' cannot be read: division by zero",
            "mend its rows, or the query",
        ),
    ],
)
def test_what_no_contract_can_hold_is_a_data_error_that_says_how_to_read_it(
    table: Callable[..., PostgresSource], query: str, what: str, mend: str
) -> None:
    said = trouble(table(query=query))

    assert type(said) is DataError
    assert said.what == what
    assert said.mend.startswith(mend)


@pytest.mark.parametrize(
    ("relation", "words", "mend"),
    [
        (
            {"table": "public.nope"},
            'the database lacks what is asked of: relation "public.nope" does not exist',
            "check table: public.nope in project.yaml, or create it",
        ),
        (
            {"table": "retailds.vw_sales_analytics"},
            "the database holds no warehouse: "
            'relation "retailds.vw_sales_analytics" does not exist',
            "run: foresell warehouse migrate",
        ),
        (
            {"query": "SELECT shop FROM public.sales; DELETE FROM public.sales"},
            'the database does not understand: syntax error at or near ";"',
            ONE_SELECT,
        ),
        (
            {"query": "DELETE FROM public.sales RETURNING shop"},
            'the database does not understand: syntax error at or near "FROM"',
            ONE_SELECT,
        ),
        (
            {"query": "SELECT nope FROM public.sales"},
            'the database lacks what is asked of: column "nope" does not exist',
            "mend the query of 'x' in project.yaml",
        ),
    ],
)
def test_what_is_not_there_is_a_usage_error_and_nothing_is_written(
    emptied: str,
    table: Callable[..., PostgresSource],
    relation: dict[str, str],
    words: str,
    mend: str,
) -> None:
    said = trouble(table(SALES, **relation))

    assert type(said) is UsageError
    assert said.what == words
    assert (said.where, said.mend) == (place_of(emptied).label, mend)
    assert rows(table(table="public.sales")).height == 4


def test_a_column_that_is_declared_and_not_there_is_named_with_the_nearest(
    table: Callable[..., PostgresSource],
) -> None:
    said = trouble(table(SALES, table="public.sales", columns={"piece": "units"}))

    assert said.what == "there is no column 'piece'"
    assert "did you mean 'pieces'?" in said.mend


def test_a_query_cannot_write_by_a_function_either(
    emptied: str, table: Callable[..., PostgresSource]
) -> None:
    wipes = (
        "CREATE FUNCTION public.wipe() RETURNS BIGINT LANGUAGE SQL"
        " AS 'DELETE FROM public.sales RETURNING 1::bigint'"
    )
    said = trouble(table(f"{SALES};{wipes}", query="SELECT public.wipe() AS n"))

    assert "read-only" in said.what
    assert rows(table(table="public.sales")).height == 4


def test_a_user_without_rights_is_told_what_to_grant(
    emptied: str, table: Callable[..., PostgresSource]
) -> None:
    table(SALES, table="public.sales")
    change(emptied, "DROP ROLE IF EXISTS reads_nothing", "CREATE ROLE reads_nothing LOGIN")
    try:
        source = PostgresSource(
            replace(place_of(emptied), user="reads_nothing"),
            [Relation(name=NAME, table="public.sales")],
        )
        said = trouble(source)
    finally:
        change(emptied, "DROP ROLE reads_nothing")

    assert type(said) is UsageError
    assert said.what == "the user has no right to this: permission denied for table sales"
    assert said.mend == (
        "let its owner grant it: GRANT USAGE ON SCHEMA public TO the user, and GRANT SELECT ON "
        "public.sales TO the user"
    )


def test_a_query_without_rights_is_no_fault_of_the_query(
    emptied: str, table: Callable[..., PostgresSource]
) -> None:
    change(emptied, "CREATE SCHEMA shut", "CREATE TABLE shut.sales (a BIGINT)")
    change(emptied, "DROP ROLE IF EXISTS asks_nothing", "CREATE ROLE asks_nothing LOGIN")
    try:
        guest = replace(place_of(emptied), user="asks_nothing")
        said = trouble(PostgresSource(guest, [Relation(name=NAME, query="TABLE shut.sales")]))
    finally:
        change(emptied, "DROP ROLE asks_nothing")

    assert said.what == "the user has no right to this: permission denied for schema shut"
    assert said.mend == (
        "let the owner of what the query reads grant it: GRANT USAGE ON SCHEMA and GRANT SELECT ON "
        "the table, TO the user"
    )


def test_a_relation_without_rows_is_a_file_that_is_not_there(
    table: Callable[..., PostgresSource],
) -> None:
    source = table("CREATE TABLE public.none (a BIGINT)", table="public.none")

    assert source.files(NAME) == []
    with pytest.raises(DataError) as caught:
        source.open(NAME)
    assert caught.value.what == "public.none holds no rows"
    assert caught.value.mend == "fill it, or declare another table or query"


def test_a_name_that_is_not_declared_is_missing(table: Callable[..., PostgresSource]) -> None:
    with pytest.raises(DataError) as caught:
        table(SALES, table="public.sales").open("postgres:y")
    assert caught.value.what == "postgres:y is missing"
    assert "did you mean 'postgres:x'?" in caught.value.mend


@pytest.mark.parametrize(
    ("ends", "what"),
    [
        ("terminate", "the connection to the database was lost; nothing was changed"),
        ("cancel", "the server stopped reading the query of 'x': canceling statement"),
    ],
)
def test_a_server_that_breaks_off_while_rows_come_is_no_fault_of_the_rows(
    emptied: str, table: Callable[..., PostgresSource], ends: str, what: str
) -> None:
    wait = (
        "CREATE FUNCTION public.slow(i BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(CASE i WHEN 250000 THEN 60 ELSE 0 END)# RETURN i# END'"
    )
    change(emptied, wait.replace("#", ";"))
    source = table(query="SELECT public.slow(i) AS i FROM generate_series(1, 300000) AS i")
    with in_a_while(0.2, lambda: until_it_hits(emptied, STOPS[ends])):
        said = trouble(source)

    assert type(said) is MachineError
    assert said.what.startswith(what)


def test_a_database_that_is_not_there_is_told_when_rows_are_asked_for(emptied: str) -> None:
    nowhere = replace(place_of(emptied), name="nowhere", password=HIDDEN)
    source = PostgresSource(nowhere, [Relation(name=NAME, table="public.sales")])

    said = trouble(source)

    assert type(said) is UsageError
    assert said.what.startswith("there is no such database")
    assert HIDDEN not in str(said)


_WHERE = """
    FROM pg_stat_activity WHERE application_name = 'foresell' AND wait_event = 'PgSleep'
    AND datname = current_database()
"""
STOPS = {
    "terminate": "SELECT pg_terminate_backend(pid)" + _WHERE,
    "cancel": "SELECT pg_cancel_backend(pid)" + _WHERE,
}


def until_it_hits(url: str, query: str) -> None:
    place, ends = place_of(url), time.monotonic() + 30
    with psycopg.connect(
        host=place.host,
        port=place.port,
        dbname=place.name,
        user=place.user,
        autocommit=True,
    ) as connection:
        while time.monotonic() < ends and not connection.execute(query.encode()).fetchall():
            time.sleep(0.05)
