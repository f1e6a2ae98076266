import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.monitor.period_means import SHIFTS, Layout, Room, rooms_of


def room(
    means: np.ndarray,
    *,
    now: int = 1,
    rows: float = 200.0,
    within: float = 0.01,
    lasting: bool = True,
) -> Room:
    """What a mean of ``now`` periods may be, after periods with these means."""
    layout = Layout(
        at=tuple(map(float, range(len(means)))),
        sizes=(rows,) * len(means),
        now_at=tuple(map(float, range(now))),
        now_sizes=(rows,) * now,
        lasting=lasting,
    )
    return rooms_of(layout).room(means, within)


def weeks(seed: int, count: int, follows: float = 0.0) -> np.ndarray:
    fresh = np.random.default_rng(seed).normal(size=count)
    for place in range(1, count):
        fresh[place] = follows * fresh[place - 1] + np.sqrt(1 - follows**2) * fresh[place]
    return fresh


def test_independent_rows_have_the_room_of_their_number() -> None:
    means = np.random.default_rng(1).normal(size=100) * 0.1  # of 100 rows with a variance of 1

    found = room(means, rows=100.0, within=1.0)

    assert found.chance(0.4) < 0.001
    assert 0.01 < found.chance(0.2) < 0.1


def test_rows_of_series_have_more_room_than_those_of_a_table_which_are_others_each_week() -> None:
    means = np.random.default_rng(1).normal(size=25) * 0.1

    def chance(*, lasting: bool) -> float:
        return room(means, rows=100.0, within=1.0, lasting=lasting).chance(0.5)

    assert 3 * chance(lasting=False) < chance(lasting=True)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(2, 30), far=st.floats(0, 10))
def test_a_chance_is_one_of_a_hundred_percent_and_shrinks_with_the_distance(
    seed: int, count: int, far: float
) -> None:
    found = room(weeks(seed, count))
    middle = float(found.belief @ found.centre)

    assert 0 <= found.chance(middle + 20 + 2 * far) <= found.chance(middle + 20 + far) <= 1
    assert found.belief.sum() == pytest.approx(1.0)


def test_more_weeks_on_either_side_tell_more_and_weeks_that_follow_each_other_less() -> None:
    def least(count: int, now: int, follows: float = 0.0) -> float:
        found = [room(weeks(seed, count, follows), now=now).least(1e-4) for seed in range(12)]
        return float(np.mean([one or 2 * SHIFTS[-1] for one in found]))

    assert least(30, 8) < least(30, 3) < least(15, 3) < least(15, 1)
    assert least(30, 8, follows=0.8) > 1.3 * least(30, 8)


@pytest.mark.parametrize(("follows", "now"), [(0.0, 1), (0.0, 4), (0.5, 1), (0.5, 4)])
def test_quiet_weeks_are_as_rarely_far_out_as_is_said(follows: float, now: int) -> None:
    chances = []
    for seed in range(400):
        both = weeks(seed, 15 + 50 + now, follows)
        chances.append(room(both[:15], now=now).chance(float(both[-now:].mean())))

    # 4 of 400 and what chance adds; 15 weeks do not tell well how alike neighbours are.
    assert np.mean(np.array(chances) <= 0.01) <= (0.05 if follows else 0.025)


def test_what_never_varied_has_no_room() -> None:
    found = room(np.full(5, 3.0), within=0.0)

    assert (found.chance(3.0), found.chance(3.1)) == (1.0, 0.0)
