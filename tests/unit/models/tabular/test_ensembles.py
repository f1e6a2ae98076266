import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.models.tabular.ensembles import (
    ENSEMBLES,
    GREEDY,
    INVERSE,
    SHRINK,
    SIMPLE,
    blend,
    ensemble_weights,
    root_mean_square,
    with_ensembles,
)

NAMES = ("a", "b", "c")
said = st.lists(st.floats(-100, 100), min_size=36, max_size=36)
ONES = np.ones(12)
FOLDS = np.repeat([0, 1, 2], 4)


def members(values: list[float]) -> dict[str, np.ndarray]:
    return dict(zip(NAMES, np.array(values).reshape(3, 12), strict=True))


@given(values=said, actual=st.lists(st.floats(-100, 100), min_size=12, max_size=12))
def test_weights_are_not_negative_and_sum_to_one(values: list[float], actual: list[float]) -> None:
    for name in ENSEMBLES:
        weights = ensemble_weights(name, members(values), np.array(actual), ONES)
        assert list(weights) == list(NAMES)
        assert min(weights.values()) >= 0
        assert sum(weights.values()) == pytest.approx(1)


@given(values=said, actual=st.lists(st.floats(-100, 100), min_size=12, max_size=12))
def test_greedy_errs_no_more_than_the_best_member_where_it_learnt_but_for_the_shrinking(
    values: list[float], actual: list[float]
) -> None:
    truth, given_ = np.array(actual), members(values)
    errors = {name: root_mean_square(truth - one) for name, one in given_.items()}
    near = [name for name in NAMES if errors[name] <= 1.1 * min(errors.values())]
    weights = ensemble_weights(GREEDY, given_, truth, ONES)
    found = root_mean_square(truth - blend(weights, given_))
    even = root_mean_square(truth - np.mean([given_[name] for name in near], axis=0))
    assert found <= (1 - SHRINK) * min(errors.values()) + SHRINK * even + 1e-9


@given(values=said, fold=st.integers(0, 2), poison=st.lists(st.floats(-100, 100), min_size=4))
def test_no_row_teaches_the_weights_it_is_answered_with(
    values: list[float], fold: int, poison: list[float]
) -> None:
    truth = np.arange(12.0)
    other = truth.copy()
    other[fold == FOLDS] = poison[:4]
    one, _ = with_ensembles(members(values), truth, ONES, FOLDS)
    two, _ = with_ensembles(members(values), other, ONES, FOLDS)
    for name in ENSEMBLES:
        assert one[name][fold == FOLDS].tolist() == two[name][fold == FOLDS].tolist()


def test_errors_weigh_inversely_and_rows_by_their_weight() -> None:
    truth = np.zeros(4)
    two = {"a": np.array([1.0, 1, 1, 1]), "b": np.array([2.0, 2, 2, 2])}
    assert ensemble_weights(INVERSE, two, truth, np.ones(4)) == pytest.approx({"a": 0.8, "b": 0.2})
    split = {"a": np.array([0.0, 0, 9, 9]), "b": np.array([9.0, 9, 0, 0])}
    first = ensemble_weights(GREEDY, split, truth, np.array([1.9, 1.9, 0.1, 0.1]))
    assert first["a"] > first["b"]


def test_with_one_fold_only_equal_weights_are_an_ensemble_and_of_no_row_all_are_equal() -> None:
    found, weights = with_ensembles(members([1.0] * 36), np.zeros(12), ONES, np.zeros(12, int))
    assert list(found) == [*NAMES, SIMPLE]
    assert weights == {SIMPLE: dict.fromkeys(NAMES, 1 / 3)}
    none = {"a": np.zeros(0), "b": np.zeros(0)}
    assert ensemble_weights(GREEDY, none, np.zeros(0), np.zeros(0)) == {"a": 0.5, "b": 0.5}


def test_a_member_without_weight_is_not_looked_at() -> None:
    two = {"a": np.array([1.0]), "b": np.array([np.nan])}
    assert blend({"a": 1.0, "b": 0.0}, two).tolist() == [1.0]
