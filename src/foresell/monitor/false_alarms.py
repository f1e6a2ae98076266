"""How rarely a quiet period may raise an alarm, over many ways of looking and many columns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]


def two_sided(distance: Floats, freedom: Floats | float) -> Floats:
    """Return the chance of ``distance`` standard errors or more in either direction (Student's t).

    >>> two_sided(np.array([0.0, 2.0]), 1e9).round(4).tolist()
    [1.0, 0.0455]
    """
    return np.asarray(np.minimum(2 * special.stdtr(freedom, -np.abs(distance)), 1.0))


def ratio_chance(ratio: float, above: float, below: float) -> float:
    """Return the chance that a ratio of variances is as large (Fisher's F).

    >>> round(ratio_chance(3.841, 1, 1e9), 3)
    0.05
    """
    return float(special.fdtrc(above, below, ratio))


def ks_chance(distance: float, effective: float) -> float:
    """Return the chance of a Kolmogorov-Smirnov distance, of ``effective`` = n m / (n + m) rows.

    The limit's distribution with Stephens's correction for few rows (1970). Of no row it is 1.
    """
    if effective <= 0:
        return 1.0
    root = np.sqrt(effective)
    return float(special.kolmogorov((root + 0.12 + 0.11 / root) * distance))


def weighted_least(chances: Sequence[float], weights: Sequence[float]) -> float:
    """Return the chance of any of several looks together (Bonferroni, with weights of sum 1).

    >>> weighted_least([0.01, 0.5], [0.5, 0.5])
    0.02
    """
    return min(1.0, *(chance / weight for chance, weight in zip(chances, weights, strict=True)))


def holm(chances: Sequence[float]) -> list[float]:
    """Return chances adjusted for their number; those below a limit are family-wise below it.

    Holds however the columns depend on each other. Source: Holm (1979).

    >>> holm([0.01, 0.4, 0.02])
    [0.03, 0.4, 0.04]
    """
    order = np.argsort(np.asarray(chances), kind="stable")
    adjusted = [0.0] * len(chances)
    reached = 0.0
    for place, index in enumerate(order):
        reached = max(reached, min(1.0, chances[index] * (len(chances) - place)))
        adjusted[index] = reached
    return adjusted
