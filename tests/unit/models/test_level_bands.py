from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.models.level_bands import (
    LevelBand,
    band_from_dict,
    band_quantiles,
    fit_bands,
    row_places,
)
from foresell.models.origins import actual_after
from foresell.models.stacking import FoldRows, empty_rows
from foresell.spec.forecast import CONFORMAL, ENSEMBLE, QUANTILES, RESIDUAL
from tests.unit.models.test_coherence import spec
from tests.unit.models.toys import HORIZON, panel

CUTOFFS, BUCKETS = (95, 103, 111), (3, 5, 8)


def held_out(seed: int, noise: float = 0.1, shock: float = 0.0) -> tuple[FoldRows, np.ndarray]:
    """Three folds of the toy panel, and forecasts that miss each series by ``noise``.

    ``shock``: what all series of a fold are missed by together.
    """
    known, rng = panel(120), np.random.default_rng(seed)
    actual = [actual_after(known, cutoff, HORIZON).ravel() for cutoff in CUTOFFS]
    whole = np.concatenate(actual)
    count = len(whole)
    rows = replace(
        empty_rows(), cutoff=np.repeat(CUTOFFS, len(actual[0])), actual=np.concatenate(actual)
    )
    common = np.repeat(1 + shock * rng.normal(size=len(CUTOFFS)), len(actual[0]))
    return rows, whole * common * (1 + noise * rng.normal(size=count))


def bands(seed: int, noise: float = 0.1, shock: float = 0.0) -> tuple[LevelBand, ...]:
    rows, forecast = held_out(seed, noise, shock)
    return fit_bands(panel(120), spec(), rows, forecast, BUCKETS)


def quantiles(band: LevelBand, share: float = 0.25) -> np.ndarray:
    point = np.array([100.0])
    found = band_quantiles(band, point, point, np.array([share]), (np.ones(1), np.zeros(1, int)))
    row: np.ndarray = found[0]
    return row


def test_held_out_rows_are_placed_series_by_series() -> None:
    known = panel(120)
    series, step = row_places(known, spec(), 111)
    assert series.tolist() == np.repeat(np.arange(12), HORIZON).tolist()
    assert step.tolist() == list(range(HORIZON)) * 12


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**20), noise=st.floats(0.0, 1.0), shock=st.floats(0.0, 0.5))
def test_the_quantiles_rise_evenly_around_the_sum(seed: int, noise: float, shock: float) -> None:
    for band in bands(seed, noise, shock):
        found = quantiles(band)
        assert (np.diff(found) >= 0).all()
        assert found - 100 == pytest.approx(-(found - 100)[::-1], rel=1e-6, abs=1e-6)


def test_a_total_is_surer_than_its_shops_if_they_miss_by_themselves() -> None:
    shops, _, total = bands(1, noise=0.2)
    assert np.ptp(quantiles(total, 1.0)) < 0.8 * np.ptp(quantiles(shops))


def test_a_total_is_as_unsure_as_its_shops_if_they_miss_together() -> None:
    shops, _, total = bands(1, noise=0.01, shock=0.2)
    assert 0.8 < np.ptp(quantiles(total, 1.0)) / np.ptp(quantiles(shops)) < 1.25


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**20))
def test_the_band_of_shops_holds_what_it_says_where_misses_are_alike(seed: int) -> None:
    shops = bands(seed, noise=0.2)[0]
    rng = np.random.default_rng(seed + 1)
    known = panel(120)
    sold = actual_after(known, 111, HORIZON)
    made = sold * (1 + 0.2 * rng.normal(size=(400, *sold.shape)))
    truth, point = (one.reshape(-1, 4, 3, HORIZON).sum(axis=2) for one in (sold[None], made))
    share = point / point.sum(axis=1, keepdims=True)
    step = np.broadcast_to(np.arange(1.0, HORIZON + 1), point.shape)
    place = (step.ravel(), np.searchsorted(BUCKETS, step.ravel()))
    found = band_quantiles(shops, point.ravel(), point.ravel(), share.ravel(), place)
    true = np.broadcast_to(truth, point.shape).ravel()
    low, high = (found[:, QUANTILES.index(level)] for level in (0.1, 0.9))
    assert 0.72 <= ((low <= true) & (true <= high)).mean() <= 0.98


def test_too_few_misses_for_the_95_percent_band_widen_it_like_a_normal_one() -> None:
    rows, forecast = held_out(1)
    mine = rows.cutoff == CUTOFFS[-1]
    one_fold = replace(empty_rows(), cutoff=rows.cutoff[mine], actual=rows.actual[mine])
    total = fit_bands(panel(120), spec(), one_fold, forecast[mine], BUCKETS)[2]

    found = quantiles(total, 1.0) - 100
    assert found[-1] == pytest.approx(1.529 * found[-2], rel=1e-3)
    assert found[0] == pytest.approx(1.529 * found[1], rel=1e-3)
    assert total.methods == (RESIDUAL,) * len(BUCKETS)


def test_where_misses_are_many_they_say_how_wide_95_percent_is() -> None:
    for band in bands(1):  # three folds of eight periods, of four shops, three items and one total
        assert band.methods == (CONFORMAL,) * len(BUCKETS)


def test_where_nothing_was_held_out_a_quarter_of_the_sum_stands_in() -> None:
    none = fit_bands(panel(120), spec(), empty_rows(), np.zeros(0), BUCKETS)
    for band in none:
        assert band.methods == (ENSEMBLE,) * len(BUCKETS)
        assert quantiles(band)[-1] == pytest.approx(100 + 25 * 1.96, rel=1e-3)


def test_a_band_is_read_as_it_was_written() -> None:
    for band in bands(3):
        again = band_from_dict(band.to_dict())
        assert (again.spread, again.methods) == (band.spread, band.methods)
        assert again.table.tobytes() == band.table.tobytes()
