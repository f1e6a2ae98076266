"""An alert through its life: it fires, stands while its findings do, and is resolved once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from foresell.errors import counted
from foresell.spec.monitoring import Alert, Finding, Severity, State, Subject

FILES: Mapping[Subject, str] = {  # there while an alert of the subject stands
    "drift": "ALERT.txt",
    "schema": "SCHEMA_ALERT.txt",
    "performance": "PERFORMANCE_ALERT.txt",
    "pipeline": "PIPELINE_ALERT.txt",
}
# By the subject alone: receivers know an alert by its labels, and severity is one of them.
_SEVERITIES: Mapping[Subject, Severity] = {
    "drift": "warning",  # what is asked has moved; the answers may still be right
    "schema": "critical",  # what is asked cannot be what the model was made for
    "performance": "critical",  # the answers are worse than they were
    "pipeline": "critical",  # what was to be done was not
}
_TITLES: Mapping[Subject, str] = {
    "drift": "the data has drifted",
    "schema": "the columns have changed",
    "performance": "forecasts are worse than in the backtest",
    "pipeline": "a scheduled task has failed",
}
_OVER: Mapping[Subject, str] = {
    "drift": "the data looks as in training again",
    "schema": "the columns are as expected again",
    "performance": "forecasts are as good as in the backtest again",
    "pipeline": "scheduled tasks end well again",
}
_GOES: Mapping[Subject, tuple[str, ...]] = {  # when the file goes away, where not as with others
    "pipeline": ("This file goes away when a later run of the same schedule has ended well.",),
}
_LOOKS = (
    "This file goes away with the first look that finds nothing to be alarmed about; a look",
    "that cannot see a column or segment leaves its alarm standing.",
)
_TOLD = 50  # findings of an alert; the summaries have all of them
_LONG = 300  # characters of a finding
_UNSEEN = " (not looked at this time)"

Heard = Literal[State, "stale"]  # stale: that an alert fires, and not what has joined since


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a look could see, by what findings are about.

    ``seen``: the columns and segments that were compared. ``known``: the columns that the version
    could be asked about at all, None where that is not said: of others an alarm ends.
    """

    seen: frozenset[str]
    known: frozenset[str] | None = None

    def covers(self, about: str) -> bool:
        """Tell whether a column or a segment (``Store=14``) was looked at, or is no more.

        >>> sight = Sight(seen=frozenset({"CPI"}), known=frozenset({"CPI", "Store"}))
        >>> [sight.covers(about) for about in ("CPI", "Store=14", "Fuel")]
        [True, False, True]
        """
        gone = self.known is not None and about.partition("=")[0] not in self.known
        return gone or about in self.seen


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What was found of a subject at one look at ``version``.

    ``sight``: what the look could see; None: all there is.
    """

    project: str
    subject: Subject
    version: int | None
    findings: Sequence[Finding]
    sight: Sight | None = None

    @property
    def compared(self) -> bool:
        """Whether anything was compared; an alarm is found by comparing."""
        alarmed = any(one.weight == "alarm" for one in self.findings)
        return alarmed or self.sight is None or bool(self.sight.seen)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is kept of a subject between two looks.

    ``alert``: that which stands, or stood last; None where none ever did. ``checked``: the last
    look that compared something, in UTC. ``known``: the alarms that were told since it fired.
    ``alarms``: those that stand, by the same names, and what was said of each last; ``unseen``: the
    names of those that the last look could not see. ``told``: by the name of a receiver, what it
    was told, or is to be told by a message that waits.
    """

    checked: datetime
    alert: Alert | None = None
    known: tuple[str, ...] = ()
    told: Mapping[str, Heard] = field(default_factory=dict)
    alarms: Mapping[str, str] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()

    @property
    def firing(self) -> bool:
        """Whether an alert stands."""
        return self.alert is not None and self.alert.state == "firing"


def look(before: Standing | None, observed: Observed, now: datetime) -> Standing | None:
    """Return what stands after a look ``now`` (UTC), which found what was ``observed``.

    The same look again changes nothing but the time. An alarm of a column or segment that was not
    told since the alert fired is news: receivers are then told of it as if the alert had fired. An
    alarm ends by a look that could see its column or segment, and by no other: a look that compared
    nothing leaves all as it is, and None where nothing ever was.
    """
    found = {_name(one): _short(one.says) for one in observed.findings if one.weight == "alarm"}
    if before is None or not before.firing or before.alert is None:
        if found:
            return _first(before, observed, found, now)
        if not observed.compared:
            return before
        return Standing(checked=now) if before is None else replace(before, checked=now)
    if not observed.compared:
        return replace(before, alert=replace(before.alert, at=now), unseen=tuple(before.alarms))
    unseen = {
        name: says
        for name, says in before.alarms.items()
        if name not in found and observed.sight and not observed.sight.covers(_about(name))
    }
    if not found and not unseen:
        over = _resolved(before.alert, observed, now)
        return replace(before, checked=now, alert=over, alarms={}, unseen=())
    fresh = tuple(name for name in found if name not in before.known)
    alert = _fired(observed, unseen, before.alert.since, now)
    return Standing(
        checked=now,
        alert=replace(alert, key=before.alert.key),
        known=(*before.known, *fresh),
        told=_outdated(before) if fresh else before.told,
        alarms={**found, **unseen},
        unseen=tuple(unseen),
    )


def _first(
    before: Standing | None, observed: Observed, found: Mapping[str, str], now: datetime
) -> Standing:
    """Return what stands with the first alarm.

    Who was told that an earlier alert fires, and never that it is over, is to hear of this one.
    """
    return Standing(
        checked=now,
        alert=_fired(observed, {}, now, now),
        known=tuple(found),
        told=_outdated(before) if before is not None else {},
        alarms=found,
    )


def _outdated(before: Standing) -> Mapping[str, Heard]:
    """Return what receivers were told, of which there is news: all that hear an alert fires."""
    return {place: "stale" for place, heard in before.told.items() if heard != "resolved"}


def alert_text(alert: Alert, page: str = "", checked: datetime | None = None) -> str:
    """Return the text of the file that is there while ``alert`` stands.

    ``checked``: the last look that compared something, where that is not when this was said.
    """
    lines = [
        f"{alert.project}: {alert.says}",
        "",
        f"since    {alert.since:%Y-%m-%d %H:%M} UTC",
        f"looked   {checked or alert.at:%Y-%m-%d %H:%M} UTC",
        f"version  {'unknown' if alert.version is None else alert.version}",
        f"severity {alert.severity}",
        *([f"page     {page}"] if page else []),
        "",
        *(f"- {one}" for one in alert.findings),
        "",
        *_GOES.get(alert.subject, _LOOKS),
    ]
    return "\n".join(lines) + "\n"


def _fired(observed: Observed, unseen: Mapping[str, str], since: datetime, now: datetime) -> Alert:
    """Return the alert of what was observed, and of the alarms that this look could not see."""
    alarms = [one.says for one in observed.findings if one.weight == "alarm"]
    notes = [one.says for one in observed.findings if one.weight != "alarm"]
    aside = "" if observed.subject == "pipeline" else _UNSEEN  # a task that failed is no column
    all_told = [*alarms, *(f"{says}{aside}" for says in unseen.values()), *notes]
    told = [_short(says) for says in all_told[:_TOLD]]
    if len(all_told) > _TOLD:
        told.append(f"and {counted(len(all_told) - _TOLD, 'finding')} more")
    return Alert(
        key=f"{observed.project}.{observed.subject}.{since:%Y%m%dT%H%M%S%fZ}",
        project=observed.project,
        subject=observed.subject,
        state="firing",
        severity=_SEVERITIES[observed.subject],
        version=observed.version,
        says=f"{_TITLES[observed.subject]} ({counted(len(alarms) + len(unseen), 'alarm')})",
        findings=tuple(told),
        since=since,
        at=now,
    )


def _resolved(stood: Alert, observed: Observed, now: datetime) -> Alert:
    """Return the alert that stood, as it ends."""
    return replace(
        stood,
        state="resolved",
        version=observed.version,
        says=_OVER[observed.subject],
        findings=(),
        at=max(now, stood.since),  # a clock that was set back ends nothing before it began
    )


def _name(alarm: Finding) -> str:
    """Return what an alarm is about: of one column or segment, several kinds are several."""
    return f"{alarm.seen} {alarm.about}"


def _about(name: str) -> str:
    """Return the column or segment of a name."""
    return name.partition(" ")[2]


def _short(text: str) -> str:
    """Return a sentence on one line that is not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[: _LONG - 1]}…"
