"""Combining candidates: plainly, by inverse error, or by greedy selection with replacement.

Sources: J. M. Bates, C. W. J. Granger, "The combination of forecasts", OR 20 (1969); R. Caruana et
al., "Ensemble selection from libraries of models", ICML 2004.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from foresell.features.levels import Vector

STEPS = 25
SHRINK = 0.4
Misses = Callable[[Vector], float]  # of (n,) misses, how large they are


def mean_absolute(misses: Vector) -> float:
    """Return the mean of the absolute values of ``misses`` (n,).

    >>> mean_absolute(np.array([-1.0, 3.0]))
    2.0
    """
    return float(np.abs(misses).mean())


def even_weights(members: Mapping[str, Vector], equal: Sequence[str]) -> dict[str, float]:
    """Return the same weight for the members named in ``equal``, 0 for others; they sum to 1."""
    return {name: (1.0 / len(equal) if name in equal else 0.0) for name in members}


def inverse_error_weights(
    members: Mapping[str, Vector],
    actual: Vector,
    equal: Sequence[str],
    size: Misses = mean_absolute,
) -> dict[str, float]:
    """Return weights in inverse proportion to the ``size`` of misses, of the members in ``equal``.

    ``members``: (n,) forecasts each; ``actual``: (n,) without NaN. Others weigh 0; the sum is 1.
    No row, or no error anywhere: equal weights. A member without error counts as having a
    thousandth of the mean error.
    """
    if not len(actual):
        return even_weights(members, equal)
    errors = {name: size(actual - members[name]) for name in equal}
    least = sum(errors.values()) / len(errors) / 1000
    if least <= 0:
        return even_weights(members, equal)
    inverse = {name: 1.0 / max(error, least) for name, error in errors.items()}
    total = sum(inverse.values())
    return {name: inverse.get(name, 0.0) / total for name in members}


def greedy_weights(
    members: Mapping[str, Vector],
    actual: Vector,
    equal: Sequence[str],
    size: Misses = mean_absolute,
    shrink: float = SHRINK,
) -> dict[str, float]:
    """Return the weight of each member, summing to 1, that makes the ``size`` of misses small.

    ``members``: (n,) forecasts each; ``actual``: (n,) without NaN. Starting from nothing, 25 times
    the member that helps the mean of the chosen ones most is added; then the weights are moved
    by ``shrink`` towards equal weights over the members named in ``equal``. No row: equal weights.
    Ties go to the first member.
    """
    names = list(members)
    plain = even_weights(members, equal)
    if not len(actual):
        return plain
    stack = np.vstack([members[name] for name in names])
    counts = np.zeros(len(names))
    total = np.zeros(len(actual))
    for step in range(1, STEPS + 1):
        errors = [size((total + row) / step - actual) for row in stack]
        best = int(np.argmin(errors))
        counts[best] += 1
        total += stack[best]
    return {
        name: float((1 - shrink) * counts[place] / STEPS + shrink * plain[name])
        for place, name in enumerate(names)
    }


def horizon_thirds(horizon: int) -> tuple[int, ...]:
    """Return the last step of each third of the horizon, fewer for a horizon below three steps.

    >>> horizon_thirds(39), horizon_thirds(2)
    ((13, 26, 39), (1, 2))
    """
    return tuple(sorted({-(-horizon * part // 3) for part in (1, 2, 3)}))


def bucket_of(steps: int, buckets: Sequence[int]) -> NDArray[np.int64]:
    """Return (steps,) the bucket of steps 1, 2, ...; steps past the horizon are in the last one."""
    places = np.searchsorted(np.array(buckets), np.arange(1, steps + 1))
    return np.minimum(places, len(buckets) - 1).astype(np.int64)


def combined(
    members: Mapping[str, NDArray[np.float64]],
    weights: Sequence[Mapping[str, float]],
    bucket: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return (n series, steps): each step's members weighed by the weights of its bucket."""
    first = next(iter(members.values()))
    out = np.zeros(first.shape)
    for name, values in members.items():
        share = np.array([weights[place].get(name, 0.0) for place in bucket])
        out += share * values
    return out
