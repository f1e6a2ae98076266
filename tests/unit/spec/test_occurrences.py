from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.errors import SpecError
from foresell.spec.calendar import Event, Nth, easter_sunday
from foresell.spec.occurrences import occurrences


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
