"""What is put into a form becomes what JSON has, and what stands in it can be put in again."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.contracts.compiled.request_fields import RequestField
from foresell.contracts.contract import LogicalType
from foresell.dashboard.what_if.form import (
    Group,
    Input,
    beyond,
    limits_of,
    number,
    numbered,
    typed,
    with_errors,
    written,
)

VALUES: st.SearchStrategy[tuple[LogicalType, Any]] = st.one_of(
    st.tuples(st.just("integer"), st.integers(-(2**63), 2**63)),
    st.tuples(st.just("number"), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("boolean"), st.booleans()),
    st.tuples(st.just("string"), st.text(min_size=1)),
)


@settings(max_examples=60)
@given(told=VALUES)
def test_a_value_that_is_shown_is_the_same_when_it_is_sent_back(
    told: tuple[LogicalType, Any],
) -> None:
    kind, value = told
    assert typed(written(value), kind) == value


def test_a_day_is_shown_as_it_is_put_in() -> None:
    assert typed(written(date(2026, 2, 1)), "date") == "2026-02-01"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("9,5", "number"),
        ("1e999", "number"),
        ("nan", "number"),
        ("Infinity", "number"),
        ("٣", "integer"),
        ("3.5", "number"),
        ("0x10", "integer"),
        ("1_000", "integer"),
        ("9" * 401, "integer"),
        ("<script>alert(1)</script>", "integer"),
        ("yes", "boolean"),
    ],
)
def test_what_is_no_value_of_its_kind_is_left_to_the_server(text: str, kind: LogicalType) -> None:
    assert typed(text, kind) == (3.5 if text == "3.5" else text)


def test_what_is_unknown_or_no_number_is_an_empty_field() -> None:
    assert [written(value) for value in (None, float("nan"), float("inf"))] == ["", "", ""]


def test_fields_are_numbered_through_all_groups_and_have_their_own_errors() -> None:
    def field(name: str) -> Input:
        return Input(name=name, id="", label=name, value="", control="text")

    groups = numbered([
        Group(legend="one", inputs=(field("a b"), field('"'))),
        Group(legend="two", inputs=(field("c"),)),
    ])
    marked = with_errors(groups, {"c": ["c is missing"], "d": ["nobody is d"]})
    told = [(one.id, one.name, one.errors) for group in marked for one in group.inputs]
    assert told == [("in-1", "a b", ()), ("in-2", '"', ()), ("in-3", "c", ("c is missing",))]


def test_numbers_are_told_with_commas_and_a_real_minus_and_a_year_without() -> None:
    limits = {"ge": -125, "le": 1_000_000}
    field = RequestField(
        name="pieces",
        attribute="pieces",
        kind="integer",
        required=True,
        limits=limits,
        domain=None,
        description="",
        examples=(),
        unit="",
    )
    assert limits_of(field) == "−125 to 1,000,000"
    assert limits_of(replace(field, limits={"ge": 1990, "le": 2100})) == "1990 to 2100"
    assert limits_of(replace(field, limits={"gt": 0.5})) == "above 0.5"
    pattern = replace(field, kind="string", limits={"pattern": "[0-9]{5}-10000"})
    assert limits_of(pattern) == "matching [0-9]{5}-10000"
    said = beyond("rooms", "200", (0.6923, 141.909090909))
    assert said.startswith("rooms is 200, outside the 0.6923 to 141.909 that the model learnt from")


@given(value=st.floats(allow_nan=False, allow_infinity=False), figures=st.integers(3, 6))
def test_a_number_that_is_told_is_the_number_to_so_many_figures(value: float, figures: int) -> None:
    told = number(value, figures)
    assert "-" not in told.replace("e-", "e")
    read = float(told.replace(",", "").replace("−", "-"))
    assert read == pytest.approx(value, rel=0.51 * 10 ** (1 - figures), abs=1e-300)
