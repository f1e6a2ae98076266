import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.errors import CandidateError
from foresell.models.candidates import Plan
from foresell.models.combination import horizon_thirds
from foresell.models.judging import Judge, drawn_samples
from foresell.models.learner import Learner, fit_learner, forecast, refit_learner
from foresell.models.learner_files import read_learner, write_learner
from foresell.models.origins import fold_cutoffs
from foresell.models.parts import Settings
from foresell.models.stacking import series_halves
from foresell.models.tuning import choices, tuned
from foresell.spec.modelling import Modelling, Range, Space, Tuning
from tests.unit.models.test_learner import frames_of, same
from tests.unit.models.toys import HORIZON, QUICK, panel, project

KNOWN = panel(120)
SPACE: Space = {
    "leaves": (3, 7),
    "learning_rate": Range(low=0.02, high=0.3, log=True),
    "leaf_rows": Range(low=5, high=50),
}
SEEN = np.full((3, 2), 5)  # rows of each fold and half
SLOW = {"trees": 10, "trees_per_period": 1, "rows": 500, "learning_rate": 0.001}


def judge() -> Judge:
    frames = frames_of(KNOWN)
    return Judge(
        KNOWN,
        project(),
        frames,
        drawn_samples(KNOWN, project(), QUICK, frames, lambda _: None),
        horizon_thirds(HORIZON),
        fold_cutoffs(KNOWN, project()),
    )


def test_a_search_finds_settings_of_the_space_with_less_error_than_those_declared() -> None:
    bench = judge()
    plan = Plan(name="lightgbm_tuned", settings=SLOW, space=SPACE)
    one, other = (tuned(bench, plan, 3, lambda _: None) for _ in range(2))
    assert one.settings == other.settings
    assert one.settings["leaves"] in {3, 7}
    assert 0.02 <= one.settings["learning_rate"] <= 0.3
    assert isinstance(one.settings["leaf_rows"], int)
    assert {**one.settings, **SLOW, "learning_rate": 0} == {
        **SLOW,
        "learning_rate": 0,
        "leaves": one.settings["leaves"],
        "leaf_rows": one.settings["leaf_rows"],
    }

    def error(settings: Settings) -> float:
        return sum(
            sum(bench.errors(bench.held_out("lightgbm", settings, cutoff), cutoff))
            for cutoff in bench.cutoffs
        )

    assert error(one.settings) < error(SLOW)
    assert set(one.made) == set(bench.cutoffs)
    assert all(np.isfinite(values).all() for values in one.made.values())


@given(
    errors=st.lists(st.floats(0.1, 9.0), min_size=24, max_size=24),
    fold=st.integers(0, 2),
    half=st.integers(0, 1),
    change=st.lists(st.floats(0.1, 9.0), min_size=4, max_size=4),
)
def test_no_row_helps_to_choose_the_settings_it_is_judged_with(
    errors: list[float], fold: int, half: int, change: list[float]
) -> None:
    table = np.array(errors).reshape(4, 3, 2)
    other = table.copy()
    other[:, fold, half] = change
    assert choices(other, SEEN)[fold, half] == choices(table, SEEN)[fold, half]


@given(errors=st.lists(st.floats(0.1, 9.0), min_size=12, max_size=12))
def test_where_one_half_has_no_rows_other_folds_choose_and_with_one_fold_nothing_does(
    errors: list[float],
) -> None:
    table = np.array(errors).reshape(4, 3, 1) * np.array([1.0, 0.0])
    seen = np.array([[5, 0]] * 3)
    best = [int(np.argmin(table[:, [p for p in range(3) if p != f], 0].sum(1))) for f in range(3)]
    assert choices(table, seen)[:, 0].tolist() == best
    assert choices(table[:, :1], seen[:1]).tolist()[0][0] == 0


def test_trials_that_fail_are_passed_over_and_told_of() -> None:
    mixed = Plan(name="lightgbm_tuned", settings={**SLOW, "leaves": 1}, space={"leaves": (1, 7)})
    found = tuned(judge(), mixed, 6, lambda _: None)
    assert found.settings["leaves"] == 7
    assert re.fullmatch(r"[1-5] of 6 trials failed: LightGBM: .*num_leaves.*", found.notes[0])
    assert found.notes[1].startswith("its settings as declared failed: LightGBM: ")
    good = Plan(name="lightgbm_tuned", settings=SLOW, space={"leaves": (7,)})
    assert tuned(judge(), good, 1, lambda _: None).notes == ()


@pytest.mark.parametrize(("trials", "said"), [(1, "the only trial"), (2, "all 2 trials")])
def test_a_search_without_a_trial_that_worked_fails_though_the_declared_settings_work(
    trials: int, said: str
) -> None:
    never = Plan(name="lightgbm_tuned", settings=SLOW, space={"leaves": (1,)})
    with pytest.raises(CandidateError, match=f"^{said} of its search failed: LightGBM: .*num_leav"):
        tuned(judge(), never, trials, lambda _: None)


def test_both_stand_side_by_side_and_are_saved_read_refitted_and_served_like_any_other() -> None:
    models = Modelling(
        candidates=("lad", "lightgbm"),
        selection="both",
        tuning=Tuning(trials=2, spaces={"lightgbm": SPACE}),
    )
    spec = replace(project(), models=models)
    judged = KNOWN.until(KNOWN.cutoff - HORIZON)
    learner = fit_learner(judged, spec, QUICK, frames_of(judged), lambda _: None)
    assert list(learner.fitted.parts) == ["lad", "lightgbm", "lightgbm_tuned"]
    assert {"lightgbm", "lightgbm_tuned"} <= set(learner.folds["candidate"])
    files = write_learner(learner)
    again = read_learner(files)
    assert write_learner(again) == files
    assert same(forecast(again, judged, spec, HORIZON), forecast(learner, judged, spec, HORIZON))
    late = refit_learner(again, KNOWN, spec, QUICK, frames_of(KNOWN))
    assert late.settings == learner.settings
    assert late.fitted.parts["lightgbm_tuned"] != learner.fitted.parts["lightgbm_tuned"]


def searched(worse: Settings, trials: int) -> Learner:
    models = Modelling(
        candidates=("lad", "lightgbm"),
        selection="tuned",
        tuning=Tuning(trials=trials, spaces={"lightgbm": {"columns_share": (0.5,)}}),
    )
    spec = replace(project(), models=models)
    effort = replace(QUICK, settings={"lightgbm": worse})
    return fit_learner(KNOWN, spec, effort, frames_of(KNOWN), lambda _: None)


def test_a_search_that_fails_is_a_failure_by_name() -> None:
    learner = searched({"leaves": 1}, 1)
    assert list(learner.fitted.parts) == ["lad"]
    assert learner.failures["lightgbm_tuned"].endswith("(while its settings were searched)")


def test_series_of_one_half_are_tuned_by_the_other_fold() -> None:
    lone = KNOWN.select(np.flatnonzero(series_halves(KNOWN) == 0))
    frames = frames_of(lone)
    samples = drawn_samples(lone, project(), QUICK, frames, lambda _: None)
    bench = Judge(
        lone, project(), frames, samples, horizon_thirds(HORIZON), fold_cutoffs(lone, project())
    )
    assert sorted(bench.observed(bench.cutoffs[0])) == [0, lone.n_series * HORIZON]
    plan = Plan(name="ridge_tuned", settings={"penalty": 1e6}, space={"penalty": (1.0, 10.0)})
    made = tuned(bench, plan, 3, lambda _: None).made
    declared = {c: bench.held_out("ridge", plan.settings, c) for c in bench.cutoffs}
    assert any((made[cutoff] != declared[cutoff]).any() for cutoff in bench.cutoffs)
