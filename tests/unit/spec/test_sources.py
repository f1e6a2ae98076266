"""Where the rows of a table are: a file, a table of PostgreSQL, a query; and never two of them."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from foresell.errors import SpecError
from foresell.pipeline.tables import asked_table
from foresell.spec.sources import Asked, Relation, Table
from tests.migrated import WALMART

KEEP = "keep one of file: train.csv, table: schema.name, query: SELECT ..."


def test_a_table_of_postgresql_stands_among_the_files_under_its_name() -> None:
    table = Table(name="sales", table="public.sales", columns={"units": "pieces"})

    assert (table.file, table.format) == ("postgres:sales", "parquet")
    assert table.relation == Relation(
        name="postgres:sales", table="public.sales", columns={"units": "pieces"}
    )
    assert table.relation.called == "sales"


def test_a_file_asks_nothing_of_postgresql() -> None:
    assert Table(name="sales", file="train.csv").relation is None
    assert Asked(file="test.csv").relation is None


def test_a_copy_of_a_table_reads_from_the_same_place() -> None:
    table = Table(name="sales", query="SELECT 1 AS pieces")

    assert replace(table, na=("NA",)).relation == table.relation


def test_the_rows_asked_for_may_come_from_a_query() -> None:
    asked = Asked(query="SELECT 1 AS shop", columns={"shop": "store"}, na=("none",))
    read = asked_table(replace(WALMART.project, asked=asked))

    assert read == Table(
        name="asked", query="SELECT 1 AS shop", columns={"shop": "store"}, na=("none",)
    )
    assert read.relation == asked.relation


@pytest.mark.parametrize(
    ("given", "what", "mend"),
    [
        ({}, "none of file, table, query says where the rows are", KEEP),
        ({"file": ""}, "none of file, table, query says where the rows are", KEEP),
        (
            {"file": "a.csv", "table": "public.sales"},
            "table and file say where the rows are",
            KEEP,
        ),
        (
            {"query": "SELECT 1", "table": "public.sales"},
            "table and query say where the rows are",
            KEEP,
        ),
        (
            {"file": "postgres:other"},
            "file is 'postgres:other', which is no file",
            "write table: schema.name, or query: SELECT ...",
        ),
        (
            {"table": "sales"},
            "table is 'sales'",
            "name it with its schema, such as public.sales; for any other name use query:",
        ),
        (
            {"table": "a.b.c"},
            "table is 'a.b.c'",
            "name it with its schema, such as public.sales; for any other name use query:",
        ),
        ({"query": " ; \n"}, "query is empty", "write a SELECT"),
        (
            {"file": "a.csv", "columns": {"a": "b"}},
            "columns gives names to what is read from PostgreSQL, and this is a file",
            "take it out: a file has the contract's names",
        ),
        (
            {"table": "public.sales", "columns": {"a": "c", "b": "c"}},
            "'c' stands more than once",
            "keep one of each",
        ),
    ],
)
def test_a_place_that_is_none_or_two_is_refused(
    given: Mapping[str, object], what: str, mend: str
) -> None:
    for make in (lambda: Table(name="sales", **given), lambda: Asked(**given)):  # type: ignore[arg-type]
        with pytest.raises(SpecError) as caught:
            make()
        assert (caught.value.what, caught.value.mend) == (what, mend)
