import json
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foresell.errors import UsageError
from foresell.evaluate.metrics import (
    Rows,
    metric_names,
    pinball_by_level,
    score,
    seasonal_scale,
)
from foresell.spec.forecast import QUANTILES

NAN = float("nan")
sizes = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
pairs = st.lists(st.tuples(sizes, sizes), min_size=1, max_size=20)


def array(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, dtype=np.float64)


def rows(given_pairs: list[tuple[float, float]]) -> Rows:
    truth, prediction = np.array(given_pairs, dtype=np.float64).T
    return Rows(truth=truth, prediction=prediction)


def fan(given_pairs: list[tuple[float, float]], spread: float = 0.0) -> Rows:
    """Quantiles around the prediction, ``spread`` apart from level to level."""
    point = rows(given_pairs)
    quantiles = point.prediction[:, None] + spread * (np.array(QUANTILES) - 0.5) * 10
    return Rows(truth=point.truth, prediction=point.prediction, quantiles=quantiles)


def test_a_share_of_nearly_nothing_that_no_number_can_say_is_none() -> None:
    got = score(Rows(truth=array(1e-308), prediction=array(2.0)))

    assert (got.wape, got.mae) == (None, 2.0)


def test_every_number_of_a_small_example_is_the_one_done_by_hand() -> None:
    got = score(
        Rows(
            truth=array(10, -2, 0, 4),
            prediction=array(12, -2, 1, 3),
            quantiles=np.array([[11.0, 12, 13], [-3, -2, -1], [0, 1, 2], [1, 3, 3.5]]),
            weights=array(5, 1, 1, 1),
            scale=array(2, 2, 0, NAN),
            levels=(0.1, 0.5, 0.9),
        )
    ).to_json()
    losses = [0.9 * 1 + 0.5 * 2 + 0.1 * 3, 0.1 * 1 + 0.1 * 1, 0.5 * 1 + 0.1 * 2]
    losses.append(0.1 * 3 + 0.5 * 1 + 0.9 * 0.5)
    expected = {
        "n": 4,
        "rmse": math.sqrt(1.5),
        "mae": 1.0,
        "mse": 1.5,
        "r2": 1 - 6 / 84,
        "wmae": 12 / 8,
        "wape": 4 / 16,
        "bias": 0.5,
        "bias_share": 2 / 16,
        "mase": 0.5,
        "mase_excluded": 2,
        "mape": (0.2 + 0 + 0.25) / 3,
        "mape_excluded": 1,
        "smape": (4 / 22 + 0 + 2 + 2 / 7) / 4,
        "pinball": sum(losses) / 12,
        "wql": 2 * sum(losses) / 3 / 16,
        "sql": (losses[0] + losses[1]) / 3 / 2,
        "coverage_80": 0.5,
        "width_80": (2 + 2 + 2 + 2.5) / 4,
        "winkler_80": (2 + 2 + 2 + 2.5 + 10 * (1 + 0.5)) / 4,
        "coverage_95": None,
        "width_95": None,
        "winkler_95": None,
    }
    assert got == pytest.approx(expected, abs=1e-12)
    assert tuple(got) == tuple(expected) == metric_names()


def test_rows_without_truth_are_not_scored_and_need_no_answer() -> None:
    with_gap = score(Rows(truth=array(1, NAN, 3), prediction=array(2, NAN, 3)))
    assert with_gap == score(Rows(truth=array(1, 3), prediction=array(2, 3)))


def test_a_score_of_nothing_is_json_without_a_number() -> None:
    got = score(Rows(truth=array(NAN), prediction=array(1))).to_json()
    counts = {"n": 0, "mase_excluded": 0, "mape_excluded": 0}
    assert json.loads(json.dumps(got, allow_nan=False)) == {
        name: counts.get(name) for name in metric_names()
    }


def test_all_zero_truth_gives_no_share_and_no_r2_but_an_error() -> None:
    got = score(Rows(truth=array(0, 0), prediction=array(0, 2)))
    assert (got.mae, got.smape, got.wape, got.r2, got.mape) == (1.0, 1.0, None, None, None)
    assert got.mape_excluded == 2


def test_an_unanswered_row_with_known_truth_is_refused_with_its_count() -> None:
    with pytest.raises(UsageError, match="2 values of prediction are not finite"):
        Rows(truth=array(1, 2, NAN), prediction=array(NAN, math.inf, NAN))


def test_arrays_of_other_rows_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"weights has the shape \(1,\), not \(2,\)"):
        Rows(truth=array(1, 2), prediction=array(1, 2), weights=array(1))
    with pytest.raises(UsageError, match=r"quantiles has the shape \(2, 3\), not \(2, 11\)"):
        Rows(truth=array(1, 2), prediction=array(1, 2), quantiles=np.ones((2, 3)))


def test_a_mape_threshold_of_zero_is_refused() -> None:
    with pytest.raises(UsageError, match="MAPE threshold of 0"):
        score(Rows(truth=array(1), prediction=array(1)), mape_threshold=0)


def test_seasonal_scale_skips_gaps_and_is_nan_for_a_series_shorter_than_a_season() -> None:
    target = np.array([[1.0, 5.0, 4.0, NAN, 10.0], [NAN, NAN, NAN, 7.0, 8.0]])
    np.testing.assert_array_equal(seasonal_scale(target, 2), [4.5, NAN])


def test_seasonal_scale_of_a_season_longer_than_the_data_is_nan() -> None:
    np.testing.assert_array_equal(seasonal_scale(np.ones((2, 3)), 5), [NAN, NAN])


@given(given_pairs=pairs, factor=st.sampled_from([0.25, 0.5, 2.0, 1024.0]))
@settings(deadline=None)
def test_shares_do_not_depend_on_the_unit_and_errors_grow_with_it(
    given_pairs: list[tuple[float, float]], factor: float
) -> None:
    one, other = score(fan(given_pairs, 1.0)), fan(given_pairs, 1.0)
    assert other.quantiles is not None
    scaled = score(
        Rows(
            truth=other.truth * factor,
            prediction=other.prediction * factor,
            quantiles=other.quantiles * factor,
        )
    )
    for name in ("wape", "wql", "smape", "r2", "bias_share", "coverage_80", "coverage_95"):
        assert getattr(scaled, name) == getattr(one, name)
    assert one.mae is not None
    assert scaled.mae == one.mae * factor


@given(given_pairs=pairs)
@settings(deadline=None)
def test_the_quantile_loss_of_the_median_is_half_the_absolute_error(
    given_pairs: list[tuple[float, float]],
) -> None:
    got = score(rows(given_pairs)).mae
    assert got is not None
    assert pinball_by_level(fan(given_pairs))["q0.5"] == pytest.approx(got / 2, rel=1e-9)


@given(given_pairs=pairs)
@settings(deadline=None)
def test_wql_of_a_repeated_point_forecast_is_its_wape_and_sql_its_mase(
    given_pairs: list[tuple[float, float]],
) -> None:
    point = fan(given_pairs)
    assume(np.abs(point.truth).sum() > 0)
    got = score(
        Rows(
            truth=point.truth,
            prediction=point.prediction,
            quantiles=point.quantiles,
            scale=np.arange(1.0, len(point.truth) + 1),
        )
    )
    assert got.wql == pytest.approx(got.wape, rel=1e-9)
    assert got.sql == pytest.approx(got.mase, rel=1e-9)


@given(given_pairs=pairs, narrow=st.floats(0, 100), more=st.floats(0, 100))
@settings(deadline=None)
def test_a_wider_band_never_covers_less(
    given_pairs: list[tuple[float, float]], narrow: float, more: float
) -> None:
    tight, wide = score(fan(given_pairs, narrow)), score(fan(given_pairs, narrow + more))
    assert tight.coverage_80 is not None
    assert tight.coverage_95 is not None
    assert wide.coverage_80 is not None
    assert 0 <= tight.coverage_80 <= wide.coverage_80 <= 1
    assert tight.coverage_80 <= tight.coverage_95


@given(given_pairs=pairs, spread=st.floats(0, 100))
@settings(deadline=None)
def test_the_winkler_score_is_the_quantile_losses_of_its_edges_per_half_the_share_left_out(
    given_pairs: list[tuple[float, float]], spread: float
) -> None:
    fanned = fan(given_pairs, spread)
    got, losses = score(fanned), pinball_by_level(fanned)
    assert got.winkler_80 == pytest.approx(10 * (losses["q0.1"] + losses["q0.9"]), rel=1e-9)
    assert got.winkler_95 == pytest.approx(40 * (losses["q0.025"] + losses["q0.975"]), rel=1e-9)


@given(given_pairs=pairs)
@settings(deadline=None)
def test_no_error_is_below_the_bias_and_rmse_is_never_below_mae(
    given_pairs: list[tuple[float, float]],
) -> None:
    got = score(rows(given_pairs))
    assert got.mae is not None
    assert got.rmse is not None
    assert got.bias is not None
    slack = 1e-9 * (1 + got.mae)
    assert abs(got.bias) <= got.mae + slack
    assert got.mae <= got.rmse + slack


@given(given_pairs=pairs, weight=st.floats(0.1, 100))
@settings(deadline=None)
def test_equal_weights_make_wmae_the_mae(
    given_pairs: list[tuple[float, float]], weight: float
) -> None:
    point = rows(given_pairs)
    weights = np.full(len(point.truth), weight)
    got = score(Rows(truth=point.truth, prediction=point.prediction, weights=weights))
    assert got.wmae == pytest.approx(got.mae, rel=1e-9)


@given(truth=st.lists(sizes, min_size=1, max_size=20))
@settings(deadline=None)
def test_a_perfect_forecast_has_no_error_of_any_kind(truth: list[float]) -> None:
    got = score(fan([(value, value) for value in truth]))
    assert (got.mae, got.rmse, got.bias, got.smape, got.pinball) == (0, 0, 0, 0, 0)
    assert (got.coverage_80, got.coverage_95, got.winkler_80, got.winkler_95) == (1, 1, 0, 0)
    assert got.r2 in {1.0, None}
    assert got.wape in {0.0, None}


@given(given_pairs=pairs)
@settings(deadline=None)
def test_a_repeated_row_changes_no_mean(given_pairs: list[tuple[float, float]]) -> None:
    assume(any(truth for truth, _ in given_pairs))
    once, twice = score(fan(given_pairs)), score(fan(given_pairs * 2))
    for name in ("mae", "wape", "bias", "smape", "wql"):
        assert getattr(twice, name) == pytest.approx(getattr(once, name), rel=1e-9, abs=1e-6)
    assert twice.n == 2 * once.n
