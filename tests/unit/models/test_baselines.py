from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.panel import Matrix, Panel
from foresell.models.baselines import (
    BASELINES,
    hybrid,
    moving_average,
    naive,
    pooled_level,
    seasonal_average,
    seasonal_naive,
)
from foresell.spec.calendar import Frequency
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

NAN = float("nan")
Forecast = Callable[[Panel, ProjectSpec, int], Matrix]


def project(season: int, frequency: Frequency = "W-FRI") -> ProjectSpec:
    return ProjectSpec(
        name="shop",
        title="Shop",
        kind="panel",
        tables=(Table(name="sales", file="sales.csv"),),
        columns={"store": "key", "item": "key", "day": "time", "units": "target"},
        frequency=frequency,
        horizon=4,
        season=season,
        split=SplitSpec(test=4, validation=(4,)),
    )


def panel(*series: list[float], items: str = "", cutoff: int | None = None) -> Panel:
    """Series of equal length, one store each; ``items`` names the last key, one letter each."""
    target = np.array(series, dtype=np.float64)
    cutoff = target.shape[1] - 1 if cutoff is None else cutoff
    names = list(items or "abcdefgh"[: len(series)])
    keys = pl.DataFrame({"store": range(len(series)), "item": names})
    start = date(2024, 1, 5)
    return Panel(
        keys=keys,
        static=pl.DataFrame(),
        dates=tuple(start + timedelta(weeks=i) for i in range(target.shape[1] + 8)),
        target=target,
        known={},
        past={},
        cutoff=cutoff,
    )


def test_naive_repeats_the_last_observation_however_old_it_is() -> None:
    got = naive(panel([1, 2, NAN], [NAN, 5, 7]), project(2), 3)
    assert got.tolist() == [[2, 2, 2], [7, 7, 7]]


def test_seasonal_naive_repeats_the_last_season_in_its_order() -> None:
    got = seasonal_naive(panel([9, 9, 1, 2, 3]), project(3), 5)
    assert got.tolist() == [[1, 2, 3, 1, 2]]


def test_seasonal_naive_takes_an_older_season_where_the_last_one_has_a_gap() -> None:
    got = seasonal_naive(panel([5, 6, NAN, 8]), project(2), 2)
    assert got.tolist() == [[5, 8]]


def test_seasonal_naive_takes_the_nearest_earlier_week_where_no_season_has_the_period() -> None:
    got = seasonal_naive(panel([NAN, 6, NAN, 8, NAN, 4]), project(2), 2)
    assert got.tolist() == [[8, 4]]


def test_seasonal_naive_of_a_series_younger_than_a_season_ends_in_its_last_value() -> None:
    got = seasonal_naive(panel([NAN, NAN, 7, 8]), project(4), 4)
    assert got.tolist() == [[8, 8, 7, 8]]


def test_moving_average_is_over_the_last_four_observed_weeks() -> None:
    got = moving_average(panel([100, 1, 2, NAN, 3, 4, NAN]), project(52), 2)
    assert got.tolist() == [[2.5, 2.5]]


def test_moving_average_of_daily_data_is_over_28_days() -> None:
    days = [1000.0, *([2.0] * 14), *([4.0] * 14)]
    assert moving_average(panel(days), project(7, "D"), 1).tolist() == [[3.0]]


def test_seasonal_average_is_over_all_past_seasons_of_the_same_period() -> None:
    got = seasonal_average(panel([1, 10, 2, 20, NAN, 60]), project(2), 3)
    assert got.tolist() == [[1.5, 30, 1.5]]


def test_hybrid_is_the_seasonal_naive_only_from_a_season_of_history_on() -> None:
    long, short = [1.0, 2.0, 3.0, 4.0], [NAN, 5.0, 6.0, 7.0]
    got = hybrid(panel(long, short), project(4), 4)
    assert got.tolist() == [[1, 2, 3, 4], [6, 5, 6, 7]]


def test_hybrid_takes_the_moving_average_for_a_period_of_the_season_never_seen() -> None:
    got = hybrid(panel([1, 2, NAN, 4, 5, 6, NAN, 9]), project(4), 4)
    assert got.tolist() == [[5, 6, 6, 9]]


def test_a_series_without_history_takes_the_level_of_its_last_key() -> None:
    lonely = panel([2, 4], [NAN, NAN], [9, 9], [NAN, NAN], items="aabc")
    assert pooled_level(lonely).tolist() == [3, 3, 9, 6]


def test_a_panel_without_any_history_is_answered_with_zero() -> None:
    assert pooled_level(panel([NAN, NAN], [NAN, NAN])).tolist() == [0, 0]


def test_the_registry_names_the_five_baselines() -> None:
    assert list(BASELINES) == [
        "naive",
        "seasonal_naive",
        "moving_average",
        "seasonal_average",
        "hybrid",
    ]


cells = st.one_of(st.just(NAN), st.floats(-1e6, 1e6))
matrices = st.integers(1, 12).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=5)
)
every_baseline = pytest.mark.parametrize("forecast", BASELINES.values(), ids=BASELINES.keys())


@every_baseline
@given(series=matrices, season=st.integers(1, 6), steps=st.integers(1, 9))
@settings(deadline=None)
def test_every_series_gets_a_finite_forecast_of_every_step(
    forecast: Forecast, series: list[list[float]], season: int, steps: int
) -> None:
    got = forecast(panel(*series), project(season), steps)
    assert got.shape == (len(series), steps)
    assert bool(np.isfinite(got).all())


@every_baseline
@given(series=matrices, season=st.integers(1, 6), other=cells, data=st.data())
@settings(deadline=None)
def test_no_value_after_the_cutoff_changes_a_byte(
    forecast: Forecast, series: list[list[float]], season: int, other: float, data: st.DataObject
) -> None:
    cutoff = data.draw(st.integers(0, len(series[0]) - 1))
    honest = panel(*series, cutoff=cutoff)
    poisoned = honest.target.copy()
    poisoned[:, cutoff + 1 :] = other
    again = forecast(replace(honest, target=poisoned), project(season), 5)
    assert forecast(honest.until(cutoff), project(season), 5).tobytes() == again.tobytes()


@every_baseline
@given(series=matrices, season=st.integers(1, 6))
@settings(deadline=None)
def test_forecasts_stay_within_what_was_ever_observed(
    forecast: Forecast, series: list[list[float]], season: int
) -> None:
    seen = np.array(series)[np.isfinite(series)]
    low, high = (seen.min(), seen.max()) if len(seen) else (0.0, 0.0)
    got = forecast(panel(*series), project(season), 5)
    slack = 1e-9 * max(1.0, abs(low), abs(high))
    assert low - slack <= got.min()
    assert got.max() <= high + slack


@given(season=st.integers(1, 8), seasons=st.integers(1, 3), data=st.data())
@settings(deadline=None)
def test_a_series_that_repeats_itself_is_forecast_without_error(
    season: int, seasons: int, data: st.DataObject
) -> None:
    shape = data.draw(st.lists(st.integers(-9, 9), min_size=season, max_size=season))
    whole = panel([float(value) for value in shape * seasons])
    expected = [[float(shape[h % season]) for h in range(2 * season)]]
    for forecast in (seasonal_naive, seasonal_average, hybrid):
        assert forecast(whole, project(season), 2 * season).tolist() == expected
