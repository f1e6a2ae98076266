"""How far two distributions lie apart: PSI of shares in bins, KS of numbers."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def smoothed(counts: Counts) -> Floats:
    """Return shares with half a row added to every bin (Jeffreys), so that none is 0.

    >>> smoothed(np.array([0, 3])).tolist()
    [0.125, 0.875]
    """
    return np.asarray((counts + 0.5) / (counts.sum() + 0.5 * len(counts)))


def psi(reference: Counts, current: Counts) -> float:
    """Return the population stability index of two counts over the same bins.

    The sum over bins of (q - p) ln(q / p), of smoothed shares. It is 0 or more, and the same when
    the sides are exchanged. Bins that hold no row on either side are left out.

    >>> psi(np.array([50, 50]), np.array([50, 50]))
    0.0

    Source: Kullback and Leibler's divergence in both directions; Yurdakul, *Statistical Properties
    of Population Stability Index* (2018).
    """
    there = (reference + current) > 0
    p, q = smoothed(reference[there]), smoothed(current[there])
    return float(((q - p) * np.log(q / p)).sum())


def psi_by_chance(reference: Counts, variances: Floats) -> float:
    """Return what PSI is on average when nothing has changed.

    ``variances``: of the difference of the shares of each bin. Of independent rows this is (bins -
    1) (1/n + 1/m) (Yurdakul 2018), of correlated ones more.
    """
    return float((variances / smoothed(reference)).sum())


def ks(reference: Floats, current: Floats) -> float:
    """Return the largest distance of the cumulative shares of two samples in ascending order.

    >>> ks(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0, 5.0, 6.0]))
    0.5
    """
    few, many = sorted((reference, current), key=len)
    below, upto = np.searchsorted(many, few, "left"), np.searchsorted(many, few, "right")
    place = np.arange(len(few))
    # At a value the share of the few has jumped, just before it has not: ties are met from outside.
    last = np.append(few[1:] != few[:-1], True)
    first = np.append(True, few[1:] != few[:-1])
    over = (place[last] + 1) / len(few) - upto[last] / len(many)
    under = below[first] / len(many) - place[first] / len(few)
    return float(max(over.max(), under.max(), 0.0))
