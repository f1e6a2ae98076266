"""Tables, views and queries of a real PostgreSQL, read as files of a source."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl
import psycopg
import pytest

from foresell.adapters.postgres_source import PostgresSource
from foresell.errors import DataError, ForesellError, MachineError, UsageError
from foresell.spec.sources import Relation
from tests.migrated import connected, place_of

NAME = "postgres:x"
HIDDEN = "s3cret/word"
SALES = """
CREATE TABLE public.sales (shop BIGINT, day DATE, pieces DOUBLE PRECISION, note TEXT);
INSERT INTO public.sales VALUES
    (2, '2024-01-02', 0.1, 'b'), (1, '2024-01-02', 2.5, 'ä'), (1, '2024-01-01', NULL, 'B'),
    (1, '2024-01-01', NULL, 'a')
"""


@pytest.fixture
def table(emptied: str) -> Callable[..., PostgresSource]:
    """Run statements, then return the source of one relation of the database."""

    def made(statements: str = "", **relation: Any) -> PostgresSource:
        with connected(emptied) as connection:
            for statement in filter(str.strip, statements.split(";")):
                connection.execute(statement.encode())
        return PostgresSource(place_of(emptied), [Relation(name=NAME, **relation)])

    return made


def rows(source: PostgresSource) -> pl.DataFrame:
    with source.open(NAME) as content:
        return pl.read_parquet(content)


def read(source: PostgresSource) -> bytes:
    with source.open(NAME) as content:
        return content.read()


def trouble(source: PostgresSource) -> ForesellError:
    with pytest.raises(ForesellError) as caught:
        source.files(NAME)
    return caught.value


def test_rows_come_in_the_order_of_their_values_whatever_the_order_they_lie_in(
    table: Callable[..., PostgresSource],
) -> None:
    found = rows(table(SALES, table="public.sales"))

    assert found.rows() == [
        (1, date(2024, 1, 1), None, "B"),
        (1, date(2024, 1, 1), None, "a"),
        (1, date(2024, 1, 2), 2.5, "ä"),
        (2, date(2024, 1, 2), 0.1, "b"),
    ]
    assert found.dtypes == [pl.Int64, pl.Date, pl.Float64, pl.String]


def test_the_keys_order_rows_before_all_other_columns_and_columns_bear_our_names(
    table: Callable[..., PostgresSource],
) -> None:
    found = rows(
        table(
            SALES,
            table="public.sales",
            columns={"note": "Note", "shop": "Shop"},
            first=("Note", "Shop"),
        )
    )

    assert found.columns == ["Shop", "Note"]
    assert found["Note"].to_list() == ["B", "a", "b", "ä"]


def test_equal_rows_are_equal_bytes_however_they_came_in(
    table: Callable[..., PostgresSource],
) -> None:
    first = "SELECT i AS shop, (i * 7 % 13)::text AS note FROM generate_series(1, 150000) AS i"
    other = f"CREATE TABLE public.mixed AS {first} ORDER BY md5(i::text)"

    whole = read(table(query=first, first=("shop",)))

    assert read(table(other, table="public.mixed", first=("shop",))) == whole
    assert read(table(query=first.replace("* 7", "* 8"), first=("shop",))) != whole


def test_more_rows_than_a_row_group_holds_are_all_there(
    table: Callable[..., PostgresSource],
) -> None:
    found = table(query="SELECT i AS shop FROM generate_series(1, 300000) AS i")

    assert rows(found)["shop"].equals(pl.int_range(1, 300_001, eager=True).alias("shop"))


def test_it_is_described_by_its_size_and_its_place_and_never_by_a_password(
    emptied: str, table: Callable[..., PostgresSource]
) -> None:
    source = table(SALES, table="public.sales")
    secret = PostgresSource(
        replace(place_of(emptied), password=HIDDEN),
        [Relation(name=NAME, query="SELECT 1 AS shop")],
    )

    (file,), (asked,) = source.files(NAME), secret.files(NAME)
    assert (file.name, file.bytes) == (NAME, len(read(source)))
    assert file.uri == f"{place_of(emptied).label}/public.sales"
    assert asked.uri == f"{place_of(emptied).label}/query/x"
    assert HIDDEN not in f"{asked}{secret.label}{secret}"
    assert [*source.files("*"), *source.files("postgres:"), *source.files("sales")] == []


def test_it_is_read_once_and_opened_any_number_of_times(
    emptied: str, table: Callable[..., PostgresSource]
) -> None:
    source = table(SALES, table="public.sales")
    before = read(source)
    with connected(emptied) as connection:
        connection.execute("UPDATE public.sales SET pieces = 7")

    with source.open(NAME) as first, source.open(NAME) as second:
        assert first.read(10) + first.read() == second.read() == before


def test_all_relations_are_of_one_moment(
    emptied: str, table: Callable[..., PostgresSource]
) -> None:
    table("CREATE TABLE public.a (v BIGINT); INSERT INTO public.a VALUES (1)")
    slow = "SELECT v FROM public.a, pg_sleep(1.5)"
    source = PostgresSource(
        place_of(emptied),
        [Relation(name="postgres:one", query=slow), Relation(name=NAME, table="public.a")],
    )

    with in_a_while(0.5, lambda: change(emptied, "UPDATE public.a SET v = 2")):
        source.files(NAME)

    assert rows(source)["v"].to_list() == [1]
    assert rows(table(table="public.a"))["v"].to_list() == [2]


def test_numbers_that_are_no_floats_come_as_text_that_the_contract_reads_exactly(
    table: Callable[..., PostgresSource],
) -> None:
    found = rows(
        table(
            query="SELECT 9007199254740993::numeric AS big, 0.10::numeric(9, 2) AS price,"
            " 'ab'::char(4) AS code, '00000000-0000-0000-0000-000000000001'::uuid AS id,"
            " 3::smallint AS small, true AS yes, '2024-01-01'::timestamp AS at"
        )
    )

    assert found.rows() == [
        (
            "9007199254740993",
            "0.10",
            "ab",
            "00000000-0000-0000-0000-000000000001",
            3,
            True,
            datetime(2024, 1, 1),
        )
    ]


def test_an_enum_and_a_domain_are_what_they_are_made_of(
    table: Callable[..., PostgresSource],
) -> None:
    types = "CREATE TYPE public.mood AS ENUM ('so', 'ok'); CREATE DOMAIN public.count AS INTEGER"
    found = rows(table(types, query="SELECT 'ok'::public.mood AS mood, 5::public.count AS n"))

    assert found.rows() == [("ok", 5)]


def test_columns_that_are_dropped_are_never_asked_for(
    table: Callable[..., PostgresSource],
) -> None:
    source = table(SALES, table="public.sales", without=("note",))

    assert rows(source).columns == ["shop", "day", "pieces"]


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
            'relation "public.nope" does not exist',
            "check table: public.nope in project.yaml, or create it",
        ),
        (
            {"table": "retailds.vw_sales_analytics"},
            'relation "retailds.vw_sales_analytics" does not exist',
            "run: foresell warehouse migrate",
        ),
        (
            {"query": "SELECT shop FROM public.sales; DELETE FROM public.sales"},
            'syntax error at or near ";"',
            "mend the query of 'x' in project.yaml",
        ),
        (
            {"query": "DELETE FROM public.sales RETURNING shop"},
            'syntax error at or near "FROM"',
            "mend the query of 'x' in project.yaml",
        ),
        (
            {"query": "SELECT nope FROM public.sales"},
            'column "nope" does not exist',
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
    assert words in said.what
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
    assert "permission denied for table sales" in said.what
    assert said.mend == "let its owner grant it: GRANT SELECT ON public.sales TO the user"


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


def change(url: str, *statements: str) -> None:
    with connected(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def until_it_hits(url: str, query: str) -> None:
    place, ends = place_of(url), time.monotonic() + 30
    with psycopg.connect(
        host=place.host, dbname=place.name, user=place.user, autocommit=True
    ) as connection:
        while time.monotonic() < ends and not connection.execute(query.encode()).fetchall():
            time.sleep(0.05)


@contextmanager
def in_a_while(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    timer = threading.Timer(seconds, act)
    timer.start()
    try:
        yield
    finally:
        timer.join()
