"""What the checks make of counts and weeks, without a database."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.warehouse.checks import check_volumes
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
    assert off_weekday("weekday", days, "W-FRI").examples == ({"week_date": "2010-02-06"},)
    assert missing_weeks("continuity", days, "D").verdict == "passed"


def test_today_is_not_to_come() -> None:
    week = {"week_date": FRIDAY, "rows": 2, "today": FRIDAY}

    assert after_today([week]).verdict == "passed"
    assert after_today([{**week, "today": FRIDAY - timedelta(days=1)}]).count == 2
