from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.gate import RULE, check_rows, refuse_duplicates, row_rules
from foresell.errors import DataError
from tests.unit.contracts.conftest import Make, contract_text

CONTRACT: Contract = parse_contract(
    contract_text(
        {
            "name": "units",
            "logicalType": "number",
            "required": True,
            "logicalTypeOptions": {"minimum": 0, "exclusiveMaximum": 10},
        },
        {"name": "code", "logicalType": "string", "logicalTypeOptions": {"pattern": "S[0-9]"}},
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
SCHEMA = {"id": pl.String, "units": pl.Float64, "code": pl.String, "kind": pl.Int64}
Row = tuple[str | None, float | None, str | None, int | None]
ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from("ab"),
        st.none() | st.sampled_from([-1.0, -0.0, 0.0, 9.99, 10.0, 11.0]),
        st.none() | st.sampled_from(["S1", "S12", "s1", "", "S1\n", "xS1"]),
        st.none() | st.integers(0, 3),
    ),
    max_size=30,
)


def frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def first_broken(row: Row) -> str | None:
    """The first rule, in the order of the contract, that a row breaks: said in plain Python."""
    name, units, code, kind = row
    rules = {
        "id: required": name is None,
        "units: required": units is None,
        "units: minimum": units is not None and units < 0,
        "units: exclusiveMaximum": units is not None and units >= 10,
        "code: pattern": code is not None and code not in {f"S{n}" for n in range(10)},
        "kind: values": kind is not None and kind not in {1, 2},
    }
    return next((rule for rule, broken in rules.items() if broken), None)


@settings(deadline=None)
@given(rows=ROWS)
def test_every_row_is_kept_or_rejected_with_the_first_rule_it_broke(rows: list[Row]) -> None:
    verdict = check_rows(frame(rows), row_rules(CONTRACT))
    broken = [first_broken(row) for row in rows]
    kept = [row for row, rule in zip(rows, broken, strict=True) if rule is None]
    rejected = [(*row, rule) for row, rule in zip(rows, broken, strict=True) if rule is not None]
    assert_frame_equal(verdict.kept, frame(kept))
    assert verdict.rejected.rows() == rejected
    assert verdict.kept.height + verdict.rejected.height == len(rows)


@settings(deadline=None)
@given(rows=ROWS)
def test_counts_tell_every_rule_even_where_a_row_broke_an_earlier_one(rows: list[Row]) -> None:
    rules = row_rules(CONTRACT)
    verdict = check_rows(frame(rows), rules)
    alone = {rule.name: check_rows(frame(rows), [rule]).rejected.height for rule in rules}
    assert verdict.counts == alone


def test_rules_are_compiled_in_the_order_of_the_contract() -> None:
    assert [(rule.name, rule.says) for rule in row_rules(CONTRACT)] == [
        ("id: required", "id must have a value"),
        ("units: required", "units must have a value"),
        ("units: minimum", "units must be at least 0"),
        ("units: exclusiveMaximum", "units must be below 10"),
        ("code: pattern", "code must match S[0-9]"),
        ("kind: values", "kind must be one of [1, 2]"),
    ]


def test_examples_are_up_to_three_values_that_broke_the_rule() -> None:
    rows: list[Row] = [("a", value, None, None) for value in (-1.0, 1.0, -2.0, -3.0, -4.0)]
    verdict = check_rows(frame(rows), row_rules(CONTRACT))
    assert verdict.examples == {"units: minimum": ["-1.0", "-2.0", "-3.0"]}


def test_without_rules_every_row_is_kept() -> None:
    rows = frame([(None, None, None, None)])
    verdict = check_rows(rows, [])
    assert_frame_equal(verdict.kept, rows)
    assert (verdict.rejected.height, verdict.rejected.columns[-1]) == (0, RULE)


def test_limits_are_compiled_with_their_ends(make: Make) -> None:
    limits = {"exclusiveMinimum": 0, "maximum": 2}
    contract = make({"name": "n", "logicalType": "integer", "logicalTypeOptions": limits})
    rows = pl.DataFrame({"id": ["a"] * 4, "n": [0, 1, 2, 3]})
    verdict = check_rows(rows, row_rules(contract))
    assert verdict.kept["n"].to_list() == [1, 2]
    assert verdict.rejected[RULE].to_list() == ["n: exclusiveMinimum", "n: maximum"]


def test_duplicate_keys_are_refused_with_the_first_three_in_order() -> None:
    rows = pl.DataFrame({"id": [*"dcbaabcde"], "day": [date(2012, 1, 6)] * 9})
    with pytest.raises(DataError) as caught:
        refuse_duplicates(rows, ["id", "day"], "train.csv")
    assert caught.value.args == (
        "4 key(s) stand on more than one row: "
        "id=a, day=2012-01-06; id=b, day=2012-01-06; id=c, day=2012-01-06",
        "train.csv",
        "keep one row for each (id, day), or declare what tells them apart",
    )


@settings(deadline=None)
@given(keys=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_keys_are_refused_exactly_when_one_stands_twice(keys: list[tuple[int, int]]) -> None:
    rows = pl.DataFrame(keys, schema=["a", "b"], orient="row").cast(pl.Int64)
    if len(set(keys)) == len(keys):
        refuse_duplicates(rows, ["a", "b"], "train.csv")
    else:
        with pytest.raises(DataError):
            refuse_duplicates(rows, ["a", "b"], "train.csv")


def test_keys_with_a_null_are_left_to_the_rule_that_names_them() -> None:
    rows = pl.DataFrame({"a": [1, 1, None, None], "b": [None, None, 2, 2]})
    refuse_duplicates(rows, ["a", "b"], "train.csv")
    with pytest.raises(DataError):
        refuse_duplicates(rows.fill_null(0), ["a", "b"], "train.csv")
