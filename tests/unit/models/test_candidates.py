import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from foresell.errors import CandidateError
from foresell.models.boosted import LIBRARIES, Boosting
from foresell.models.candidates import CANDIDATES, READERS, Plan, plans
from foresell.models.combination import horizon_thirds
from foresell.models.effort import EFFORTS, Effort
from foresell.models.judging import Judge, drawn_samples
from foresell.models.learner import Learner, fit_learner, forecast, refit_learner
from foresell.models.learner_files import read_learner, write_learner
from foresell.models.origins import fold_cutoffs
from foresell.models.parts import Settings, resolve
from foresell.models.selecting import judge_candidates
from foresell.models.stacking import ENSEMBLES
from foresell.spec.modelling import SETTINGS, Modelling, Selection, Tuning
from tests.unit.models.test_learner import frames_of
from tests.unit.models.toys import HORIZON, QUICK, panel, project

KNOWN = panel(120)
ROOT = Path(__file__).parents[3]


def learner_of(models: Modelling, effort: Effort = QUICK) -> tuple[Learner, list[str]]:
    """Return what is learnt with ``models``, and what was said meanwhile."""
    said: list[str] = []
    spec = replace(project(), models=models)
    return fit_learner(KNOWN, spec, effort, frames_of(KNOWN), said.append), said


def bench() -> Judge:
    frames = frames_of(KNOWN)
    samples = drawn_samples(KNOWN, project(), QUICK, frames, lambda _: None)
    cutoffs = fold_cutoffs(KNOWN, project())
    return Judge(KNOWN, project(), frames, samples, horizon_thirds(HORIZON), cutoffs)


def impossible(settings: Mapping[str, Settings]) -> Effort:
    """Return a preset with settings that no declaration may have, and the libraries refuse."""
    return replace(QUICK, settings=settings)


def test_every_candidate_that_can_be_declared_can_be_fitted_and_read() -> None:
    assert set(CANDIDATES) == set(READERS) == set(SETTINGS["panel"])
    for place in (*CANDIDATES.values(), *READERS.values()):
        assert callable(resolve(place))


def test_the_settings_of_a_booster_that_can_be_declared_are_those_it_knows() -> None:
    known = {field.name for field in fields(Boosting)}
    for library in LIBRARIES:
        assert set(SETTINGS["panel"][library]) < known
    assert {"depth"} == set(SETTINGS["panel"]["catboost"]) - set(SETTINGS["panel"]["lightgbm"])


def test_no_library_of_a_candidate_is_loaded_before_it_is_used() -> None:
    code = (
        "import sys, foresell.models.learner_files, foresell.models.boosted\n"
        "print({'lightgbm', 'xgboost', 'catboost', 'optuna', 'statsforecast'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


SPACE = {"leaves": (7, 15)}
SEARCHED = Modelling(
    candidates=("lad", "lightgbm"),
    settings={"lightgbm": {"trees": 5}},
    tuning=Tuning(trials=2, spaces={"lightgbm": SPACE}),
)


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ("baseline", ["lad", "lightgbm"]),
        ("tuned", ["lad", "lightgbm_tuned"]),
        ("both", ["lad", "lightgbm", "lightgbm_tuned"]),
    ],
)
def test_the_selection_says_which_settings_are_fitted(
    selection: Selection, names: list[str]
) -> None:
    models = replace(SEARCHED, selection=selection)
    found = plans(models, QUICK)
    assert [plan.name for plan in found] == names
    assert [plan.space for plan in found] == [SPACE if "_" in name else {} for name in names]


def test_the_settings_of_the_project_come_before_those_of_the_preset() -> None:
    found = plans(SEARCHED, QUICK)
    plain = {"trees": 5, "rows": 2000, "named": True, "leaves": 7}
    assert found[1] == Plan(name="lightgbm", settings=plain)


def test_presets_say_what_is_searched_unless_the_command_does() -> None:
    def names(preset: str, asked: str | None = None) -> list[str]:
        effort = EFFORTS[preset].selecting(asked)  # type: ignore[arg-type]
        return [plan.name for plan in plans(replace(SEARCHED, selection="both"), effort)]

    assert names("fast") == ["lad", "lightgbm"]
    assert names("default") == ["lad", "lightgbm", "lightgbm_tuned"]
    assert names("best") == ["lad", "lightgbm_tuned"]
    assert names("fast", "tuned") == ["lad", "lightgbm_tuned"]
    assert names("best", "baseline") == ["lad", "lightgbm"]


def test_a_candidate_with_an_impossible_setting_is_named_and_the_others_answer() -> None:
    settings: dict[str, Settings] = {"lightgbm": {"leaves": 1}}
    learner, said = learner_of(Modelling(candidates=("lad", "lightgbm")), impossible(settings))
    assert list(learner.failures) == ["lightgbm"]
    assert "num_leaves" in learner.failures["lightgbm"]
    assert f"lightgbm failed: {learner.failures['lightgbm']}" in learner.notes
    assert any(line.startswith("lightgbm failed: LightGBM: ") for line in said)
    files = write_learner(learner)
    assert json.loads(files["failures.json"]) == learner.failures
    assert read_learner(files).failures == learner.failures
    answer = forecast(learner, KNOWN, project(), HORIZON)
    assert "lad" in answer.members
    assert "lightgbm" not in answer.members
    assert np.isfinite(answer.quantiles).all()


def test_where_every_candidate_fails_the_seasonal_ones_answer() -> None:
    settings: dict[str, Settings] = {"lightgbm": {"leaves": 1}, "catboost": {"depth": 40}}
    learner, _ = learner_of(Modelling(candidates=("lightgbm", "catboost")), impossible(settings))
    assert sorted(learner.failures) == ["catboost", "lightgbm"]
    assert learner.fitted.parts == {}
    answer = forecast(learner, KNOWN, project(), HORIZON)
    assert {"seasonal_base", "seasonal_pooled", "level_shape", *ENSEMBLES} <= set(answer.members)
    assert np.isfinite(answer.quantiles).all()
    assert refit_learner(learner, KNOWN, project(), QUICK, frames_of(KNOWN)).fitted.parts == {}


def test_what_of_the_declaration_is_not_done_stands_in_the_notes() -> None:
    models = replace(SEARCHED, candidates=("lad", "ridge", "lightgbm", "xgboost"))
    searched = replace(QUICK, without=("xgboost",), selection="tuned")
    learner, _ = learner_of(models, searched)
    assert learner.notes == (
        "nothing is searched for ridge: it has no space under models.tuning.spaces",
        "xgboost is not fitted: the preset leaves it out",
    )
    assert learner_of(models)[0].notes == ()


def test_a_candidate_that_fails_at_the_last_fit_leaves_no_trace_in_the_rows() -> None:
    with_lad, without = (
        judge_candidates(bench(), plans(Modelling(candidates=names), QUICK), 1, lambda _: None)
        for names in (("lad", "ridge"), ("ridge",))
    )
    left = with_lad.without({"lad": "it broke"}, bench())
    assert list(left.settings) == list(left.made) == ["ridge"]
    assert left.failures == {"lad": "it broke"}
    assert left.rows.table.tobytes() == without.rows.table.tobytes()
    assert left.rows.design.tobytes() == without.rows.design.tobytes()
    assert left.rows.table.tobytes() != with_lad.rows.table.tobytes()


def test_a_library_that_is_not_installed_is_named_and_the_run_goes_on() -> None:
    code = """
import sys
sys.modules["catboost"] = None  # as where it is not installed
from dataclasses import replace
from foresell.models.learner import fit_learner
from foresell.spec.modelling import Modelling
from tests.unit.models.test_learner import frames_of
from tests.unit.models.toys import QUICK, panel, project
spec = replace(project(), models=Modelling(candidates=("lad", "catboost")))
learner = fit_learner(panel(120), spec, QUICK, frames_of(panel(120)), lambda _: None)
print(list(learner.fitted.parts), learner.failures["catboost"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("['lad'] the library 'catboost' is not installed")


def test_a_candidate_that_cannot_be_fitted_again_stays_as_it_was_judged() -> None:
    learner, _ = learner_of(Modelling(candidates=("lad", "lightgbm")))
    broken = replace(learner, settings={"lad": {}, "lightgbm": {"leaves": 1}})
    again = refit_learner(broken, KNOWN, project(), QUICK, frames_of(KNOWN))
    assert again.fitted.parts["lightgbm"] == learner.fitted.parts["lightgbm"]
    assert again.notes[-1].startswith("lightgbm stays as judged: LightGBM: ")


def test_an_unknown_setting_of_a_booster_is_refused() -> None:
    with pytest.raises(CandidateError, match="unknown settings"):
        resolve("foresell.models.boosted:boosting_of")({"leavs": 3})


def test_a_short_history_leaves_candidates_out_by_name_and_reason() -> None:
    few = replace(QUICK, origin_rows=2)
    thin = fit_learner(KNOWN, project(), few, frames_of(KNOWN), lambda _: None)
    assert "too few to grow trees on" in thin.failures["lightgbm"]
    assert set(thin.failures) == {"ridge", "lightgbm", "xgboost"}
