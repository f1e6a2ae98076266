"""What became of each row: put in, corrected to the last bit, left alone, or taken out."""

import polars as pl
import pytest
from psycopg import sql

import foresell
from foresell.adapters.warehouse.asking import ask as query
from foresell.adapters.warehouse.upserting import upsert
from foresell.spec.warehouse import MEASURES, Changes
from tests.migrated import connected
from tests.unit.adapters.warehouse.test_finishing import staged_elsewhere
from tests.warehouse_loads import Warehouse
from tests.warehouse_toy import PLANNED, ROWS, TABLES, TOY, Load, ask, check, do

# But those that the contract wants above zero.
FLOATS = tuple(name for name in MEASURES if name not in ("isholiday", "cpi", "fuel_price"))
ONE = sql.SQL("store_id = 1 AND dept_id = 1 AND week_date = '2010-02-05'")
PLAN = "SELECT count(*) FROM retailds.plan_sales_weekly"
NONE = dict.fromkeys(TABLES, 0)
SHORT = b"".join(TOY["test.csv"].splitlines(keepends=True)[: 39 + 1])  # those of one series


def test_planned_rows_that_a_whole_delivery_does_not_hold_any_more_are_taken_out(
    warehouse: Warehouse, load: Load
) -> None:
    load()

    report = load(test=SHORT)

    assert report.passed
    assert report.changes is not None
    assert report.changes.removed == {**NONE, "plan_sales_weekly": PLANNED - 39}
    assert report.changes.unchanged["plan_sales_weekly"] == 39
    assert ask(warehouse, PLAN) == [(39,)]
    asked = pl.read_csv(SHORT, try_parse_dates=True).select("Store", "Dept", "Date")
    found = "SELECT store_id, dept_id, week_date FROM retailds.vw_sales_plan ORDER BY 1, 2, 3"
    assert ask(warehouse, found) == asked.sort("Store", "Dept", "Date").rows()


def test_without_planned_rows_a_whole_delivery_leaves_an_empty_plan(
    warehouse: Warehouse, load: Load
) -> None:
    load()

    report = load(test=None)

    assert report.changes is not None
    assert (report.passed, report.changes.removed["plan_sales_weekly"]) == (True, PLANNED)
    assert ask(warehouse, PLAN) == [(0,)]


def test_a_part_adds_to_the_plan_and_corrects_it_and_takes_nothing_out(
    warehouse: Warehouse, load: Load
) -> None:
    load()
    header, first = TOY["test.csv"].splitlines(keepends=True)[:2]
    other = first.replace(b"FALSE", b"TRUE")
    assert other != first
    new = b"1,9,2010-06-25,FALSE\n"

    report = load(test=header + other + new, partial=True)

    assert report.passed
    assert report.changes is not None
    assert report.changes.updated["plan_sales_weekly"] == 1
    assert report.changes.inserted["plan_sales_weekly"] == 1
    assert report.changes.removed == NONE
    assert ask(warehouse, PLAN) == [(PLANNED + 1,)]


def test_a_load_whose_plan_was_replaced_since_is_valid_still(
    warehouse: Warehouse, load: Load
) -> None:
    first = load()
    load(test=SHORT)

    assert foresell.validate_warehouse(first.batch).failed == ()
    assert foresell.validate_warehouse().failed == ()
    do(warehouse, "DELETE FROM retailds.plan_sales_weekly WHERE week_date = '2010-06-25'")
    assert [one.name for one in foresell.validate_warehouse().failed] == ["volumes"]
    assert foresell.validate_warehouse(first.batch).failed == ()


def test_what_is_counted_as_unchanged_stood_there(emptied: str, warehouse: Warehouse) -> None:
    staged_elsewhere(emptied, "b1")
    with connected(emptied) as connection:
        # More than there is: stores that nobody staged, and nothing in the facts.
        put = upsert(connection, "b1", whole=True)
        again = upsert(connection, "b1", whole=True)
        nothing = upsert(connection, "b2", whole=False)
        connection.rollback()

    every = dict(zip(TABLES, (2, 2, ROWS, PLANNED), strict=True))
    assert put == Changes(inserted=every, updated=NONE, unchanged=NONE, removed=NONE)
    assert again == Changes(inserted=NONE, updated=NONE, unchanged=every, removed=NONE)
    assert nothing == Changes(inserted=NONE, updated=NONE, unchanged=NONE, removed=NONE)


@pytest.mark.parametrize("name", FLOATS)
def test_a_zero_whose_sign_is_corrected_is_written_again(
    name: str, emptied: str, warehouse: Warehouse
) -> None:
    staged_elsewhere(emptied, "b1")
    names = {"name": sql.Identifier(name), "one": ONE}
    put = sql.SQL("UPDATE retailds.stg_sales_weekly SET {name} = %s::FLOAT WHERE {one}")
    bits = sql.SQL("SELECT {name}::TEXT FROM retailds.fact_sales_weekly WHERE {one}")
    with connected(emptied) as connection:
        for zero, updated, unlike in (("-0", 0, 80), ("0", 1, 1), ("0", 0, 0), ("-0", 1, 1)):
            connection.execute(put.format(**names), [zero])
            found = query(connection, "facts_unlike", batch="b1", examples=1)
            changes = upsert(connection, "b1", whole=True)

            assert sum(row["found"] for row in found) == unlike
            assert changes.updated["fact_sales_weekly"] == updated
            assert connection.execute(bits.format(**names)).fetchone() == (zero,)
            assert query(connection, "facts_unlike", batch="b1", examples=1) == []
        connection.rollback()


def test_two_rows_that_differ_in_the_sign_of_a_zero_are_not_one(
    emptied: str, warehouse: Warehouse
) -> None:
    staged_elsewhere(emptied, "b1")
    do(warehouse, "UPDATE retailds.stg_sales_weekly SET temperature = 0 WHERE store_id = 1")
    do(
        warehouse,
        "INSERT INTO retailds.stg_sales_weekly SELECT (jsonb_populate_record(row, "
        '\'{"temperature": "-0"}\')).* FROM retailds.stg_sales_weekly AS row '
        "WHERE store_id = 1 AND dept_id = 1 AND week_date = '2010-02-05'",
    )

    report = foresell.finish_load("b1")

    assert [one.name for one in report.failed] == ["keys"]
    assert (report.duplicates, check(report, "keys").count) == (0, 1)
