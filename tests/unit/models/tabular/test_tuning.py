import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.row_splits import split_by_groups
from foresell.errors import CandidateError
from foresell.models.candidates import Plan
from foresell.models.parts import Settings
from foresell.models.tabular.estimators import settled
from foresell.models.tabular.lessons import ordered, windows_of
from foresell.models.tabular.selecting import Judging
from foresell.models.tabular.tuning import chosen_trials, tuned
from foresell.spec.modelling import SETTINGS, Range, Space
from tests.unit.models.tabular.row_toys import KINDS, lines, project

SLOW: Settings = settled("lightgbm", {"trees": 5, "learning_rate": 0.001, "leaf_rows": 5}, 200)
SPACE: Space = {
    "leaves": (3, 7),
    "learning_rate": Range(low=0.05, high=0.5, log=True),
    "leaf_rows": Range(low=2, high=20),
}


def ground(seed: int = 7) -> Judging:
    spec = project()
    rows, split = ordered(lines(), spec, split_by_groups(lines(), spec, ("order",)))
    mine = split.side("train")
    train = rows.take(mine)
    windows = windows_of(train, split.take(mine), spec, KINDS)
    return Judging(windows=windows, rows=train, seed=seed, trials=3)


GROUND = ground()


def error(found: Settings) -> float:
    return sum(
        float(((GROUND.rows.target[one.places] - one.judge("lightgbm", found)) ** 2).sum())
        for one in GROUND.windows
    )


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**31 - 2))
def test_a_search_finds_settings_of_the_space_and_the_same_ones_again(seed: int) -> None:
    plan = Plan(name="lightgbm_tuned", settings=SLOW, space=SPACE)
    bench = replace(GROUND, seed=seed)
    one, other = (tuned(bench, plan, 2, lambda _: None) for _ in range(2))
    assert one.settings == other.settings
    assert one.said.tobytes() == other.said.tobytes()
    for name, value in one.settings.items():
        assert SETTINGS["tabular"]["lightgbm"][name].holds(value)
    assert one.settings["leaves"] in {3, 7}
    assert 0.05 <= one.settings["learning_rate"] <= 0.5
    assert isinstance(one.settings["leaf_rows"], int)
    assert error(one.settings) < error(SLOW)
    assert np.isfinite(one.said).all()


@given(
    errors=st.lists(st.floats(0.1, 9.0), min_size=12, max_size=12),
    fold=st.integers(0, 2),
    change=st.lists(st.floats(0.1, 9.0), min_size=4, max_size=4),
)
def test_no_row_helps_to_choose_the_settings_it_is_judged_with(
    errors: list[float], fold: int, change: list[float]
) -> None:
    table = dict(enumerate(np.array(errors).reshape(4, 3)))
    other = {place: row.copy() for place, row in table.items()}
    for place, value in enumerate(change):
        other[place][fold] = value
    assert chosen_trials(other)[1][fold] == chosen_trials(table)[1][fold]


def test_with_one_fold_settings_stay_as_declared() -> None:
    assert chosen_trials({0: np.array([5.0]), 1: np.array([1.0])}) == (0, [0])


def test_trials_that_fail_are_passed_over_and_told_of() -> None:
    mixed = Plan(name="lightgbm_tuned", settings={**SLOW, "leaves": 1}, space={"leaves": (1, 7)})
    found = tuned(GROUND, mixed, 6, lambda _: None)
    assert found.settings["leaves"] == 7
    assert re.fullmatch(r"[1-5] of 6 trials failed: lightgbm: .*num_leaves.*", found.notes[0])
    assert found.notes[1].startswith("its settings as declared failed: lightgbm: ")


def test_a_search_without_a_trial_that_worked_fails() -> None:
    never = Plan(name="lightgbm_tuned", settings=SLOW, space={"leaves": (1,)})
    with pytest.raises(CandidateError, match=r"^all 2 trials of its search failed: lightgbm: "):
        tuned(GROUND, never, 2, lambda _: None)
