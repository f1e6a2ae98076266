from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.errors import CandidateError
from foresell.features.rows import RowColumn
from foresell.models.effort import TABULAR_EFFORTS
from foresell.models.parts import resolve
from foresell.models.tabular.estimators import ESTIMATORS, READINGS, errors_of, settled
from foresell.models.tabular.pipelines import fit_part, make_part, part_says
from foresell.models.tabular.relative import label_weights, labels
from foresell.spec.modelling import SETTINGS

KNOWN = SETTINGS["tabular"]
COLUMNS = (
    RowColumn(name="size", of=("size",), how="number"),
    RowColumn(name="rare", of=("rare",), how="number"),
    RowColumn(name="town", of=("town",), how="category"),
)
DRAW = np.random.default_rng(1)
SIZE = DRAW.normal(size=200).astype(np.float32)
SIZE[:20] = np.nan
DERIVED = pl.DataFrame({
    "size": SIZE,
    "rare": np.where(np.arange(200) < 4, 1.0, np.nan).astype(np.float32),
    "town": DRAW.choice(["Gent", "Ypern", ""], 200),
    "__factor": DRAW.uniform(1, 9, 200),
})
LABEL = np.nan_to_num(SIZE.astype(np.float64)) + (DERIVED["town"] == "Gent").to_numpy()


def said(name: str, derived: pl.DataFrame, **more: float) -> np.ndarray:
    few = {key: value for key, value in {"trees": 10}.items() if key in KNOWN[name]}
    part = make_part(name, settled(name, {**few, **more}, 200), COLUMNS, 3)
    fitted = fit_part(name, part, DERIVED, LABEL, np.ones(200))
    return part_says(name, fitted, derived)


def test_every_candidate_that_can_be_declared_can_be_made_and_every_setting_is_settled() -> None:
    assert set(ESTIMATORS) == set(READINGS) == set(KNOWN)
    for name, place in ESTIMATORS.items():
        assert callable(resolve(place))
        assert errors_of(name)[-2:] == (ValueError, TypeError)
        for rows in (10, 2_000, 10**7):
            found = settled(name, {}, rows)
            assert set(found) == set(KNOWN[name])
            assert all(KNOWN[name][key].holds(value) for key, value in found.items())
    for effort in TABULAR_EFFORTS.values():
        assert set(effort.without) <= set(KNOWN)
        for name, settings in effort.settings.items():
            assert all(KNOWN[name][key].holds(value) for key, value in settings.items())


@pytest.mark.parametrize("name", ESTIMATORS)
def test_unknown_numbers_and_texts_that_were_never_seen_are_answered(name: str) -> None:
    strange = pl.DataFrame({
        "size": np.array([np.nan, 3.0], dtype=np.float32),
        "rare": np.array([1.0, np.nan], dtype=np.float32),
        "town": ["Nowhere", "Gent"],
        "__factor": [1.0, 2.0],
    })
    assert np.isfinite(said(name, strange)).all()
    assert said(name, DERIVED).tobytes() == said(name, DERIVED).tobytes()


@pytest.mark.parametrize("name", ESTIMATORS)
def test_no_model_sees_the_factor(name: str) -> None:
    other = DERIVED.with_columns(pl.col("__factor") * 100)
    assert said(name, DERIVED).tobytes() == said(name, other).tobytes()


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name != "linear"])
def test_settings_reach_the_library(name: str) -> None:
    moved = {"penalty": 9e4} if name == "ridge" else {"trees": 3}
    assert said(name, DERIVED, **moved).tobytes() != said(name, DERIVED).tobytes()


def test_an_answer_that_is_no_number_is_a_failure() -> None:
    part = make_part("ridge", settled("ridge", {}, 200), COLUMNS, 3)
    fitted = fit_part("ridge", part, DERIVED, LABEL, np.ones(200))
    fitted.named_steps["model"].intercept_ = np.nan
    with pytest.raises(CandidateError, match="200 of 200 forecasts of ridge are no finite"):
        part_says("ridge", fitted, DERIVED)


def test_a_linear_fit_of_columns_that_say_the_same_has_small_weights() -> None:
    twin = DERIVED.with_columns(rare=pl.col("size"))
    part = make_part("linear", {}, COLUMNS, 3)
    fitted = fit_part("linear", part, twin, LABEL, np.ones(200))
    assert np.abs(fitted.named_steps["model"].coef_).max() < 2
    alone = replace(COLUMNS[0])
    single = fit_part("linear", make_part("linear", {}, (alone,), 3), twin, LABEL, np.ones(200))
    assert part_says("linear", single, twin).std() > 0.5


@given(factor=st.lists(st.floats(0.1, 1e4), min_size=1, max_size=9))
def test_what_is_learnt_times_its_factor_is_the_target(factor: list[float]) -> None:
    target, known = np.linspace(-5, 5, len(factor)), np.array(factor)
    assert labels(target, known) * known == pytest.approx(target)
    assert label_weights(known).mean() == pytest.approx(1)
    assert label_weights(known * 7) == pytest.approx(label_weights(known))
    assert label_weights(np.zeros(3)).tolist() == [1, 1, 1]
