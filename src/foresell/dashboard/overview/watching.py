"""What monitoring has written of the version that answers: alerts that stand, and verdicts."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from foresell.dashboard.overview.facts import Standing, Watch
from foresell.dashboard.page import Trouble
from foresell.dashboard.reading.shown import AbsentError, Shown, tried
from foresell.monitor.retraining import Evidence, of_drift, of_performance
from foresell.spec.registry import Version

_ALERTS = "alerts.json"
_DAY = timedelta(days=1)
Judge = Callable[[Mapping[str, Any] | None, int, float, str], Evidence]
_JUDGES: Mapping[str, Judge] = {"performance": of_performance, "drift": of_drift}


def read_watch(
    shown: Shown, live: Version | None, now: datetime, troubles: dict[str, Trouble]
) -> Watch:
    """Return what monitoring says of ``live``; what cannot be read is put into ``troubles``."""
    told = tried(troubles, "alerts", lambda: _looks(shown), f"{shown.name}/monitor/{_ALERTS}")
    alerts, checked = told or ((), {})
    number = live.version if live else 0
    found = {
        subject: tried(
            troubles,
            subject,
            partial(_evidence, shown, subject, number, _days(checked.get(subject), now)),
            f"{shown.name}/monitor/{_file(subject)}",
        )
        for subject in _JUDGES
    }
    return Watch(
        alerts=alerts,
        checked=max(checked.values(), default=None),
        performance=found["performance"] if live else None,
        drift=found["drift"] if live else None,
    )


def _looks(shown: Shown) -> tuple[tuple[Standing, ...], dict[str, datetime]]:
    """Return the alerts that stand, and by subject when it was looked at last; none, if never."""
    if shown.stamp("monitor", _ALERTS) is None:
        return (), {}
    subjects = shown.json("monitor", _ALERTS)["subjects"]
    firing = [
        one["alert"]
        for one in subjects.values()
        if one.get("alert") and one["alert"]["state"] == "firing"
    ]
    standing = tuple(
        Standing(
            subject=alert["subject"],
            severity=alert["severity"],
            says=str(alert["says"]),
            since=_time(alert["since"]),
            first=str(next(iter(alert["findings"]), "")),
        )
        for alert in firing
    )
    return standing, {name: _time(one["checked"]) for name, one in subjects.items()}


def _time(text: str) -> datetime:
    """Return a time as the watch writes it, in UTC. Raises ValueError: it is none."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _days(checked: datetime | None, now: datetime) -> float:
    """Return how many days ago it was looked at; 0 where nothing says it."""
    return (now - checked) / _DAY if checked else 0.0


def _file(subject: str) -> str:
    """Return the summary of a subject."""
    return f"{subject}_summary.json"


def _evidence(shown: Shown, subject: str, number: int, days: float) -> Evidence:
    """Return what a summary says of the version ``number``."""
    try:
        told = shown.json("monitor", _file(subject))
    except AbsentError:
        told = None
    return _JUDGES[subject](told, number, days, f"foresell monitor {subject} {shown.name}")
