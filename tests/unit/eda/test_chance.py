"""What chance leaves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from foresell.eda.chance import adjusted, alike, spread_of


@settings(max_examples=20)
@given(n=st.integers(19, 200), seed=st.integers(0, 1000))
def test_one_more_of_the_same_is_beyond_the_spread_once_in_twenty_times_at_most(
    n: int, seed: int
) -> None:
    values = np.random.default_rng(seed).permutation(n + 1).astype(float)
    spread = [spread_of(np.delete(values, at)) for at in range(n + 1)]

    beyond = [value > (limit or 0.0) for value, limit in zip(values, spread, strict=True)]
    assert np.mean(beyond) <= 0.05


@settings(max_examples=20)
@given(chances=st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_is_never_below_and_never_above_all_comparisons_times_the_chance(
    chances: list[float],
) -> None:
    for chance, told in zip(chances, adjusted(chances), strict=True):
        assert told is not None
        assert min(chance, 1.0) <= told <= min(1.0, len(chances) * max(chances))


def test_it_is_the_test_of_kruskal_and_wallis() -> None:
    rng = np.random.default_rng(1)
    values, places = rng.normal(0, 1, 60).round(1), rng.integers(0, 4, 60)
    theirs = stats.kruskal(*(values[places == at] for at in range(4))).pvalue

    assert alike(values, places) == pytest.approx(theirs, rel=1e-12)
