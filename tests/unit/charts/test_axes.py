from datetime import date, timedelta
from itertools import pairwise
from math import isfinite
from typing import Any

import polars as pl
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.charts.axes import date_ticks, spread, stamp, time_axis, value_domain
from foresell.charts.eda_time import missing

places = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12)
days = st.dates(date(1990, 1, 1), date(2060, 1, 1))


@settings(deadline=None)
@given(places=places)
def test_labels_with_room_lie_apart_in_bounds_and_in_order(places: list[float]) -> None:
    moved = spread(places, gap=10, low=-1e3, high=1e3)

    ranked = [moved[i] for i in sorted(range(len(places)), key=lambda i: (places[i], i))]
    assert all(later - earlier >= 10 - 1e-6 for earlier, later in pairwise(ranked))
    assert all(-1e3 - 1e-6 <= place <= 1e3 + 1e-6 for place in moved)


@settings(deadline=None)
@given(places=places)
def test_labels_without_room_still_stay_in_bounds(places: list[float]) -> None:
    moved = spread(places, gap=500, low=-1e3, high=1e3)

    assert len(moved) == len(places)
    assert all(-1e3 - 1e-6 <= place <= 1e3 + 1e-6 for place in moved)


def test_labels_that_do_not_overlap_are_not_moved() -> None:
    assert spread([30.0, 10.0, 90.0], gap=10, low=0, high=100) == [30.0, 10.0, 90.0]


@settings(deadline=None)
@given(first=days, length=st.integers(0, 12000), at_most=st.integers(2, 12))
def test_ticks_are_few_ascending_and_inside_the_span(
    first: date, length: int, at_most: int
) -> None:
    last = first + timedelta(days=length)

    ticks = date_ticks(first, last, at_most)

    assert len(ticks) <= at_most
    assert ticks == sorted(set(ticks))
    assert all(first <= day <= last for day in ticks)


@settings(deadline=None)
@given(
    values=st.lists(st.none() | st.floats(-1e9, 1e9) | st.just(float("nan"))), zero=st.booleans()
)
def test_a_domain_holds_every_finite_value(values: list[float | None], zero: bool) -> None:
    low, high = value_domain(values, zero=zero)

    assert low < high
    assert all(low <= value <= high for value in values if value is not None and isfinite(value))
    assert not zero or low <= 0 <= high


def test_days_of_an_axis_are_numbers_that_need_no_call_and_no_union() -> None:
    """A mark with two ends has the days twice; Vega's interpreter takes a number for a year."""
    spec = missing(
        pl.DataFrame({
            "period": [date(2012, 1, 1), date(2012, 7, 1)],
            "column": ["a", "a"],
            "share": [0.5, 0.2],
        })
    )

    made = vl_convert.vegalite_to_vega(spec)

    days = [stamp(date(2012, 1, 1)), stamp(date(2012, 12, 30))]
    assert [one["domain"] for one in made["scales"] if one["name"] == "x"] == [
        {"signal": f"[{days[0]}, {days[1]}]"}
    ]
    ticks = [f"{stamp(date(2012, month, 1))}" for month in range(1, 13)]
    assert [one["values"] for one in made["axes"] if one["scale"] == "x"] == [
        {"signal": f"[{', '.join(ticks)}]"}
    ]


@settings(deadline=None)
@given(first=days, length=st.integers(1, 12000), at_most=st.integers(2, 12))
def test_the_year_stands_below_the_first_tick_of_it_and_no_other(
    first: date, length: int, at_most: int
) -> None:
    last = first + timedelta(days=length)

    channel: Any = time_axis(first, last, at_most).to_dict()
    told = channel["axis"]["labelExpr"]

    opening = {day.year: stamp(day) for day in reversed(date_ticks(first, last, at_most))}
    assert f"indexof({sorted(opening.values())}, +datum.value) >= 0 ? utcFormat" in told
