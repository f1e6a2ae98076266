from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import DataError, UsageError
from foresell.models.tabular.contributions import contributions, with_means
from foresell.models.tabular.plain import Linear, derived_frame, encode, plain_answers
from foresell.models.tabular.plain_files import read_plain, write_plain
from tests.unit.models.tabular.explaining_toys import CANDIDATES, learner, table


@pytest.mark.parametrize("relative", [False, True], ids=["plain", "relative"])
@pytest.mark.parametrize("name", CANDIDATES)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_base_and_contributions_sum_to_the_answer_on_rows_with_gaps_and_new_texts(
    name: str, seed: int, *, relative: bool
) -> None:
    plain, _ = learner(relative=relative)
    rows = table(25, seed, known=relative)

    found = contributions(plain, name, rows)

    said = plain_answers(plain, name, rows)
    assert found.values.shape == (25, 5)
    assert found.columns == ("units", "price", "north", "east", "line")
    assert np.abs(found.base + found.values.sum(axis=1) - said).max() <= 1e-6 * np.abs(said).min()


@pytest.mark.parametrize("name", ["linear", "ridge"])
def test_a_linear_part_adds_weight_times_distance_from_the_training_mean(name: str) -> None:
    plain, trained = learner(relative=False)
    part, rows = plain.parts[name], trained.head(7)

    found = contributions(plain, name, rows)

    mean = plain_answers(plain, name, trained).mean()
    line = [at for at, of in enumerate(part.encoding.of) if of == "line"]
    assert isinstance(part.core, Linear)
    weights = part.core.weights[line]
    every = encode(part.encoding, derived_frame(plain, trained))[:, line] @ weights
    assert found.base == pytest.approx(mean, rel=1e-9)  # of a linear formula, the mean answer
    assert found.values[:, 4] == pytest.approx(every[:7] - every.mean(), abs=1e-9)


def test_an_ensemble_is_the_weighted_sum_of_its_members() -> None:
    plain, _ = learner(relative=True)
    rows = table(9, 4, known=True)

    whole = contributions(plain, "greedy_ensemble", rows)

    one, other = (contributions(plain, name, rows) for name in ("catboost", "lightgbm"))
    assert whole.base == pytest.approx(0.25 * one.base + 0.75 * other.base)
    assert np.allclose(whole.values, 0.25 * one.values + 0.75 * other.values, rtol=1e-9, atol=1e-9)
    assert (one.method, whole.method) == ("tree_shap", "weighted_shap")


def test_a_baseline_looks_at_no_column() -> None:
    plain, trained = learner(relative=True)

    found = contributions(plain, "median", trained)

    assert found.base == 2.25
    assert not found.values.any()


def test_a_column_that_says_nothing_adds_nothing() -> None:
    plain, trained = learner(relative=False)
    part = plain.parts["linear"]
    silent = [at for at, of in enumerate(part.encoding.of) if of == "line"]
    assert isinstance(part.core, Linear)
    weights = part.core.weights.copy()
    weights[silent] = 0.0
    mute = replace(part, core=replace(part.core, weights=weights))

    found = contributions(replace(plain, parts={"linear": mute}), "linear", trained)

    assert not found.values[:, 4].any()


def test_a_learner_read_from_its_files_says_the_same() -> None:
    plain, trained = learner(relative=True)

    read = read_plain(write_plain(plain))

    for name in ("linear", "random_forest", "xgboost"):
        one, other = (contributions(each, name, trained.head(5)) for each in (plain, read))
        assert one.base == other.base
        assert np.array_equal(one.values, other.values)


def test_means_do_not_hang_on_the_order_of_rows() -> None:
    plain, trained = learner(relative=True)

    again = with_means(plain, trained.reverse()).means

    assert plain.means is not None
    assert again is not None
    assert again.factors == plain.means.factors
    assert all(
        np.array_equal(values, again.encoded[name]) for name, values in plain.means.encoded.items()
    )


@pytest.mark.parametrize(
    ("change", "name", "what"),
    [
        ({"means": None}, "linear", "does not hold the means"),
        ({}, "linea", "no model is called 'linea'"),
    ],
)
def test_what_cannot_be_explained_is_refused(change: dict[str, None], name: str, what: str) -> None:
    plain, trained = learner(relative=False)

    with pytest.raises((DataError, UsageError), match=what):
        contributions(replace(plain, **change), name, trained)  # type: ignore[arg-type]


def test_a_row_whose_factor_is_unknown_is_refused() -> None:
    plain, _ = learner(relative=True)
    rows = table(3, 4, known=True).with_columns(price=pl.lit(None, pl.Float64))

    with pytest.raises(DataError, match="price is unknown"):
        contributions(plain, "linear", rows)
