"""Combining candidates of a table by what they said of rows they never saw.

``simple_ensemble`` weighs all alike, ``inverse_error_ensemble`` by one over their mean squared
error, ``greedy_ensemble`` by greedy selection with replacement, moved a little towards equal
weights of those that err about as little as the best. A row's own answer by an ensemble uses
weights that other folds taught.

Source: R. Caruana et al., "Ensemble selection from libraries of models", ICML 2004.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from foresell.models.combination import even_weights, greedy_weights, inverse_error_weights

Vector = NDArray[np.float64]
Weights = dict[str, float]
SIMPLE, INVERSE, GREEDY = "simple_ensemble", "inverse_error_ensemble", "greedy_ensemble"
SHRINK = 0.2
NEAR = 1.1  # times the least error: a candidate within it counts in the equal weights


def root_mean_square(misses: Vector) -> float:
    """Return the root of the mean of the squares of ``misses`` (n,).

    >>> root_mean_square(np.array([3.0, -3.0]))
    3.0
    """
    return float(np.sqrt(np.square(misses).mean()))


def _greedy(members: Mapping[str, Vector], actual: Vector) -> Weights:
    """Return the greedy weights; see the module."""
    errors = {name: root_mean_square(actual - values) for name, values in members.items()}
    near = [name for name, error in errors.items() if error <= NEAR * min(errors.values())]
    return greedy_weights(members, actual, near, root_mean_square, SHRINK)


ENSEMBLES: Mapping[str, Callable[[Mapping[str, Vector], Vector], Weights]] = {
    SIMPLE: lambda members, _: even_weights(members, list(members)),
    INVERSE: lambda members, actual: inverse_error_weights(
        members, actual, list(members), lambda misses: root_mean_square(misses) ** 2
    ),
    GREEDY: _greedy,
}


def ensemble_weights(
    name: str, members: Mapping[str, Vector], actual: Vector, weight: Vector
) -> Weights:
    """Return the weight of each member in an ensemble, none below 0, with the sum 1.

    ``members``: (n,) each, what they said of rows they never saw; ``actual``: (n,); ``weight``:
    (n,) how much a row counts, with a mean of 1. Of no row: equal weights.
    """
    if not len(actual):
        return even_weights(members, list(members))
    root = np.sqrt(weight)
    return ENSEMBLES[name]({one: said * root for one, said in members.items()}, actual * root)


def blend(weights: Mapping[str, float], members: Mapping[str, Vector]) -> Vector:
    """Return (n,) the members weighed; those without a weight are not looked at."""
    rows = len(next(iter(members.values())))
    return sum(
        (weight * members[name] for name, weight in weights.items() if weight), np.zeros(rows)
    )


def with_ensembles(
    members: Mapping[str, Vector], actual: Vector, weight: Vector, fold: NDArray[np.int64]
) -> tuple[dict[str, Vector], dict[str, Weights]]:
    """Return what members and ensembles say of rows, and the weights of each ensemble for use.

    ``fold``: (n,) of each row. What an ensemble says of a fold's rows uses weights that the other
    folds taught; those returned are taught by all. Of one fold nothing can be: only the equal
    weights, which nothing teaches, are an ensemble there.
    """
    said, weights = dict(members), dict[str, Weights]()
    numbers = np.unique(fold)
    for name in ENSEMBLES if len(numbers) > 1 else (SIMPLE,):
        made = np.zeros(len(actual))
        for number in numbers:
            own, other = fold == number, fold != number
            others = {one: values[other] for one, values in members.items()}
            found = ensemble_weights(name, others, actual[other], weight[other])
            made[own] = blend(found, {one: values[own] for one, values in members.items()})
        said[name] = made
        weights[name] = ensemble_weights(name, members, actual, weight)
    return said, weights
