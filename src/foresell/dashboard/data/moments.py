"""When things were, in words."""

from datetime import UTC, datetime

from foresell.report.wording import NBSP, day

_RUN_ID = "%Y%m%dT%H%M%SZ"


def moment(at: datetime) -> str:
    r"""Return a time as a reader says it.

    >>> moment(datetime(2026, 11, 22, 6, 38, tzinfo=UTC))
    '22\xa0Nov\xa02026, 06:38\xa0UTC'
    """
    there = at.astimezone(UTC)
    return f"{day(there)}, {there:%H:%M}{NBSP}UTC"


def began(run_id: str) -> datetime | None:
    """Return when a run began, by its id; None where the id is none of ours.

    >>> began("20261122T063806Z-bc23717b")
    datetime.datetime(2026, 11, 22, 6, 38, 6, tzinfo=datetime.timezone.utc)
    """
    try:
        return datetime.strptime(run_id.partition("-")[0], _RUN_ID).replace(tzinfo=UTC)
    except ValueError:
        return None
