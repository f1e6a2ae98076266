from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.models.learner import fit_learner, forecast
from foresell.models.stacking import (
    GREEDY,
    INVERSE,
    MEAN,
    FoldRows,
    empty_rows,
    weight_crossings,
    with_ensembles,
)
from tests.unit.models.test_learner import frames_of
from tests.unit.models.toys import HORIZON, QUICK, panel, project


def held_out(count: int, seed: int) -> FoldRows:
    """Rows whose sales are a plan's factor times what one baseline says, in two buckets."""
    rng = np.random.default_rng(seed)
    usual, planned = rng.uniform(50, 150, count), rng.choice([0.0, 1.0, 1.5, 3.0], count)
    place = np.arange(count)
    return replace(
        empty_rows(),
        cutoff=place % 3,
        members={"level_shape": 1.3 * usual * planned, "naive": usual},
        actual=usual * planned,
        scale=np.full(count, 100.0),
        bucket=place % 2,
        holiday=0 * place,
        half=(place // 2) % 2,
        period=place,
        design=np.ones((count, 9)),
        table=np.ones((count, 2), dtype=np.float32),
        planned=planned,
    )


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999))
def test_ensembles_weigh_baselines_as_the_plan_moves_them(seed: int) -> None:
    rows = held_out(80, seed)
    candidates, ensembles = with_ensembles(rows, 2)

    assert [weights["naive"] for weights in ensembles[GREEDY]] == pytest.approx([0.6, 0.6])
    assert candidates[GREEDY] == pytest.approx(rows.actual * (0.6 + 0.4 * 1.3))
    assert candidates["naive"].tobytes() == rows.members["naive"].tobytes()


def test_where_all_series_are_in_one_half_other_folds_weigh_a_row_and_no_weight_is_its_own() -> (
    None
):
    rows = replace(held_out(90, 2), half=np.zeros(90, dtype=np.int64))
    candidates, _ = with_ensembles(rows, 2)
    for cutoff in range(3):
        own = rows.cutoff == cutoff
        assert all(
            (there & own).sum() == 0 for out, there in weight_crossings(rows) if out[own].any()
        )
        spoilt = replace(rows, actual=np.where(own, 9e9, rows.actual))
        again, _ = with_ensembles(spoilt, 2)
        for name in (GREEDY, INVERSE):
            assert again[name][own].tobytes() == candidates[name][own].tobytes()
    assert candidates[GREEDY].tolist() != rows.members["level_shape"].tolist()


def test_periods_that_two_folds_share_teach_no_weights_of_one_half() -> None:
    rows = replace(held_out(90, 2), half=np.zeros(90, dtype=np.int64))
    rows = replace(rows, period=np.arange(90) % 7 + 7 * (rows.cutoff == 2))
    for out, there in weight_crossings(rows):
        assert not set(rows.period[out]) & set(rows.period[there])


def test_with_one_fold_of_one_half_only_the_plain_mean_is_an_ensemble() -> None:
    none = np.zeros(30, dtype=np.int64)
    rows = replace(held_out(30, 2), half=none, cutoff=none)
    candidates, ensembles = with_ensembles(rows, 2)
    assert list(ensembles) == [MEAN]
    assert set(candidates) == {*rows.members, MEAN}


def test_taken_rows_are_the_rows_that_are_kept_whole_and_in_their_order() -> None:
    rows = held_out(40, 1)
    some = rows.taken(rows.planned > 0)
    assert some.actual.tolist() == [value for value in rows.actual.tolist() if value > 0]
    assert some.members["naive"].tolist() == rows.members["naive"][rows.planned > 0].tolist()
    assert some.design.shape == (len(some.actual), 9)
    assert set(some.planned.tolist()) == {1.0, 1.5, 3.0}


def test_a_changed_plan_moves_all_of_an_ensemble_but_no_baseline() -> None:
    known = panel(120)
    learner = fit_learner(known, project(), QUICK, frames_of(known), lambda _: None)
    alone = tuple({"naive": 1.0} for _ in learner.buckets)
    learner = replace(learner, ensembles={**learner.ensembles, GREEDY: alone})
    made = {}
    for promoted in (0.0, 1.0):
        plan = known.known["promo"].copy()
        plan[:, known.cutoff + 1 :] = promoted
        answer = forecast(learner, replace(known, known={"promo": plan}), project(), HORIZON)
        made[promoted] = (answer.members[GREEDY], answer.members["naive"])

    assert made[1.0][1].tobytes() == made[0.0][1].tobytes() == made[0.0][0].tobytes()
    assert made[1.0][0] / made[0.0][0] == pytest.approx(np.full((12, HORIZON), 1.3), abs=0.05)
