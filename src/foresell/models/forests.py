"""Boosted trees as plain arrays, read from the native text of LightGBM, XGBoost and CatBoost.

No booster is imported: what is read is what their own files say. Every comparison is brought into
one form, "left where the value is at most the threshold", which is exact for values of 32 bits.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foresell.errors import DataError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_IDENTITY = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")
_LIGHTGBM_CATEGORICAL, _LIGHTGBM_DEFAULT_LEFT = 1, 2
_LIGHTGBM_NAN = 2  # of the missing types 0 none, 1 zero, 2 NaN
_LIGHTGBM_ZERO = np.float32(1e-35)  # LightGBM reads what is no larger as zero
_WHERE = "the trees of a booster"
_MEND = "grow it with numeric features and an identity link, or leave the candidate out"


@dataclass(frozen=True, kw_only=True)
class Forest:
    """Trees behind each other: an answer is ``base`` plus the reached leaf of every tree.

    ``column``, ``threshold``, ``left``, ``right``, ``nan_left``: (nodes,) each. A value goes left
    where it is at most the threshold, and NaN where ``nan_left``. ``left`` and ``right`` are a node
    from 0 on, or ``-1 - leaf``. ``leaf``: (leaves,) values. ``roots``: (trees,) nodes; trees of a
    single leaf are part of ``base``. ``cover``: (leaves,) the training rows that ended in each,
    counted or weighed as the library that grew the trees does; None where it did not say.
    """

    column: Index
    threshold: Array
    left: Index
    right: Index
    nan_left: NDArray[np.bool_]
    leaf: Array
    roots: Index
    base: float
    cover: Array | None = None

    def scaled(self, factor: float) -> "Forest":
        """Return the trees whose answers are ``factor`` times as large."""
        return replace(self, leaf=self.leaf * factor, base=self.base * factor)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One tree that splits; fields as in `Forest`, node 0 is the root."""

    column: Index
    threshold: Array
    left: Index
    right: Index
    nan_left: NDArray[np.bool_]
    leaf: Array
    cover: Array | None = None


def joined(forests: Sequence[Forest]) -> Forest:
    """Return the sum of ``forests``; at least one."""
    trees = [tree for forest in forests for tree in _split(forest)]
    return planted(trees, sum(forest.base for forest in forests))


def answers(forest: Forest, table: NDArray[np.float32]) -> Array:
    """Return (rows,) the sum over trees; ``table``: (rows, columns). For tests and small tables."""
    total = np.full(len(table), forest.base)
    for root in forest.roots:
        place = np.full(len(table), root)
        while (inner := place >= 0).any():
            node = place[inner]
            value = table[inner, forest.column[node]].astype(np.float64)
            goes = np.where(np.isnan(value), forest.nan_left[node], value <= forest.threshold[node])
            place[inner] = np.where(goes, forest.left[node], forest.right[node])
        total += forest.leaf[-1 - place]
    return total


def planted(trees: Sequence[Tree], base: float) -> Forest:
    """Return the trees behind each other; covers only where every tree has them."""
    covers = [tree.cover for tree in trees if tree.cover is not None]
    nodes = np.cumsum([0, *(len(tree.column) for tree in trees)])
    leaves = np.cumsum([0, *(len(tree.leaf) for tree in trees)])

    def moved(child: Index, place: int) -> Index:
        found: Index = np.where(child >= 0, child + nodes[place], child - leaves[place])
        return found

    def chained(parts: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
        return np.concatenate([np.zeros(0, dtype=kind), *parts])

    return Forest(
        column=chained([tree.column for tree in trees], np.int64),
        threshold=chained([tree.threshold for tree in trees], np.float64),
        left=chained([moved(tree.left, i) for i, tree in enumerate(trees)], np.int64),
        right=chained([moved(tree.right, i) for i, tree in enumerate(trees)], np.int64),
        nan_left=chained([tree.nan_left for tree in trees], np.bool_),
        leaf=chained([tree.leaf for tree in trees], np.float64),
        roots=nodes[:-1].astype(np.int64),
        base=float(base),
        cover=chained(covers, np.float64) if len(covers) == len(trees) else None,
    )


def _split(forest: Forest) -> list[Tree]:
    """Return the trees one by one, as `planted` takes them."""
    ends = [*forest.roots[1:].tolist(), len(forest.column)]
    first = 0
    trees = []
    for start, end in zip(forest.roots.tolist(), ends, strict=True):
        own, leaves = slice(start, end), end - start + 1
        past = slice(first, first + leaves)
        trees.append(
            Tree(
                column=forest.column[own],
                threshold=forest.threshold[own],
                left=_moved_back(forest.left[own], start, first),
                right=_moved_back(forest.right[own], start, first),
                nan_left=forest.nan_left[own],
                leaf=forest.leaf[past],
                cover=None if forest.cover is None else forest.cover[past],
            )
        )
        first += leaves
    return trees


def _moved_back(child: Index, node: int, leaf: int) -> Index:
    """Return the children of one tree, counted from its own first node and leaf."""
    return np.where(child >= 0, child - node, child + leaf)


def lightgbm_forest(text: str) -> Forest:
    """Return the trees of a LightGBM model's own text.

    Raises:
        DataError: it has categorical splits, linear leaves, zeros that are missing, or a link.
    """
    head, *blocks = text.split("\nTree=")
    facts = _facts(head)
    objective = facts.get("objective", "regression").split(" ")
    if objective[0] not in _IDENTITY or "sqrt" in objective or "average_output" in head:
        raise DataError(f"LightGBM's {' '.join(objective)!r} is not a plain sum", _WHERE, _MEND)
    trees, base = [], 0.0
    for block in blocks:
        tree = _facts(block.split("\nend of trees")[0])
        if tree.get("is_linear", "0") != "0":
            raise DataError("LightGBM's leaves are linear models", _WHERE, _MEND)
        leaf = _numbers(tree["leaf_value"])
        if len(leaf) == 1:
            base += float(leaf[0])
            continue
        trees.append(_lightgbm_tree(tree, leaf))
    return planted(trees, base)


def _lightgbm_tree(tree: Mapping[str, str], leaf: Array) -> Tree:
    """Return one tree.

    Raises:
        DataError: a split is categorical, or takes zero for missing.
    """
    kind = _numbers(tree["decision_type"]).astype(np.int64)
    missing = (kind >> 2) & 3
    if (kind & _LIGHTGBM_CATEGORICAL).any() or (missing == 1).any():
        raise DataError("a split is categorical or takes zero for missing", _WHERE, _MEND)
    threshold = _numbers(tree["threshold"])
    default = (kind & _LIGHTGBM_DEFAULT_LEFT) > 0
    return Tree(
        column=_numbers(tree["split_feature"]).astype(np.int64),
        threshold=_around_zero(threshold),
        left=_numbers(tree["left_child"]).astype(np.int64),
        right=_numbers(tree["right_child"]).astype(np.int64),
        # where training saw no NaN, LightGBM takes one for zero
        nan_left=np.where(missing == _LIGHTGBM_NAN, default, threshold >= 0),
        leaf=leaf,
        cover=_numbers(tree["leaf_count"]) if "leaf_count" in tree else None,
    )


def _around_zero(threshold: Array) -> Array:
    """Return thresholds that treat what LightGBM reads as zero as it treats zero."""
    below = float(np.nextafter(-_LIGHTGBM_ZERO, np.float32(-np.inf)))
    near = np.abs(threshold) <= float(_LIGHTGBM_ZERO)
    return np.where(near, np.where(threshold < 0, below, float(_LIGHTGBM_ZERO)), threshold)


def _facts(block: str) -> dict[str, str]:
    """Return the lines ``name=value`` of a block of LightGBM's text."""
    pairs = (line.partition("=") for line in block.splitlines())
    return {name: value for name, equals, value in pairs if equals}


def _numbers(text: str) -> Array:
    """Return numbers set apart by spaces."""
    return np.array(text.split(), dtype=np.float64)


def xgboost_forest(text: str) -> Forest:
    """Return the trees of an XGBoost model's own JSON.

    Raises:
        DataError: it has categorical splits, or is no sum of trees with an identity link.
    """
    learner = json.loads(text)["learner"]
    objective, booster = learner["objective"]["name"], learner["gradient_booster"]
    links = ("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror")
    if objective not in links or booster["name"] != "gbtree":
        raise DataError(
            f"XGBoost's {booster['name']} of {objective} is not a plain sum", _WHERE, _MEND
        )
    base = float(str(learner["learner_model_param"]["base_score"]).strip("[]"))
    trees = []
    for tree in booster["model"]["trees"]:
        if any(tree["split_type"]):
            raise DataError("a split of XGBoost is categorical", _WHERE, _MEND)
        conditions = np.array(tree["split_conditions"], dtype=np.float32)
        if len(conditions) == 1:
            base += float(conditions[0])
            continue
        trees.append(_xgboost_tree(tree, conditions))
    return planted(trees, base)


def _xgboost_tree(tree: Mapping[str, Any], conditions: NDArray[np.float32]) -> Tree:
    """Return one tree; XGBoost goes left where the value is less than the threshold."""
    left, right = np.array(tree["left_children"]), np.array(tree["right_children"])
    inner = left >= 0
    outer = np.cumsum(~inner, dtype=np.int64)
    place = np.where(inner, np.cumsum(inner, dtype=np.int64) - 1, -outer)
    weight = np.array(tree["sum_hessian"], dtype=np.float64) if "sum_hessian" in tree else None
    with np.errstate(over="ignore"):  # below the lowest number there is only minus infinity
        below = np.nextafter(conditions, np.float32(-np.inf), dtype=np.float32)
    return Tree(
        column=np.array(tree["split_indices"], dtype=np.int64)[inner],
        threshold=below[inner].astype(np.float64),
        left=place[left[inner]].astype(np.int64),
        right=place[right[inner]].astype(np.int64),
        nan_left=np.array(tree["default_left"], dtype=np.bool_)[inner],
        leaf=conditions[~inner].astype(np.float64),
        cover=None if weight is None else weight[~inner],
    )


def catboost_forest(text: str) -> Forest:
    """Return the trees of a CatBoost model's own JSON, each spread out from its symmetric form.

    Raises:
        DataError: it has categorical features or trees that are not symmetric.
    """
    model = json.loads(text)
    info = model["features_info"]
    if "oblivious_trees" not in model or info.get("categorical_features"):
        raise DataError("CatBoost's trees are not symmetric and numeric", _WHERE, _MEND)
    floats = {item["feature_index"]: item for item in info["float_features"]}
    scale, bias = model["scale_and_bias"][0], float(np.ravel(model["scale_and_bias"][1])[0])
    trees, base = [], bias
    for tree in model["oblivious_trees"]:
        leaf = np.array(tree["leaf_values"], dtype=np.float64) * scale
        splits = tree["splits"] or ()
        if not splits:
            base += float(leaf[0])
            continue
        if any(split.get("split_type", "FloatFeature") != "FloatFeature" for split in splits):
            raise DataError("a split of CatBoost is categorical", _WHERE, _MEND)
        trees.append(_catboost_tree(splits, floats, leaf, tree.get("leaf_weights")))
    return planted(trees, base)


def _catboost_tree(
    splits: Sequence[Mapping[str, Any]],
    floats: Mapping[int, Mapping[str, Any]],
    leaf: Array,
    weights: Sequence[float] | None,
) -> Tree:
    """Return one symmetric tree as a plain one.

    Split i sets bit i of the leaf's number where the value is greater than the border. The last
    split becomes the root; at depth d there are 2 ** d nodes, numbered from 2 ** d - 1 on.
    """
    depth = len(splits)
    level = np.repeat(np.arange(depth), 2 ** np.arange(depth))
    used = [splits[depth - 1 - place] for place in range(depth)]
    columns = [floats[split["float_feature_index"]] for split in used]
    nodes = np.arange(2**depth - 1)
    left, right = 2 * nodes + 1, 2 * nodes + 2
    inner = 2**depth - 1
    borders = np.array([split["border"] for split in used], dtype=np.float32)
    low = np.array([item.get("nan_value_treatment") != "AsTrue" for item in columns])
    return Tree(
        column=np.array([item["flat_feature_index"] for item in columns], dtype=np.int64)[level],
        threshold=borders.astype(np.float64)[level],
        left=np.where(left < inner, left, inner - 1 - left),
        right=np.where(right < inner, right, inner - 1 - right).astype(np.int64),
        nan_left=low[level],
        leaf=leaf,
        cover=None if weights is None else np.array(weights, dtype=np.float64),
    )


FORESTS: Mapping[str, Callable[[str], Forest]] = {
    "lightgbm": lightgbm_forest,
    "xgboost": xgboost_forest,
    "catboost": catboost_forest,
}
