"""Trees grown by scikit-learn as plain arrays, read from the fitted estimators' own arrays.

scikit-learn is not imported: what is read is public, but for the nodes of histogram gradient
boosting, which has no other way to tell them. All of them compare 32-bit values with thresholds of
64 bits, "left where the value is at most the threshold", and know which way NaN goes.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from foresell.errors import DataError
from foresell.models.forests import Array, Forest, Index, Tree, planted

_IDENTITY = ("squared_error", "absolute_error", "huber", "quantile", "pinball")
_MEND = "leave the candidate out of models.candidates, or use a loss with an identity link"


def summed_trees(model: Any) -> Forest:
    """Return the sum, not the mean, of the trees of a random forest or of extra trees."""
    found = [_grown(tree.tree_) for tree in model.estimators_]
    return _together(found, 0.0)


def averaged_forest(model: Any) -> Forest:
    """Return the mean of the trees of a random forest or of extremely randomised trees."""
    return summed_trees(model).scaled(1 / len(model.estimators_))


def boosted_forest(model: Any) -> Forest:
    """Return the trees of scikit-learn's gradient boosting, with what it begins with.

    Raises:
        DataError: it begins with a model of its own.
    """
    start = model.init_
    if start == "zero":
        base = 0.0
    elif type(start).__name__ == "DummyRegressor":
        base = float(np.ravel(start.constant_)[0])
    else:
        raise DataError(
            f"it begins with a {type(start).__name__}", "gradient boosting of scikit-learn", _MEND
        )
    found = [_grown(tree.tree_, model.learning_rate) for tree in model.estimators_[:, 0]]
    return _together(found, base)


def histogram_forest(model: Any) -> Forest:
    """Return the trees of scikit-learn's histogram gradient boosting.

    Raises:
        DataError: it splits by category, or has a link (Poisson, gamma).
    """
    if model.loss not in _IDENTITY:
        raise DataError(f"its loss {model.loss!r} has a link", "histogram gradient boosting", _MEND)
    base = float(np.ravel(model._baseline_prediction)[0])  # noqa: SLF001 - told nowhere else
    predictors = [own[0] for own in model._predictors]  # noqa: SLF001 - told nowhere else
    return _together([_histogram_tree(predictor.nodes) for predictor in predictors], base)


def _histogram_tree(nodes: Any) -> Tree | float:
    """Return one tree, or the value of one that never splits.

    Raises:
        DataError: it splits by category.
    """
    outer = nodes["is_leaf"].astype(np.bool_)
    if nodes["is_categorical"][~outer].any():
        raise DataError("it splits by category", "histogram gradient boosting", _MEND)
    if len(nodes) == 1:
        return float(nodes["value"][0])
    place = _placed(outer)
    inner = ~outer
    return Tree(
        column=nodes["feature_idx"][inner].astype(np.int64),
        threshold=nodes["num_threshold"][inner].astype(np.float64),
        left=place[nodes["left"][inner].astype(np.int64)],
        right=place[nodes["right"][inner].astype(np.int64)],
        nan_left=nodes["missing_go_to_left"][inner].astype(np.bool_),
        leaf=nodes["value"][outer].astype(np.float64),
        cover=nodes["count"][outer].astype(np.float64),
    )


def _grown(tree: Any, rate: float = 1.0) -> Tree | float:
    """Return one tree of CART, its leaves times ``rate``; the value of one that never splits."""
    leaf: Array = tree.value[:, 0, 0] * rate
    if tree.node_count == 1:
        return float(leaf[0])
    outer = tree.children_left < 0
    place, inner = _placed(outer), ~outer
    return Tree(
        column=tree.feature[inner].astype(np.int64),
        threshold=tree.threshold[inner].astype(np.float64),
        left=place[tree.children_left[inner]],
        right=place[tree.children_right[inner]],
        nan_left=tree.missing_go_to_left[inner].astype(np.bool_),
        leaf=leaf[outer],
        cover=tree.weighted_n_node_samples[outer].astype(np.float64),
    )


def _placed(outer: Any) -> Index:
    """Return (nodes and leaves,) the new place of each: nodes from 0 on, leaves from -1 down."""
    found: Index = np.where(
        outer, -np.cumsum(outer, dtype=np.int64), np.cumsum(~outer, dtype=np.int64) - 1
    )
    return found


def _together(found: list[Tree | float], base: float) -> Forest:
    """Return the trees as one forest; those that never split are part of its base."""
    trees = [tree for tree in found if isinstance(tree, Tree)]
    return planted(trees, base + sum(value for value in found if isinstance(value, float)))


FORESTS: Mapping[str, Callable[[Any], Forest]] = {
    "RandomForestRegressor": averaged_forest,
    "ExtraTreesRegressor": averaged_forest,
    "GradientBoostingRegressor": boosted_forest,
    "HistGradientBoostingRegressor": histogram_forest,
}
"""The reader of each estimator, by the name of its class."""
