from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.models.tabular.relative_shares import Vector, times_factors

COLUMNS = ("units", "price", "city", "line")
few = st.lists(st.sampled_from(COLUMNS), unique=True)


def in_every_order(
    base: float, values: dict[str, Vector], factors: dict[str, Vector], means: dict[str, float]
) -> dict[str, Vector]:
    """What each column adds to the product as it becomes known, on average over all orders."""
    names = sorted({*values, *factors})

    def said(known: tuple[str, ...]) -> Vector:
        ratio = base + sum((values[name] for name in known if name in values), np.zeros(3))
        for name, own in factors.items():
            ratio = ratio * (own if name in known else means[name])
        return np.asarray(ratio)

    total = {name: np.zeros(3) for name in names}
    orders = list(permutations(names))
    for order in orders:
        for at, name in enumerate(order):
            total[name] += (said(order[: at + 1]) - said(order[:at])) / len(orders)
    return total


@settings(max_examples=40, deadline=None)
@given(told=few, multiplied=few.filter(len), seed=st.integers(0, 2**31))
def test_the_parts_of_a_product_are_its_shapley_values(
    told: list[str], multiplied: list[str], seed: int
) -> None:
    draw = np.random.default_rng(seed)
    values = {name: draw.normal(size=3) for name in told}
    factors = {name: draw.uniform(0.5, 50, 3) for name in multiplied}
    means = {name: float(draw.uniform(0.5, 50)) for name in multiplied}

    base, parts = times_factors(0.7, values, factors, means)

    expected = in_every_order(0.7, values, factors, means)
    scale = float(np.prod([max(means[name], factors[name].max()) for name in factors])) * 5
    assert base == pytest.approx(0.7 * np.prod(list(means.values())))
    assert set(parts) == set(expected)
    for name, own in expected.items():
        assert parts[name] == pytest.approx(own, abs=1e-12 * scale)
