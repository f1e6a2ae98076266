import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.monitor.distances import ks, psi, psi_by_chance

values = st.lists(st.integers(-3, 6).map(float), min_size=1, max_size=30)
counts = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=8).filter(
    lambda pairs: any(one for one, _ in pairs) and any(other for _, other in pairs)
)


@settings(max_examples=60, deadline=None)
@given(one=values, other=values)
def test_ks_is_the_largest_distance_of_the_shares_up_to_any_value_with_ties_too(
    one: list[float], other: list[float]
) -> None:
    sides = [np.sort(np.array(side)) for side in (one, other)]

    largest = max(abs(np.mean(sides[0] <= at) - np.mean(sides[1] <= at)) for at in one + other)
    assert ks(*sides) == pytest.approx(largest, abs=1e-12)
    assert ks(*sides) == pytest.approx(ks(*reversed(sides)), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(pairs=counts)
def test_psi_is_never_below_0_finite_and_the_same_when_sides_are_exchanged(
    pairs: list[tuple[int, int]],
) -> None:
    one, other = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))

    assert 0 <= psi(one, other) < np.inf
    assert psi(one, other) == pytest.approx(psi(other, one), abs=1e-12)
    assert psi(one, one) == 0.0


def test_psi_of_many_rows_is_the_one_of_textbooks() -> None:
    before, now = np.array([500_000, 500_000]), np.array([250_000, 750_000])

    assert psi(before, now) == pytest.approx(0.25 * np.log(3), rel=1e-4)


def test_psi_by_chance_of_independent_rows_is_bins_less_1_by_the_rows() -> None:
    draw = np.random.default_rng(3)
    shares = np.full(10, 0.1)
    found = [psi(draw.multinomial(5000, shares), draw.multinomial(200, shares)) for _ in range(400)]
    variances = shares * (1 - shares) * (1 / 5000 + 1 / 200)

    expected = psi_by_chance(np.full(10, 500), variances)

    assert expected == pytest.approx(9 * (1 / 5000 + 1 / 200))
    assert float(np.mean(found)) == pytest.approx(expected, rel=0.05)
