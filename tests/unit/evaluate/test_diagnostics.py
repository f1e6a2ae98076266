"""Where the errors sit, counted by hand on a small truth."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from foresell.data.panel import Panel
from foresell.evaluate.diagnostics import (
    calibration,
    errors_by_step,
    pick_samples,
    residuals,
    totals,
)
from foresell.spec.forecast import QUANTILES, quantile_columns
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

DAYS = [date(2024, 1, 1) + timedelta(days=i) for i in range(2)]
PROJECT = ProjectSpec(
    name="shop",
    title="Shop",
    kind="panel",
    tables=(Table(name="sales", file="sales.csv"),),
    columns={"store": "key", "day": "time", "units": "target"},
    frequency="D",
    horizon=2,
    season=1,
    split=SplitSpec(test=2, validation=(2,)),
)
TRUTH = pl.DataFrame({
    "store": ["a", "a", "b", "b"],
    "day": DAYS * 2,
    "step": [1, 2, 1, 2],
    "y": [10.0, 20.0, 30.0, 0.0],
    "scale": [1.0, 1.0, 1.0, 1.0],
    "volume": [10.0, 10.0, 20.0, 20.0],
})


def forecast(values: list[float]) -> pl.DataFrame:
    """Point ``values`` with quantiles one unit apart around them."""
    frame = TRUTH.select("store", "day").with_columns(prediction=pl.Series(values))
    bands = [
        (pl.col("prediction") + 10 * (level - 0.5)).alias(name)
        for level, name in zip(QUANTILES, quantile_columns(), strict=True)
    ]
    return frame.with_columns(bands)


def test_the_error_of_a_step_is_its_absolute_errors_over_its_truth() -> None:
    found = errors_by_step(TRUTH, {"ours": forecast([12.0, 20.0, 28.0, 5.0])}, PROJECT)

    assert found.rows() == [("ours", 1, 4 / 40), ("ours", 2, 5 / 20)]


def test_a_step_whose_truth_is_all_zero_has_no_share() -> None:
    zero = TRUTH.with_columns(y=pl.when(pl.col("step") == 2).then(0.0).otherwise(pl.col("y")))

    found = errors_by_step(zero, {"ours": forecast([10.0, 1.0, 30.0, 1.0])}, PROJECT)

    assert found["wape"].to_list() == [0.0, None]


def test_calibration_counts_the_truth_below_each_quantile_and_half_of_what_equals_it() -> None:
    # Errors (truth less point): 0, +2, -3, +100.
    found = calibration(TRUTH, forecast([10.0, 18.0, 33.0, -100.0]), PROJECT)

    overall = found.filter(pl.col("bucket") == "all")
    assert overall["level"].to_list() == list(QUANTILES)
    inner = [0, 0.125, 0.25, 0.25, 0.375, 0.5, 0.625, 0.75, 0.75]
    assert overall["observed"].to_list() == [0, *inner, 0.75]


def test_totals_are_the_sums_of_the_judged_rows_by_date() -> None:
    found = totals(TRUTH, forecast([1.0, 2.0, 3.0, 4.0]), forecast([5.0, 6.0, 7.0, 8.0]), PROJECT)

    assert found.rows() == [(DAYS[0], 40.0, 4.0, 12.0), (DAYS[1], 20.0, 6.0, 14.0)]


def test_residuals_are_shares_of_the_series_mean() -> None:
    found = residuals(TRUTH, forecast([12.0, 20.0, 25.0, 10.0]), PROJECT)

    assert found["error"].to_list() == [0.2, 0.0, -0.25, 0.5]


@pytest.mark.parametrize("series", [1, 2, 5, 12, 40])
def test_samples_are_distinct_series_in_falling_volume_and_at_most_a_dozen(series: int) -> None:
    rng = np.random.default_rng(series)
    levels = np.arange(series, 0, -1)[:, None] * 100.0
    target = levels + rng.normal(0, 1, (series, 30))
    picked = pick_samples(panel(target), cutoff=20)

    rows = [row for row, why in picked if why != "erratic"]
    assert rows == sorted(rows)
    assert len({row for row, _ in picked}) == len(picked) <= 12
    assert len(picked) >= min(series, 10)


def test_a_series_without_history_or_without_an_end_is_no_sample() -> None:
    target = np.ones((3, 30))
    target[1, :21] = np.nan
    target[2, 25:] = np.nan

    assert pick_samples(panel(target), cutoff=20) == [(0, "big")]


def panel(target: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Panel:
    names = [f"s{i:02}" for i in range(len(target))]
    return Panel(
        keys=pl.DataFrame({"store": names}),
        static=pl.DataFrame(),
        dates=tuple(DAYS[0] + timedelta(days=i) for i in range(target.shape[1])),
        target=target,
        known={},
        past={},
        cutoff=target.shape[1] - 1,
    )
