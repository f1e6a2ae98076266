import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.monitor.expectations import around_zero, learned, oddity, of_rows

STEPS = np.arange(1.0, 5.0)
logs = st.lists(st.floats(-3.0, 1.0, allow_subnormal=False), min_size=1, max_size=20)


@given(logs, st.floats(-1.0, 1.0))
@settings(max_examples=40, deadline=None)
def test_periods_as_expected_are_never_odd_and_both_chances_make_one(
    values: list[float], apart: float
) -> None:
    expected = learned(values, [float("nan")] * len(values), 0.1)
    assert expected is not None

    same = oddity(np.full(4, expected.level), np.full(4, np.nan), expected)
    moved = oddity(np.full(4, expected.level + apart), np.full(4, np.nan), expected)

    assert same.apart == pytest.approx(0.0, abs=1e-9)
    assert same.above == pytest.approx(0.5, abs=1e-6)
    assert moved.above + moved.below == pytest.approx(1.0)
    assert moved.apart == pytest.approx(apart, abs=1e-9)


def test_no_backtest_lets_us_expect_nothing() -> None:
    assert learned([], [], 0.1) is None
    assert around_zero([], 0.1) is None


def test_an_error_that_grows_with_the_distance_is_expected_to_as_far_as_that_is_sure() -> None:
    drawn = np.random.default_rng(1)
    steps = np.arange(1.0, 40.0)
    logs = -2.0 + 0.3 * np.log(steps) + drawn.normal(0, 0.03, 39)

    found = learned(logs.tolist(), steps.tolist(), 0.1)

    assert found is not None
    assert found.slope == pytest.approx(0.3, abs=0.03)
    assert found.at(np.array([39.0]))[0] == pytest.approx(-2.0 + 0.3 * np.log(39), abs=0.06)


def test_a_slope_that_chance_explains_is_none() -> None:
    drawn = np.random.default_rng(2)
    found = learned(drawn.normal(-2, 0.1, 39).tolist(), np.arange(1.0, 40.0).tolist(), 0.1)
    assert found is not None
    assert found.slope == 0.0


def test_few_weeks_that_happen_to_agree_do_not_promise_that_all_do() -> None:
    few = learned([-2.0, -2.0, -2.0, -2.0], STEPS.tolist(), 0.1)
    assert few is not None
    assert few.spread > 0.05


def test_weeks_that_are_alike_make_a_mean_less_sure() -> None:
    drawn = np.random.default_rng(3)
    noise, alike = drawn.normal(0, 0.1, 200), [0.0]
    for one in noise:
        alike.append(0.8 * alike[-1] + 0.6 * one)
    loose = learned(noise.tolist(), [float("nan")] * 200, 0.1)
    bound = learned(alike, [float("nan")] * 201, 0.1)
    assert loose is not None
    assert bound is not None
    assert bound.alike > 0.6
    assert loose.alike < 0.3
    assert bound.worth < loose.worth / 3


def test_what_the_backtest_was_off_is_spread_around_no_bias() -> None:
    found = around_zero([0.05] * 13, 0.02)
    assert found is not None
    assert found.level == 0.0
    assert found.spread == pytest.approx(0.05, abs=0.01)


def test_more_rows_of_a_table_make_a_period_surer_down_to_what_periods_differ() -> None:
    drawn = np.random.default_rng(4)
    errors = pl.Series(np.abs(drawn.normal(0, 10, 2000)))
    truth = pl.Series(np.full(2000, 100.0))

    few, many = (of_rows(errors, truth, rows, log=True) for rows in (10.0, 1e9))

    assert few is not None
    assert many is not None
    assert few.level == pytest.approx(np.log(0.0798), abs=0.03)
    assert few.spread == pytest.approx(0.75 / np.sqrt(10), rel=0.1)
    assert many.spread == pytest.approx(0.05, rel=0.01)


def test_a_ratio_to_nothing_is_not_expected() -> None:
    assert of_rows(pl.Series([1.0, 2.0]), pl.Series([0.0, 0.0]), 5.0, log=True) is None
