from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

import numpy as np
import polars as pl
import pytest

from foresell.data.panel import Panel, build_panel
from foresell.errors import DataError
from foresell.features.direct import direct_frame
from foresell.features.pools import fit_recipe
from foresell.models.baselines import BASELINES
from foresell.models.calibrating import candidate_quantiles
from foresell.models.learner import (
    Learner,
    PanelForecast,
    fit_learner,
    forecast,
    refit_learner,
)
from foresell.models.learner_files import read_learner, write_learner
from foresell.models.members import forecast_members
from foresell.models.origins import Frames, training_origins
from foresell.spec.forecast import QUANTILES
from tests.unit.models.toys import HORIZON, QUICK, panel, project, rows


def frames_of(known: Panel, frequency: str = "W-FRI") -> Frames:
    spec = project("D" if frequency == "D" else "W-FRI")
    recipe = fit_recipe(known, spec)
    made = {
        origin: direct_frame(known, spec, recipe, origin, spec.horizon)
        for origin in training_origins(known, spec, QUICK)
    }
    return made.__getitem__


def fitted(known: Panel, frequency: str = "W-FRI") -> Learner:
    spec = project("D" if frequency == "D" else "W-FRI")
    return fit_learner(known, spec, QUICK, frames_of(known, frequency), lambda _: None)


@lru_cache(maxsize=1)
def weekly() -> tuple[Panel, Learner]:
    known = panel(120)
    return known, fitted(known)


def same(one: PanelForecast, other: PanelForecast) -> bool:
    return (
        one.point.tobytes() == other.point.tobytes()
        and one.quantiles.tobytes() == other.quantiles.tobytes()
        and all(
            one.members[name].tobytes() == other.members[name].tobytes() for name in one.members
        )
    )


def test_every_series_and_step_is_answered_with_rising_finite_quantiles_around_the_point() -> None:
    known, learner = weekly()
    answer = forecast(learner, known, project(), HORIZON)
    assert answer.point.shape == (12, HORIZON)
    assert np.isfinite(answer.point).all()
    assert np.isfinite(answer.quantiles).all()
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()
    assert (answer.quantiles >= 0).all()
    assert (np.abs(answer.quantiles[..., QUANTILES.index(0.5)] / answer.point - 1) < 0.2).all()
    assert set(answer.level_used) == {"series"}
    assert answer.interval_method == "conformal_intervals"
    assert {"lad", "lightgbm", "seasonal_base", "ensemble_greedy", "ensemble_mean", "naive"} <= set(
        answer.members
    )


def test_every_candidate_has_quantiles_of_its_own() -> None:
    known, learner = weekly()
    answer = forecast(learner, known, project(), HORIZON)
    for name in answer.members:
        bands = candidate_quantiles(learner, answer, name, project())
        assert np.isfinite(bands).all()
        assert (np.diff(bands, axis=2) >= 0).all()


def test_the_learner_beats_the_seasonal_naive_on_a_seasonal_panel() -> None:
    known, learner = weekly()
    error = dict(
        learner.folds
        .group_by("candidate")
        .agg(pl.col("abs_error").sum())
        .select("candidate", "abs_error")
        .iter_rows()
    )
    assert error[learner.chosen] < 0.8 * error["seasonal_naive"]
    assert sorted(set(learner.folds["cutoff"])) == [known.cutoff - 16, known.cutoff - 8]


def test_what_happens_after_the_cutoff_changes_no_byte_of_a_forecast() -> None:
    known, learner = weekly()
    cutoff = known.cutoff - 10
    poisoned = replace(
        known,
        target=np.where(np.arange(known.target.shape[1]) > cutoff, 1e9, known.target),
        past={
            name: np.where(np.arange(values.shape[1]) > cutoff, -7.0, values)
            for name, values in known.past.items()
        },
        cutoff=cutoff,
    )
    clean = known.until(cutoff)
    assert same(
        forecast(learner, clean, project(), HORIZON),
        forecast(learner, poisoned, project(), HORIZON),
    )
    assert write_learner(fitted(clean)) == write_learner(fitted(poisoned))


def test_the_order_of_the_input_rows_changes_no_byte() -> None:
    known, learner = weekly()
    shuffled = panel(120, frame=rows(120).sample(fraction=1.0, shuffle=True, seed=1))
    assert write_learner(fitted(shuffled)) == write_learner(learner)
    assert same(
        forecast(learner, shuffled, project(), HORIZON),
        forecast(learner, known, project(), HORIZON),
    )


def test_a_learner_read_from_its_files_writes_the_same_bytes_and_forecasts_the_same() -> None:
    known, learner = weekly()
    files = write_learner(learner)
    again = read_learner(files)
    assert write_learner(again) == files
    assert same(
        forecast(again, known, project(), HORIZON), forecast(learner, known, project(), HORIZON)
    )
    with pytest.raises(DataError, match=r"learner\.json"):
        read_learner({})


def test_a_frame_at_hand_gives_the_forecast_that_no_frame_gives() -> None:
    known, learner = weekly()
    frame = direct_frame(known, project(), learner.recipe, known.cutoff, HORIZON)
    assert same(
        forecast(learner, known, project(), 5, frame), forecast(learner, known, project(), 5)
    )


def test_new_and_short_series_are_answered_from_their_pool_and_say_so() -> None:
    whole = rows(120)
    shop, item = pl.col("shop"), pl.col("item")
    late = (shop == "s3") & (item == 1) & (pl.col("day") < whole["day"].unique().sort()[110])
    new = (shop == "s2") & (item == 2)
    cut = whole.with_columns(sold=pl.when(late | new).then(None).otherwise(pl.col("sold")))
    known = panel(120, frame=cut)
    answer = forecast(fitted(known), known, project(), HORIZON)
    level = dict(zip(known.keys.iter_rows(), answer.level_used, strict=True))
    assert known.n_series == 12
    assert level["s3", 1] != "series"
    assert level["s2", 2] != "series"
    assert level["s0", 0] == "series"
    assert np.isfinite(answer.point).all()
    # The short series has ten weeks of its own, so its level is known to a tenth or two.
    place = known.keys.rows().index(("s3", 1))
    full = panel(120)
    level_of_twin = np.nanmean(full.target[place, 100:120])
    assert answer.point[place].mean() == pytest.approx(level_of_twin, rel=0.35)


def with_newcomers(count: int) -> Panel:
    """The panel of 120 weeks, ``count`` small items that came in week 100, and one yet to come."""
    whole = rows(120)
    days = whole["day"].unique().sort()
    small = []
    for place in range(count + 1):
        came = days[100] if place < count else days[119] + timedelta(days=1)
        sold = pl.when(pl.col("day") >= came).then(pl.col("sold") * 0.01)
        twin = whole.filter((pl.col("shop") == f"s{place % 4}") & (pl.col("item") == place % 3))
        small.append(twin.with_columns(sold=sold, item=pl.lit(10 + place, twin["item"].dtype)))
    return panel(120, frame=pl.concat([whole, *small]))


def test_a_series_without_history_is_answered_from_earlier_newcomers_by_every_candidate() -> None:
    known = with_newcomers(12)
    learner = fitted(known)
    answer = forecast(learner, known, project(), HORIZON)
    cold = ~np.isfinite(known.target).any(axis=1)
    assert cold.sum() == 1
    assert np.isfinite(answer.newcomers).all(axis=(1, 2)).tolist() == cold.tolist()
    middle = answer.newcomers[cold][..., QUANTILES.index(0.5)]
    assert (middle < 30.0).all()  # the pool sells some hundreds, newcomers a hundredth of it
    for name in answer.members:
        bands = candidate_quantiles(learner, answer, name, project())
        own = name not in BASELINES
        assert (answer.members[name][cold] == middle).all() == own
        assert (bands[cold] == answer.newcomers[cold]).all() == own
    assert answer.quantiles[cold].tobytes() == answer.newcomers[cold].tobytes()


def test_what_newcomers_teach_changes_no_byte_of_a_series_with_a_history() -> None:
    known = with_newcomers(12)
    learner = fitted(known)
    answer = forecast(learner, known, project(), HORIZON)
    frame = direct_frame(known, project(), learner.recipe, known.cutoff, HORIZON)
    plain = forecast_members(learner.fitted, known, project(), frame)
    past = np.isfinite(known.target).any(axis=1)
    for name, values in plain.items():
        assert answer.members[name][past].tobytes() == values[past].tobytes()


@pytest.mark.parametrize("weeks", [1, 3, 9, 30, 52, 60, 70])
def test_a_short_history_gives_a_finite_forecast_and_says_what_was_left_out(weeks: int) -> None:
    known = panel(weeks)
    learner = fitted(known)
    answer = forecast(learner, known, project(), HORIZON)
    assert np.isfinite(answer.point).all()
    assert np.isfinite(answer.quantiles).all()
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()
    assert (answer.interval_method == "conformal_intervals") == (weeks >= 66)
    assert bool(learner.notes) == (weeks < 74)
    assert write_learner(read_learner(write_learner(learner))) == write_learner(learner)


def test_a_series_that_is_always_zero_is_forecast_as_zero_or_nearly() -> None:
    dead = (pl.col("shop") == "s1") & (pl.col("item") == 0)
    frame = rows(120).with_columns(
        sold=pl.when(dead & pl.col("sold").is_not_null()).then(0.0).otherwise(pl.col("sold"))
    )
    known = panel(120, frame=frame)
    answer = forecast(fitted(known), known, project(), HORIZON)
    place = known.keys.rows().index(("s1", 0))
    assert np.isfinite(answer.quantiles).all()
    assert (answer.point[place] <= 5.0).all()


def test_refitting_keeps_weights_and_calibration_and_moves_the_cutoff() -> None:
    known, _ = weekly()
    judged = fitted(known.until(known.cutoff - HORIZON))
    again = refit_learner(judged, known, project(), QUICK, frames_of(known), lambda _: None)
    assert again.cutoff == known.cutoff
    assert again.fitted != judged.fitted
    assert replace(again, cutoff=judged.cutoff, fitted=judged.fitted) == judged


def test_a_daily_panel_is_learned_by_the_same_code() -> None:
    known = panel(420, "D")
    learner = fitted(known, "D")
    answer = forecast(learner, known, project("D"), HORIZON)
    error = dict(
        learner.folds
        .group_by("candidate")
        .agg(pl.col("abs_error").sum())
        .select("candidate", "abs_error")
        .iter_rows()
    )
    assert np.isfinite(answer.quantiles).all()
    assert error[learner.chosen] < 0.8 * error["seasonal_naive"]


def test_two_fits_of_the_same_panel_give_equal_bytes() -> None:
    known, learner = weekly()
    assert write_learner(fitted(known)) == write_learner(learner)


@pytest.mark.parametrize("shops", [1, 2])
def test_a_lone_series_without_covariates_or_events_is_learned_too(shops: int) -> None:
    spec = replace(
        project(),
        columns={"shop": "key", "day": "time", "sold": "target"},
        holiday_weight=None,
        events=(),
        nonnegative=False,
    )
    frame = rows(120).filter((pl.col("item") == 0) & (pl.col("shop") < f"s{shops}"))
    observed = frame.filter(pl.col("sold").is_not_null()).with_columns(-pl.col("sold"))
    known = build_panel(observed, spec)
    recipe = fit_recipe(known, spec)
    learner = fit_learner(
        known,
        spec,
        QUICK,
        lambda origin: direct_frame(known, spec, recipe, origin, HORIZON),
        lambda _: None,
    )
    answer = forecast(learner, known, spec, HORIZON)
    assert known.n_series == shops
    assert np.isfinite(answer.quantiles).all()
    assert (answer.point < 0).all()


def test_a_frame_of_other_series_or_fewer_steps_is_refused() -> None:
    known, learner = weekly()
    frame = direct_frame(known, project(), learner.recipe, known.cutoff, HORIZON)
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=1)
    by_step = frame.sort("step", maintain_order=True)
    for wrong in (shuffled, by_step, frame.reverse(), frame[:-1], frame[HORIZON:], frame[:0]):
        with pytest.raises(DataError, match="step by step"):
            forecast(learner, known, project(), HORIZON, wrong)
    with pytest.raises(DataError, match=f"{HORIZON} steps cannot answer {HORIZON + 1}"):
        forecast(learner, known, project(), HORIZON + 1, frame)
    with pytest.raises(DataError, match="step by step"):
        fit_learner(known, project(), QUICK, lambda _: by_step, lambda _: None)


def test_a_member_that_no_fold_judged_is_no_candidate() -> None:
    known, learner = weekly()
    judged = {name: made for name, made in learner.uncertainty.items() if name != "lightgbm"}
    answer = forecast(replace(learner, uncertainty=judged), known, project(), HORIZON)
    assert set(answer.members) == set(judged)


def test_a_key_column_may_be_named_as_foresells_own_growth_is() -> None:
    renamed = {"shop": "series", "item": "series_short"}
    spec = replace(
        project(),
        columns={renamed.get(name, name): role for name, role in project().columns.items()},
    )
    whole = rows(120).rename(renamed)
    observed = whole.filter(pl.col("sold").is_not_null())
    known = build_panel(observed, spec, whole.drop("sold", "price"))
    recipe = fit_recipe(known, spec)

    def frame_at(origin: int) -> pl.DataFrame:
        return direct_frame(known, spec, recipe, origin, HORIZON)

    learner = fit_learner(known, spec, QUICK, frame_at, lambda _: None)
    plain = forecast(weekly()[1], weekly()[0], project(), HORIZON)
    assert forecast(learner, known, spec, HORIZON).point.tobytes() == plain.point.tobytes()
