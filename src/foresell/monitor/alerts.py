"""An alert through its life: it fires, stands while its findings do, and is resolved once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from foresell.errors import counted
from foresell.spec.monitoring import Alert, Finding, Severity, State, Subject

FILES: Mapping[Subject, str] = {  # there while an alert of the subject stands
    "drift": "ALERT.txt",
    "schema": "SCHEMA_ALERT.txt",
    "performance": "PERFORMANCE_ALERT.txt",
}
# By the subject alone: receivers know an alert by its labels, and severity is one of them.
_SEVERITIES: Mapping[Subject, Severity] = {
    "drift": "warning",  # what is asked has moved; the answers may still be right
    "schema": "critical",  # what is asked cannot be what the model was made for
    "performance": "critical",  # the answers are worse than they were
}
_TITLES: Mapping[Subject, str] = {
    "drift": "the data has drifted",
    "schema": "the columns have changed",
    "performance": "forecasts are worse than in the backtest",
}
_OVER: Mapping[Subject, str] = {
    "drift": "the data looks as in training again",
    "schema": "the columns are as expected again",
    "performance": "forecasts are as good as in the backtest again",
}
_TOLD = 50  # findings of an alert; the summaries have all of them
_LONG = 300  # characters of a finding


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What was found of a subject at one look at ``version``."""

    project: str
    subject: Subject
    version: int | None
    findings: Sequence[Finding]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is kept of a subject between two looks.

    ``alert``: that which stands, or stood last; None where none ever did. ``checked``: the last
    look, in UTC. ``known``: the alarms that were told since it fired. ``told``: by the name of a
    receiver, the state of ``alert`` that it was told, or is to be told by a message that waits.
    """

    checked: datetime
    alert: Alert | None = None
    known: tuple[str, ...] = ()
    told: Mapping[str, State] = field(default_factory=dict)

    @property
    def firing(self) -> bool:
        """Whether an alert stands."""
        return self.alert is not None and self.alert.state == "firing"


def look(before: Standing | None, observed: Observed, now: datetime) -> Standing:
    """Return what stands after a look ``now`` (UTC), which found what was ``observed``.

    The same look again changes nothing but the time. An alarm of a column or segment that was not
    told since the alert fired is news: receivers are then told of it as if the alert had fired.
    """
    alarms = [one for one in observed.findings if one.weight == "alarm"]
    if before is None or not before.firing:
        if not alarms:
            return Standing(checked=now) if before is None else replace(before, checked=now)
        return Standing(checked=now, alert=_fired(observed, now, now), known=_names(alarms))
    stands = before.alert
    if stands is None or not alarms:
        return replace(before, checked=now, alert=_resolved(before, observed, now))
    fresh = [name for name in _names(alarms) if name not in before.known]
    return Standing(
        checked=now,
        alert=replace(_fired(observed, stands.since, now), key=stands.key),
        known=(*before.known, *fresh),
        told={} if fresh else before.told,
    )


def alert_text(alert: Alert, page: str = "") -> str:
    """Return the text of the file that is there while ``alert`` stands."""
    lines = [
        f"{alert.project}: {alert.says}",
        "",
        f"since    {alert.since:%Y-%m-%d %H:%M} UTC",
        f"looked   {alert.at:%Y-%m-%d %H:%M} UTC",
        f"version  {'unknown' if alert.version is None else alert.version}",
        f"severity {alert.severity}",
        *([f"page     {page}"] if page else []),
        "",
        *(f"- {one}" for one in alert.findings),
        "",
        "This file goes away with the first look that finds nothing to be alarmed about.",
    ]
    return "\n".join(lines) + "\n"


def _fired(observed: Observed, since: datetime, now: datetime) -> Alert:
    """Return the alert of what was observed."""
    ranked = sorted(observed.findings, key=lambda one: one.weight != "alarm")  # alarms first
    alarms = sum(one.weight == "alarm" for one in ranked)
    told = [_short(one.says) for one in ranked[:_TOLD]]
    if len(ranked) > _TOLD:
        told.append(f"and {counted(len(ranked) - _TOLD, 'finding')} more")
    return Alert(
        key=f"{observed.project}.{observed.subject}.{since:%Y%m%dT%H%M%S%fZ}",
        project=observed.project,
        subject=observed.subject,
        state="firing",
        severity=_SEVERITIES[observed.subject],
        version=observed.version,
        says=f"{_TITLES[observed.subject]} ({counted(alarms, 'alarm')})",
        findings=tuple(told),
        since=since,
        at=now,
    )


def _resolved(before: Standing, observed: Observed, now: datetime) -> Alert | None:
    """Return the alert that stood, as it ends."""
    if before.alert is None:
        return None
    return replace(
        before.alert,
        state="resolved",
        version=observed.version,
        says=_OVER[observed.subject],
        findings=(),
        at=max(now, before.alert.since),  # a clock that was set back ends nothing before it began
    )


def _names(alarms: Sequence[Finding]) -> tuple[str, ...]:
    """Return what alarms are about: of one column or segment, several kinds are several."""
    return tuple(dict.fromkeys(f"{one.seen} {one.about}" for one in alarms))


def _short(text: str) -> str:
    """Return a sentence on one line that is not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[: _LONG - 1]}…"
