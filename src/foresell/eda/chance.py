"""What chance alone leaves: how far apart things may be that do not differ."""

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import chdtrc, stdtr

SURE = 0.05  # all that is told as a finding of one table is wrong once in twenty tables at most
_OUTSIDE = 0.05


def spread_of(distances: NDArray[np.float64]) -> float | None:
    """Return what 19 of 20 more of such ``distances`` would not be beyond; None of fewer than 19.

    One more that is like the others is beyond it once in twenty times at most, however they are
    distributed.
    Source: Vovk, Gammerman and Shafer, *Algorithmic Learning in a Random World*, 2005, ch. 2.

    >>> spread_of(np.arange(1.0, 20.0)), spread_of(np.arange(1.0, 19.0))
    (19.0, None)
    """
    rank = math.ceil((1 - _OUTSIDE) * (len(distances) + 1) - 1e-9)
    return float(np.sort(distances)[rank - 1]) if rank <= len(distances) else None


def tail(size: float, degrees: float) -> float:
    """Return how likely Student's t is at least ``size`` away from zero.

    >>> round(tail(2.0, 1e6), 4)
    0.0455
    """
    return 2 * float(stdtr(max(degrees, 1), -abs(size)))


def adjusted(chances: Sequence[float | None]) -> list[float | None]:
    """Return each chance of an error in one comparison as one of any error in all of them.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979), 65-70.

    >>> adjusted([0.01, 0.04, None, 0.5])
    [0.03, 0.08, None, 0.5]
    """
    told = sorted((chance, at) for at, chance in enumerate(chances) if chance is not None)
    found: list[float | None] = [None] * len(chances)
    largest = 0.0
    for place, (chance, at) in enumerate(told):
        largest = max(largest, min(1.0, chance * (len(told) - place)))
        found[at] = largest
    return found


def alike(values: NDArray[np.float64], places: NDArray[np.int64]) -> float | None:
    """Return how likely groups of ``values`` lie so far apart by chance; None of fewer than two.

    ``places``: (n,) the group of each, from 0. The values must not hang on one another.
    Source: Kruskal and Wallis, Journal of the American Statistical Association 47 (1952), 583-621.

    >>> round(alike(np.array([1.0, 2, 3, 4, 5, 6]), np.array([0, 0, 0, 1, 1, 1])), 4)
    0.0495
    """
    counts = np.bincount(places)
    counts = counts[counts > 0]
    n = len(values)
    if len(counts) < 2 or len(np.unique(values)) < 2:
        return None
    ranks = pl.Series(values).rank("average").to_numpy()
    sums = np.bincount(places, ranks)[np.bincount(places) > 0]
    between = float((sums * sums / counts).sum()) - n * (n + 1) ** 2 / 4
    whole = float((ranks * ranks).sum()) - n * (n + 1) ** 2 / 4
    return float(chdtrc(len(counts) - 1, (n - 1) * between / whole))
