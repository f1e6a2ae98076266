"""Times as people write them, in UTC."""

from contextlib import suppress
from datetime import UTC, date, datetime, time

from foresell.errors import UsageError


def moment(text: str | datetime, where: str = "at") -> datetime:
    """Return the moment that is meant, in UTC: no zone is UTC, a day alone is its last microsecond.

    ISO 8601: ``2026-11-21``, ``2026-11-21T10:00``, ``2026-11-21T10:00:30.5+01:00``, ``...Z``; a
    blank may stand for the T. A day means everything that happened on it.

    Raises:
        UsageError: it is no such text; ``where`` names it.

    >>> moment("2026-11-21").isoformat(), moment("2026-11-21T10:00+01:00").isoformat()
    ('2026-11-21T23:59:59.999999+00:00', '2026-11-21T09:00:00+00:00')
    """
    if isinstance(text, datetime):
        return text.replace(tzinfo=UTC) if text.tzinfo is None else text.astimezone(UTC)
    written = text.strip()
    with suppress(ValueError):  # no day alone
        return datetime.combine(date.fromisoformat(written), time.max, UTC)
    try:
        return moment(datetime.fromisoformat(written))
    except (ValueError, OverflowError):  # no such day, or a zone that leads out of the calendar
        raise UsageError(
            f"{text!r} is no time",
            where,
            "write 2026-11-21, 2026-11-21T10:00 or 2026-11-21T10:00+01:00; no zone means UTC",
        ) from None
