from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.errors import UsageError
from foresell.govern.moments import moment

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30), timezones=ZONES)


@given(TIMES)
def test_a_time_with_its_zone_is_exactly_that_moment_whether_text_or_not(time: datetime) -> None:
    assert moment(time.isoformat()) == time == moment(time)
    assert moment(time).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-11-21", "2026-11-21T23:59:59.999999+00:00"),
        (" 20261121 ", "2026-11-21T23:59:59.999999+00:00"),
        ("2026-11-21T10", "2026-11-21T10:00:00+00:00"),
        ("2026-11-21T10:00", "2026-11-21T10:00:00+00:00"),
        ("2026-11-21 10:00:31", "2026-11-21T10:00:31+00:00"),
        ("2026-11-21T10:00:31.5Z", "2026-11-21T10:00:31.500000+00:00"),
        ("2026-11-21T10:00+01:00", "2026-11-21T09:00:00+00:00"),
    ],
)
def test_a_day_means_its_end_and_a_time_without_a_zone_is_utc(text: str, means: str) -> None:
    assert moment(text).isoformat() == means


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "2026-11-21T25:00", "21.11.2026", "0001-01-01T00+05:00"]
)
def test_what_is_no_time_is_refused_with_the_ways_to_write_one(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        moment(text, "--at")

    assert refused.value.args == (
        f"{text!r} is no time",
        "--at",
        "write 2026-11-21, 2026-11-21T10:00 or 2026-11-21T10:00+01:00; no zone means UTC",
    )
