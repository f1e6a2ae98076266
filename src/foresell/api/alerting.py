"""The alerts of projects: which stand, what waits to be told, and telling it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from foresell.adapters.alert_outbox import Tried
from foresell.errors import UsageError, nearest
from foresell.settings import Settings, read_settings
from foresell.spec.monitoring import Severity, Subject
from foresell.spec.webhooks import URLS
from foresell.wiring import runs


@dataclass(frozen=True, kw_only=True)
class AlertStatus:
    """How one subject of a project stands.

    ``state``: ``quiet`` where no alert ever fired. ``since``: when the alert that stands, or stood
    last, fired; ``checked``: the last look; both in UTC. ``version``: that was looked at then.
    ``findings``: of an alert that stands, alarms first. ``file``: the text that is there while it
    stands, else None.
    """

    project: str
    subject: Subject
    state: Literal["firing", "resolved", "quiet"]
    checked: datetime
    severity: Severity | None = None
    version: int | None = None
    since: datetime | None = None
    says: str = ""
    findings: tuple[str, ...] = ()
    file: Path | None = None


@dataclass(frozen=True, kw_only=True)
class WaitingAlerts:
    """Messages of a project that a place has not taken yet: how many, why, and what to do."""

    project: str
    place: str
    messages: int
    why: str
    mend: str


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """What is known of alerts. ``places``: the hosts that are told, with their shape."""

    alerts: tuple[AlertStatus, ...]
    waiting: tuple[WaitingAlerts, ...]
    places: tuple[str, ...]

    @property
    def firing(self) -> tuple[AlertStatus, ...]:
        """The alerts that stand."""
        return tuple(one for one in self.alerts if one.state == "firing")

    def to_json(self) -> dict[str, Any]:
        """Return plain values; moments as ISO says them."""
        told: dict[str, Any] = TypeAdapter(Alerts).dump_python(self, mode="json")
        return told


@dataclass(frozen=True, kw_only=True)
class DeliveredAlerts:
    """What came of sending: ``taken`` now, ``waiting`` still, and of places what was wrong.

    ``trouble``: a mapping each, with ``what`` and ``mend``; no secret is in it.
    """

    taken: int
    waiting: int
    trouble: tuple[dict[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def alerts(project: str | None = None, *, home: str | Path | None = None) -> Alerts:
    """Return how the alerts of ``project``, or of every project, stand; nobody is asked.

    Of a project that was never looked at there is none. ``home``: where all state lives,
    ``FORESELL_HOME`` or ``./workspace`` by default. An unknown project is a ``UsageError``, a file
    that is spoilt a ``DataError``.
    """
    from foresell.wiring.monitor_files import refuse_unwritable  # noqa: PLC0415 - as below

    settings = _settings(home)
    names = _projects(project, settings)
    refuse_unwritable(settings)
    return Alerts(
        alerts=tuple(one for name in names for one in _stand(name, settings)),
        waiting=tuple(one for name in names for one in _wait(name, settings)),
        places=tuple(f"{one.label} ({one.shape})" for one in settings.webhooks),
    )


def deliver_alerts(
    project: str | None = None, *, home: str | Path | None = None
) -> DeliveredAlerts:
    """Send what waits of ``project``, or of every project, to the places that are named.

    What was taken waits no more; what was not stays, in order, and ``trouble`` says why. ``home``
    and errors as of `alerts`.
    """
    from foresell.wiring.delivering import deliver  # noqa: PLC0415 - a module of clients
    from foresell.wiring.monitor_files import refuse_unwritable  # noqa: PLC0415
    from foresell.wiring.monitor_gauges import write_gauges  # noqa: PLC0415
    from foresell.wiring.monitor_places import alert_outbox  # noqa: PLC0415

    settings = _settings(home)
    taken, waiting, trouble = 0, 0, []
    names = _projects(project, settings)
    refuse_unwritable(settings)
    for name in names:
        if not alert_outbox(name, settings).places():
            continue
        sent = deliver(name, settings)
        found = (*sent.trouble, *write_gauges(name, settings))
        taken, waiting = taken + sent.taken, waiting + sent.waiting
        trouble += [{"project": name, "what": what, "mend": mend} for what, mend in found]
    return DeliveredAlerts(taken=taken, waiting=waiting, trouble=tuple(trouble))


def _stand(project: str, settings: Settings) -> Iterable[AlertStatus]:
    """Yield how each subject of a project stands."""
    from foresell.monitor.alerts import FILES  # noqa: PLC0415 - keeps other verbs quick
    from foresell.wiring.monitor_files import monitor_folder  # noqa: PLC0415
    from foresell.wiring.standing import read_standing  # noqa: PLC0415

    for subject, one in read_standing(project, settings).items():
        alert = one.alert
        if alert is None:
            yield AlertStatus(project=project, subject=subject, state="quiet", checked=one.checked)
            continue
        file = monitor_folder(project, settings) / FILES[subject]
        yield AlertStatus(
            project=project,
            subject=subject,
            state=alert.state,
            checked=one.checked,
            severity=alert.severity,
            version=alert.version,
            since=alert.since,
            says=alert.says,
            findings=alert.findings,
            file=file if one.firing else None,
        )


def _wait(project: str, settings: Settings) -> Iterable[WaitingAlerts]:
    """Yield what waits of a project, by place."""
    from foresell.wiring.monitor_places import alert_outbox  # noqa: PLC0415

    box = alert_outbox(project, settings)
    named = {one.name for one in settings.webhooks}
    for place in box.places():
        last = box.last_try(place)
        if place not in named:
            why, mend = f"{URLS} does not name it any more", "foresell monitor deliver"
            last = Tried(at="", why=why, mend=mend)
        yield WaitingAlerts(
            project=project,
            place=place,
            messages=len(box.waiting(place)),
            why=last.why if last else "it was not tried yet",
            mend=last.mend if last else "foresell monitor deliver",
        )


def _settings(home: str | Path | None) -> Settings:
    """Return the settings, with a home of one's own."""
    return read_settings(Path(home) if home is not None else None)


def _projects(project: str | None, settings: Settings) -> list[str]:
    """Return the projects asked for: one, or all that are declared or have alerts, by name.

    Raises:
        UsageError: there is no such project.
    """
    from foresell.wiring.monitor_places import watched_projects  # noqa: PLC0415

    known = sorted({*runs.declarations(settings), *watched_projects(settings)})
    if project is None:
        return known
    if project not in known:
        raise UsageError(f"there is no project {project!r}", "project", nearest(project, known))
    return [project]
