from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.data.panel import Panel
from foresell.errors import UsageError
from foresell.evaluate.leaderboard import align, leaderboard, truth_frame, value_added
from foresell.evaluate.metrics import metric_names
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import HolidayWeight, ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

NAN = float("nan")
WEEKS = tuple(date(2024, 1, 5) + timedelta(weeks=i) for i in range(6))
PROJECT = ProjectSpec(
    name="shop",
    title="Shop",
    kind="panel",
    tables=(Table(name="sales", file="sales.csv"),),
    columns={
        "store": "key",
        "item": "key",
        "day": "time",
        "units": "target",
        "party": "known_future",
        "type": "static",
    },
    frequency="W-FRI",
    horizon=3,
    season=1,
    split=SplitSpec(test=3, validation=(3,)),
    holiday_weight=HolidayWeight(column="party", value=5),
    segments=("type",),
)
PANEL = Panel(
    keys=pl.DataFrame({"store": [1, 1], "item": ["a", "b"]}),
    static=pl.DataFrame({"type": ["X", "Y"]}),
    dates=WEEKS,
    target=np.array([[1.0, 3.0, 2.0, 4.0, NAN, 6.0], [NAN, NAN, NAN, 7.0, 8.0, 9.0]]),
    known={"party": np.array([[0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 1, 0.0]])},
    past={},
    cutoff=5,
)
TRUTH = truth_frame(PANEL, PROJECT, cutoff=2, steps=3)
KEYS = ["store", "item", "day"]


def forecast(error: float = 0.0) -> pl.DataFrame:
    return TRUTH.select(*KEYS, prediction=pl.col("y") + error)


def test_the_truth_has_one_row_for_each_observation_and_what_was_known_at_the_cutoff() -> None:
    expected = pl.DataFrame({
        "store": [1] * 5,
        "item": ["a", "a", "b", "b", "b"],
        "day": [WEEKS[3], WEEKS[5], WEEKS[3], WEEKS[4], WEEKS[5]],
        "type": ["X", "X", "Y", "Y", "Y"],
        "step": [1, 3, 1, 2, 3],
        "y": [4.0, 6, 7, 8, 9],
        "holiday": [False, False, False, True, False],
        "weight": [1.0, 1, 1, 5, 1],
        "scale": [1.5, 1.5, NAN, NAN, NAN],
        "volume": [2.0, 2, NAN, NAN, NAN],
    })
    assert_frame_equal(TRUTH, expected)


def test_the_truth_stops_after_the_steps_that_were_asked_for() -> None:
    assert truth_frame(PANEL, PROJECT, cutoff=2, steps=1)["day"].to_list() == [WEEKS[3]] * 2


def test_no_value_after_the_cutoff_enters_scale_or_volume() -> None:
    poisoned = PANEL.target.copy()
    poisoned[:, 3:] *= 1000
    names = ["scale", "volume"]
    again = truth_frame(replace(PANEL, target=poisoned), PROJECT, cutoff=2, steps=3)
    assert_frame_equal(again.select(names), TRUTH.select(names))


def test_without_a_declared_weight_there_is_neither_holiday_nor_weight() -> None:
    got = truth_frame(PANEL, replace(PROJECT, holiday_weight=None), cutoff=2, steps=3)
    assert_frame_equal(got, TRUTH.drop("holiday", "weight"))


def test_the_board_is_sorted_by_wmae_where_weights_are_declared() -> None:
    holiday_only = TRUTH.select(*KEYS, prediction=pl.col("y") + pl.col("holiday") * 2.0)
    given_forecasts = {"naive": forecast(3), "flat": forecast(1), "party": holiday_only}
    board = leaderboard(TRUTH, given_forecasts, PROJECT, baselines=["naive"])
    assert board.select("candidate", "kind", "n", "wmae", "mae").rows() == [
        ("flat", "candidate", 5, 1.0, 1.0),
        ("party", "candidate", 5, 10 / 9, 0.4),
        ("naive", "baseline", 5, 3.0, 3.0),
    ]
    assert board.columns == ["candidate", "kind", *metric_names()]


def test_the_board_is_sorted_by_rmse_where_no_weights_are_declared() -> None:
    plain = replace(PROJECT, holiday_weight=None)
    truth = truth_frame(PANEL, plain, cutoff=2, steps=3)
    one_big = truth.select(*KEYS, prediction=pl.col("y") + (pl.col("step") == 2) * 4.0)
    board = leaderboard(truth, {"big": one_big, "flat": forecast(1)}, plain, baselines=[])
    assert board.select("candidate", "mae", "wmae").rows() == [
        ("flat", 1.0, None),
        ("big", 0.8, None),
    ]


def test_value_added_is_the_share_of_error_taken_from_each_baseline() -> None:
    given_forecasts = {"naive": forecast(4), "perfect": forecast(), "model": forecast(1)}
    board = leaderboard(TRUTH, given_forecasts, PROJECT, baselines=["naive", "perfect"])
    wape = board.filter(pl.col("candidate") == "naive")["wape"][0]
    assert wape == 20 / 34
    expected = pl.DataFrame({
        "candidate": ["model", "model"],
        "baseline": ["perfect", "naive"],
        "mae": [None, 0.75],
        "rmse": [None, 0.75],
        "wmae": [None, 0.75],
        "wape": [None, 0.75],
    })
    assert_frame_equal(value_added(board), expected)


def test_a_candidate_that_lacks_a_row_is_named_with_the_counts() -> None:
    short = {"all": forecast(), "short": forecast().tail(3)}
    with pytest.raises(UsageError, match=r"'short' does not answer .* 2 of 5 .* 0 of 3 are others"):
        leaderboard(TRUTH, short, PROJECT, baselines=[])


def test_an_answer_that_is_not_finite_is_named_with_the_counts() -> None:
    broken = forecast().with_columns(
        prediction=pl.when(pl.int_range(pl.len()) < 2).then(NAN).otherwise("prediction")
    )
    with pytest.raises(UsageError, match=r"'broken' leaves 2 of 5 rows .* \(5 rows given, 3 fin"):
        leaderboard(TRUTH, {"broken": broken}, PROJECT, baselines=[])


def test_a_row_answered_twice_is_refused() -> None:
    twice = pl.concat([forecast(), forecast().head(1)])
    with pytest.raises(UsageError, match="'twice' answers 1 of its 6 rows twice"):
        leaderboard(TRUTH, {"twice": twice}, PROJECT, baselines=[])


def test_half_a_fan_of_quantiles_is_refused() -> None:
    half = forecast().with_columns(pl.col("prediction").alias("q0.1"))
    with pytest.raises(UsageError, match="a prediction and all or no quantiles"):
        leaderboard(TRUTH, {"half": half}, PROJECT, baselines=[])


def test_a_board_of_no_forecast_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no forecast to judge"):
        leaderboard(TRUTH, {}, PROJECT, baselines=[])


def test_forecasts_of_weeks_that_were_never_observed_are_passed_over() -> None:
    gap = pl.DataFrame({"store": [1], "item": ["a"], "day": [WEEKS[4]], "prediction": [99.0]})
    gap = gap.cast({"store": TRUTH.schema["store"]})
    got = align(TRUTH, pl.concat([gap, forecast()]), PROJECT, "model")
    assert_frame_equal(got, TRUTH.with_columns(prediction=pl.col("y")))


def test_two_folds_with_the_same_dates_are_told_apart_by_their_cutoff() -> None:
    folds = [pl.col("day").min() - timedelta(weeks=back) for back in (1, 2)]
    truth = pl.concat([TRUTH.with_columns(cutoff=fold) for fold in folds])
    twice = truth.select("cutoff", *KEYS, prediction=pl.col("y") + 1)
    board = leaderboard(truth, {"model": twice}, PROJECT, baselines=[])
    assert board.select("n", "mae").rows() == [(10, 1.0)]


@given(errors=st.lists(st.floats(-50, 50), min_size=5, max_size=5))
@settings(deadline=None)
def test_the_order_of_rows_and_candidates_changes_nothing(
    errors: list[float],
) -> None:
    model = TRUTH.select(*KEYS, prediction=pl.col("y") + pl.Series(errors)).with_columns(
        (pl.col("prediction") + level).alias(name) for level, name in enumerate(quantile_columns())
    )
    plain = model.with_columns(pl.col("prediction") + 1)
    board = leaderboard(TRUTH, {"a": model, "b": plain}, PROJECT, baselines=["b"])
    mixed = {"b": plain.reverse(), "a": model.sample(fraction=1, shuffle=True, seed=1)}
    assert_frame_equal(
        board, leaderboard(TRUTH.reverse(), mixed, PROJECT, baselines=["b"]), check_exact=True
    )
