"""Tables, views and queries of a real PostgreSQL, read as files of a source."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest

from foresell.adapters.postgres_source import PostgresSource
from foresell.spec.sources import Relation
from tests.migrated import connected, place_of
from tests.relations import HIDDEN, NAME, SALES, change, in_a_while, read, relation_of, rows


@pytest.fixture
def table(emptied: str) -> Callable[..., PostgresSource]:
    return relation_of(emptied)


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
