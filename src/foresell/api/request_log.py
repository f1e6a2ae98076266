"""What servers were asked and what they answered, as far as they were told to keep it."""

from datetime import datetime
from pathlib import Path

from foresell.settings import read_settings
from foresell.wiring.request_log import LoggedRequests, read_requests_log

__all__ = ["LoggedRequests", "logged_requests"]


def logged_requests(
    project: str, *, since: datetime | None = None, home: str | Path | None = None
) -> LoggedRequests:
    """Return what servers have kept of the requests of ``project``: none of it is personal.

    ``since``: in a time zone; everything by default. ``home``: where all state lives,
    ``FORESELL_HOME`` or ``./workspace`` by default. Servers keep a share of what they answer, see
    ``foresell serve --request-log``; no log is no rows. A ``DataError`` where a file is broken or
    holds a value of another type than the contract has now; a ``UsageError`` where there is no
    such project, or ``since`` is in no time zone.
    """
    settings = read_settings(Path(home) if home is not None else None)
    return read_requests_log(project, settings, since)
