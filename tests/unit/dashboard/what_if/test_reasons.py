"""What is drawn of an explanation sums to what the server told, to a rounding."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.dashboard.what_if.reasons import (
    largest,
    later,
    row_change,
    row_change_figure,
    row_figure,
    row_reasons,
    step_change,
    step_reasons,
    total,
)

NUMBERS = st.floats(-1e6, 1e6)
PARTS = st.dictionaries(st.sampled_from(["price", "line", "(floor)", "msrp"]), NUMBERS, min_size=1)
STEPS = st.dictionaries(st.sampled_from(["events", "growth", "known", "residual"]), NUMBERS)


def row(base: float, parts: dict[str, float]) -> dict[str, Any]:
    return {"base_value": base, "contributions": parts, "prediction": base + sum(parts.values())}


@settings(max_examples=40)
@given(base=NUMBERS, before=PARTS, after=PARTS)
def test_both_ways_of_a_row_end_at_its_answer(
    base: float, before: dict[str, float], after: dict[str, float]
) -> None:
    first, second = row(base, before), row(base, after)
    close = pytest.approx(second["prediction"], rel=1e-9, abs=1e-6)
    assert total(row_reasons(second, {})) == close
    assert total(row_change(first, second, {})) == close


@settings(max_examples=40)
@given(base=NUMBERS, before=STEPS, after=STEPS, shares=st.floats(0, 1))
def test_both_ways_of_a_day_end_at_its_forecast(
    base: float, before: dict[str, float], after: dict[str, float], shares: float
) -> None:
    first, second = row(base, before) | {"columns": {}}, row(base, after) | {"columns": None}
    if "known" in before:
        value = before["known"]
        first["columns"] = {"known": {"promotion": shares * value, "open": value - shares * value}}
    close = pytest.approx(second["prediction"], rel=1e-9, abs=1e-6)
    assert total(step_reasons(second)) == close
    moved = step_change(first, second)
    assert moved is not None
    assert total(moved) == close


def test_there_is_no_way_between_days_that_begin_elsewhere() -> None:
    first, second = (row(base, {"known": 1.0}) | {"columns": {}} for base in (10.0, 11.0))
    assert step_change(first, second) is None


def test_a_row_is_drawn_with_its_own_values_and_a_floor_apart() -> None:
    told = row(10.0, {"price": -3.0, "(floor)": 1.0})
    assert row_reasons(told, {"price": "5.5"}).rows() == [
        ("base", None, None, 10.0),
        ("column", "price", "5.5", -3.0),
        ("floor", None, None, 1.0),
    ]


def test_the_finding_names_what_moves_the_most_or_nothing() -> None:
    told = row_reasons(row(10.0, {"price": -3.0, "line": 2.0}), {})
    assert largest(told, "USD", "this answer") == "price moves this answer the most: −3\u00a0USD"
    assert largest(told.head(1), "USD", "the change") == "Nothing moves the change"
    assert isinstance(told, pl.DataFrame)


def test_a_unit_that_counts_another_one_is_not_seen_beside_the_words() -> None:
    told = row_reasons(row(2.0, {"rooms": 0.0626}), {})
    for figure in (row_figure(told, "100,000 USD"), row_change_figure(told, "100,000 USD")):
        assert figure.title.startswith("rooms moves")
        assert figure.title.endswith("+6,260\u00a0USD")
        assert figure.note.endswith(" In USD.")
        assert figure.rows is not None
        assert figure.rows["value"].to_list() == [pytest.approx(200_000), pytest.approx(6260)]
        drawn = str(figure.draw(760))
        assert "+6,260" in drawn
        assert "206,260" in drawn
        assert "0.0626" not in drawn


def test_a_waterfall_that_is_drawn_later_is_heard_as_a_sentence() -> None:
    assert later("why", lambda: None).says == "What each part adds to the answer."
