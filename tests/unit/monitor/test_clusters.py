import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.monitor.clusters import Timing, apart, covariance, periods_of


def variance(values: np.ndarray, week: np.ndarray, now: list[int], *, known: bool = True) -> float:
    """The variance of the difference of two means, as a multiple of that of independent rows."""
    sizes = np.bincount(week)
    sums = np.bincount(week, weights=values)[:, None].astype(np.float64)
    room = apart(sizes, sums, np.array([(values**2).sum()]), np.array(now), known=known)
    return float(room.variance[0] / room.alone[0])


def test_weeks_with_effects_of_their_own_say_less_than_their_rows() -> None:
    draw = np.random.default_rng(1)
    week = np.repeat(np.arange(400), 50)
    own = draw.normal(size=len(week)) * np.sqrt(0.8)
    alike = draw.normal(size=400)[week] * np.sqrt(0.2) + own

    # 1 + (50 - 1) 0.2 for one week of 50 rows; many weeks before add next to nothing
    assert variance(alike, week, [50]) == pytest.approx(10.8, rel=0.15)
    assert variance(own, week, [50]) == pytest.approx(1.0, rel=0.15)
    assert variance(alike, week, [50], known=False) == 1.0


def test_weeks_that_follow_each_other_count_as_fewer_where_neighbours_are_alike() -> None:
    draw = np.random.default_rng(2)
    week = np.repeat(np.arange(100), 20)
    slow = np.sin(np.arange(100) / 10)[week] + draw.normal(size=len(week))
    quick = draw.normal(size=100)[week] + draw.normal(size=len(week))

    assert variance(quick, week, [5, 5, 5, 5]) < 0.5 * variance(quick, week, [20])
    assert variance(slow, week, [5, 5, 5, 5]) > 0.9 * variance(slow, week, [20])


def test_weeks_of_one_row_are_not_taken_as_independent_where_neighbours_are_alike() -> None:
    draw = np.random.default_rng(4)
    week = np.arange(200)
    slow = np.sin(week / 10) + 0.1 * draw.normal(size=200)

    assert variance(slow, week, [1] * 10) > 5
    assert variance(draw.normal(size=200), week, [1] * 10) < 2


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), weeks=st.integers(2, 12), now=st.integers(1, 50))
def test_a_variance_is_never_less_than_that_of_independent_rows(
    seed: int, weeks: int, now: int
) -> None:
    draw = np.random.default_rng(seed)
    week = np.concatenate([np.arange(weeks), draw.integers(0, weeks, 40)])

    assert variance(draw.integers(-9, 9, len(week)).astype(float), week, [now]) >= 1.0


def test_a_single_period_says_nothing_of_chance() -> None:
    room = apart(np.array([9]), np.array([[5.0]]), np.array([7.0]), np.array([3]), known=True)

    assert room.variance.tolist() == [np.inf]
    assert covariance(np.array([[4, 5]]), np.array([3]), known=True) is None


def test_the_covariance_of_independent_rows_is_that_of_a_multinomial() -> None:
    found = covariance(np.array([[30, 10]]), np.array([20]), known=False)

    assert found is not None
    assert found.matrix == pytest.approx(
        np.array([[0.1875, -0.1875], [-0.1875, 0.1875]]) * (1 / 40 + 1 / 20)
    )


def test_periods_stand_in_their_order_and_rows_without_one_share_one() -> None:
    frame = pl.DataFrame({"week": ["b", None, "a", "b", None]})

    periods = periods_of(frame, Timing(column="week", lasting=False))

    assert periods.codes.tolist() == [2, 0, 1, 2, 0]
    assert (periods.count, periods.known, periods.lasting) == (3, True, False)
    assert not periods_of(frame, None).known
