"""What a request may hold, and that a file and a request are held to the same."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import foresell
from foresell.answer.requests import (
    Problem,
    RequestForm,
    parse_rows,
    read_requests,
    request_form,
    used_columns,
)
from foresell.answer.row_files import RowForm, check_batch, row_form
from foresell.contracts.contract import Contract, parse_contract
from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.spec.project import ProjectSpec
from foresell.wiring.runs import declaration

LINE: Mapping[str, Any] = {
    "QUANTITYORDERED": 30,
    "PRICEEACH": 95.7,
    "ORDERLINENUMBER": 3,
    "MSRP": 120,
    "QTR_ID": 3,
    "MONTH_ID": 7,
    "YEAR_ID": 2004,
    "PRODUCTLINE": "Classic Cars",
    "COUNTRY": "USA",
}
PROJECTS = ("california_housing", "retail", "sales_orders", "walmart")


@cache
def declared(name: str) -> tuple[ProjectSpec, Contract]:
    texts, project = declaration(name, read_settings())
    return project, parse_contract(texts.contract_text, name)


def form(name: str = "sales_orders") -> RequestForm:
    return request_form(*declared(name))


def file_form() -> RowForm:
    return row_form(*declared("sales_orders"))


@pytest.mark.parametrize("project", PROJECTS)
def test_the_schema_is_that_of_the_model_that_checks_requests(project: str) -> None:
    spec, contract = declared(project)
    schema = foresell.request_schema(project)

    assert schema == request_form(spec, contract).model.model_json_schema()
    assert list(schema["properties"]) == [
        *used_columns(spec),
        *(name for name in contract.columns if name not in used_columns(spec)),
    ]
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) <= set(used_columns(spec))
    assert json.loads(json.dumps(schema)) == schema


def test_the_schema_names_limits_values_and_rules_over_several_fields() -> None:
    schema = foresell.request_schema("sales_orders")

    quarter = schema["properties"]["QTR_ID"]
    assert (quarter["type"], quarter["minimum"], quarter["maximum"]) == ("integer", 1, 4)
    assert schema["properties"]["PRODUCTLINE"]["enum"][0] == "Classic Cars"
    assert schema["properties"]["MSRP"]["unit"] == "USD"
    assert schema["description"].endswith("Rules: QTR_ID is the quarter of MONTH_ID.")


def test_what_is_planned_of_a_panel_may_be_left_out_and_what_names_a_row_may_not() -> None:
    week = {"Store": 1, "Dept": 2, "Date": "2012-11-02"}

    assert read_requests([week], form("walmart")).problems == ()
    missing = read_requests([{"Store": 1, "Date": "soon"}], form("walmart")).problems
    assert [(one.field, one.rule, one.says) for one in missing] == [
        ("Dept", "required", "must have a value"),
        ("Date", "type", "is no day as YYYY-MM-DD"),
    ]


def test_rows_without_a_problem_are_a_typed_frame_and_the_others_are_told_by_number() -> None:
    found = read_requests([LINE, dict(LINE) | {"MSRP": -1}, dict(LINE) | {"CITY": "NYC"}], form())

    assert found.frame.height == 2
    assert found.frame.schema["PRICEEACH"] == pl.Float64
    assert found.frame.row(0, named=True) == LINE
    assert found.ignored == ((), ("CITY",))
    assert found.problems == (
        Problem(
            row=2,
            field="MSRP",
            rule="minimum",
            says="must be at least 1",
            allowed="whole number, 1 to 10000",
        ),
    )


def test_no_value_of_a_row_stands_in_what_is_said_of_it() -> None:
    row = dict.fromkeys(declared("sales_orders")[1].columns, "SECRET")

    said = [str(one) for one in read_requests([row | {"PHONES": "SECRET"}], form()).problems]

    assert len(said) >= 9
    assert not [line for line in said if "SECRET" in line]


def test_a_field_that_stands_in_a_row_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="the field 'MSRP' stands in it twice"):
        parse_rows('[{"MSRP": 1, "MSRP": 1}]', "--json")


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (30.0, True),
        (np.int64(30), True),
        (np.float64(30), True),
        (np.float32(30), True),
        (30.5, False),
        (True, False),
        (np.True_, False),
        (np.float64(30.5), False),
        (float(2**53), False),
        (1e300, False),
        ("30", False),
    ],
)
def test_a_whole_number_may_be_written_with_a_fraction_of_nothing(
    given: Any, *, taken: bool
) -> None:
    found = read_requests([dict(LINE) | {"QUANTITYORDERED": given}], form())

    assert found.frame["QUANTITYORDERED"].to_list() == ([30] if taken else [])
    assert [(one.field, one.rule) for one in found.problems] == (
        [] if taken else [("QUANTITYORDERED", "type")]
    )


def test_scalars_of_numpy_are_what_they_hold() -> None:
    line = dict(LINE) | {
        "PRICEEACH": np.float64(95.7),
        "MSRP": np.uint8(120),
        "COUNTRY": np.str_("USA"),
        "DEALSIZE": np.bool_(1),
    }
    week = {"Store": np.int32(1), "Dept": 2, "Date": "2012-11-02", "IsHoliday": np.bool_(1)}

    asked = read_requests([line], form())

    assert (asked.frame.row(0, named=True), asked.problems) == (LINE, ())
    assert read_requests([week], form("walmart")).frame["IsHoliday"].to_list() == [True]
    secret = read_requests([line | {"MSRP": np.float64("nan")}], form()).problems
    assert [str(one) for one in secret] == [
        "MSRP: is no whole number (allowed: whole number, 1 to 10000)"
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [("30.0", 30), ("+30.000", 30), ("30.", None), ("30.01", None), ("9007199254740992.0", None)],
)
def test_a_whole_number_in_text_may_have_a_fraction_of_nothing(
    text: str, value: int | None
) -> None:
    stored = pl.DataFrame([dict(LINE) | {"QUANTITYORDERED": text}])

    found = check_batch(stored, file_form(), "rows", 1)

    assert found.frame["QUANTITYORDERED"].to_list() == ([] if value is None else [value])
    assert found.refused["reason"].to_list() == (
        ["QUANTITYORDERED is no whole number"] if value is None else []
    )


WITHIN = "must lie within 3.4e38 of 0, as all that the model computes with"
PRODUCT = (
    "QUANTITYORDERED, PRICEEACH: their product must be above 0 and finite: "
    "the target is learnt relative to it"
)


def loose() -> tuple[ProjectSpec, Contract]:
    """``sales_orders`` with quantities and prices of any size."""
    texts, project = declaration("sales_orders", read_settings())
    contract = texts.contract_text
    for limits in ("{minimum: 1, maximum: 1000}", "{exclusiveMinimum: 0, maximum: 100}"):
        assert limits in contract
        contract = contract.replace(limits, "{}")
    return project, parse_contract(contract, "loose")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"PRICEEACH": 3.4e38}, []),
        ({"PRICEEACH": 1e300}, [f"PRICEEACH {WITHIN}"]),
        ({"PRICEEACH": -1e39}, [f"PRICEEACH {WITHIN}"]),
        ({"PRICEEACH": 1e300, "QUANTITYORDERED": -1}, [f"PRICEEACH {WITHIN}"]),
        ({"QUANTITYORDERED": 0}, [PRODUCT]),
        ({"QUANTITYORDERED": -30}, [PRODUCT]),
        ({"PRICEEACH": 0.0}, [PRODUCT]),
        ({"PRICEEACH": 1e-300}, [f"MSRP, PRICEEACH: their ratio {WITHIN}"]),
        ({"QUANTITYORDERED": -30, "PRICEEACH": -2.5}, []),
        ({"QUANTITYORDERED": 0, "MSRP": 0}, ["MSRP must be at least 1", PRODUCT]),
    ],
)
def test_a_row_without_an_answer_is_refused_in_a_request_and_in_a_file(
    change: dict[str, Any], says: list[str]
) -> None:
    rows = [LINE, dict(LINE) | change, LINE]

    asked = read_requests(rows, request_form(*loose()))
    stored = check_batch(pl.DataFrame(rows), row_form(*loose()), "rows", 11)

    assert [one.row for one in asked.problems] == [2] * len(says)
    told = [str(one).partition(" (allowed")[0] for one in asked.problems]
    assert [one.replace(": ", " ", 1) for one in told] == [
        one.replace(": ", " ", 1) if ", " in one.split(":")[0] else one for one in says
    ]
    assert list(stored.refused.select("row", "reason").iter_rows()) == (
        [(12, "; ".join(says))] if says else []
    )
    assert asked.frame.equals(stored.frame)
    assert stored.rows.to_list() == ([11, 13] if says else [11, 12, 13])


def test_a_row_that_breaks_the_contract_is_also_told_why_it_had_no_answer() -> None:
    row = dict(LINE) | {"QUANTITYORDERED": 0, "MSRP": "x", "COUNTRIES": 1}

    asked = read_requests([row, {}, 7], request_form(*loose()))

    first = [(one.field, one.rule) for one in asked.problems if one.row == 1]
    assert first == [
        ("COUNTRIES", "unknown"),
        ("MSRP", "type"),
        ("QUANTITYORDERED, PRICEEACH", "relative_to"),
    ]
    assert {one.rule for one in asked.problems if one.row > 1} == {"required", "type"}
    assert [one.row for one in asked.problems] == sorted(one.row for one in asked.problems)


def test_a_value_that_is_none_of_the_valid_ones_is_told_with_these() -> None:
    (problem,) = read_requests([dict(LINE) | {"QTR_ID": 9}], form()).problems[:1]
    (unknown,) = read_requests([dict(LINE) | {"PRODUCTLINE": "Boats"}], form()).problems

    assert problem.allowed
    assert (unknown.field, unknown.rule) == ("PRODUCTLINE", "values")
    assert unknown.allowed.startswith("text, one of Classic Cars, Motorcycles, Planes")
    assert str(unknown).count("Classic Cars") == 1


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12_000),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from(["", "Ships", "USA", "X", "7", "9" * 70]),
)


@settings(max_examples=60, deadline=None)
@given(change=st.dictionaries(st.sampled_from(sorted(LINE)), values, max_size=3))
def test_a_request_and_a_stored_row_of_the_same_values_have_the_same_fate(
    change: dict[str, Any],
) -> None:
    row = dict(LINE) | change
    numbers = ("PRICEEACH", *(n for n in LINE if isinstance(LINE[n], int)))
    # A file has one type a column: a text in a column of numbers is another story there.
    for name, value in change.items():
        text = isinstance(value, str)
        if isinstance(value, bool) or text is (name in numbers):
            row[name] = LINE[name]

    asked = read_requests([row], form())
    stored = check_batch(pl.DataFrame([row]).cast({}), file_form(), "rows", 1)

    assert (not asked.problems) == (stored.refused.height == 0)
    if not asked.problems:
        assert asked.frame.equals(stored.frame)


def test_of_very_many_unknown_fields_some_are_told_and_the_others_counted() -> None:
    row = {**LINE, **{f"MSRP{at}": 1 for at in range(150_000)}}
    problems = read_requests([row, {**LINE, "msrp": 1}, LINE], form()).problems

    assert [one.row for one in problems] == [1] * 101 + [2]
    assert {one.rule for one in problems} == {"unknown"}
    assert sum("did you mean 'MSRP'?" in one.says for one in problems) == 20
    assert str(problems[100]) == "it holds 149,900 more fields that the contract does not know"
    assert str(problems[101]) == "it holds 1 more field that the contract does not know"
