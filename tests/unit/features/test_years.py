import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.panel import Matrix
from foresell.features.alignment import sources
from foresell.features.calendar import period_dates
from foresell.features.years import Years, steadied, years_of
from tests.unit.models.toys import panel, project

KNOWN = panel(160)


def years(length: int = 160) -> Years:
    dates = period_dates(KNOWN.dates, project().frequency, length)
    return years_of(project(), sources(project(), dates))


def season(length: int) -> Matrix:
    values: Matrix = 10 + 3 * np.sin(2 * np.pi * np.arange(length) * 7 / 365.25)[None, :]
    return values


def test_the_first_year_is_returned_as_it_is() -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(1, 9, (3, 160))
    assert np.array_equal(steadied(values, years(), 0.5)[:, :50], values[:, :50])


def test_a_history_of_one_year_is_returned_as_it_is() -> None:
    values = np.random.default_rng(1).uniform(1, 9, (3, 45))
    assert np.array_equal(steadied(values, years(45), 0.5), values)


def test_no_share_of_the_older_years_leaves_every_value() -> None:
    values = np.random.default_rng(2).uniform(1, 9, (3, 160))
    assert np.allclose(steadied(values, years(), 0.0), values, rtol=0, atol=1e-12)


def test_a_season_that_only_grew_is_kept_within_a_percent() -> None:
    grown = season(160) * np.exp(0.002 * np.arange(160))
    assert np.abs(steadied(grown, years(), 0.5) / grown - 1).max() < 0.01


def test_accidents_of_two_years_cancel_in_part() -> None:
    rng = np.random.default_rng(3)
    truth = np.repeat(season(160), 200, axis=0)
    seen = truth * np.exp(0.1 * rng.standard_normal(truth.shape))
    late = slice(60, 104)
    before = np.abs(seen - truth)[:, late].mean()
    after = np.abs(steadied(seen, years(), 0.5) - truth)[:, late].mean()
    assert 0.65 < after / before < 0.85  # two values and a local level of 13: near sqrt(1/2)


@settings(deadline=None, max_examples=20)
@given(factor=st.floats(0.01, 1000), seed=st.integers(0, 99))
def test_the_unit_does_not_matter(factor: float, seed: int) -> None:
    values = np.random.default_rng(seed).uniform(1, 9, (2, 130))
    scaled = steadied(values * factor, years(), 0.4)
    assert np.allclose(scaled, factor * steadied(values, years(), 0.4), rtol=1e-9, atol=0)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 99), row=st.integers(0, 3))
def test_one_row_says_nothing_about_another(seed: int, row: int) -> None:
    values = np.random.default_rng(seed).uniform(-1, 9, (4, 130))
    alone = steadied(values[row : row + 1], years(), 0.4)
    assert np.array_equal(alone[0], steadied(values, years(), 0.4)[row])


def test_zeros_and_returns_stay_finite() -> None:
    values = np.vstack([np.zeros(130), np.full(130, -4.0), np.tile([0.0, -7.0], 65)])
    made = steadied(values, years(), 0.5)
    assert np.isfinite(made).all()
    assert np.array_equal(made[:2], values[:2])


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_the_local_level_stays_that_of_the_newest_year(share: float) -> None:
    values = np.concatenate([season(80), 3 * season(80)], axis=1)[:, :130]
    values[:, 52:] = 3 * season(130)[:, 52:] / 3 * 1.4
    made = steadied(values, years(), share)
    assert abs(made[:, 70:120].sum() / values[:, 70:120].sum() - 1) < 0.02
