import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.row_splits import RowSplit
from foresell.errors import CandidateError
from foresell.models.candidates import plans
from foresell.models.effort import TABULAR_EFFORTS
from foresell.models.tabular.ensembles import ENSEMBLES
from foresell.models.tabular.estimators import ESTIMATORS, settled
from foresell.models.tabular.learner import (
    TabularLearner,
    fit_tabular,
    judged_of,
    predict_tabular,
    quantiles_tabular,
    refit_tabular,
)
from foresell.models.tabular.learner_files import read_judged, write_judged
from foresell.models.tabular.targets import BASELINES
from foresell.spec.modelling import Modelling, Range, Selection, Space, Tuning
from tests.unit.models.tabular.row_toys import (
    KINDS,
    QUICK,
    cut,
    learnt,
    lines,
    project,
    with_settings,
)

ROOT = Path(__file__).parents[4]
FRAME = lines()
EVERY = tuple(ESTIMATORS)
SPACE: Space = {"leaves": (3, 6), "learning_rate": Range(low=0.05, high=0.5, log=True)}


def all_bytes(learner: TabularLearner, rows: pl.DataFrame) -> dict[str, bytes]:
    """Return everything a learner says of rows and leaves behind."""
    made = predict_tabular(learner, rows)
    quantiles = quantiles_tabular(learner, rows, made)
    said = {name: values.tobytes() + quantiles[name].tobytes() for name, values in made.items()}
    return said | write_judged(judged_of(learner))


def test_every_candidate_ensemble_and_baseline_answers_with_rising_quantiles() -> None:
    spec = project(EVERY, relative_to=("units", "price"))
    learner, said = learnt(spec, FRAME)
    assert learner.failures == {}
    assert learner.notes == ()
    rows = cut(FRAME, spec)[2]
    made = predict_tabular(learner, rows)
    assert list(made) == [*EVERY, *ENSEMBLES, *BASELINES]
    quantiles = quantiles_tabular(learner, rows, made)
    for name, values in made.items():
        assert values.shape == (rows.height,)
        assert np.isfinite(values).all(), name
        assert (np.diff(quantiles[name], axis=1) >= 0).all(), name
    assert said[0] == "deriving what 150 rows teach"
    assert set(said) >= {f"{name} judged on 3 folds" for name in EVERY}


def test_what_is_chosen_errs_least_over_the_folds_and_is_no_baseline() -> None:
    learner, _ = learnt(project(EVERY), FRAME)
    squares = pl.col("rmse") ** 2 * pl.col("n")
    total = learner.folds.group_by("candidate").agg(squares.sum().alias("error"))
    ranked = total.filter(~pl.col("candidate").is_in(BASELINES)).sort("error", "candidate")
    assert learner.chosen == ranked["candidate"][0]
    assert learner.folds["n"].to_list()[:1] == [51]
    assert set(learner.folds["candidate"]) == {*EVERY, *ENSEMBLES, *BASELINES}


def test_a_target_relative_to_its_factors_is_answered_in_its_own_unit() -> None:
    exact = FRAME.with_columns(paid=pl.col("units") * pl.col("price") * 1.5)
    spec = project(relative_to=("units", "price"))
    learner, _ = learnt(spec, exact)
    rows = cut(exact, spec)[2]
    made = predict_tabular(learner, rows)
    for name in ("ridge", "lightgbm", learner.chosen):
        assert made[name] == pytest.approx(rows["paid"].to_numpy(), rel=1e-6)
    with pytest.raises(Exception, match="not above 0 in 1 of 1 rows"):
        predict_tabular(learner, rows.head(1).with_columns(units=pl.lit(0)))


@settings(max_examples=4, deadline=None)
@given(order=st.permutations(range(0, FRAME.height, 3)))
def test_the_order_of_rows_changes_no_byte(order: list[int]) -> None:
    spec = project(("random_forest", "lightgbm", "xgboost"))
    moved = pl.concat([FRAME[start : start + 3].reverse() for start in order])
    rows = cut(FRAME, spec)[2]
    one, other = learnt(spec, FRAME)[0], learnt(spec, moved)[0]
    assert all_bytes(one, rows) == all_bytes(other, rows)


@settings(max_examples=4, deadline=None)
@given(poison=st.floats(-1e9, 1e9))
def test_targets_of_the_test_change_no_byte(poison: float) -> None:
    spec = project(("random_forest", "lightgbm"))
    rows = cut(FRAME, spec)[2]
    tested = pl.col("order").is_in(rows["order"].unique().to_list())
    target = pl.when(tested).then(pl.lit(poison)).otherwise("paid")
    poisoned = FRAME.with_columns(paid=target)
    one, other = learnt(spec, FRAME)[0], learnt(spec, poisoned)[0]
    assert all_bytes(one, rows) == all_bytes(other, rows)


def test_targets_of_calibration_rows_move_intervals_and_no_answer() -> None:
    spec = project(("ridge", "lightgbm"))
    known, split, rows = cut(FRAME, spec)
    held = pl.Series(split.side("calibration"))
    moved = known.with_columns(paid=pl.when(held).then(pl.col("paid") * 3).otherwise("paid"))
    one, other = (
        fit_tabular(frame, split, spec, KINDS, QUICK, lambda _: None) for frame in (known, moved)
    )
    first, second = predict_tabular(one, rows), predict_tabular(other, rows)
    assert {name: values.tobytes() for name, values in first.items()} == {
        name: values.tobytes() for name, values in second.items()
    }
    wide = quantiles_tabular(other, rows, second)["ridge"]
    narrow = quantiles_tabular(one, rows, first)["ridge"]
    assert (wide[:, -1] - wide[:, 0]).mean() > 1.5 * (narrow[:, -1] - narrow[:, 0]).mean()


def timed(known: pl.DataFrame, split: RowSplit) -> RowSplit:
    """Return the same sides with folds in time: the first orders are in none."""
    windows = np.where(split.side("train"), known["order"] // 30 - 1, -9)
    fold = pl.Series("fold", windows).cast(pl.Int8).replace(-9, None)
    return RowSplit(split=split.split, fold=fold, timed=True)


def test_in_time_the_latest_rows_are_learnt_from_once_they_have_calibrated() -> None:
    spec = project(("ridge",))
    known, split, rows = cut(FRAME, spec)
    held = pl.Series(split.side("calibration"))
    moved = known.with_columns(paid=pl.when(held).then(pl.col("paid") * 3).otherwise("paid"))
    one, other = (
        fit_tabular(frame, timed(known, split), spec, KINDS, QUICK, lambda _: None)
        for frame in (known, moved)
    )
    first, second = (predict_tabular(learner, rows)["ridge"] for learner in (one, other))
    assert second.mean() > 1.2 * first.mean()
    assert one.baselines["mean"] == pytest.approx(known["paid"].mean())
    assert one.folds.equals(other.folds)


def test_a_fold_in_time_is_answered_by_what_came_before_it() -> None:
    spec = project(("ridge",))
    known, split, _ = cut(FRAME, spec)
    cuts = timed(known, split)
    late = known.with_columns(paid=pl.when(cuts.fold == 1).then(pl.lit(1e6)).otherwise("paid"))

    def folds(frame: pl.DataFrame) -> pl.DataFrame:
        learner = fit_tabular(frame, cuts, spec, KINDS, QUICK, lambda _: None)
        alone = pl.col("candidate").is_in(["ridge", *BASELINES])
        return learner.folds.filter(alone & (pl.col("fold") == 0))

    assert folds(known)["candidate"].to_list() == ["ridge", "mean", "median"]
    assert folds(late).equals(folds(known))


def test_a_candidate_with_an_impossible_setting_is_named_and_the_others_answer() -> None:
    spec = project(("ridge", "lightgbm", "catboost"))
    learner, said = learnt(spec, FRAME, with_settings({"lightgbm": {"leaves": 1}}))
    assert list(learner.parts) == ["ridge", "catboost"]
    assert list(learner.failures) == ["lightgbm"]
    assert "num_leaves" in learner.failures["lightgbm"]
    assert learner.notes == (f"lightgbm failed: {learner.failures['lightgbm']}",)
    told = next(line for line in said if "failed" in line)
    assert told.startswith("lightgbm failed: lightgbm: ")
    assert all("lightgbm" not in weights for weights in learner.ensembles.values())


def test_where_every_candidate_fails_each_is_named_with_its_reason() -> None:
    broken = with_settings({"lightgbm": {"leaves": 1}, "catboost": {"depth": 40}})
    with pytest.raises(CandidateError, match=r"every candidate failed: lightgbm: .*; catboost: "):
        learnt(project(("lightgbm", "catboost")), FRAME, broken)


def test_a_library_that_is_not_installed_is_named_and_the_run_goes_on() -> None:
    code = """
import sys
sys.modules["catboost"] = None  # as where it is not installed
from tests.unit.models.tabular.row_toys import learnt, lines, project
learner, _ = learnt(project(("ridge", "catboost")), lines())
print(list(learner.parts), learner.failures["catboost"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("['ridge'] the library 'catboost' is not installed")


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ("baseline", ["ridge", "lightgbm"]),
        ("tuned", ["ridge", "lightgbm_tuned"]),
        ("both", ["ridge", "lightgbm", "lightgbm_tuned"]),
    ],
)
def test_the_selection_says_which_settings_are_fitted(
    selection: Selection, names: list[str]
) -> None:
    searched = Tuning(trials=2, spaces={"lightgbm": SPACE})
    spec = project(selection=selection, tuning=searched)
    learner, said = learnt(spec, FRAME)
    assert list(learner.parts) == list(learner.settings) == names
    if selection == "baseline":
        assert learner.notes == ()
        return
    assert learner.notes == (
        "nothing is searched for ridge: it has no space under models.tuning.spaces",
    )
    assert "searching lightgbm_tuned: trial 2 of 2" in said
    found = learner.settings["lightgbm_tuned"]
    declared = settled("lightgbm", QUICK.settings["lightgbm"], 150)
    assert {**found, **{name: declared[name] for name in SPACE}} == declared
    assert found["leaves"] in {3, 6, declared["leaves"]}
    assert 0.05 <= found["learning_rate"] <= 0.5


def test_without_calibration_rows_the_folds_say_how_wide_intervals_are() -> None:
    spec = project(("ridge", "lightgbm", "xgboost"))
    spec = replace(spec, split=replace(spec.split, calibration_share=0.0))
    learner, _ = learnt(spec, FRAME)
    assert (learner.interval_method, learner.size) == ("ensemble_quantiles", None)
    rows = cut(FRAME, spec)[2]
    made = predict_tabular(learner, rows)
    bands = quantiles_tabular(learner, rows, made)["ridge"]
    assert (bands[:, -1] > bands[:, 0]).all()
    two, _ = learnt(replace(spec, models=Modelling(candidates=("ridge", "linear"))), FRAME)
    assert two.interval_method == "residual_quantiles"


def test_a_judged_learner_is_read_whole_and_fitted_again_on_every_row() -> None:
    spec = project(relative_to=("units", "price"))
    learner, _ = learnt(spec, FRAME)
    files = write_judged(judged_of(learner))
    read = read_judged(files)
    assert write_judged(read) == files
    again = refit_tabular(read, FRAME, spec, KINDS, lambda _: None)
    assert (again.chosen, again.ensembles) == (learner.chosen, learner.ensembles)
    assert (again.settings, again.interval_method) == (learner.settings, learner.interval_method)
    assert again.baselines["mean"] == pytest.approx(FRAME["paid"].mean())
    rows = cut(FRAME, spec)[2]
    made = predict_tabular(again, rows)
    assert made["lightgbm"].tobytes() != predict_tabular(learner, rows)["lightgbm"].tobytes()
    assert set(quantiles_tabular(again, rows, made)) == set(made)


def test_what_cannot_be_fitted_again_is_left_out_with_the_ensembles_that_need_it() -> None:
    spec = project(("ridge", "lightgbm"))
    judged = read_judged(write_judged(judged_of(learnt(spec, FRAME)[0])))
    broken = {**judged.settings, "lightgbm": {**judged.settings["lightgbm"], "leaves": 1}}
    kept = replace(judged, settings=broken, chosen="ridge")
    again = refit_tabular(kept, FRAME, spec, KINDS, lambda _: None)
    assert list(again.parts) == ["ridge"]
    assert set(again.uncertainty) == {"ridge", *again.ensembles, *BASELINES}
    assert again.notes[-1].startswith("lightgbm failed on all rows: lightgbm: ")
    with pytest.raises(CandidateError, match=r"^lightgbm was chosen, and cannot be fitted"):
        refit_tabular(replace(kept, chosen="lightgbm"), FRAME, spec, KINDS, lambda _: None)


def test_a_column_of_which_nothing_is_known_is_left_out_and_the_candidates_answer() -> None:
    spec = project(("ridge", "random_forest", "hist_gradient_boosting"))
    blank = FRAME.with_columns(price=pl.lit(None, pl.Float64))
    learner, _ = learnt(spec, blank)
    assert learner.failures == {}
    rows = cut(FRAME, spec)[2]
    known, unknown = (predict_tabular(learner, frame) for frame in (rows, cut(blank, spec)[2]))
    assert {name: one.tobytes() for name, one in known.items()} == {
        name: one.tobytes() for name, one in unknown.items()
    }


def test_rows_without_a_target_teach_nothing() -> None:
    spec = project(("ridge", "random_forest"))
    known, split, rows = cut(FRAME, spec)
    gaps = known.with_columns(paid=pl.when(pl.col("units") > 5).then("paid"))
    kept = gaps["paid"].is_not_null()
    one = fit_tabular(gaps, split, spec, KINDS, QUICK, lambda _: None)
    other = fit_tabular(
        known.filter(kept), split.take(kept.to_numpy()), spec, KINDS, QUICK, lambda _: None
    )
    assert all_bytes(one, rows) == all_bytes(other, rows)


def test_presets_say_what_is_fitted_and_searched() -> None:
    models = Modelling(tuning=Tuning(spaces={"lightgbm": SPACE})).of("tabular")

    def names(preset: str) -> list[str]:
        return [plan.name for plan in plans(models, TABULAR_EFFORTS[preset])]

    light = ["linear", "ridge", "hist_gradient_boosting", "xgboost", "lightgbm"]
    assert names("fast") == light
    assert names("default") == list(EVERY)
    assert names("best") == [name.replace("lightgbm", "lightgbm_tuned") for name in EVERY]
