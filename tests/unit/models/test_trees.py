import json
from importlib import import_module
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import CandidateError
from foresell.models.boosted import LIBRARIES
from foresell.models.trees.growing import Growth, Numbers, Table

QUICK = Growth(trees=30, leaves=7, depth=3, leaf_rows=5, learning_rate=0.2, columns_share=1.0)


def grove(library: str) -> ModuleType:
    return import_module(LIBRARIES[library])


def rows(seed: int, count: int = 300) -> tuple[Table, Numbers, Numbers]:
    """Three columns, a tenth unknown; the label follows the first, the third is noise."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(count, 3)).astype(np.float32)
    label = 3.0 * (table[:, 0] > 0) + table[:, 1] + rng.normal(scale=0.05, size=count)
    table[rng.uniform(size=table.shape) < 0.1] = np.nan
    weight = rng.uniform(0.5, 1.5, size=count)
    return table, label, weight / weight.mean()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("loss", ["absolute", "squared"])
def test_trees_learn_what_the_label_follows(library: str, loss: str) -> None:
    table, label, weight = rows(1)
    growth = Growth(**{**vars(QUICK), "loss": loss})
    predicted = grove(library).grow(table, label, weight, growth).predict(table)
    plain = np.abs(label - np.median(label)).sum()
    assert np.abs(label - predicted).sum() < 0.5 * plain


@pytest.mark.parametrize("library", LIBRARIES)
@settings(deadline=None, max_examples=4)
@given(seed=st.integers(0, 1000))
def test_contributions_of_the_columns_sum_to_the_prediction(library: str, seed: int) -> None:
    table, label, weight = rows(seed)
    trees = grove(library).grow(table, label, weight, QUICK)
    parts = trees.contributions(table)
    assert parts.shape == (300, 4)
    assert parts.sum(axis=1) == pytest.approx(trees.predict(table), abs=1e-4)
    assert np.abs(parts[:, 0]).sum() > 5 * np.abs(parts[:, 2]).sum()


@pytest.mark.parametrize("library", LIBRARIES)
def test_equal_rows_grow_equal_bytes_that_read_again_predict_the_same_bytes(library: str) -> None:
    table, label, weight = rows(2)
    one, other = (grove(library).grow(table, label, weight, QUICK) for _ in range(2))
    again = grove(library).read(one.dump())
    assert one.dump() == other.dump()
    assert again.dump() == one.dump()
    assert again.predict(table).tobytes() == one.predict(table).tobytes()
    assert again.contributions(table).tobytes() == one.contributions(table).tobytes()


@pytest.mark.parametrize("library", ["xgboost", "catboost"])
def test_the_text_of_trees_is_json(library: str) -> None:
    table, label, weight = rows(3)
    assert isinstance(json.loads(grove(library).grow(table, label, weight, QUICK).text()), dict)


IMPOSSIBLE = {
    "lightgbm": ("leaves", 1, "num_leaves"),
    "xgboost": ("rows_share", 2.0, "subsample"),
    "catboost": ("depth", 40, "depth"),
}


@pytest.mark.parametrize("library", IMPOSSIBLE)
def test_an_impossible_setting_is_refused_in_the_librarys_words(library: str) -> None:
    name, value, word = IMPOSSIBLE[library]
    table, label, weight = rows(4)
    growth = Growth(**{**vars(QUICK), name: value})
    with pytest.raises(CandidateError, match=word) as caught:
        grove(library).grow(table, label, weight, growth)
    assert caught.value.what.lower().startswith(library)
