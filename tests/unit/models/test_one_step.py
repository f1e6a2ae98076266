from dataclasses import replace
from functools import lru_cache

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.panel import Panel
from foresell.features.direct import direct_frame
from foresell.features.pools import fit_recipe
from foresell.models.baselines import BASELINES
from foresell.models.learner import Learner, fit_learner, forecast
from foresell.models.one_step import judged_periods, one_step_ahead
from foresell.models.origins import training_origins
from foresell.spec.forecast import quantile_columns
from tests.unit.models.toys import HORIZON, QUICK, panel, project

PERIODS = 120
CUTOFF = PERIODS - 1 - HORIZON


@lru_cache(maxsize=1)
def judged() -> tuple[Panel, Learner]:
    """A panel of 120 periods and a learner that has seen all but the last `HORIZON` of them."""
    whole, spec = panel(PERIODS), project()
    known = whole.until(CUTOFF)
    recipe = fit_recipe(known, spec)
    made = {
        origin: direct_frame(known, spec, recipe, origin, spec.horizon)
        for origin in training_origins(known, spec, QUICK)
    }
    return whole, fit_learner(known, spec, QUICK, made.__getitem__, lambda _: None)


@lru_cache(maxsize=1)
def clean() -> dict[str, pl.DataFrame]:
    whole, learner = judged()
    return one_step_ahead(learner, whole, project(), range(1, HORIZON + 1))


@settings(max_examples=3, deadline=None)
@given(first=st.integers(1, HORIZON), poison=st.floats(-1e5, 1e5))
def test_a_period_and_all_after_it_change_no_forecast_up_to_that_period(
    first: int, poison: float
) -> None:
    whole, learner = judged()
    target = whole.target.copy()
    target[:, CUTOFF + first : whole.cutoff + 1] = poison
    past = {name: values.copy() for name, values in whole.past.items()}
    for values in past.values():
        values[:, CUTOFF + first :] = poison

    poisoned = replace(whole, target=target, past=past)
    dirty = one_step_ahead(learner, poisoned, project(), range(1, first + 1))

    until = whole.dates[CUTOFF + first]
    for name, frame in clean().items():
        assert dirty[name].equals(frame.filter(pl.col("day") <= until))


def test_a_row_is_step_one_from_the_period_before_it_by_the_same_learner() -> None:
    whole, learner = judged()
    place = CUTOFF + 3
    made = forecast(learner, whole.until(place - 1), project(), 1)

    rows = clean()[learner.chosen].filter(pl.col("day") == whole.dates[place])

    assert rows["prediction"].to_list() == made.point[:, 0].tolist()
    assert rows.select(quantile_columns()).to_numpy().tolist() == made.quantiles[:, 0].tolist()
    assert rows["cutoff"].unique().to_list() == [whole.dates[place - 1]]
    assert rows["step"].unique().to_list() == [1]


def test_every_candidate_and_baseline_answers_every_row_of_the_window_finitely() -> None:
    whole, learner = judged()
    wanted = whole.n_series * HORIZON
    assert set(clean()) == set(learner.uncertainty)
    assert set(BASELINES) <= set(clean())
    for frame in clean().values():
        numbers = frame.select("prediction", *quantile_columns()).to_numpy()
        assert frame.select("shop", "item", "day").unique().height == frame.height == wanted
        assert np.isfinite(numbers).all()


def test_the_naive_knows_the_period_before() -> None:
    whole, _ = judged()
    rows = clean()["naive"]
    before = whole.target[:, CUTOFF : CUTOFF + HORIZON]
    assert rows["prediction"].to_list() == before.ravel().tolist()


@given(series=st.integers(1, 10**6), steps=st.integers(1, 366))
def test_periods_are_distinct_rising_and_hold_the_first_and_the_last(
    series: int, steps: int
) -> None:
    periods = judged_periods(series, steps)

    assert sorted(set(periods)) == list(periods)
    assert (periods[0], periods[-1]) == (1, steps)
    assert len(periods) >= min(steps, 7)
    assert len(periods) == steps or len(periods) * series <= max(400_000, 7 * series)


def test_periods_that_are_left_out_change_no_other() -> None:
    whole, learner = judged()
    some = one_step_ahead(learner, whole, project(), (2, 5))
    days = [whole.dates[CUTOFF + 2], whole.dates[CUTOFF + 5]]
    for name, frame in clean().items():
        assert some[name].equals(frame.filter(pl.col("day").is_in(days)))
