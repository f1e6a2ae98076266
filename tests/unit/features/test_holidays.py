"""Known days of public calendars: facts, found for any year, country and subdivision."""

import subprocess
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import SpecError
from foresell.features.calendar import event_grids
from foresell.spec.calendar import Event, PublicHolidays
from foresell.spec.holiday_names import public_events
from foresell.spec.occurrences import occurrences
from tests.unit.features.test_calendar import project


def days(year: int, event: Event) -> list[str]:
    return [str(day) for day in occurrences(event, date(year, 1, 1), date(year, 12, 31))]


def holiday(name: str, country: str, subdivision: str | None = None) -> Event:
    return Event(name="x", holiday=name, country=country, subdivision=subdivision)


@pytest.mark.parametrize(
    ("year", "event", "expected"),
    [
        (1990, holiday("Thanksgiving Day", "US"), ["1990-11-22"]),
        (2050, holiday("Thanksgiving Day", "US"), ["2050-11-24"]),
        (2050, holiday("Korean New Year", "KR"), ["2050-01-23"]),
        (2021, holiday("Korean New Year", "KR"), ["2021-02-12"]),
        (2024, holiday("Eid al-Fitr", "ID"), ["2024-04-10"]),
        (2021, holiday("Easter Monday", "GR"), ["2021-05-03"]),  # by the Julian calendar
        (2024, holiday("Corpus Christi", "DE", "BY"), ["2024-05-30"]),
        (2024, holiday("Carnival", "BR"), ["2024-02-12", "2024-02-13"]),
        (2024, holiday("Carnaval", "BR"), ["2024-02-12", "2024-02-13"]),
        (
            2000,
            holiday("Eid al-Fitr", "EG"),
            [
                *("2000-01-08", "2000-01-09", "2000-12-27", "2000-12-28"),
            ],
        ),
    ],
)
def test_a_holiday_falls_on_the_days_of_the_public_calendar(
    year: int, event: Event, expected: list[str]
) -> None:
    assert days(year, event) == expected


@pytest.mark.parametrize(
    ("year", "name", "expected"),
    [
        (2021, "Independence Day", ["2021-07-05"]),  # the 4th was a Sunday
        (2021, "Christmas Day", ["2021-12-24"]),  # the 25th was a Saturday
        (2021, "New Year's Day", ["2021-01-01", "2021-12-31"]),  # that of 2022 was a Saturday
        (2022, "New Year's Day", []),
        (2023, "Independence Day", ["2023-07-04"]),
    ],
)
def test_an_observed_holiday_falls_on_the_day_off(
    year: int, name: str, expected: list[str]
) -> None:
    assert days(year, Event(name="x", holiday=name, observed=True)) == expected


@settings(deadline=None, max_examples=20)
@given(year=st.integers(1990, 2050))
def test_the_lunar_new_year_is_found_in_any_year(year: int) -> None:
    (found,) = days(year, holiday("Korean New Year", "KR"))
    assert f"{year}-01-21" <= found <= f"{year}-02-20"


def test_a_feast_of_several_days_is_one_occurrence_that_holds_each_of_them() -> None:
    eid = holiday("Eid al-Fitr", "EG")
    (grid,) = event_grids(project("D", eid), date(2021, 5, 1), 30)
    assert [date(2021, 5, 1) + timedelta(days=i) for i in range(30) if grid.inside[i]] == [
        date(2021, 5, 13),
        date(2021, 5, 14),
    ]
    held = {date(2021, 5, 1) + timedelta(days=int(period)) for period in grid.periods}
    assert date(2021, 5, 13) in held
    assert date(2021, 5, 14) not in held


def test_all_public_holidays_of_a_country_and_state_are_events() -> None:
    names = {event.name for event in public_events(PublicHolidays(country="DE", subdivision="BY"))}
    assert {"corpus_christi", "easter_monday", "german_unity_day", "epiphany"} <= names
    elsewhere = {event.name for event in public_events(PublicHolidays(country="DE"))}
    assert "corpus_christi" not in elsewhere
    assert {*occasions("US", 2024)} == {
        *("2024-01-01", "2024-01-15", "2024-02-19", "2024-05-27", "2024-06-19", "2024-07-04"),
        *("2024-09-02", "2024-10-14", "2024-11-11", "2024-11-28", "2024-12-25"),
    }


def occasions(country: str, year: int) -> list[str]:
    events = public_events(PublicHolidays(country=country))
    return [day for event in events for day in days(year, event)]


@pytest.mark.parametrize(
    ("event", "hint"),
    [
        (holiday("Korean New Years", "KR"), "did you mean 'Korean New Year'"),
        (holiday("Corpus Christi", "DE", "BYY"), "did you mean 'BY'"),
        (holiday("Corpus Christi", "D"), "did you mean"),
    ],
)
def test_what_no_calendar_knows_is_refused_with_the_nearest_name(event: Event, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        days(2024, event)
    assert hint in str(caught.value)


def test_a_subdivision_without_a_holiday_is_refused() -> None:
    with pytest.raises(SpecError, match="and no holiday"):
        Event(name="x", day="05-01", subdivision="BY")


def test_names_do_not_depend_on_the_language_of_the_machine() -> None:
    ask = (
        "from foresell.spec.holiday_names import public_events\n"
        "from foresell.spec.calendar import PublicHolidays\n"
        "print([event.name for event in public_events(PublicHolidays(country='BR'))])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", ask],
            env={"LANGUAGE": language, "LANG": f"{language}.UTF-8"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for language in ("en_US", "pt_BR")
    }
    assert len(said) == 1
    assert "christmas_day" in said.pop()
