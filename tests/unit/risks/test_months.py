import math
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.risks.months import monthly
from foresell.risks.segment import gather
from tests.unit.risks.segments import daily, project, usa, weekly

RETAIL, WALMART, ORDERS = project("retail"), project("walmart"), project("sales_orders")


def test_a_month_without_orders_is_a_zero_and_is_kept() -> None:
    series = monthly(usa([0.0, 5.0, 0.0, 7.0]), ORDERS)

    assert series.labels == ("2003-01", "2003-02", "2003-03", "2003-04")
    assert series.values == (0.0, 5.0, 0.0, 7.0)
    assert [month.rows for month in series.months] == [0, 1, 0, 1]
    assert series.left_out == ()


def test_a_segment_that_began_a_year_late_does_not_begin_with_zeros() -> None:
    series = monthly(usa([0.0] * 12 + [5.0, 7.0]), ORDERS)

    assert series.values == (5.0, 7.0)
    assert {month.reason for month in series.left_out} == {
        "before the segment's first row, in 2004-01"
    }


def test_a_month_that_order_data_does_not_reach_the_ends_of_is_left_out() -> None:
    days = [date(2003, 1, 21), date(2003, 2, 2), date(2003, 3, 25)]
    layer = pl.DataFrame({"ORDERDATE": days, "SALES": [1.0, 2.0, 4.0]})

    series = monthly(gather([layer], ORDERS, {}), ORDERS)

    assert series.labels == ("2003-02", "2003-03")
    assert [(m.label, m.reason) for m in series.left_out] == [
        ("2003-01", "the data begins on 2003-01-21, 20 days into the month")
    ]


def test_daily_data_leaves_out_the_months_it_begins_and_ends_within() -> None:
    layer = daily(date(2022, 1, 5), date(2022, 4, 29), units=2.0)

    series = monthly(gather([layer], RETAIL, {}), RETAIL)

    assert dict(zip(series.labels, series.values, strict=True)) == {
        "2022-02": 56.0,
        "2022-03": 62.0,
    }
    assert [(m.label, m.reason) for m in series.left_out] == [
        ("2022-01", "the data begins in it: 27 of 31 days"),
        ("2022-04", "the data ends in it: 29 of 30 days"),
    ]


def test_a_month_that_a_panel_has_no_row_of_is_unknown_and_cuts_the_series() -> None:
    layer = pl.concat([
        daily(date(2022, 1, 1), date(2022, 2, 28)),
        daily(date(2022, 4, 1), date(2022, 6, 30)),
    ])

    series = monthly(gather([layer], RETAIL, {}), RETAIL)

    assert series.labels == ("2022-04", "2022-05", "2022-06")
    assert [m.label for m in series.left_out] == ["2022-01", "2022-02", "2022-03"]


def test_days_missing_within_a_month_of_a_panel_are_marked() -> None:
    layer = daily(date(2022, 1, 1), date(2022, 3, 31)).filter(pl.col("date") != date(2022, 2, 10))

    series = monthly(gather([layer], RETAIL, {}), RETAIL)

    assert [(m.covered, m.days) for m in series.months] == [(31, 31), (27, 28), (31, 31)]


def test_equal_weeks_make_equal_days_whatever_months_they_end_in() -> None:
    layer = weekly(date(2010, 2, 5), weeks=30)  # 2010-01-30 to 2010-08-27: 1.0 a day

    series = monthly(gather([layer], WALMART, {}), WALMART)

    assert series.labels == tuple(f"2010-{month:02}" for month in range(2, 8))
    assert series.values == pytest.approx((28, 31, 30, 31, 30, 31), rel=1e-12)
    assert [month.dated for month in series.months] == [28, 28, 35, 28, 28, 35]
    assert [m.label for m in series.left_out] == ["2010-01", "2010-08"]


@settings(max_examples=25, deadline=None)
@given(
    first=st.dates(date(2010, 1, 1), date(2011, 1, 1)),
    sales=st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=40),
)
def test_what_is_left_out_and_what_is_kept_sum_to_all_weeks(
    first: date, sales: list[float]
) -> None:
    friday = first + timedelta(days=(4 - first.weekday()) % 7)
    layer = weekly(friday, len(sales)).with_columns(Weekly_Sales=pl.Series(sales))

    series = monthly(gather([layer], WALMART, {}), WALMART)

    total = math.fsum([m.value for m in (*series.months, *series.left_out)])
    assert total == pytest.approx(math.fsum(sales), rel=1e-9, abs=1e-6)
