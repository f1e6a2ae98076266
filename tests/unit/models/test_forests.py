from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import DataError
from foresell.models.forests import FORESTS, Forest, answers, joined, lightgbm_forest
from foresell.models.onnx_graphs import banded_graph, forest_graph
from foresell.models.onnx_running import graph_facts, run_graph
from foresell.models.trees import catboost, lightgbm, xgboost
from foresell.models.trees.growing import Growth, Table, Trees

LIBRARIES = {"lightgbm": lightgbm, "xgboost": xgboost, "catboost": catboost}
NAMES = ("a", "b", "c", "d")
ROUNDING = {"lightgbm": 1e-12, "xgboost": 1e-5, "catboost": 1e-9}  # XGBoost adds in 32 bits


@lru_cache
def grown(library: str) -> tuple[Trees, Forest]:
    """Trees on a column with gaps, one of whole numbers, one without gaps, one of no use."""
    draw = np.random.default_rng(7)
    table = draw.normal(size=(900, 4)).astype(np.float32)
    table[:, 1] = np.round(table[:, 1] * 2)
    table[draw.uniform(size=900) < 0.2, 0] = np.nan
    label = np.nan_to_num(table[:, 0], nan=1.5) + np.abs(table[:, 1]) + table[:, 2] ** 2
    growth = Growth(trees=25, leaves=9, depth=3, leaf_rows=10)
    trees: Trees = LIBRARIES[library].grow(table, label.astype(np.float64), np.ones(900), growth)
    return trees, FORESTS[library](trees.text())


def at_thresholds(forest: Forest, seed: int, rows: int = 60) -> Table:
    """Rows of thresholds, of the numbers of 32 bits beside them, of NaN and of zeros."""
    draw = np.random.default_rng(seed)
    known = np.clip(forest.threshold, -3e38, 3e38).astype(np.float32)
    table = draw.choice(known, (rows, len(NAMES)))
    way = draw.integers(0, 6, table.shape)
    table = np.where(way == 0, np.nextafter(table, np.float32(np.inf)), table)
    table = np.where(way == 1, np.nextafter(table, np.float32(-np.inf)), table)
    table = np.where(way == 2, np.float32(np.nan), table)
    return np.where(
        way == 3, draw.choice(np.array([0, -0.0, 1e-35, -1e-35, 1e-40], dtype=np.float32)), table
    )


@pytest.mark.parametrize("library", LIBRARIES)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_arrays_and_graph_say_what_the_library_says_at_beside_and_without_thresholds(
    library: str, seed: int
) -> None:
    trees, forest = grown(library)
    table = at_thresholds(forest, seed)
    expected = trees.predict(table)
    graph = forest_graph(forest, NAMES, {})

    assert np.abs(answers(forest, table) - expected).max() <= ROUNDING[library]
    assert np.abs(run_graph(graph, table) - expected).max() <= ROUNDING[library]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_sum_of_forests_answers_with_the_sum(library: str) -> None:
    _, forest = grown(library)
    table = at_thresholds(forest, 3)
    other = grown("catboost")[1]

    whole = joined([forest.scaled(0.25), other])

    expected = 0.25 * answers(forest, table) + answers(other, table)
    assert np.allclose(answers(whole, table), expected, rtol=0, atol=1e-12)


def test_trees_that_never_split_answer_with_their_base_for_every_row_even_of_nan() -> None:
    table: Table = np.array([[1, 2, 3, 4], [np.nan] * 4], dtype=np.float32)
    growth = Growth(trees=3, leaf_rows=50)
    trees = lightgbm.grow(table, np.array([3.0, 3.0]), np.ones(2), growth)
    forest = lightgbm_forest(trees.text())

    assert len(forest.roots) == 0
    assert np.allclose(run_graph(forest_graph(forest, NAMES, {}), table), trees.predict(table))


def test_a_graph_names_its_columns_and_equal_trees_give_equal_bytes() -> None:
    forest = grown("lightgbm")[1]
    about = {"kind": "features", "part": "lightgbm"}

    graph = forest_graph(forest, NAMES, about)

    assert graph == forest_graph(lightgbm_forest(grown("lightgbm")[0].text()), NAMES, about)
    assert graph_facts(graph) == {"columns": list(NAMES), **about}


@settings(max_examples=20, deadline=None)
@given(
    weights=st.lists(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2), min_size=1, max_size=4)
)
def test_a_banded_graph_takes_the_weights_of_the_band_its_row_is_in(
    weights: list[list[float]],
) -> None:
    edges = [10.0 * (place + 1) for place in range(len(weights) - 1)]
    scale = np.array([1.0, 10.0, 19.5, 20.0, 1e9])
    table = np.column_stack([np.arange(10.0).reshape(5, 2), scale])

    answer = run_graph(banded_graph(np.array(weights), edges, ["a", "b", "scale"], {}), table)

    bands = np.minimum([0, 1, 1, 2, 3], len(weights) - 1)
    expected = (table[:, :2] * np.array(weights)[bands]).sum(axis=1)
    assert np.allclose(answer, expected, rtol=1e-12, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("objective=regression_l1", "objective=poisson"), "'poisson' is not a plain sum"),
        (("is_linear=0", "is_linear=1"), "leaves are linear models"),
        (("decision_type=", "decision_type=1 "), "categorical or takes zero for missing"),
    ],
)
def test_trees_that_are_more_than_sums_of_leaves_are_refused(
    change: tuple[str, str], what: str
) -> None:
    text = grown("lightgbm")[0].text().replace(*change)

    with pytest.raises(DataError, match=what):
        lightgbm_forest(text)
