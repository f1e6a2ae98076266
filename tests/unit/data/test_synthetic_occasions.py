from datetime import date, timedelta

import holidays
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.synthetic import generate
from foresell.data.synthetic.occasions import (
    OCCASIONS,
    nth_weekday,
    occasion_days,
    promotion_days,
)
from foresell.spec.calendar import easter_sunday
from foresell.spec.sources import Synthetic

KNOWN = [
    ("new_year", [date(2022, 1, 1), date(2023, 1, 1), date(2024, 1, 1)]),
    ("presidents_day", [date(2022, 2, 21), date(2023, 2, 20), date(2024, 2, 19)]),
    ("easter", [date(2022, 4, 17), date(2023, 4, 9), date(2024, 3, 31)]),
    ("memorial_day", [date(2022, 5, 30), date(2023, 5, 29), date(2024, 5, 27)]),
    ("independence_day", [date(2022, 7, 4), date(2023, 7, 4), date(2024, 7, 4)]),
    ("back_to_school", [date(2022, 8, 1), date(2023, 8, 7), date(2024, 8, 5)]),
    ("labor_day", [date(2022, 9, 5), date(2023, 9, 4), date(2024, 9, 2)]),
    ("thanksgiving", [date(2022, 11, 24), date(2023, 11, 23), date(2024, 11, 28)]),
    ("black_friday", [date(2022, 11, 25), date(2023, 11, 24), date(2024, 11, 29)]),
    ("cyber_monday", [date(2022, 11, 28), date(2023, 11, 27), date(2024, 12, 2)]),
    ("christmas", [date(2022, 12, 25), date(2023, 12, 25), date(2024, 12, 25)]),
]


@pytest.mark.parametrize(("name", "days"), KNOWN)
def test_an_occasion_falls_on_its_day_of_every_year(name: str, days: list[date]) -> None:
    assert [OCCASIONS[name].day(year) for year in (2022, 2023, 2024)] == days


def test_every_occasion_has_known_days() -> None:
    assert [name for name, _ in KNOWN] == list(OCCASIONS)


@given(year=st.integers(1980, 2090))
@settings(deadline=None)
def test_the_rules_agree_with_the_holidays_library(year: int) -> None:
    america = holidays.country_holidays("US", years=year, observed=False)
    for name, known_as in (
        ("new_year", "New Year's Day"),
        ("presidents_day", "Washington's Birthday"),
        ("memorial_day", "Memorial Day"),
        ("independence_day", "Independence Day"),
        ("labor_day", "Labor Day"),
        ("thanksgiving", "Thanksgiving Day"),
        ("christmas", "Christmas Day"),
    ):
        assert america.get_named(known_as, lookup="exact") == [OCCASIONS[name].day(year)]
    england = holidays.country_holidays("GB", subdiv="ENG", years=year)
    assert england.get_named("Easter Monday") == [easter_sunday(year) + timedelta(days=1)]


@given(
    year=st.integers(1, 9998),
    month=st.integers(1, 12),
    weekday=st.integers(1, 7),
    nth=st.sampled_from([1, 2, 3, 4, -1, -2]),
)
@settings(deadline=None)
def test_the_nth_weekday_is_that_weekday_in_that_week_of_the_month(
    year: int, month: int, weekday: int, nth: int
) -> None:
    found = nth_weekday(year, month, weekday, nth)
    assert (found.year, found.month, found.isoweekday()) == (year, month, weekday)
    if nth > 0:
        assert (found.day - 1) // 7 + 1 == nth
    else:
        after = found + timedelta(days=7 * -nth)
        assert after.month != month
        assert (after - timedelta(days=7)).month == month


def test_sales_run_on_the_right_days_of_2024() -> None:
    days = promotion_days(date(2024, 1, 1), date(2024, 12, 31))
    assert {name: (found[0], found[-1], len(found)) for name, found in days.items()} == {
        "new_year": (date(2024, 1, 1), date(2024, 1, 4), 4),
        "presidents_day": (date(2024, 2, 17), date(2024, 2, 19), 3),
        "memorial_day": (date(2024, 5, 25), date(2024, 5, 27), 3),
        "independence_day": (date(2024, 7, 1), date(2024, 7, 4), 4),
        "back_to_school": (date(2024, 8, 5), date(2024, 8, 25), 21),
        "labor_day": (date(2024, 8, 31), date(2024, 9, 2), 3),
        "black_friday": (date(2024, 11, 29), date(2024, 12, 1), 3),
        "cyber_monday": (date(2024, 12, 2), date(2024, 12, 2), 1),
        "christmas": (date(2024, 12, 12), date(2024, 12, 24), 13),
    }


def test_an_occasion_of_the_next_year_is_seen_at_the_end_of_this_one() -> None:
    assert occasion_days(date(2023, 12, 1), date(2023, 12, 31))["new_year"] == [
        date(2022, 1, 1),
        date(2023, 1, 1),
        date(2024, 1, 1),
    ]


# Written down from printed calendars, not computed: first and last day of each sale.
PRINTED = {
    2021: {
        "new_year": ((1, 1), (1, 4)),
        "presidents_day": ((2, 13), (2, 15)),
        "memorial_day": ((5, 29), (5, 31)),
        "independence_day": ((7, 1), (7, 4)),
        "back_to_school": ((8, 2), (8, 22)),
        "labor_day": ((9, 4), (9, 6)),
        "black_friday": ((11, 26), (11, 28)),
        "cyber_monday": ((11, 29), (11, 29)),
        "christmas": ((12, 12), (12, 24)),
    },
    2025: {
        "new_year": ((1, 1), (1, 4)),
        "presidents_day": ((2, 15), (2, 17)),
        "memorial_day": ((5, 24), (5, 26)),
        "independence_day": ((7, 1), (7, 4)),
        "back_to_school": ((8, 4), (8, 24)),
        "labor_day": ((8, 30), (9, 1)),
        "black_friday": ((11, 28), (11, 30)),
        "cyber_monday": ((12, 1), (12, 1)),
        "christmas": ((12, 12), (12, 24)),
    },
    2032: {
        "new_year": ((1, 1), (1, 4)),
        "presidents_day": ((2, 14), (2, 16)),
        "memorial_day": ((5, 29), (5, 31)),
        "independence_day": ((7, 1), (7, 4)),
        "back_to_school": ((8, 2), (8, 22)),
        "labor_day": ((9, 4), (9, 6)),
        "black_friday": ((11, 26), (11, 28)),
        "cyber_monday": ((11, 29), (11, 29)),
        "christmas": ((12, 12), (12, 24)),
    },
}


@pytest.mark.parametrize("year", list(PRINTED))
def test_the_promotions_made_run_on_the_days_of_the_calendar(year: int) -> None:
    made = Synthetic(stores=4, products=64, start=f"{year}-01-01", end=f"{year}-12-31", seed=8)
    promotions = generate(made)["promotions"].filter(pl.col("date").dt.year() == year)
    days = {
        str(name): sorted(found["date"].unique())
        for (name,), found in promotions.group_by("promotion")
    }
    flash = days.pop("flash_sale")
    assert {
        name: ((found[0].month, found[0].day), (found[-1].month, found[-1].day))
        for name, found in days.items()
    } == PRINTED[year]
    for name, found in days.items():  # every day between as well
        assert len(found) == (found[-1] - found[0]).days + 1, name
    assert len({day.month for day in flash}) == 12
