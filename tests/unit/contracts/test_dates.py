from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.contracts.dates import date_format, parse_days
from foresell.errors import SpecError


def days(pattern: str, *texts: str | None) -> list[date | None]:
    return parse_days(pl.Series(texts, dtype=pl.String), pattern)[0].to_list()


def test_a_month_first_date_is_read_by_its_format_with_one_or_two_digits() -> None:
    assert days("M/d/yyyy H:mm", "2/24/2003 0:00", "05/07/2003 00:00", None) == [
        date(2003, 2, 24),
        date(2003, 5, 7),
        None,
    ]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd", "2012-1-06"),
        ("yyyy-MM-dd", "2012-01- 6"),
        ("yyyy-MM-dd", " 2012-01-06"),
        ("yyyy-MM-dd", "2012-01-06 00:00"),
        ("yyyy-MM-dd", "+2012-01-06"),
        ("yyyy-MM-dd", "2012-01-06\n"),
        ("M/d/yyyy", "24/2/2003"),
        ("M/d/yyyy", "2/30/2003"),
        ("M/d/yyyy", "2/24/03"),
        ("M/d/yyyy H:mm", "2/24/2003"),
        ("M/d/yyyy H:mm", "2/24/2003 24:00"),
        ("dd.MM.yyyy", "06x01x2012"),
        ("yyyy-MM-dd", "0000-01-01"),  # the calendars of Python and of SQL begin with the year 1
    ],
)
def test_what_is_not_exactly_of_the_format_is_no_day(pattern: str, text: str) -> None:
    assert days(pattern, text) == [None]


def test_a_time_that_is_not_midnight_is_told_of() -> None:
    texts = pl.Series(["2/24/2003 0:00", "2/24/2003 13:30", "2/24/2003 0:01", None])
    assert parse_days(texts, "M/d/yyyy H:mm")[1].to_list() == [False, True, True, False]


@given(day=st.dates(date(1000, 1, 1)))
def test_a_day_written_in_a_format_is_read_back(day: date) -> None:
    padded, short = f"{day:%d.%m.%Y}", f"{day.month}/{day.day}/{day.year} 0:00"
    assert days("dd.MM.yyyy", padded) == days("M/d/yyyy H:mm", short) == [day]


@pytest.mark.parametrize("pattern", ["yyyy-MM", "MM/dd", "HH:mm", ""])
def test_a_format_without_a_whole_day_is_refused(pattern: str) -> None:
    with pytest.raises(SpecError, match=r"names no whole day\n"):
        date_format(pattern)
