from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.features.months import BOUNDS, LEAST, month_effects
from foresell.spec.calendar import Event
from foresell.spec.project import ProjectSpec
from tests.unit.models.toys import project

FIRST = date(2010, 2, 5)


def weeks(count: int) -> list[date]:
    return [FIRST + timedelta(weeks=week) for week in range(count)]


def payday(day: date) -> float:
    return float(np.mean([0.3 * ((day - timedelta(days=back)).day <= 5) for back in range(7)]))


def effects(units: np.ndarray, dates: list[date], spec: ProjectSpec | None = None) -> np.ndarray:
    codes = np.zeros(len(units), dtype=np.int64)
    rich = np.ones(len(units), dtype=np.bool_)
    return month_effects(spec or project(), dates, codes, units, rich)


def test_a_first_week_of_the_month_that_sells_more_is_found_for_weeks_to_come() -> None:
    dates = weeks(140)
    truth = np.array([payday(day) for day in dates])
    rng = np.random.default_rng(5)
    units = np.exp(truth[:104] + 0.02 * rng.standard_normal((20, 104)))
    logs = np.log(effects(units, dates))[0]
    late = slice(104, 140)
    assert np.corrcoef(logs[late], truth[late])[0, 1] > 0.9
    assert 0.5 < logs[late].std() / truth[late].std() < 1.1


def test_a_month_without_paydays_has_hardly_any_effect() -> None:
    units = np.exp(0.02 * np.random.default_rng(6).standard_normal((20, 104)))
    assert np.abs(effects(units, weeks(140)) - 1).max() < 0.03


def test_half_a_year_is_too_short_to_learn_from() -> None:
    units = np.random.default_rng(7).uniform(1, 2, (3, LEAST - 1))
    assert np.array_equal(effects(units, weeks(60)), np.ones((3, 60)))


def test_no_series_to_learn_from_means_no_effect() -> None:
    units = np.random.default_rng(7).uniform(1, 2, (3, 60))
    none = np.zeros(3, dtype=np.bool_)
    codes = np.zeros(3, dtype=np.int64)
    made = month_effects(project(), weeks(70), codes, units, none)
    assert np.array_equal(made, np.ones((3, 70)))


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 99), low=st.floats(-5, 0.5))
def test_effects_are_finite_and_bounded_whatever_is_sold(seed: int, low: float) -> None:
    units = np.random.default_rng(seed).uniform(low, 3, (6, 80))
    units[0] = np.nan
    made = effects(units, weeks(90))
    assert np.isfinite(made).all()
    assert made.min() >= BOUNDS[0]
    assert made.max() <= BOUNDS[1]


def test_daily_data_learns_the_same_month() -> None:
    dates = [FIRST + timedelta(days=day) for day in range(430)]
    truth = np.array([0.3 * (day.day <= 5) for day in dates])
    rng = np.random.default_rng(8)
    units = np.exp(truth[:400] + 0.05 * rng.standard_normal((20, 400)))
    logs = np.log(effects(units, dates, project("D")))[0]
    assert np.corrcoef(logs[400:], truth[400:])[0, 1] > 0.7


def test_events_in_every_fortnight_leave_nothing_to_learn_from() -> None:
    paydays = Event(name="payday", dates=tuple(FIRST + timedelta(days=14 * k) for k in range(80)))
    units = np.random.default_rng(9).uniform(1, 2, (3, 104))
    spec = replace(project(), events=(paydays,))
    assert np.array_equal(effects(units, weeks(120), spec), np.ones((3, 120)))
