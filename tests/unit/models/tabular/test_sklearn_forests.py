"""Trees of scikit-learn as plain arrays."""

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
from sklearn.linear_model import LinearRegression

from foresell.errors import DataError
from foresell.models.forests import Forest, answers
from foresell.models.onnx_graphs import forest_graph
from foresell.models.onnx_running import run_graph
from foresell.models.tabular.sklearn_forests import FORESTS, summed_trees

NAMES = ("a", "b", "c")
MODELS: dict[str, Any] = {
    "random forest": RandomForestRegressor(9, max_depth=6, random_state=1),
    "one that draws few rows": RandomForestRegressor(5, max_samples=0.2, random_state=1),
    "extra trees": ExtraTreesRegressor(9, min_samples_leaf=3, random_state=1),
    "gradient boosting": GradientBoostingRegressor(n_estimators=15, subsample=0.7, random_state=1),
    "of the absolute error": GradientBoostingRegressor(
        n_estimators=9, loss="absolute_error", random_state=1
    ),
    "from zero": GradientBoostingRegressor(n_estimators=9, init="zero", random_state=1),
    "histograms": HistGradientBoostingRegressor(max_iter=15, max_leaf_nodes=7, random_state=1),
    "stumps": HistGradientBoostingRegressor(max_iter=5, max_leaf_nodes=2, random_state=1),
}
GAPS = ("random forest", "one that draws few rows", "extra trees", "histograms", "stumps")


@lru_cache
def taught(gaps: bool) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(3)
    table = draw.normal(size=(400, 3)).astype(np.float32)
    table[:, 1] = np.round(table[:, 1] * 2)
    label = table[:, 0] + np.abs(table[:, 1]) + table[:, 2] ** 2
    if gaps:
        label = np.where(table[:, 0] > 1, 3.0, label)
        table[(table[:, 0] > 1) | (draw.uniform(size=400) < 0.1), 0] = np.nan
    return table, label.astype(np.float64)


@lru_cache
def grown(name: str, gaps: bool) -> tuple[Any, Forest]:
    table, label = taught(gaps)
    model = MODELS[name].fit(table, label)
    return model, FORESTS[type(model).__name__](model)


@pytest.mark.parametrize(
    ("name", "gaps"), [*((name, False) for name in MODELS), *((name, True) for name in GAPS)]
)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_arrays_and_graph_say_what_the_forest_says_at_and_beside_its_thresholds(
    name: str, gaps: bool, seed: int
) -> None:
    model, forest = grown(name, gaps)
    draw = np.random.default_rng(seed)
    known = forest.threshold[np.isfinite(forest.threshold)].astype(np.float32)
    table = draw.choice(known, (80, 3))
    way = draw.integers(0, 4, table.shape)
    table = np.where(way == 0, np.nextafter(table, np.float32(np.inf)), table)
    table = np.where(way == 1, np.nextafter(table, np.float32(-np.inf)), table)
    if name in GAPS:
        table = np.where(way == 2, np.float32(np.nan), table)
    expected = model.predict(table)

    assert np.abs(answers(forest, table) - expected).max() <= 1e-12
    assert np.abs(run_graph(forest_graph(forest, NAMES, {}), table) - expected).max() <= 1e-12


@pytest.mark.parametrize("name", ["random forest", "extra trees", "gradient boosting"])
def test_the_covers_of_a_tree_are_the_rows_it_was_grown_on(name: str) -> None:
    forest = grown(name, gaps=False)[1]
    assert forest.cover is not None
    first = forest.roots + np.arange(len(forest.roots))
    rows = 280 if name == "gradient boosting" else 400
    assert np.add.reduceat(forest.cover, first).tolist() == [rows] * len(forest.roots)


def test_the_sum_of_the_trees_is_the_mean_times_their_number() -> None:
    model, forest = grown("extra trees", gaps=False)
    table = taught(False)[0]
    assert np.array_equal(answers(summed_trees(model), table) / 9, model.predict(table))
    assert np.allclose(answers(forest, table), model.predict(table), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["random forest", "gradient boosting", "histograms"])
def test_trees_that_never_split_answer_with_one_number(name: str) -> None:
    table = np.ones((30, 3), dtype=np.float32)
    model = MODELS[name].__class__(random_state=1).fit(table, np.full(30, 2.5))
    forest = FORESTS[type(model).__name__](model)
    assert len(forest.roots) == 0
    assert answers(forest, table[:2]).tolist() == [2.5, 2.5]


@pytest.mark.parametrize(
    ("model", "what"),
    [
        (HistGradientBoostingRegressor(loss="poisson", max_iter=2), "'poisson' has a link"),
        (
            HistGradientBoostingRegressor(categorical_features=[1], max_iter=2, min_samples_leaf=5),
            "it splits by category",
        ),
        (GradientBoostingRegressor(init=LinearRegression(), n_estimators=2), "LinearRegression"),
    ],
)
def test_what_is_more_than_a_sum_of_leaves_is_refused(model: Any, what: str) -> None:
    table = np.abs(np.nan_to_num(taught(False)[0]))
    label = np.where(table[:, 1] % 2 == 1, 9.0, 1.0) + table[:, 0]
    model.fit(table, label)
    with pytest.raises(DataError, match=what):
        FORESTS[type(model).__name__](model)
