from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.errors import CandidateError
from foresell.models.candidates import Plan
from foresell.models.combination import horizon_thirds
from foresell.models.judging import Judge, drawn_samples
from foresell.models.learner import fit_learner, forecast, refit_learner
from foresell.models.learner_files import read_learner, write_learner
from foresell.models.origins import fold_cutoffs
from foresell.models.parts import Settings
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
    assert choices(other)[fold, half] == choices(table)[fold, half]


def test_trials_that_fail_are_passed_over_and_where_all_do_the_last_reason_is_told() -> None:
    bench = judge()
    mixed = Plan(name="lightgbm_tuned", settings={**SLOW, "leaves": 1}, space={"leaves": (1, 7)})
    assert tuned(bench, mixed, 6, lambda _: None).settings["leaves"] == 7
    never = Plan(name="lightgbm_tuned", settings={**SLOW, "leaves": 1}, space={"leaves": (1,)})
    with pytest.raises(CandidateError, match=r"all 3 trials failed; LightGBM: .*num_leaves"):
        tuned(bench, never, 2, lambda _: None)


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


def test_a_search_that_fails_is_a_failure_by_name() -> None:
    models = Modelling(
        candidates=("lad", "lightgbm"),
        selection="tuned",
        settings={"lightgbm": {"leaves": 1}},
        tuning=Tuning(trials=1, spaces={"lightgbm": {"columns_share": (0.5,)}}),
    )
    spec = replace(project(), models=models)
    learner = fit_learner(KNOWN, spec, QUICK, frames_of(KNOWN), lambda _: None)
    assert list(learner.fitted.parts) == ["lad"]
    assert learner.failures["lightgbm_tuned"].endswith("(while its settings were searched)")
