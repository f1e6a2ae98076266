"""Who gets what of a product: a learned ratio, told by column, times the columns it is relative to.

Columns are the players. Without any of them known, the answer is the ratio's base times the mean of
every factor; each known column brings its own part of the ratio, and its own value as a factor.
Source: L. S. Shapley, "A value for n-person games", 1953. The sum over coalitions is exact: a part
of the ratio and the factors are all that takes part in it.
"""

from collections.abc import Mapping
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Coalition = frozenset[str]


def times_factors(
    base: float,
    values: Mapping[str, Vector],
    factors: Mapping[str, Vector],
    means: Mapping[str, float],
) -> tuple[float, dict[str, Vector]]:
    """Return the base and each column's part of ``(base + sum of values) * product of factors``.

    ``values``: (rows,) by column, as they add up to the ratio. ``factors``: (rows,) the values of
    the columns that are multiplied, ``means`` what stands for those that are not known. Columns of
    both play once. The base and the parts of a row sum to its product.

    >>> row = {"price": np.array([0.5])}
    >>> base, parts = times_factors(1.0, row, {"units": np.array([30.0])}, {"units": 10.0})
    >>> base, parts["units"].tolist(), parts["price"].tolist()
    (10.0, [25.0], [10.0])
    """
    names = tuple(factors)
    products = {
        known: _product(known, factors, means)
        for size in range(len(names) + 1)
        for known in map(frozenset, combinations(names, size))
    }
    rows = len(products[frozenset(names)])
    parts = {column: np.zeros(rows) for column in (*values, *names)}
    beside = [column for column in values if column not in names]
    alone = np.sum([np.zeros(rows), *(values[column] for column in beside)], axis=0)
    for known, product in products.items():
        among, after = _chance(len(known), len(names)), _chance(len(known) + 1, len(names) + 1)
        for column in beside:
            parts[column] += values[column] * product * _chance(len(known), len(names) + 1)
        inside = np.sum([np.zeros(rows), *(values[name] for name in known if name in values)], 0)
        for name in names:
            if name not in known:
                joined = products[known | {name}]
                parts[name] += (joined - product) * ((base + inside) * among + alone * after)
                parts[name] += values.get(name, 0.0) * joined * among
    return base * float(np.prod([means[name] for name in names])), parts


def _product(known: Coalition, factors: Mapping[str, Vector], means: Mapping[str, float]) -> Vector:
    """Return (rows,) the product where only ``known`` are; the others are their mean."""
    found = np.ones(1)
    for name, own in factors.items():
        found = found * (own if name in known else np.full(len(own), means[name]))
    return found


def _chance(before: int, players: int) -> float:
    """Return how likely it is that exactly these ``before`` others come first in a random order.

    0 where there are not so many others.
    """
    if before >= players:
        return 0.0
    return 1.0 / (players * comb(players - 1, before))
