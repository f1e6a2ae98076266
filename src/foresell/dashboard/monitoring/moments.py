"""Moments as a reader says them."""

from datetime import UTC, datetime

from foresell.report.wording import day


def moment(at: datetime) -> str:
    r"""Return a moment in UTC, to the minute; one without a time zone is in UTC.

    >>> moment(datetime(2026, 11, 22, 4, 18, 5, tzinfo=UTC))
    '22\xa0Nov\xa02026, 04:18\xa0UTC'
    """
    there = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{day(there.date())}, {there:%H:%M}\u00a0UTC"


def iso_moment(text: str) -> str:
    """Return a moment that a file holds as ISO writes it; see `moment`."""
    return moment(datetime.fromisoformat(text))
