from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)

from foresell.errors import DataError
from foresell.models.forests import FORESTS, Forest, answers, planted
from foresell.models.tabular.sklearn_forests import FORESTS as SCIKIT
from foresell.models.tabular.tree_shap import shap_steps, tree_shap
from foresell.models.trees import catboost, lightgbm, xgboost
from foresell.models.trees.growing import Growth, Table
from tests.unit.models.test_forests import LIBRARIES, at_thresholds, grown

ROUNDING = {"lightgbm": 1e-12, "xgboost": 1e-5, "catboost": 1e-6}  # of their own sums and texts
ESTIMATORS: dict[str, Any] = {
    "random": RandomForestRegressor(8, min_samples_leaf=3, max_features=0.5, random_state=0),
    "extra": ExtraTreesRegressor(8, min_samples_leaf=3, random_state=0),
    "boosted": GradientBoostingRegressor(n_estimators=12, subsample=0.7, random_state=0),
    "histogram": HistGradientBoostingRegressor(max_iter=12, max_leaf_nodes=9, random_state=0),
}


@pytest.mark.parametrize("library", LIBRARIES)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_contributions_are_the_librarys_own_at_beside_and_without_thresholds(
    library: str, seed: int
) -> None:
    trees, forest = grown(library)
    table = at_thresholds(forest, seed)

    found = tree_shap(forest, table)

    own = trees.contributions(table)
    assert np.abs(found.values - own[:, :-1]).max() <= ROUNDING[library]
    assert found.base == pytest.approx(own[0, -1], abs=ROUNDING[library])
    assert _gap(forest, table) <= 1e-12


@pytest.mark.parametrize("library", LIBRARIES)
def test_contributions_of_weighted_rows_are_the_librarys_own(library: str) -> None:
    draw = np.random.default_rng(3)
    table: Table = draw.normal(size=(400, 3)).astype(np.float32)
    label = table[:, 0] * table[:, 1] + table[:, 2]
    weight = draw.uniform(0.01, 4, 400)
    module = {"lightgbm": lightgbm, "xgboost": xgboost, "catboost": catboost}[library]
    growth = Growth(trees=15, leaves=9, depth=4, leaf_rows=5)
    trees = module.grow(table, label.astype(np.float64), weight, growth)
    forest = FORESTS[library](trees.text())

    found = tree_shap(forest, table)

    assert np.abs(found.values - trees.contributions(table)[:, :-1]).max() <= 2e-6
    assert _gap(forest, table) <= 1e-12


@lru_cache
def fitted(kind: str) -> tuple[Any, Forest, Table]:
    draw = np.random.default_rng(5)
    table: Table = draw.normal(size=(300, 4)).astype(np.float32)
    table[:, 1] = np.round(table[:, 1])
    if kind == "histogram":
        table[draw.uniform(size=300) < 0.2, 0] = np.nan
    label = np.nan_to_num(table[:, 0], nan=2) * table[:, 1] + table[:, 2] ** 2
    weight = draw.uniform(0.1, 3, 300) if kind != "histogram" else None
    model = ESTIMATORS[kind].fit(table, label, sample_weight=weight)
    reader = next(read for name, read in SCIKIT.items() if name == type(model).__name__)
    return model, reader(model), table


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of what shap imports
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_contributions_of_scikit_learns_trees_are_those_that_shap_computes(kind: str) -> None:
    import shap  # noqa: PLC0415 - it warns as it is imported

    model, forest, table = fitted(kind)

    found = tree_shap(forest, table[:60])

    oracle = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    expected = oracle.shap_values(table[:60], check_additivity=False)
    assert np.abs(found.values - expected).max() <= 1e-6 * np.abs(expected).max()
    assert found.base == pytest.approx(float(np.ravel(oracle.expected_value)[0]), rel=1e-6)
    assert np.allclose(found.base + found.values.sum(axis=1), model.predict(table[:60]), rtol=1e-9)


def _gap(forest: Forest, table: Table) -> float:
    """How far contributions are from summing to the answers, of the larger of 1 and these."""
    found, said = tree_shap(forest, table), answers(forest, table)
    gap = np.abs(found.base + found.values.sum(axis=1) - said) / np.maximum(1, np.abs(said))
    return float(gap.max())


@pytest.mark.parametrize("cover", ["zeros", "mostly zeros", "tiny", "huge"])
def test_contributions_sum_whatever_the_covers_are(cover: str) -> None:
    _, forest = grown("catboost")
    draw = np.random.default_rng(1)
    count = len(forest.leaf)
    covers = {
        "zeros": np.zeros(count),
        "mostly zeros": (draw.uniform(size=count) < 0.1).astype(np.float64),
        "tiny": draw.uniform(1e-12, 1e-9, count),
        "huge": draw.uniform(1e8, 1e12, count),
    }

    assert _gap(replace(forest, cover=covers[cover]), at_thresholds(forest, 2)) <= 1e-9


def test_trees_that_never_split_are_all_base_and_one_column_gets_all_of_one_split() -> None:
    table: Table = np.array([[1.0], [3.0], [np.nan]], dtype=np.float32)
    stump = planted([], 4.0)
    split = Forest(
        column=np.array([0]),
        threshold=np.array([2.0]),
        left=np.array([-1]),
        right=np.array([-2]),
        nan_left=np.array([True]),
        leaf=np.array([10.0, 20.0]),
        roots=np.array([0]),
        base=1.0,
        cover=np.array([3.0, 1.0]),
    )

    assert tree_shap(stump, table).base == 4.0
    found = tree_shap(split, table)
    assert found.base == 1.0 + 12.5
    assert found.values.tolist() == [[-2.5], [7.5], [-2.5]]


def test_progress_is_told_of_every_row_and_steps_grow_with_leaves_and_depth() -> None:
    _, forest = grown("lightgbm")
    heard: list[tuple[int, int]] = []

    tree_shap(forest, at_thresholds(forest, 2, rows=30), lambda *told: heard.append(told))

    assert heard[-1] == (30, 30)
    assert shap_steps(forest) > len(forest.leaf)


def test_trees_without_covers_are_refused() -> None:
    _, forest = grown("lightgbm")

    with pytest.raises(DataError, match="do not say how many rows reached"):
        tree_shap(replace(forest, cover=None), at_thresholds(forest, 1))
