import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.evaluate.intervals import (
    calibrated_quantiles,
    calibration_from_json,
    conformal_quantiles,
    fit_calibration,
    fit_spread,
    spread_of,
    volume_codes,
)
from foresell.spec.forecast import QUANTILES

misses = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=0, max_size=60)


@given(values=misses)
def test_quantiles_rise_and_are_misses_that_were_seen(values: list[float]) -> None:
    found = conformal_quantiles(np.array(values))
    assert (np.diff(found) >= 0).all()
    others = np.delete(found, QUANTILES.index(0.5))
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
        inside.append(found[0] <= draw[-1] <= found[-1])
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
    groups = (rng.integers(0, 2, rows), rng.integers(0, 2, rows))

    def bands(unit: float) -> np.ndarray:
        spread = fit_spread(design, wrong * unit, scale * unit)
        size = spread_of(spread, design, scale * unit)
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
    known = fit_calibration(wrong, ones, ones, (bucket, holiday), 2)
    whole = conformal_quantiles(wrong)
    assert known.table[1, 3, 0].tolist() == (whole - whole[4]).tolist()
    assert known.table[0, 3, 1].tolist() == known.table[0, 3, 0].tolist()


def test_with_no_miss_at_all_the_normal_distribution_stands_in() -> None:
    none, codes = np.zeros(0), np.zeros(0, dtype=np.int64)
    spread = fit_spread(np.zeros((0, 3)), none, none)
    size = spread_of(spread, np.ones((1, 3)), np.array([8.0]))
    known = fit_calibration(none, none, none, (codes, codes), 1)
    zero = np.zeros(1, dtype=np.int64)
    bands = calibrated_quantiles(known, np.array([10.0]), size, (zero, zero, zero))
    assert size.tolist() == pytest.approx([2.0], rel=1e-12)
    assert bands[0, [0, 4, 8]].tolist() == pytest.approx([7.4369, 10.0, 12.5631], abs=1e-3)


def test_misses_of_nothing_give_bands_of_nearly_nothing_and_no_error() -> None:
    ones = np.ones(500)
    spread = fit_spread(ones[:, None], np.zeros(500), ones)
    assert spread_of(spread, ones[:1, None], ones[:1]).tolist() == pytest.approx([0.005])


def test_a_calibration_read_from_its_text_is_the_same_calibration() -> None:
    rng = np.random.default_rng(5)
    wrong, scale = rng.normal(size=700), rng.uniform(1, 9, 700)
    codes = (rng.integers(0, 3, 700), rng.integers(0, 2, 700))
    known = fit_calibration(wrong, scale, scale, codes, 3)
    again = calibration_from_json(known.to_json())
    assert again.table.tolist() == known.table.tolist()
    assert (again.volumes, again.count) == (known.volumes, 700)
