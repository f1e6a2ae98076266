import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.evaluate.row_diagnostics import (
    SCHEMA,
    by_prediction,
    calibration_error,
    over_folds,
    quantile_calibration,
)
from foresell.spec.forecast import QUANTILES, quantile_columns

numbers = st.floats(-1e6, 1e6)
pairs = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=60)


def frame(rows: list[tuple[float, float]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"y": pl.Float64, "prediction": pl.Float64}, orient="row")


@settings(max_examples=40, deadline=None)
@given(rows=pairs, seed=st.integers(0, 99))
def test_bins_hold_every_row_once_in_the_order_of_the_prediction(
    rows: list[tuple[float, float]], seed: int
) -> None:
    bins = by_prediction(frame(rows))

    assert bins["n"].sum() == len(rows)
    assert bins["bin"].to_list() == list(range(1, bins.height + 1))
    assert bins.height <= 10
    assert bins["prediction"].is_sorted()
    turned = frame(rows).sample(len(rows), shuffle=True, seed=seed)
    assert by_prediction(turned).equals(bins)


def test_a_hundred_different_predictions_fall_into_ten_bins_of_ten() -> None:
    rows = frame([(float(2 * i), float(i)) for i in range(100)])

    bins = by_prediction(rows)

    assert bins["n"].to_list() == [10] * 10
    assert bins["prediction"].to_list() == [10 * i + 4.5 for i in range(10)]
    assert bins["y"].to_list() == [2 * (10 * i + 4.5) for i in range(10)]
    assert bins["middle"].to_list() == [-(10 * i + 4.5) for i in range(10)]


def test_equal_predictions_are_in_one_bin() -> None:
    bins = by_prediction(frame([(float(i), 5.0) for i in range(50)]))

    assert bins.select("bin", "n", "prediction", "y").rows() == [(1, 50, 5.0, 24.5)]


def test_of_no_rows_there_are_no_bins_and_no_calibration_error() -> None:
    bins = by_prediction(frame([]))

    assert bins.schema == SCHEMA
    assert calibration_error(bins) is None


@settings(max_examples=40, deadline=None)
@given(rows=pairs)
def test_the_calibration_error_is_no_larger_than_the_mean_absolute_error(
    rows: list[tuple[float, float]],
) -> None:
    found = calibration_error(by_prediction(frame(rows)))

    y, prediction = np.array(rows).T
    assert found is not None
    assert 0 <= found <= float(np.abs(y - prediction).mean()) * (1 + 1e-9) + 1e-6


def test_truth_on_a_quantile_counts_half() -> None:
    rows = pl.DataFrame({"y": [1.0, 2.0]}).with_columns(
        pl.lit(1.0).alias(name) for name in quantile_columns()
    )

    found = quantile_calibration(rows, "some")

    assert found["level"].to_list() == list(QUANTILES)
    assert found["bucket"].unique().to_list() == ["some"]
    assert found["observed"].unique().to_list() == [0.25]


def test_without_quantiles_nothing_is_said_of_them() -> None:
    assert quantile_calibration(frame([(1.0, 2.0)])).is_empty()


def test_larger_folds_weigh_more_in_the_error_over_all_of_them() -> None:
    folds = pl.DataFrame({
        "candidate": ["b", "b", "a", "a"],
        "fold": [0, 1, 0, 1],
        "rmse": [1.0, 3.0, 2.0, None],
        "n": [3, 1, 2, 2],
    })

    assert over_folds(folds).rows() == [("b", pytest.approx(np.sqrt(3.0), abs=1e-12)), ("a", None)]
