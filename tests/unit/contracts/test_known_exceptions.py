"""Where the five judges are known to differ: each difference once, and as it is."""

import math
from typing import Any

import psycopg
import pytest
from pandera.errors import SchemaErrors

from foresell.contracts.compiled.expectations import raw_suite
from foresell.contracts.compiled.pandera_schema import pandera_schema
from foresell.contracts.contract import Contract
from tests.unit.contracts.every_rule import (
    EVERY_RULE,
    KEPT,
    PROPERTIES,
    Row,
    column,
    condition,
    contract_of,
)
from tests.unit.contracts.verdicts import (
    Expectations,
    frame_of,
    gate,
    pandas_frame,
    pandera,
    postgres,
    pydantic,
    rule_of,
)

pytestmark = pytest.mark.filterwarnings("ignore")
Database = psycopg.Connection[Any]
ID = PROPERTIES[0]
FREE = contract_of([ID, column("n", "number"), column("s", "string")], [])
LIMITED = contract_of([ID, column("n", "number", logicalTypeOptions={"maximum": 5})], [])
SUM = contract_of(
    [ID, column("a", "number"), column("b", "number")],
    [condition("sum", "a + b <> 0.3"), condition("product", "a * b > 1e300")],
)
# what: (contract, row, who refuses it). Rows with such numbers never get as far as the gate:
# reading refuses what is not finite.
DIFFERENCES: dict[str, tuple[Contract, Row, set[str]]] = {
    "NaN is no number to pandera, pydantic, PostgreSQL; to pandas it is a missing value": (
        FREE,
        {"id": 1, "n": math.nan, "s": "x"},
        {"pandera", "pydantic", "postgres"},
    ),
    "NaN is above every maximum to Polars": (
        LIMITED,
        {"id": 1, "n": math.nan},
        {"gate", "pandera", "pydantic", "postgres"},
    ),
    "infinity is no finite number to those who are asked for one": (
        FREE,
        {"id": 1, "n": math.inf, "s": "x"},
        {"pandera", "pydantic", "postgres"},
    ),
    "the character NUL can stand in no text of PostgreSQL": (
        FREE,
        {"id": 1, "n": 1.0, "s": "a\0b"},
        {"postgres"},
    ),
    "a product that overflows is an error to PostgreSQL, infinity to the others": (
        contract_of(
            [ID, column("a", "number"), column("b", "number")], [condition("c", "a * b < -1e300")]
        ),
        {"id": 1, "a": 1e200, "b": 1e200},
        {"postgres"},
    ),
    "numbers are binary to all five: 0.1 + 0.2 is not 0.3": (
        SUM,
        {"id": 1, "a": 0.1, "b": 0.2},
        {"gate", "pandera", "expectations", "pydantic", "postgres"},
    ),
}


def refusing(
    contract: Contract, row: Row, expectations: Expectations, database: Database
) -> set[str]:
    found = {
        "gate": gate(contract, [row]),
        "pandera": pandera(contract, [row]),
        "expectations": expectations(contract, [row]),
        "pydantic": pydantic(contract, [row]),
        "postgres": postgres(contract, [row], database),
    }
    return {judge for judge, broken in found.items() if broken}


@pytest.mark.parametrize("what", DIFFERENCES)
def test_the_judges_differ_as_listed(
    what: str, expectations: Expectations, database: Database
) -> None:
    contract, row, refused = DIFFERENCES[what]
    assert refusing(contract, row, expectations, database) == refused


def test_decimals_would_say_otherwise_and_the_compiled_sql_does_not_use_them(
    database: Database,
) -> None:
    asked = database.execute("SELECT 0.1 + 0.2 <> 0.3, 0.1::float8 + 0.2::float8 <> 0.3::float8")
    assert asked.fetchone() == (False, True)


def pandera_errors(rows: list[Row]) -> list[str]:
    try:
        pandera_schema(EVERY_RULE).validate(frame_of(EVERY_RULE, rows), lazy=True)
    except SchemaErrors as errors:
        return sorted(set(errors.failure_cases["check"]))
    return []


def test_how_much_is_missing_is_seen_by_those_who_see_all_rows(
    expectations: Expectations, database: Database
) -> None:
    half = [KEPT, KEPT | {"id": 2, "tag": "t2", "rare": None}]
    more = [*half, KEPT | {"id": 3, "tag": "t3", "rare": None}]
    for rows, enough in ((half, True), (more, False)):
        errors = pandera_errors(rows)
        assert errors == ([] if enough else ["rare: missing"])
        results = expectations.results(raw_suite(EVERY_RULE), pandas_frame(EVERY_RULE, rows))
        said = {rule_of(result): result.success for result in results}
        assert said["rare: missing"] is enough
        assert pydantic(EVERY_RULE, rows) == postgres(EVERY_RULE, rows, database) == set()


def test_where_no_column_is_required_a_suite_counts_broken_rows_and_names_none(
    expectations: Expectations,
) -> None:
    loose = contract_of([column("a", "number"), column("b", "number")], [condition("c", "a > b")])
    rows: list[Row] = [{"a": 2.0, "b": 1.0}, {"a": 1.0, "b": 2.0}, {"a": None, "b": 1.0}]
    assert gate(loose, rows) == pandera(loose, rows) == {(0, "c: condition")}
    results = expectations.results(raw_suite(loose), pandas_frame(loose, rows))
    said = {rule_of(result): result for result in results}["c: condition"]
    assert (said.success, said.result["observed_value"]) == (False, 1)
