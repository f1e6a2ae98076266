from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import SpecError
from foresell.features.calendar import (
    calendar_columns,
    event_columns,
    event_grids,
    occurrences,
)
from foresell.spec.calendar import Event, Frequency, Nth, easter_sunday
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


@given(year=st.integers(1900, 2199))
def test_easter_is_a_sunday_between_22_march_and_25_april(year: int) -> None:
    day = easter_sunday(year)
    assert day.weekday() == 6
    assert date(year, 3, 22) <= day <= date(year, 4, 25)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Event(name="x", holiday="Thanksgiving Day"), (date(2011, 11, 24),)),
        (Event(name="x", easter=-2), (date(2011, 4, 22),)),
        (Event(name="x", nth=Nth(month=5, weekday="MON", nth=-1)), (date(2011, 5, 30),)),
        (Event(name="x", nth=Nth(month=12, weekday="SAT", nth=5)), (date(2011, 12, 31),)),
        (Event(name="x", day="02-29"), ()),
        (Event(name="x", dates=(date(2012, 1, 1), date(2011, 2, 6))), (date(2011, 2, 6),)),
    ],
)
def test_an_event_falls_on_the_days_its_rule_gives(event: Event, expected: tuple[date]) -> None:
    assert occurrences(event, date(2011, 1, 1), date(2011, 12, 31)) == expected


def test_the_observed_substitute_of_a_holiday_is_not_the_holiday() -> None:
    # In 2010 Independence Day was a Sunday, observed on Monday the 5th.
    found = occurrences(
        Event(name="x", holiday="Independence Day"), date(2010, 1, 1), date(2010, 12, 31)
    )
    assert found == (date(2010, 7, 4),)


def test_a_holiday_younger_than_the_data_is_known_and_does_not_occur() -> None:
    juneteenth = Event(name="x", holiday="Juneteenth National Independence Day")
    assert occurrences(juneteenth, date(2011, 1, 1), date(2011, 12, 31)) == ()


@pytest.mark.parametrize(
    ("event", "hint"),
    [
        (Event(name="x", holiday="Thanksgiving"), "did you mean 'Thanksgiving Day'"),
        (Event(name="x", holiday="Labor Day", country="ZZ"), "ISO 3166"),
        (Event(name="x", day="25.12."), "MM-DD"),
        (Event(name="x", day="02-31"), "MM-DD"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(event: Event, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        occurrences(event, date(2011, 1, 1), date(2011, 12, 31))
    assert hint in str(caught.value)


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
