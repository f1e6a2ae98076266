"""Profiles, histograms and piles of columns, against their definitions."""

import math
from collections import Counter
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.eda.distributions import histograms, pile_ups
from foresell.eda.profile import missing_by_period, profile

NUMBERS = st.lists(
    st.none() | st.floats(-1e6, 1e6).map(lambda one: round(one, 3)), min_size=1, max_size=80
)


@settings(max_examples=40)
@given(values=NUMBERS)
def test_a_profile_says_what_the_definitions_do(values: list[float | None]) -> None:
    there = [value for value in values if value is not None]
    found = profile(pl.Series(values, dtype=pl.Float64))

    counts = (len(there), len(values) - len(there), len(set(there)))
    assert (found["n"], found["missing"], found["distinct"]) == counts
    if there:
        assert (found["min"], found["max"]) == (min(there), max(there))
        assert math.isclose(found["mean"], math.fsum(there) / len(there), abs_tol=1e-6)
        assert math.isclose(found["p25"], float(np.quantile(there, 0.25)), abs_tol=1e-9)
        assert found["zeros"] == there.count(0)
        assert found["negatives"] == sum(value < 0 for value in there)
        most = max(Counter(there).values())
        assert found.get("commonest_rows", 1) == most


def test_the_commonest_is_the_least_of_several() -> None:
    assert profile(pl.Series(["b", "a", "b", "a", "c"]))["commonest"] == "a"


def test_a_column_of_days_has_a_first_and_a_last() -> None:
    found = profile(pl.Series([date(2012, 1, 6), None, date(2011, 1, 7)]))

    assert (found["first"], found["last"]) == (date(2011, 1, 7), date(2012, 1, 6))
    assert "mean" not in found


def test_yes_and_no_count_as_one_and_zero() -> None:
    found = profile(pl.Series([True, False, False, None]))

    assert (found["mean"], found["zeros"], found["commonest"]) == (1 / 3, 2, "false")


@settings(max_examples=40)
@given(values=NUMBERS)
def test_a_histogram_holds_every_value_once(values: list[float | None]) -> None:
    frame = pl.DataFrame({"a": values}, schema={"a": pl.Float64})
    found = histograms(frame, ["a"])

    there = sum(value is not None for value in values)
    assert int(found["rows"].sum()) == there
    if there:
        assert math.isclose(found["share"].to_numpy().sum(), 1)


def test_a_histogram_counts_what_lies_far_out_in_open_bins() -> None:
    values = [*range(1000), *([10**9] * 3)]
    found = histograms(pl.DataFrame({"a": values}), ["a"])

    assert found.height == 42
    last = found.row(-1, named=True)
    assert (last["high"], last["rows"]) == (None, 6)  # three beyond 99.5 % of the others
    assert last["low"] < 1000


def test_a_cap_is_found_with_the_value_that_is_another_way_to_write_it() -> None:
    rng = np.random.default_rng(3)
    values = np.append(np.round(rng.uniform(0.1, 4.9, 2000), 3), [5.0] * 5 + [5.00001] * 90)
    found = pile_ups(pl.DataFrame({"a": values}), ["a"]).row(0, named=True)

    assert (found["value"], found["other"], found["rows"]) == (5.00001, 5.0, 95)
    assert (found["where"], found["share"]) == ("largest", 95 / 2095)
    assert found["beside"] <= 10


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), low=st.sampled_from([-3.0, 0.0, 2.0]))
def test_numbers_spread_evenly_pile_up_nowhere(seed: int, low: float) -> None:
    values = np.round(np.random.default_rng(seed).uniform(low, low + 7, 3000), 2)

    assert pile_ups(pl.DataFrame({"a": values}), ["a"]).height == 0


def test_zeros_among_amounts_are_a_pile() -> None:
    rng = np.random.default_rng(3)
    values = np.append(rng.uniform(-5, 50, 500), np.zeros(60))
    found = pile_ups(pl.DataFrame({"a": values}), ["a"])

    assert found.select("value", "rows", "where").rows() == [(0.0, 60, "zero")]


@pytest.mark.parametrize("monthly", [True, False])
def test_what_is_missing_is_counted_in_each_period(monthly: bool) -> None:
    days = [date(2012, 1, 6), date(2012, 1, 13), date(2012, 2, 3), date(2012, 2, 3)]
    frame = pl.DataFrame({"day": days, "a": [1.0, None, None, 2.0], "b": [1, 2, 3, 4]})
    found = missing_by_period(frame, "day", ["a", "b"], monthly=monthly)

    weekly = [
        (date(2012, 1, 6), "a", 1, 0, 0.0),
        (date(2012, 1, 13), "a", 1, 1, 1.0),
        (date(2012, 2, 3), "a", 2, 1, 0.5),
    ]
    by_month = [(date(2012, 1, 1), "a", 2, 1, 0.5), (date(2012, 2, 1), "a", 2, 1, 0.5)]
    assert found.rows() == (by_month if monthly else weekly)
