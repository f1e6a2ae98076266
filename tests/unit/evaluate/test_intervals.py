from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.evaluate.intervals import (
    Calibration,
    calibrated_quantiles,
    calibration_from_json,
    conformal_quantiles,
    fit_calibration,
    fit_spread,
    repeated_bias,
    spread_of,
    volume_codes,
)
from foresell.spec.forecast import QUANTILES

MEDIAN = QUANTILES.index(0.5)
misses = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=0, max_size=60)


def sided(size: np.ndarray) -> np.ndarray:
    """The same size below and above."""
    return np.column_stack([size, size])


@given(values=misses)
def test_quantiles_rise_and_are_misses_that_were_seen(values: list[float]) -> None:
    found = conformal_quantiles(np.array(values))
    assert (np.diff(found) >= 0).all()
    others = np.delete(found, MEDIAN)
    assert set(others.tolist()) <= (set(values) or {0.0})


@given(values=misses, power=st.integers(-8, 8))
def test_scaling_the_misses_by_a_power_of_two_scales_the_quantiles_exactly(
    values: list[float], power: int
) -> None:
    plain = conformal_quantiles(np.array(values))
    scaled = conformal_quantiles(np.array(values) * 2.0**power)
    assert (plain * 2.0**power).tolist() == scaled.tolist()


@pytest.mark.parametrize("count", [20, 50, 400])
def test_the_eighty_percent_band_covers_at_least_what_it_promises_on_exchangeable_data(
    count: int,
) -> None:
    rng = np.random.default_rng(7)
    inside = []
    for _ in range(2000):
        draw = rng.standard_t(4, count + 1)
        found = conformal_quantiles(draw[:-1])
        low, high = found[QUANTILES.index(0.1)], found[QUANTILES.index(0.9)]
        inside.append(low <= draw[-1] <= high)
    # Exact coverage is (floor(.9(n+1)) .. ) / (n + 1): never below 0.8, above it by 2 / (n + 1).
    assert 0.8 - 0.03 <= float(np.mean(inside)) <= 0.8 + 2 / (count + 1) + 0.03


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 999),
    rows=st.integers(1, 900),
    power=st.integers(-6, 6),
)
def test_intervals_are_equivariant_to_the_unit_of_the_target(
    seed: int, rows: int, power: int
) -> None:
    rng = np.random.default_rng(seed)
    scale, factor = rng.uniform(1, 100, rows), 2.0**power
    design = np.column_stack([np.ones(rows), rng.normal(size=rows)])
    wrong = rng.normal(size=rows) * scale
    groups = (rng.integers(0, 2, rows), rng.integers(0, 2, rows), rng.integers(0, 3, rows))

    def bands(unit: float) -> np.ndarray:
        spread = fit_spread(design, wrong * unit, scale * unit)
        size = sided(spread_of(spread, design, scale * unit))
        known = fit_calibration(wrong * unit, size, scale * unit, groups, 2)
        volume = volume_codes(scale * unit, known.volumes)
        places = (groups[0], volume, groups[1])
        return calibrated_quantiles(known, np.zeros(rows), size, places)

    plain = bands(1.0)
    assert (np.diff(plain, axis=1) >= 0).all()
    assert (plain * factor).tolist() == bands(factor).tolist()


def test_one_short_row_borrows_the_quantiles_of_the_coarser_group() -> None:
    rng = np.random.default_rng(3)
    wrong = np.append(rng.normal(size=999), 50.0)
    bucket = np.append(np.zeros(999, dtype=np.int64), 1)
    holiday = np.zeros(1000, dtype=np.int64)
    ones = np.ones(1000)
    fold = np.arange(1000) % 3
    known = fit_calibration(wrong, sided(ones), ones, (bucket, holiday, fold), 2)
    whole = conformal_quantiles(wrong)
    middle = repeated_bias(wrong, fold)
    assert known.table[1, 2, 0].tolist() == (whole - whole[MEDIAN] + middle).tolist()
    assert known.table[0, 2, 1].tolist() == known.table[0, 2, 0].tolist()


def test_with_no_miss_at_all_the_normal_distribution_stands_in() -> None:
    none, codes = np.zeros(0), np.zeros(0, dtype=np.int64)
    spread = fit_spread(np.zeros((0, 3)), none, none)
    size = spread_of(spread, np.ones((1, 3)), np.array([8.0]))
    known = fit_calibration(none, sided(none), none, (codes, codes, codes), 1)
    zero = np.zeros(1, dtype=np.int64)
    bands = calibrated_quantiles(known, np.array([10.0]), sided(size), (zero, zero, zero))
    assert size.tolist() == pytest.approx([2.0], rel=1e-12)
    found = dict(zip(QUANTILES, bands[0].tolist(), strict=True))
    wanted = {0.025: 6.0801, 0.1: 7.4369, 0.5: 10.0, 0.9: 12.5631, 0.975: 13.9199}
    assert {level: found[level] for level in wanted} == pytest.approx(wanted, abs=1e-3)


def test_misses_of_nothing_give_bands_of_nearly_nothing_and_no_error() -> None:
    ones = np.ones(500)
    spread = fit_spread(ones[:, None], np.zeros(500), ones)
    assert spread_of(spread, ones[:1, None], ones[:1]).tolist() == pytest.approx([0.005])


def test_a_calibration_read_from_its_text_is_the_same_calibration() -> None:
    rng = np.random.default_rng(5)
    wrong, scale = rng.normal(size=700), rng.uniform(1, 9, 700)
    codes = (rng.integers(0, 3, 700), rng.integers(0, 2, 700), rng.integers(0, 3, 700))
    known = fit_calibration(wrong, sided(scale), scale, codes, 3)
    again = calibration_from_json(known.to_json())
    assert again.table.tolist() == known.table.tolist()
    assert again.volumes == known.volumes


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Misses and what goes with them, one row each."""

    misses: np.ndarray
    size: np.ndarray
    scale: np.ndarray
    groups: tuple[np.ndarray, np.ndarray, np.ndarray]


def drawn(seed: int, rows: int, bias: Sequence[float]) -> Drawn:
    """Skewed misses of median ``bias[fold]`` times their size, over two buckets and holidays."""
    rng = np.random.default_rng(seed)
    fold = rng.integers(0, len(bias), rows)
    scale, size = rng.uniform(1, 100, rows), rng.uniform(1, 10, rows)
    skewed = rng.exponential(1.0, rows) - np.log(2) + np.array(bias)[fold]
    groups = (rng.integers(0, 2, rows), rng.integers(0, 2, rows), fold)
    return Drawn(misses=skewed * size, size=size, scale=scale, groups=groups)


def calibrated(past: Drawn) -> Calibration:
    return fit_calibration(past.misses, sided(past.size), past.scale, past.groups, 2)


def coverage(known: Calibration, new: Drawn) -> list[float]:
    """The share of new misses at or below each level."""
    places = (new.groups[0], volume_codes(new.scale, known.volumes), new.groups[1])
    bands = calibrated_quantiles(known, np.zeros(len(new.misses)), sided(new.size), places)
    below = (new.misses[:, None] <= bands).sum(axis=0)
    return [int(count) / len(new.misses) for count in below]


@pytest.mark.parametrize("bias", [-2.0, -0.3, 0.0, 0.3, 2.0])
@pytest.mark.parametrize("folds", [2, 3, 5])
def test_every_level_covers_what_it_promises_on_biased_skewed_misses_of_several_folds(
    bias: float, folds: int
) -> None:
    known = calibrated(drawn(11, 60_000, [bias] * folds))
    assert coverage(known, drawn(12, 40_000, [bias])) == pytest.approx(QUANTILES, abs=0.02)


def test_a_bias_whose_sign_changes_from_fold_to_fold_is_not_carried() -> None:
    known = calibrated(drawn(21, 30_000, [1.0, -1.0, 1.0]))
    assert known.table[..., MEDIAN].tolist() == np.zeros((2, 3, 2)).tolist()


def test_of_a_bias_that_every_fold_shows_the_least_is_carried() -> None:
    # Two standard errors of a fold of some 1,900 misses are 0.05.
    known = calibrated(drawn(22, 90_000, [2.0, 0.5, 1.0]))
    assert known.table[..., MEDIAN] == pytest.approx(np.full((2, 3, 2), 0.55), abs=0.06)


def test_of_a_bias_that_one_fold_alone_shows_half_is_carried() -> None:
    known = calibrated(drawn(23, 60_000, [-1.0]))
    assert known.table[..., MEDIAN] == pytest.approx(np.full((2, 3, 2), -0.5), abs=0.04)


def test_a_fold_of_a_few_misses_is_not_asked_about_the_bias() -> None:
    many, few = np.repeat([2.0, 3.0], 100), np.full(29, -9.0)
    fold = np.concatenate([np.repeat([0, 1], 100), np.full(29, 2)])
    assert repeated_bias(np.concatenate([many, few]), fold) == 2.0
    assert repeated_bias(few, np.full(29, 2)) == -4.5
    assert repeated_bias(few[:0], fold[:0]) == 0.0


@given(
    medians=st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=2, max_size=5),
    power=st.integers(-8, 8),
)
def test_the_kept_bias_is_no_larger_than_any_folds_and_follows_unit_and_sign(
    medians: list[float], power: int
) -> None:
    misses, fold = np.repeat(medians, 31), np.repeat(np.arange(len(medians)), 31)
    kept = repeated_bias(misses, fold)
    assert abs(kept) <= min(abs(median) for median in medians)
    assert all(kept * median >= 0 for median in medians)
    assert repeated_bias(-misses, fold) == -kept
    assert repeated_bias(misses * 2.0**power, fold) == kept * 2.0**power
    assert repeated_bias(misses[::-1], fold[::-1]) == kept


@settings(deadline=None)
@given(seed=st.integers(0, 999), bias=st.floats(-3, 3))
def test_folds_that_differ_by_chance_alone_keep_nearly_the_whole_bias(
    seed: int, bias: float
) -> None:
    rng = np.random.default_rng(seed)
    misses, fold = rng.normal(bias, 1.0, 1200), np.repeat(np.arange(4), 300)
    # A fold's median has a standard error of 0.07, so that of all is seldom 0.15 from any fold's.
    assert repeated_bias(misses, fold) == pytest.approx(float(np.median(misses)), abs=0.15)
