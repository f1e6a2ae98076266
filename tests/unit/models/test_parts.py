from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.panel import Panel
from foresell.errors import CandidateError, DataError
from foresell.features.direct import direct_frame
from foresell.features.pools import fit_recipe
from foresell.models.boosted import Booster
from foresell.models.candidates import fit, read
from foresell.models.combination import (
    bucket_of,
    combined,
    greedy_weights,
    horizon_thirds,
    inverse_error_weights,
)
from foresell.models.effort import EFFORTS
from foresell.models.lad import BAND_ROWS, fit_lad, lad_from_json
from foresell.models.origins import (
    actual_after,
    draw_sample,
    first_origin,
    fitting_origins,
    fold_cutoffs,
    known_by,
    steps_of,
    training_origins,
)
from foresell.models.parts import Lesson, Part, Settings
from foresell.models.ridge import Ridge
from foresell.models.seasonal import reference, seasonal_members
from foresell.models.stacking import series_halves
from tests.unit.models.toys import HORIZON, QUICK, panel, project

KNOWN = panel(120)


def frame_at(origin: int) -> pl.DataFrame:
    return direct_frame(KNOWN, project(), fit_recipe(KNOWN, project()), origin, HORIZON)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 60))
def test_greedy_weights_are_a_mean_no_worse_than_the_plain_one_halfway(
    seed: int, rows: int
) -> None:
    rng = np.random.default_rng(seed)
    actual = rng.normal(size=rows)
    members = {
        name: actual + rng.normal(scale=size, size=rows)
        for name, size in (("a", 0.1), ("b", 1.0), ("c", 3.0))
    }
    weights = greedy_weights(members, actual, ("a", "b"))
    assert sum(weights.values()) == pytest.approx(1.0, abs=1e-12)
    assert min(weights.values()) >= 0

    def error(shares: dict[str, float]) -> float:
        mixed = sum(share * members[name] for name, share in shares.items())
        return float(np.abs(actual - mixed).sum())

    best = min(error({name: 1.0}) for name in members)
    plain = error({"a": 0.5, "b": 0.5})
    # Absolute error is convex: shrinking mixes the greedy error with that of the plain mean.
    assert error(weights) <= 0.6 * max(best, plain) * 1.0 + 0.4 * plain + 1e-9


def test_without_a_row_the_weights_are_equal_over_the_named_members() -> None:
    none = np.zeros(0)
    assert greedy_weights({"a": none, "b": none, "c": none}, none, ("a", "b")) == {
        "a": 0.5,
        "b": 0.5,
        "c": 0.0,
    }


def test_each_step_is_combined_with_the_weights_of_its_bucket() -> None:
    members = {"a": np.full((2, 4), 10.0), "b": np.full((2, 4), 20.0)}
    weights = ({"a": 1.0, "b": 0.0}, {"a": 0.5, "b": 0.5})
    mixed = combined(members, weights, bucket_of(4, (2, 3)))
    assert mixed.tolist() == [[10.0, 10.0, 15.0, 15.0]] * 2


@pytest.mark.parametrize(("horizon", "buckets"), [(1, (1,)), (2, (1, 2)), (28, (10, 19, 28))])
def test_buckets_are_thirds_of_the_horizon(horizon: int, buckets: tuple[int, ...]) -> None:
    assert horizon_thirds(horizon) == buckets


def test_origins_lie_between_the_first_season_and_the_cutoff() -> None:
    origins = training_origins(KNOWN, project(), QUICK)
    fitting = fitting_origins(KNOWN, project(), QUICK)
    assert len(fitting) <= QUICK.origins
    assert min(fitting) >= first_origin(project())
    assert max(fitting) == KNOWN.cutoff - 1
    assert set(fold_cutoffs(KNOWN, project())) <= set(origins)
    assert origins[-1] == KNOWN.cutoff


def test_a_fold_learns_from_no_target_after_its_cutoff() -> None:
    sample = draw_sample(KNOWN, project(), frame_at(100), 100, 10_000)
    frames, targets = known_by([sample], 103)
    periods = 100 + frames[0]["step"].to_numpy()
    assert np.isfinite(targets[0]).tolist() == (periods <= 103).tolist()
    assert known_by([sample], 100) == ([], [])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), holes=st.floats(0, 1), rows=st.integers(1, 96))
def test_the_rows_of_a_lesson_do_not_depend_on_what_is_observed_after_its_cutoff(
    seed: int, holes: float, rows: int
) -> None:
    gone = np.random.default_rng(seed).uniform(size=KNOWN.target.shape) < holes
    gone[:, :104] = False
    spoilt = replace(KNOWN, target=np.where(gone, np.nan, KNOWN.target))
    lessons = [
        known_by([draw_sample(one, project(), frame_at(100), 100, rows)], 103)
        for one in (KNOWN, spoilt)
    ]
    said = [
        [frame.filter(np.isfinite(target)) for frame, target in zip(frames, targets, strict=True)]
        for frames, targets in lessons
    ]
    assert len(said[0]) == len(said[1])
    assert all(one.equals(other) for one, other in zip(*said, strict=True))


def test_a_sample_keeps_the_target_beside_its_own_row() -> None:
    frame = frame_at(100)
    sample = draw_sample(KNOWN, project(), frame, 100, 30)
    assert sample.frame.height == 30
    truth = frame.select("shop", "item", "step").with_columns(
        truth=actual_after(KNOWN, 100, HORIZON).ravel()
    )
    found = sample.frame.select("shop", "item", "step").join(
        truth, on=["shop", "item", "step"], maintain_order="left"
    )
    assert found["truth"].to_list() == sample.target.tolist()


def test_least_absolute_deviations_is_not_moved_by_one_outlier() -> None:
    frame = frame_at(100)
    truth = seasonal_members(frame)["seasonal_base"]
    plain = fit_lad([frame], [truth], HORIZON, 40)
    spoilt = truth.copy()
    spoilt[7] *= 1000
    moved = fit_lad([frame], [spoilt], HORIZON, 40).forecast(frame)
    assert moved == pytest.approx(plain.forecast(frame), rel=0.05)
    assert lad_from_json(plain.to_json()) == plain


def test_series_of_like_size_have_weights_of_their_own() -> None:
    frame = frame_at(100)
    many = [frame] * (2 * BAND_ROWS // frame.height + 1)  # enough for two bands
    truth = seasonal_members(frame)["seasonal_base"]
    large = frame["scale"].to_numpy() >= np.median(frame["scale"].to_numpy())
    grown = np.where(large, 1.5 * truth, truth)
    fitted = fit_lad(many, [grown] * len(many), HORIZON, 400)
    assert len(fitted.edges) == 1
    assert fitted.forecast(frame)[large].sum() == pytest.approx(grown[large].sum(), rel=0.05)
    assert fitted.forecast(frame)[~large].sum() == pytest.approx(grown[~large].sum(), rel=0.05)
    assert lad_from_json(fitted.to_json()) == fitted


def test_the_presets_are_ordered_by_effort() -> None:
    assert list(EFFORTS) == ["fast", "default", "best"]
    origins = [EFFORTS[name].origins for name in EFFORTS]
    assert origins == sorted(origins)


def test_a_frame_whose_rows_are_not_the_panels_series_in_order_is_refused() -> None:
    frame = frame_at(100)
    assert steps_of(frame, KNOWN) == HORIZON
    swapped = frame[[*range(HORIZON, 2 * HORIZON), *range(HORIZON), *range(2 * HORIZON, 96)]]
    for wrong in (swapped, frame.head(95), frame.drop("shop"), frame.head(0)):
        with pytest.raises(DataError, match="not the panel's 12 series"):
            draw_sample(KNOWN, project(), wrong, 100, 10)


@given(drop=st.sets(st.integers(0, 11), max_size=10))
def test_the_half_a_series_is_in_does_not_depend_on_the_others(drop: set[int]) -> None:
    halves = series_halves(KNOWN)
    rest = np.array([place for place in range(12) if place not in drop])
    assert set(halves.tolist()) == {0, 1}
    assert series_halves(KNOWN.select(rest)).tolist() == halves[rest].tolist()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 60))
def test_inverse_error_weights_are_a_mean_in_the_order_of_the_errors(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    actual = rng.normal(size=rows)
    members = {name: actual + rng.normal(size=rows) for name in ("a", "b", "c")}
    weights = inverse_error_weights(members, actual, ("a", "b"))
    errors = {name: float(np.abs(actual - members[name]).mean()) for name in ("a", "b")}
    assert weights["c"] == 0.0
    assert weights["a"] + weights["b"] == pytest.approx(1.0, abs=1e-12)
    assert weights["a"] * errors["a"] == pytest.approx(weights["b"] * errors["b"], rel=0.01)


def test_inverse_error_weights_are_equal_where_nothing_tells_members_apart() -> None:
    none, even = np.zeros(0), {"a": 0.5, "b": 0.5}
    assert inverse_error_weights({"a": none, "b": none}, none, ("a", "b")) == even
    ones = np.ones(3)
    assert inverse_error_weights({"a": ones, "b": ones}, ones, ("a", "b")) == even
    flawless = inverse_error_weights({"a": ones, "b": ones + 1}, ones, ("a", "b"))
    assert flawless["a"] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("name", ["ridge", "lightgbm", "xgboost", "catboost"])
def test_a_candidate_learns_what_the_reference_misses_and_says_which_feature_it_was(
    name: str,
) -> None:
    frame = frame_at(100)
    base = reference(frame)
    truth = base * np.where(frame["x_known_promo"].to_numpy() > 0.5, 1.5, 1.0)
    quick: Settings = {"trees": 60, "trees_per_period": 60, "leaf_rows": 5, "learning_rate": 0.1}
    lesson = Lesson(
        frames=[frame],
        targets=[truth],
        periods=HORIZON,
        horizon=HORIZON,
        seed=1,
        settings={"penalty": 0.01} if name == "ridge" else quick,
    )
    part = fit(name, lesson)
    mended = part.forecast(frame)
    assert np.abs(truth - mended).sum() < 0.75 * np.abs(truth - base).sum()
    assert isinstance(part, Booster | Ridge)
    added = part.contributions(frame).sum(axis=1)
    assert added == pytest.approx(mended - base, abs=1e-3)
    again = read(name, part.files())
    assert again == part
    assert again.files() == part.files()
    assert again.forecast(frame).tobytes() == mended.tobytes()


def test_theta_follows_the_drift_of_each_series_and_knows_no_later_value() -> None:
    rising = np.where(np.arange(KNOWN.target.shape[1]) > 112, 1.3 * KNOWN.target, KNOWN.target)
    known = replace(KNOWN, target=rising)
    frame = direct_frame(known, project(), fit_recipe(known, project()), 119, HORIZON)

    def part(panel_: Panel) -> Part:
        return fit(
            "theta",
            Lesson(
                frames=[],
                targets=[],
                periods=0,
                horizon=HORIZON,
                seed=1,
                settings={"shrink": 1.0},
                panel=panel_,
                project=project(),
            ),
        )

    fitted, plain = part(known), part(KNOWN)
    assert fitted.forecast(frame).mean() > 1.1 * plain.forecast(frame).mean()
    again = read("theta", fitted.files())
    assert again == fitted
    assert again.files() == fitted.files()
    assert again.forecast(frame).tobytes() == fitted.forecast(frame).tobytes()
    poisoned = np.where(np.arange(known.target.shape[1]) > 110, 1e9, known.target)
    earlier = replace(known, target=poisoned, cutoff=110)
    assert part(earlier) == part(KNOWN.until(110))
    short = KNOWN.until(55)
    with pytest.raises(CandidateError, match="periods after the first year are too few"):
        part(short)
