"""Groups of series that lend each other strength, and the recipe that names them once and for all.

A recipe is fitted on the training panel and travels with the learner, so that a category has the
same code, and a series the same pools, when features are made for serving.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.spec.project import ProjectSpec

Codes = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What features remember of the training panel.

    ``categories``: for each key and each static column of text, its known values, sorted.
    ``chain``: the column sets a series without a past of its own is answered from, finest first,
    ending in ``()``, which is everything.
    """

    categories: Mapping[str, tuple[str, ...]]
    chain: tuple[tuple[str, ...], ...]

    def to_json(self) -> str:
        """Return the recipe as JSON text; equal recipes give equal text."""
        return json.dumps({
            "categories": {name: list(self.categories[name]) for name in sorted(self.categories)},
            "chain": [list(columns) for columns in self.chain],
        })


def recipe_from_json(text: str) -> Recipe:
    """Return the recipe whose ``to_json`` is ``text``."""
    read = json.loads(text)
    return Recipe(
        categories={name: tuple(values) for name, values in read["categories"].items()},
        chain=tuple(tuple(columns) for columns in read["chain"]),
    )


def pool_name(columns: Sequence[str]) -> str:
    """Return how a pool is named in answers.

    >>> pool_name(["Dept", "Type"]), pool_name([])
    ('Dept x Type', 'all')
    """
    return " x ".join(columns) or "all"


def _texts(panel: Panel, column: str) -> pl.Series:
    """Return a key or static column as text, one value per series; null becomes empty."""
    frame = panel.keys if column in panel.keys.columns else panel.static
    return frame[column].cast(pl.String).fill_null("")


def group_codes(panel: Panel, columns: Sequence[str]) -> Codes:
    """Return (n series,) codes 0, 1, ... of the groups that share the values of ``columns``.

    Codes follow the sorted values. No columns: one group of everything.
    """
    if not columns:
        return np.zeros(panel.n_series, dtype=np.int64)
    texts = pl.DataFrame([_texts(panel, column).alias(column) for column in columns])
    ranked = texts.select(pl.struct(list(columns)).rank("dense").alias("code"))["code"]
    return ranked.to_numpy().astype(np.int64) - 1


def category_codes(panel: Panel, recipe: Recipe, column: str) -> NDArray[np.float32]:
    """Return (n series,) codes of ``column`` by the recipe; -1 for a value it does not know."""
    known = {value: place for place, value in enumerate(recipe.categories[column])}
    return np.array([known.get(value, -1) for value in _texts(panel, column)], dtype=np.float32)


def group_sum(values: Matrix, codes: Codes) -> Matrix:
    """Return (n groups, columns): the sum of the rows of each group; NaN counts as nothing.

    >>> group_sum(np.array([[1.0], [2.0], [np.nan]]), np.array([0, 1, 1])).tolist()
    [[1.0], [2.0]]
    """
    filled = np.nan_to_num(values)
    some = np.flatnonzero(filled.any(axis=1))  # rows of nothing would shift how the rest is rounded
    order = some[np.argsort(codes[some], kind="stable")]
    total = np.zeros((int(codes.max()) + 1, values.shape[1]))
    if len(order):
        starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
        total[codes[order[starts]]] = np.add.reduceat(filled[order], starts, axis=0)
    return total


def numeric_statics(panel: Panel) -> tuple[str, ...]:
    """Return the static columns that hold numbers."""
    return tuple(name for name, kind in panel.static.schema.items() if kind.is_numeric())


def fit_recipe(panel: Panel, project: ProjectSpec) -> Recipe:
    """Learn the categories and the chain of pools from the panel as known at its cutoff.

    The key column that explains most of the variance of the series' level leads the chain: with
    each static column of text, then alone, then everything. A key that names every series by
    itself pools nothing and is left out. Series without a past have no say in any of it.

    A fold at an earlier cutoff is judged on frames made by this recipe. What it holds of the time
    between are category names and their order, which are keys and static values and no target, and
    which one key column leads: that rests on targets up to the panel's cutoff, which is never past
    the test's, is one choice for all candidates alike, and says nothing about any one row.
    """
    seen = np.isfinite(panel.target[:, : panel.cutoff + 1]).any(axis=1)
    texts = tuple(name for name in panel.static.columns if name not in numeric_statics(panel))
    categories = {
        name: tuple(sorted(set(_texts(panel, name).filter(pl.Series(seen)).to_list())))
        for name in (*project.keys, *texts)
    }
    sizes = {name: len(set(group_codes(panel, [name])[seen].tolist())) for name in project.keys}
    useful = [name for name in project.keys if sizes[name] < seen.sum()]
    chain: list[tuple[str, ...]] = []
    if useful:
        lead = max(useful, key=lambda name: (_explained(panel, name), name))
        chain = [*((lead, text) for text in texts), (lead,)]
    else:
        chain = [(text,) for text in texts]
    return Recipe(categories=categories, chain=(*chain, ()))


def _explained(panel: Panel, column: str) -> float:
    """Return the share of the variance of log level that the groups of ``column`` explain."""
    past = panel.target[:, : panel.cutoff + 1]
    seen = np.isfinite(past)
    level = np.abs(np.nan_to_num(past)).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    rows = level > 0
    if rows.sum() < 2:
        return 0.0
    logs = np.log(level[rows])[:, None]
    codes = np.unique(group_codes(panel, [column])[rows], return_inverse=True)[1].astype(np.int64)
    means = group_sum(logs, codes) / np.bincount(codes)[:, None]
    total = float(((logs - logs.mean()) ** 2).sum())
    return 1 - float(((logs - means[codes]) ** 2).sum()) / total if total > 0 else 0.0
