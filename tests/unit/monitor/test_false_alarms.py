import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstwo

from foresell.monitor.false_alarms import holm, ks_chance, weighted_least

chances = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(found=chances)
def test_holm_never_lowers_a_chance_and_keeps_their_order(found: list[float]) -> None:
    adjusted = holm(found)

    assert all(after >= before for before, after in zip(found, adjusted, strict=True))
    assert max(adjusted) <= 1
    order = np.argsort(found, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()
    assert min(adjusted) == pytest.approx(min(1.0, min(found) * len(found)))


@settings(max_examples=30, deadline=None)
@given(found=chances)
def test_looks_together_are_no_likelier_than_the_weights_allow(found: list[float]) -> None:
    equal = [1 / len(found)] * len(found)

    assert weighted_least(found, equal) == pytest.approx(min(1.0, min(found) * len(found)))


@pytest.mark.parametrize("distance", [0.05, 0.1, 0.15])
def test_the_chance_of_a_ks_distance_is_near_the_exact_one(distance: float) -> None:
    assert ks_chance(distance, 192.0) == pytest.approx(kstwo.sf(distance, 192), rel=0.1, abs=1e-4)
