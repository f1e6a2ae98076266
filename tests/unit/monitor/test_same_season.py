from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.monitor.same_season import PERIOD, compared, in_season

FIRST = date(2022, 1, 1)


def daily(days: int = 3 * 365, stores: int = 2) -> pl.DataFrame:
    """Return a row a day and store from 2022-01-01 on."""
    times = pl.Series("day", [FIRST + timedelta(days=at) for at in range(days)])
    return times.to_frame().join(pl.DataFrame({"store": range(stores)}), how="cross")


def of(rows: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    return rows.filter(pl.col("day").is_between(first, last))


def test_december_is_compared_with_the_decembers_before_and_not_with_itself() -> None:
    rows = daily()
    now = of(rows, date(2024, 12, 1), date(2024, 12, 28))
    found = compared(rows, now, time="day", keys=["store"], least=30, daily=True)
    days = found.reference["day"]
    assert found.season
    assert set(days.dt.month()) == {11, 12, 1}
    assert not set(days) & set(now["day"])
    assert days.min() == date(2022, 1, 1)
    assert found.says.startswith("training rows of the same season: 2022-01-01 to 2024-12-30")
    assert found.current[PERIOD].n_unique() == 5


def test_only_the_weekdays_of_the_current_rows_are_taken_of_daily_ones() -> None:
    rows = daily()
    sundays = of(rows, date(2024, 6, 1), date(2024, 6, 30)).filter(pl.col("day").dt.weekday() == 7)
    found = compared(rows, sundays, time="day", keys=["store"], least=10, daily=True)
    assert set(found.reference["day"].dt.weekday()) == {7}


def test_a_season_that_was_never_seen_is_said_and_all_other_days_are_taken() -> None:
    rows = daily(days=90)
    now = rows.with_columns(day=pl.col("day") + pl.duration(days=180))
    found = compared(rows, now, time="day", keys=["store"], least=30)
    assert not found.season
    assert "none are of the same season" in found.says
    assert found.reference.height == rows.height


def test_rows_compared_with_themselves_are_said_to_be_so() -> None:
    rows = daily(days=60)
    found = compared(rows, rows, time="day", keys=["store"], least=30)
    assert "the current rows are among them" in found.says
    assert found.reference.height == rows.height


def test_a_store_without_a_past_is_counted_and_left_out_on_both_sides() -> None:
    rows = daily()
    now = of(rows, date(2024, 3, 1), date(2024, 3, 28)).filter(store=1)
    fresh = now.with_columns(store=pl.lit(9, pl.Int64))
    found = compared(rows, pl.concat([now, fresh]), time="day", keys=["store"], least=10)
    assert (found.new_series, found.new_rows) == (1, 28)
    assert set(found.current["store"]) == set(found.reference["store"]) == {1}


def test_rows_without_a_time_are_compared_with_all() -> None:
    rows = pl.DataFrame({"price": range(50)})
    found = compared(rows, rows.head(40), time=None, keys=(), least=30)
    assert (found.reference.height, found.season, found.says) == (50, False, "all training rows")
    assert found.span(None, of_current=True) == (None, None)


def test_a_season_of_one_week_is_too_little_however_many_rows_it_has() -> None:
    rows = daily(days=7).join(pl.DataFrame({"till": range(10)}), how="cross")
    later = daily(days=150).with_columns(day=pl.col("day") + pl.duration(days=120))
    learnt = pl.concat([rows.select("day", "store"), later])
    now = rows.select("day", "store").with_columns(day=pl.col("day") + pl.duration(days=730))
    found = compared(learnt, now, time="day", keys=["store"], least=30)
    assert not found.season
    assert found.reference.height == learnt.height
    assert "of too few weeks" in found.says


def test_one_day_of_one_series_is_compared_with_its_weekdays_of_four_weeks_around() -> None:
    rows = daily(days=5 * 365, stores=1)
    now = of(rows, date(2024, 2, 28), date(2024, 2, 28))
    found = compared(rows, now, time="day", keys=["store"], least=30, daily=True)
    assert found.season
    assert set(found.reference["day"].dt.weekday()) == {3}
    assert set(found.reference["day"].dt.month()) == {1, 2, 3}
    assert "days within 28 of 28 Feb to 28 Feb" in found.says


def test_of_a_short_past_all_weekdays_are_taken_before_another_season_is() -> None:
    rows = daily(days=300, stores=1)
    now = of(rows, date(2022, 3, 2), date(2022, 3, 2))
    found = compared(rows, now, time="day", keys=["store"], least=25, daily=True)
    assert found.season
    assert set(found.reference["day"].dt.month()) == {2, 3}
    assert found.says.endswith("days within 14 of 2 Mar to 2 Mar, on all weekdays")


def test_rows_without_a_time_beside_rows_with_one_count_as_of_one_week() -> None:
    rows = daily(days=90)
    found = compared(rows, rows.drop("day"), time="day", keys=["store"], least=30)
    assert (found.current[PERIOD].n_unique(), found.reference[PERIOD].n_unique()) == (1, 14)
    assert "count as of one week" in found.says


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 900), st.integers(0, 120))
def test_every_reference_day_is_near_the_window_in_its_own_year(start: int, length: int) -> None:
    rows = daily(days=1100, stores=1)
    first = FIRST + timedelta(days=start)
    last = first + timedelta(days=length)
    days = in_season(rows, of(rows, first, last), "day")["day"]
    window = {(first + timedelta(days=at)).timetuple().tm_yday for at in range(-14, length + 15)}
    # A leap year shifts a day by one.
    near = window | {day % 366 + 1 for day in window} | {(day - 2) % 366 + 1 for day in window}
    assert set(days.dt.ordinal_day()) <= near | {1, 365, 366}
    assert {first, last} <= set(days)
