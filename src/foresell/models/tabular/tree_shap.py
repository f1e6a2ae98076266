"""TreeSHAP of any forest of plain arrays: one engine for boosters, random forests and the rest.

The forest is written as the text of a LightGBM model, whose own ``pred_contrib`` does the work:
path dependent, by how many rows (or how much weight) passed each node.
Source: S. M. Lundberg, G. Erion and S.-I. Lee, "Consistent individualized feature attribution for
tree ensembles", 2018, algorithm 2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from foresell.errors import DataError
from foresell.models.forests import Array, Forest, Index

_BATCH_STEPS = 5e8  # of the algorithm, about a second: how often progress is told
_ROOT = 2.0**30  # what the cover of a tree is scaled to where it is not whole: counts are 32 bits
_MOST = 2**31 - 1
_TAKES_NAN, _NAN_LEFT = 8, 2  # LightGBM's bits of a decision


@dataclass(frozen=True, kw_only=True)
class Shapley:
    """What the columns of a table add to the answers of a forest.

    ``base``: the answer before any column is known. ``values``: (rows, columns), in the unit of
    the answer; ``base`` and the values of a row sum to its answer.
    """

    base: float
    values: Array


def silent(done: int, rows: int) -> None:
    """Hear of progress, ``done`` of ``rows``, and say nothing."""


def tree_shap(
    forest: Forest, table: NDArray[np.float32], heard: Callable[[int, int], None] = silent
) -> Shapley:
    """Return the exact Shapley values of ``forest`` by the covers of its leaves.

    ``table``: (rows, columns), NaN where nothing is known. A row takes the same way through every
    tree as in `foresell.models.forests.answers`, at thresholds and without a value too. A leaf that
    no row has reached counts as one in a thousand million. ``heard`` is told of rows done.

    A forest whose leaves nobody has counted the rows of is a DataError.
    """
    rows, columns = table.shape
    base, values = forest.base, np.zeros((rows, columns))
    if not len(forest.roots):
        return Shapley(base=base, values=values)
    grid = [np.unique(forest.threshold[forest.column == place]) for place in range(columns)]
    booster = lgb.Booster(model_str=lightgbm_text(forest, grid))
    coded = _coded(table, grid)
    size = max(1, int(_BATCH_STEPS / shap_steps(forest)))
    for start in range(0, rows, size):
        part = slice(start, min(start + size, rows))
        found = booster.predict(coded[part], pred_contrib=True, num_threads=1)
        values[part] = np.asarray(found)[:, :columns]
        heard(part.stop, rows)
    return Shapley(base=base + _expected(forest), values=values)


def shap_steps(forest: Forest) -> float:
    """Return about how many steps TreeSHAP takes for one row: leaves times depth squared."""
    steps = 0.0
    for depth, nodes in enumerate(_levels(forest), start=1):
        ends = (forest.left[nodes] < 0).sum() + (forest.right[nodes] < 0).sum()
        steps += float(ends) * depth**2
    return max(1.0, steps)


def lightgbm_text(forest: Forest, grid: list[Array]) -> str:
    """Return ``forest`` as the text of a LightGBM model over the places of values in ``grid``.

    ``grid``: for each column its thresholds in order. The model splits at places, which are small
    whole numbers, so that no threshold is rounded, written in decimals or taken for zero.

    A forest whose leaves nobody has counted the rows of is a DataError.
    """
    counts, inner = _counts(forest)
    place = np.zeros(len(forest.column))
    for column, known in enumerate(grid):
        own = forest.column == column
        place[own] = np.searchsorted(known, forest.threshold[own])
    decision = np.where(forest.nan_left, _TAKES_NAN | _NAN_LEFT, _TAKES_NAN)
    head = [
        *("tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0"),
        f"max_feature_idx={len(grid) - 1}",
        "objective=regression",
        f"feature_names={' '.join(f'c{number}' for number in range(len(grid)))}",
        f"feature_infos={' '.join(['[0:1]'] * len(grid))}",
        *("", ""),
    ]
    trees, first = [], 0
    ends = [*forest.roots[1:].tolist(), len(forest.column)]
    for number, (start, end) in enumerate(zip(forest.roots.tolist(), ends, strict=True)):
        own, leaves = slice(start, end), slice(first, first + end - start + 1)
        left, right = (_own(child[own], start, first) for child in (forest.left, forest.right))
        facts = {
            "num_leaves": str(end - start + 1),
            "num_cat": "0",
            "split_feature": _joined(forest.column[own]),
            "threshold": _joined(place[own] + 0.5),
            "decision_type": _joined(decision[own]),
            "left_child": _joined(left),
            "right_child": _joined(right),
            "leaf_value": _joined(forest.leaf[leaves]),
            "leaf_count": _joined(counts[leaves]),
            "internal_count": _joined(inner[own]),
            "is_linear": "0",
            "shrinkage": "1",
        }
        lines = "\n".join(f"{name}={value}" for name, value in facts.items())
        trees.append(f"Tree={number}\n{lines}\n\n\n")
        first = leaves.stop
    return "\n".join(head) + "".join(trees) + "end of trees\n"


def _joined(values: NDArray[np.int64] | Array) -> str:
    """Return numbers set apart by spaces, each as the shortest text that reads back the same."""
    return " ".join(map(repr, values.tolist()))


def _own(child: Index, node: int, leaf: int) -> Index:
    """Return the children of one tree, counted from its own first node and leaf."""
    return np.where(child >= 0, child - node, child + leaf)


def _coded(table: NDArray[np.float32], grid: list[Array]) -> Array:
    """Return each value as how many thresholds of its column lie below it; NaN stays NaN."""
    coded = np.zeros(table.shape)
    for column, known in enumerate(grid):
        value = table[:, column].astype(np.float64)
        coded[:, column] = np.where(np.isnan(value), np.nan, np.searchsorted(known, value))
    return coded


def _levels(forest: Forest) -> list[Index]:
    """Return the nodes at each depth of all trees, the roots first."""
    levels, reached = [], forest.roots
    while len(reached):
        levels.append(reached)
        below = np.concatenate([forest.left[reached], forest.right[reached]])
        reached = below[below >= 0]
    return levels


def _summed(forest: Forest, leaf: Array) -> Array:
    """Return (nodes,) the sum of ``leaf`` below each node."""
    total = np.zeros(len(forest.column))
    for nodes in reversed(_levels(forest)):
        for child in (forest.left[nodes], forest.right[nodes]):
            inner = child >= 0
            total[nodes[inner]] += total[child[inner]]
            total[nodes[~inner]] += leaf[-1 - child[~inner]]
    return total


def _counts(forest: Forest) -> tuple[Index, Index]:
    """Return whole covers of leaves and nodes, as LightGBM wants them: at least 1 each.

    Covers that are whole already stay as they are; others are scaled, tree by tree.

    Raises:
        DataError: nobody has counted the rows of the leaves.
    """
    if forest.cover is None:
        raise DataError(
            "the trees do not say how many rows reached their leaves",
            "explanation of a forest",
            "train again (foresell run PROJECT)",
        )
    cover = np.maximum(forest.cover, 0.0)
    total = _of_trees(forest, _summed(forest, cover)[forest.roots])
    whole = (cover >= 1) & (cover == np.rint(cover)) & (total <= _MOST)
    tree_whole = np.logical_and.reduceat(whole, _first_leaves(forest))
    with np.errstate(divide="ignore"):
        exponent = np.floor(np.log2(_ROOT / total))
    # a power of two keeps the ratios of whole covers; a tree nobody reached has leaves of 1
    scale = np.where(total > 0, np.exp2(np.where(total > 0, exponent, 0.0)), 0.0)
    scaled = np.maximum(1.0, np.rint(cover * scale))
    counts = np.where(_of_trees(forest, tree_whole), cover, scaled)
    return counts.astype(np.int64), _summed(forest, counts).astype(np.int64)


def _first_leaves(forest: Forest) -> Index:
    """Return the first leaf of each tree: a tree has one leaf more than nodes."""
    return forest.roots + np.arange(len(forest.roots))


def _of_trees(forest: Forest, values: NDArray[Any]) -> NDArray[Any]:
    """Return (leaves,) the value of the tree of each leaf; ``values``: (trees,)."""
    sizes = np.diff([*_first_leaves(forest), len(forest.leaf)])
    return np.repeat(values, sizes)


def _expected(forest: Forest) -> float:
    """Return the sum over trees of the mean leaf, each leaf by its cover."""
    counts, inner = _counts(forest)
    share = counts / _of_trees(forest, inner[forest.roots].astype(np.float64))
    return float((share * forest.leaf).sum())
