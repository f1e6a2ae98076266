from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.features.calendar import (
    calendar_columns,
    event_columns,
    event_grids,
)
from foresell.spec.calendar import Event, Frequency
from foresell.spec.features import FeatureSpec
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

CHRISTMAS = Event(name="christmas", day="12-25")


def project(frequency: Frequency, *events: Event) -> ProjectSpec:
    return ProjectSpec(
        name="toy",
        title="toy",
        kind="panel",
        tables=(Table(name="sales", file="x.csv"),),
        columns={"shop": "key", "day": "time", "sold": "target"},
        frequency=frequency,
        horizon=4,
        season=52,
        split=SplitSpec(test=4, validation=(4,)),
        events=events,
        features=FeatureSpec(calendar=("weekday", "week", "month"), cyclic=True),
    )


def test_a_week_holds_the_seven_days_that_end_on_its_date() -> None:
    fridays = project("W-FRI", CHRISTMAS)
    (grid,) = event_grids(fridays, date(2011, 12, 16), 4)
    # Sunday 25 December 2011 lies in the week that ends on Friday the 30th.
    assert grid.inside.tolist() == [False, False, True, False]
    assert grid.to_next.tolist() == [9.0, 2.0, 0.0, 28.0]
    assert grid.since_last.tolist() == [28.0, 28.0, 0.0, 6.0]


@settings(deadline=None)
@given(start=st.dates(date(2000, 1, 1), date(2030, 1, 1)), length=st.integers(1, 400))
def test_days_to_an_event_shrink_by_a_day_each_day_until_it_is_there(
    start: date, length: int
) -> None:
    (grid,) = event_grids(project("D", CHRISTMAS), start, length)
    days = [start + timedelta(days=i) for i in range(length)]
    for place, day in enumerate(days):
        away = (date(day.year, 12, 25) - day).days
        away = away if away >= 0 else (date(day.year + 1, 12, 25) - day).days
        assert grid.to_next[place] == min(away, 28)
        assert grid.inside[place] == (away == 0)


def test_the_features_of_a_period_do_not_depend_on_how_far_the_calendar_runs() -> None:
    daily = project("D", CHRISTMAS, Event(name="easter", easter=0))
    short = event_columns(daily, date(2011, 1, 1), np.arange(100))
    long = event_columns(daily, date(2011, 1, 1), np.arange(700))
    assert {name: values.tolist() for name, values in short.items()} == {
        name: values[:100].tolist() for name, values in long.items()
    }


def test_calendar_columns_are_those_declared_and_cyclic_ones_lie_on_the_circle() -> None:
    columns = calendar_columns(project("D"), [date(2012, 1, 1), date(2012, 1, 2)])
    assert list(columns) == [
        "calendar_weekday",
        "calendar_week",
        "calendar_month",
        "year_sin",
        "year_cos",
        "week_sin",
        "week_cos",
    ]
    assert columns["calendar_weekday"].tolist() == [7.0, 1.0]
    assert columns["calendar_week"].tolist() == [52.0, 1.0]
    for name in ("year", "week"):
        radius = columns[f"{name}_sin"] ** 2 + columns[f"{name}_cos"] ** 2
        assert radius.tolist() == pytest.approx([1.0, 1.0], abs=1e-6)
