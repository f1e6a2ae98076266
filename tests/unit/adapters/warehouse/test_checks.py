"""What the checks make of counts and weeks, without a database."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.warehouse.checks import check_planned, check_values, check_volumes
from foresell.adapters.warehouse.weeks import after_today, missing_weeks, off_weekday
from foresell.spec.warehouse import Volume, Volumes

COUNTS = ("rows", "stores", "depts", "series", "weeks")
BEFORE = Volumes(
    rows=1000,
    stores=10,
    depts=20,
    series=100,
    weeks=50,
    first_week="2010-02-05",
    last_week="2011-01-14",
)
FRIDAY = date(2010, 2, 5)


def verdicts(now: Volumes, before: Volumes | None = BEFORE, *, partial: bool = False) -> list[str]:
    return [one.verdict for one in check_volumes(now, before, Volume(), partial=partial)]


@pytest.mark.parametrize(
    ("now", "partial", "verdict", "count"),
    [
        (100, False, "passed", 0),
        (90, False, "passed", 0),
        (89, False, "noted", 11),
        (0, False, "noted", 100),
        (0, True, "passed", 0),
    ],
)
def test_a_whole_delivery_that_lacks_much_of_the_plan_is_told(
    now: int, partial: bool, verdict: str, count: int
) -> None:
    check = check_planned(now, 100, 0.9, partial=partial)

    assert (check.name, check.verdict, check.count) == ("plan_volume", verdict, count)


@settings(max_examples=60)
@given(st.tuples(*(st.integers(0, 4 * getattr(BEFORE, name)) for name in COUNTS)))
def test_volumes_pass_exactly_where_every_count_is_within_its_shares(
    counts: tuple[int, ...],
) -> None:
    told: dict[str, Any] = dict(zip(COUNTS, counts, strict=True))
    now = replace(BEFORE, **told)
    within = all(
        0.9 * getattr(BEFORE, name) <= count <= 2 * getattr(BEFORE, name)
        for name, count in zip(COUNTS, counts, strict=True)
    )

    assert verdicts(now)[0] == ("passed" if within else "failed")
    assert verdicts(now, partial=True) == ["noted", "noted"]
    assert verdicts(now, None) == ["noted", "noted"]


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        ("2010-02-05", "2011-01-14", "passed"),
        ("2010-01-29", "2011-01-21", "passed"),
        ("2010-02-05", "2011-01-07", "failed"),
        ("2010-02-12", "2011-01-14", "noted"),
    ],
)
def test_weeks_may_grow_and_begin_later_and_never_end_earlier(
    first: str, last: str, verdict: str
) -> None:
    assert verdicts(replace(BEFORE, first_week=first, last_week=last))[1] == verdict


def test_a_failed_volume_says_both_counts() -> None:
    found = next(check_volumes(replace(BEFORE, stores=8), BEFORE, Volume(), partial=False))

    assert found.says == "8 stores (10 before): not 0.9 to 2 times the last delivery's"


@settings(max_examples=40)
@given(there=st.sets(st.integers(0, 30)))
def test_missing_weeks_are_those_between_first_and_last_that_are_not_there(
    there: set[int],
) -> None:
    weeks = [FRIDAY + timedelta(weeks=at) for at in sorted(there)]
    lacking = len(set(range(min(there), max(there))) - there) if there else 0

    found = missing_weeks("continuity", weeks, "W-FRI")

    assert (found.verdict, found.count) == ("failed" if lacking else "passed", lacking)
    assert len(found.examples) == min(lacking, 3)


def test_days_have_no_weekday_to_be_on() -> None:
    days = [FRIDAY, FRIDAY + timedelta(days=1)]

    assert off_weekday("weekday", days, "D").verdict == "passed"
    assert off_weekday("weekday", [FRIDAY], "W-SUN").says == "1 date is no Sunday, the day of W-SUN"
    assert off_weekday("weekday", days, "W-FRI").examples == ({"week_date": "2010-02-06"},)
    assert missing_weeks("continuity", days, "D").verdict == "passed"


@settings(max_examples=40)
@given(closed=st.sets(st.integers(1, 7), max_size=6), lost=st.sets(st.integers(0, 60), max_size=5))
def test_days_on_which_a_shop_never_opens_are_no_holes_and_other_ones_stop_nothing(
    closed: set[int], lost: set[int]
) -> None:
    every = [FRIDAY + timedelta(days=at) for at in range(61)]
    sold = [day for at, day in enumerate(every) if day.isoweekday() not in closed]
    there = [day for day in sold if (day - FRIDAY).days not in lost]
    if not there:
        return
    opens = {day.isoweekday() for day in there}
    holes = [
        day
        for day in every
        if there[0] < day < there[-1] and day not in there and day.isoweekday() in opens
    ]

    found = missing_weeks("continuity", there, "D")

    assert (found.verdict, found.count) == ("noted" if holes else "passed", len(holes))
    assert found.examples == tuple({"week_date": str(day)} for day in holes[:3])


@settings(max_examples=60)
@given(now=st.integers(0, 500), rows=st.integers(500, 2000), then=st.integers(0, 1000))
def test_a_column_is_told_exactly_where_its_share_of_values_shrank_beyond_the_least(
    now: int, rows: int, then: int
) -> None:
    before = replace(BEFORE, nulls={"cpi": then, "markdown1": 1000, "gone": 0})
    after = replace(BEFORE, rows=rows, nulls={"cpi": now, "markdown1": rows, "new": rows})
    shrank = (rows - now) / rows < 0.9 * ((1000 - then) / 1000)

    found = check_values(after, before, 0.9, partial=False)

    assert (found.verdict, found.count) == (("noted", 1) if shrank else ("passed", 0))
    assert check_values(after, None, 0.9, partial=False).verdict == "noted"
    assert check_values(after, before, 0.9, partial=True).says == (
        "the delivery is a part: values by column were not compared"
    )


def test_today_is_not_to_come() -> None:
    week = {"week_date": FRIDAY, "rows": 2, "today": FRIDAY}

    assert after_today([week]).verdict == "passed"
    assert after_today([{**week, "today": FRIDAY - timedelta(days=1)}]).count == 2
