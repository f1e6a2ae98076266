import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.gate import BETWEEN, RULES, check_rows, examples, row_checks
from tests.unit.contracts.conftest import Make, contract_text

CONTRACT: Contract = parse_contract(
    contract_text(
        {
            "name": "units",
            "logicalType": "number",
            "required": True,
            "logicalTypeOptions": {"minimum": 0, "exclusiveMaximum": 10},
        },
        {
            "name": "code",
            "logicalType": "string",
            "logicalTypeOptions": {"pattern": "S[0-9]+", "minLength": 2, "maxLength": 3},
        },
        {
            "name": "kind",
            "logicalType": "integer",
            "quality": [
                {"metric": "invalidValues", "arguments": {"validValues": [1, 2]}, "mustBe": 0}
            ],
        },
    ),
    "contract.yaml",
)
CHECKS = row_checks(CONTRACT)
SCHEMA = {"id": pl.String, "units": pl.Float64, "code": pl.String, "kind": pl.Int64}
Row = tuple[str | None, float | None, str | None, int | None]
ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from("ab"),
        st.none() | st.sampled_from([-1.0, -0.0, 0.0, 9.99, 10.0, 11.0]),
        st.none() | st.sampled_from(["S", "S1", "S12", "S123", "s1", "", "S1\n", "xS1", "ü1"]),
        st.none() | st.integers(0, 3),
    ),
    max_size=30,
)


def frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def broken(row: Row) -> list[str]:
    """The rules, in the order of the contract, that a row breaks: said in plain Python."""
    name, units, code, kind = row
    rules = {
        "id: required": name is None,
        "units: required": units is None,
        "units: minimum": units is not None and units < 0,
        "units: exclusiveMaximum": units is not None and units >= 10,
        "code: minLength": code is not None and len(code) < 2,
        "code: maxLength": code is not None and len(code) > 3,
        "code: pattern": code is not None and code not in {"S1", "S12", "S123"},
        "kind: values": kind is not None and kind not in {1, 2},
    }
    return [rule for rule, broke in rules.items() if broke]


@settings(deadline=None)
@given(rows=ROWS)
def test_every_row_is_kept_or_rejected_with_all_the_rules_it_broke(rows: list[Row]) -> None:
    verdict = check_rows(frame(rows), CHECKS)
    kept = [row for row in rows if not broken(row)]
    rejected = [(*row, BETWEEN.join(broken(row))) for row in rows if broken(row)]
    assert_frame_equal(verdict.kept, frame(kept))
    assert verdict.rejected.rows() == rejected
    assert verdict.kept.height + verdict.rejected.height == len(rows)


@settings(deadline=None)
@given(rows=ROWS)
def test_counts_tell_every_rule_even_where_a_row_broke_another_one(rows: list[Row]) -> None:
    said = [rule for row in rows for rule in broken(row)]
    assert check_rows(frame(rows), CHECKS).counts == {
        check.name: said.count(check.name) for check in CHECKS
    }


@settings(deadline=None)
@given(rows=ROWS, cut=st.integers(0, 30))
def test_a_batch_at_a_time_the_verdict_is_the_same(rows: list[Row], cut: int) -> None:
    whole = check_rows(frame(rows), CHECKS)
    parts = [check_rows(frame(part), CHECKS) for part in (rows[:cut], rows[cut:])]
    assert_frame_equal(pl.concat([part.kept for part in parts]), whole.kept)
    assert_frame_equal(pl.concat([part.rejected for part in parts]), whole.rejected)


def test_rules_are_compiled_in_the_order_of_the_contract() -> None:
    assert [(check.name, check.kind, check.columns) for check in CHECKS] == [
        ("id: required", "required", ("id",)),
        ("units: required", "required", ("units",)),
        ("units: minimum", "minimum", ("units",)),
        ("units: exclusiveMaximum", "exclusiveMaximum", ("units",)),
        ("code: minLength", "minLength", ("code",)),
        ("code: maxLength", "maxLength", ("code",)),
        ("code: pattern", "pattern", ("code",)),
        ("kind: values", "values", ("kind",)),
    ]


def test_examples_are_up_to_three_values_that_broke_the_rule() -> None:
    rows: list[Row] = [("a", value, None, None) for value in (-1.0, 1.0, -2.0, -3.0, -4.0)]
    assert check_rows(frame(rows), CHECKS).examples == {"units: minimum": ("-1.0", "-2.0", "-3.0")}


def test_an_example_over_several_columns_names_them() -> None:
    rows = pl.DataFrame({"a": [1, None], "b": ["x", "y"]})
    assert examples(rows, ["a", "b"]) == ("a=1, b=x", "a=nothing, b=y")


def test_the_values_of_personal_columns_are_in_no_example(make: Make) -> None:
    contract = make({
        "name": "phone",
        "logicalType": "string",
        "classification": "personal",
        "logicalTypeOptions": {"pattern": "[0-9]+"},
    })
    rows = pl.DataFrame({"__row": [4, 9], "id": ["a", "b"], "phone": ["555-secret", "1"]})
    assert check_rows(rows, row_checks(contract)).examples == {"phone: pattern": ("row 4",)}


@pytest.mark.parametrize("checks", [(), CHECKS])
def test_where_nothing_is_broken_every_row_is_kept(checks: tuple[object, ...]) -> None:
    rows = frame([("a", 1.0, "S1", 1)])
    verdict = check_rows(rows, CHECKS if checks else ())
    assert_frame_equal(verdict.kept, rows)
    assert (verdict.rejected.height, verdict.rejected.columns[-1]) == (0, RULES)


def test_limits_are_compiled_with_their_ends(make: Make) -> None:
    limits = {"exclusiveMinimum": 0, "maximum": 2}
    contract = make({"name": "n", "logicalType": "integer", "logicalTypeOptions": limits})
    rows = pl.DataFrame({"id": ["a"] * 4, "n": [0, 1, 2, 3]})
    verdict = check_rows(rows, row_checks(contract))
    assert verdict.kept["n"].to_list() == [1, 2]
    assert verdict.rejected[RULES].to_list() == ["n: exclusiveMinimum", "n: maximum"]


def test_a_rule_over_several_columns_is_not_broken_where_it_is_unknown() -> None:
    quality = {
        "name": "agrees",
        "type": "sql",
        "query": "SELECT COUNT(*) FROM {object} WHERE units > kind",
        "mustBe": 0,
    }
    columns = [
        {"name": "id", "logicalType": "string", "required": True, "primaryKey": True},
        {"name": "units", "logicalType": "number"},
        {"name": "kind", "logicalType": "integer"},
    ]
    contract = parse_contract(
        contract_text(schema=[{"name": "rows", "properties": columns, "quality": [quality]}]), "c"
    )
    rows = frame([("a", 2.0, None, 1), ("b", None, None, 1), ("c", 2.0, None, None)])
    verdict = check_rows(rows, row_checks(contract))
    assert verdict.rejected.select("id", RULES).rows() == [("a", "agrees: condition")]
    assert verdict.examples == {"agrees: condition": ("units=2.0, kind=1",)}


def test_a_number_may_be_one_of_whole_and_broken_ones(make: Make) -> None:
    values = {"metric": "invalidValues", "arguments": {"validValues": [1, 2.5]}, "mustBe": 0}
    contract = make({"name": "n", "logicalType": "number", "quality": [values]})
    rows = pl.DataFrame({"id": ["a"] * 3, "n": [1.0, 2.0, 2.5]})

    assert check_rows(rows, row_checks(contract)).kept["n"].to_list() == [1.0, 2.5]
