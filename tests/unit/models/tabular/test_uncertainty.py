import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from foresell.models.tabular.uncertainty import (
    FEWEST_CONFORMAL,
    MIN_GROUP,
    RowUncertainty,
    band_code_of,
    band_codes,
    band_count,
    fit_uncertainty,
    interval_method,
    log_sizes,
    member_spread,
    quantiles_of_row,
    row_quantiles,
    sizes_of,
    uncertainty_from_json,
)
from foresell.spec.forecast import CONFORMAL, ENSEMBLE, QUANTILES, RESIDUAL

Vector = NDArray[np.float64]
LOW, HIGH = QUANTILES.index(0.1), QUANTILES.index(0.9)


def draw(rng: np.random.Generator, rows: int) -> tuple[Vector, Vector, NDArray[np.int64]]:
    """Misses whose size is twice the expected one, skewed, three times as wide in the band 1."""
    band = rng.integers(0, 2, size=rows)
    size = np.exp(rng.normal(size=rows))
    skewed = rng.gamma(2.0, size=rows) - 2.0
    return size * skewed * (1 + 2 * band), size, band


def held(known: RowUncertainty, misses: Vector, size: Vector, band: NDArray[np.int64]) -> Vector:
    bands = row_quantiles(known, np.zeros(len(misses)), size, band)
    inside: Vector = ((bands[:, LOW] <= misses) & (misses <= bands[:, HIGH])).astype(np.float64)
    return inside


@pytest.mark.parametrize("method", [CONFORMAL, ENSEMBLE, RESIDUAL])
@pytest.mark.parametrize("rows", [450, 1500, 3000])
def test_the_80_percent_band_holds_80_percent_of_new_rows_in_each_band(
    rows: int, method: str
) -> None:
    rng = np.random.default_rng(rows)
    inside, of_band = [], []
    for _ in range(250):
        misses, size, band = draw(rng, rows)
        if method == RESIDUAL:
            size = np.ones(rows)
        known = fit_uncertainty(misses, size, band, 2, method)
        new, wide, there = draw(rng, 400)
        wide = np.ones(400) if method == RESIDUAL else wide
        found = held(known, new, wide, there)
        inside.append(found.mean())
        of_band.append([found[there == code].mean() for code in (0, 1)])
    assert np.mean(inside) == pytest.approx(0.8, abs=0.01)
    assert np.mean(of_band, axis=0) == pytest.approx([0.8, 0.8], abs=0.015)


def test_rows_of_one_group_that_are_missed_alike_do_not_narrow_the_bands() -> None:
    rng = np.random.default_rng(4)

    def alike(groups: int) -> Vector:
        """Lines of orders; three tenths of the variance of a miss are its order's."""
        of = np.repeat(np.arange(groups), rng.integers(1, 18, size=groups))
        shared = np.sqrt(0.3) * rng.normal(size=groups)[of]
        made: Vector = shared + np.sqrt(0.7) * rng.normal(size=len(of))
        return made

    inside = []
    for _ in range(400):
        misses, new = alike(50), alike(60)
        known = fit_uncertainty(misses, np.ones(len(misses)), np.zeros(len(misses), np.int64), 1)
        inside.append(held(known, new, np.ones(len(new)), np.zeros(len(new), np.int64)).mean())
    assert np.mean(inside) == pytest.approx(0.8, abs=0.01)


@settings(deadline=None, max_examples=40)
@given(
    misses=st.lists(st.floats(-1e6, 1e6), min_size=0, max_size=80),
    bands=st.integers(1, 3),
    seed=st.integers(0, 99),
    nonnegative=st.booleans(),
)
def test_quantiles_rise_and_are_finite_and_stay_above_0_where_asked(
    misses: list[float], bands: int, seed: int, nonnegative: bool
) -> None:
    rng = np.random.default_rng(seed)
    size = rng.choice([0.0, 1e-9, 1.0, 50.0], size=len(misses))
    band = rng.integers(0, bands + 1, size=len(misses))
    known = fit_uncertainty(np.array(misses, dtype=np.float64), size, band, bands)
    point = rng.normal(size=20) * 100
    found = row_quantiles(
        known,
        point,
        rng.choice([0.0, 1.0, 1e6], size=20),
        rng.integers(0, bands + 1, size=20),
        nonnegative=nonnegative,
    )
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=1) >= 0).all()
    assert not nonnegative or found.min() >= 0


@settings(deadline=None, max_examples=80)
@given(
    point=st.sampled_from([0.0, -0.0, -3.0, 1e300]) | st.floats(-1e6, 1e6),
    size=st.sampled_from([0.0, 0.25, 1.0, 1.25]) | st.floats(0, 1e6),
    band=st.integers(0, 2),
    nonnegative=st.booleans(),
)
def test_the_quantiles_of_a_row_alone_have_the_bits_of_those_among_others(
    point: float, size: float, band: int, nonnegative: bool
) -> None:
    rng = np.random.default_rng(band)
    table = np.sort(rng.normal(size=(3, 3, len(QUANTILES))), axis=2)
    table[0] = 0.0
    known = RowUncertainty(
        method=CONFORMAL,
        table=table,
        edges=np.array([[0.25, 1.0], [0.0, 1.25], [1.0, 1.0]]),
        floors=np.array([0.25, 1.0, 1e-300]),
        rows=9,
    )
    rows = (np.array([point] * 5), np.array([size] * 5), np.array([band] * 5))
    among = row_quantiles(known, *rows, nonnegative=nonnegative)
    alone = quantiles_of_row(known, point, size, band, nonnegative=nonnegative)
    ends = quantiles_of_row(known, point, size, band, (LOW, HIGH), nonnegative=nonnegative)
    assert np.array([alone] * 5).tobytes() == among.tobytes()
    two = row_quantiles(known, *rows, (LOW, HIGH), nonnegative=nonnegative)
    assert np.array([ends] * 5).tobytes() == two.tobytes() == among[:, [LOW, HIGH]].tobytes()


@settings(deadline=None, max_examples=20)
@given(unit=st.floats(0.01, 1000), seed=st.integers(0, 99))
def test_quantiles_follow_the_unit_of_the_target(unit: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    misses, size, band = draw(rng, 700)
    one = row_quantiles(fit_uncertainty(misses, size, band, 2), misses, size, band)
    scaled = fit_uncertainty(misses * unit, size * unit, band, 2)
    other = row_quantiles(scaled, misses * unit, size * unit, band)
    np.testing.assert_allclose(other, one * unit, rtol=1e-9, atol=1e-9 * unit)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 99))
def test_the_order_of_rows_decides_nothing_and_json_keeps_every_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    misses, size, band = draw(rng, 650)
    known = fit_uncertainty(misses, size, band, 2)
    order = rng.permutation(650)
    other = fit_uncertainty(misses[order], size[order], band[order], 2)
    assert json.dumps(known.to_json()) == json.dumps(other.to_json())
    again = uncertainty_from_json(json.loads(json.dumps(known.to_json())))
    assert json.dumps(again.to_json()) == json.dumps(known.to_json())
    np.testing.assert_array_equal(
        row_quantiles(again, misses, size, band), row_quantiles(known, misses, size, band)
    )


def test_a_band_that_is_never_missed_has_no_width_and_leaves_the_other_as_it_is() -> None:
    rng = np.random.default_rng(2)
    size = np.exp(rng.normal(size=600))
    band = np.repeat([0, 1], 300)
    misses = np.where(band == 1, size * rng.normal(size=600), 0.0)
    found = row_quantiles(fit_uncertainty(misses, size, band, 2), np.zeros(600), size, band)
    assert np.array_equal(found[band == 0], np.zeros((300, len(QUANTILES))))
    alone = fit_uncertainty(misses[300:], size[300:], np.zeros(300, np.int64), 1)
    own = row_quantiles(alone, np.zeros(300), size[300:], np.zeros(300, np.int64))
    np.testing.assert_array_equal(found[band == 1], own)


def test_a_band_with_too_few_rows_and_rows_of_no_band_take_the_quantiles_of_all() -> None:
    rng = np.random.default_rng(3)
    few = FEWEST_CONFORMAL - 1
    misses, size = rng.normal(size=500), np.ones(500)
    band = np.where(np.arange(500) < few, 1, 0)
    known = fit_uncertainty(misses, size, band, 2)
    whole = fit_uncertainty(misses, size, np.zeros(500, np.int64), 1)
    for code in (1, 2):
        np.testing.assert_array_equal(known.table[code], whole.table[0])
    assert not np.array_equal(known.table[0], whole.table[0])


def test_thirds_by_size_are_told_apart_where_each_has_rows_enough() -> None:
    rng = np.random.default_rng(5)
    for rows, apart in ((3 * MIN_GROUP - 3, False), (3 * MIN_GROUP, True)):
        size = np.linspace(1.0, 2.0, rows)
        known = fit_uncertainty(rng.normal(size=rows), size, np.zeros(rows, np.int64), 1)
        assert (len(np.unique(known.table[0], axis=0)) == 3) is apart


def test_bands_are_counted_by_column_and_an_edge_is_in_the_upper_one() -> None:
    bands = {"price": (50.0, 100.0), "size": (2,)}
    frame = pl.DataFrame({
        "price": [49.9, 50.0, 100.0, None, float("nan")],
        "size": [1, 2, 3, 1, 1],
    })
    assert band_count(bands) == 6
    assert band_codes(frame, bands).tolist() == [0, 3, 5, 6, 6]
    assert band_codes(frame, {}).tolist() == [0] * 5


banded = st.none() | st.floats() | st.sampled_from([50.0, 100.0, -0.0, 0.0, 2.0**53, 2.0**53 + 2])


@settings(deadline=None, max_examples=60)
@given(price=banded, size=banded)
def test_the_band_of_a_row_alone_is_that_of_it_among_others(
    price: float | None, size: float | None
) -> None:
    bands = {"price": (0, 50.0, 100, 2**53 + 1), "size": (2,)}
    row = {name: [value] for name, value in (("price", price), ("size", size))}
    frame = pl.DataFrame(row, schema={"price": pl.Float64(), "size": pl.Float64()})
    numbers = {name: np.nan if one is None else one for name, (one,) in row.items()}
    assert [band_code_of(numbers, bands)] == band_codes(frame, bands).tolist()
    assert [band_code_of(numbers, {})] == band_codes(frame, {}).tolist()


@pytest.mark.parametrize(
    ("rows", "members", "method"),
    [
        (FEWEST_CONFORMAL, 0, CONFORMAL),
        (FEWEST_CONFORMAL - 1, 3, ENSEMBLE),
        (0, 3, ENSEMBLE),
        (FEWEST_CONFORMAL - 1, 2, RESIDUAL),
        (0, 0, RESIDUAL),
    ],
)
def test_the_method_is_the_best_that_the_rows_allow(rows: int, members: int, method: str) -> None:
    assert interval_method(rows, members) == method


def test_sizes_learnt_as_logs_are_of_the_misses_own_size() -> None:
    factor = np.array([1.0, 10.0, 100.0, 2.0])
    misses = np.array([-0.5, 20.0, 0.0, 3.0])
    sizes = sizes_of(log_sizes(misses, factor), factor)
    smallest = 0.005 * np.mean(np.abs(misses) / factor)
    np.testing.assert_allclose(sizes, np.abs(misses) + smallest * factor)
    assert sizes.min() > 0
    assert log_sizes(np.zeros(3), np.ones(3)).tolist() == [0.0] * 3


def test_members_that_agree_by_chance_do_not_divide_by_nothing() -> None:
    rng = np.random.default_rng(6)
    members = [rng.normal(size=300) for _ in range(3)]
    for one in members:
        one[:10] = 1.0
    spread = member_spread(members)
    assert spread[:10].tolist() == [0.0] * 10
    known = fit_uncertainty(rng.normal(size=300), spread, np.zeros(300, np.int64), 1, ENSEMBLE)
    found = row_quantiles(known, np.zeros(300), spread, np.zeros(300, np.int64))
    assert known.method == ENSEMBLE
    assert np.abs(found[:10]).max() < np.abs(found).max() / 5
    assert np.abs(found[:10]).max() > 0
