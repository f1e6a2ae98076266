"""The alerts of a project: which stand, since when, and what waits to be told to whom."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter

from foresell.dashboard.monitoring.moments import iso_moment, moment
from foresell.dashboard.reading.shown import Shown
from foresell.errors import counted
from foresell.monitor.alerts import Standing
from foresell.report.wording import typeset
from foresell.spec.monitoring import Subject

OUTPUT, STATE = "monitor", "alerts.json"
_MESSAGE = re.compile(r"outbox/(?P<place>[^/]+)/[0-9]+-(?:firing|resolved)-.+\.json")
_ANCHORS: Mapping[Subject, str] = {
    "drift": "drift",
    "schema": "schema",
    "performance": "performance",
    "pipeline": "",
}

_LOOKED: Sequence[Subject] = ("drift", "schema", "performance")  # by looks; a schedule tells others


@dataclass(frozen=True, kw_only=True)
class StandingAlert:
    """An alert that stands. ``says``: what, as a sentence; ``anchor``: the section that shows more.

    ``since``, ``looked``: moments in words. ``alarms``: sentences; ``notes``: how many more
    findings there are, which raise no alert by themselves.
    """

    subject: str
    says: str
    severity: str
    version: int | None
    since: str
    looked: str
    alarms: Sequence[str]
    notes: int
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """A subject without an alert. ``ended``: what the last one was about, "" of none."""

    subject: str
    looked: str
    ended: str


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Messages that a place has not taken: how many, why, what to do."""

    place: str
    messages: str
    why: str
    mend: str


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """How the alerts of a project stand. ``checked``: by subject, when it was last looked at.

    ``unlooked``: subjects that no look has settled yet.
    """

    standing: Sequence[StandingAlert]
    quiet: Sequence[Quiet]
    waiting: Sequence[Waiting]
    checked: Mapping[str, datetime]
    unlooked: Sequence[str]

    @property
    def looked(self) -> int:
        """How many subjects were looked at."""
        return len(self.standing) + len(self.quiet)


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What the file holds."""

    project: str
    subjects: Mapping[Subject, Standing] = field(default_factory=dict)


_KEPT = TypeAdapter(_Kept)


def alerts_of(shown: Shown) -> Alerts:
    """Return how the alerts of a project stand.

    An ``AbsentError``: nobody ever looked. A ``ValueError``: the file is not as we write it.
    """
    stamp = shown.stamp(OUTPUT, STATE)
    kept = shown.kept(
        "alerts", stamp, lambda: _KEPT.validate_json(shown.content(OUTPUT, STATE)).subjects
    )
    standing, quiet = [], []
    for subject, one in kept.items():
        if one.alert is not None and one.firing:
            standing.append(
                StandingAlert(
                    subject=subject,
                    says=f"{one.alert.says[:1].upper()}{one.alert.says[1:]}",
                    severity=one.alert.severity,
                    version=one.alert.version,
                    since=moment(one.alert.since),
                    looked=moment(one.checked),
                    alarms=[typeset(said) for said in one.alert.findings[: len(one.alarms)]],
                    notes=len(one.alert.findings[len(one.alarms) :]),
                    anchor=_ANCHORS[subject],
                )
            )
            continue
        ended = "" if one.alert is None else f"{one.alert.says}, {moment(one.alert.at)}"
        quiet.append(Quiet(subject=subject, looked=moment(one.checked), ended=ended))
    critical = [one for one in standing if one.severity == "critical"]
    others = [one for one in standing if one.severity != "critical"]
    return Alerts(
        standing=(*critical, *others),
        quiet=quiet,
        waiting=_waiting(shown),
        checked={subject: one.checked for subject, one in kept.items()},
        unlooked=[subject for subject in _LOOKED if subject not in kept],
    )


def _waiting(shown: Shown) -> Sequence[Waiting]:
    """Return what waits to be told, by place."""
    found: dict[str, int] = {}
    for name in shown.files(OUTPUT):
        if match := _MESSAGE.fullmatch(name):
            found[match["place"]] = found.get(match["place"], 0) + 1
    return [_of_place(shown, place, number) for place, number in found.items()]


def _of_place(shown: Shown, place: str, messages: int) -> Waiting:
    """Return what waits for one place, and how the last sending there ended."""
    tried = f"outbox/{place}/tried.json"
    why, mend = "it was not tried yet", "foresell monitor deliver"
    if shown.stamp(OUTPUT, tried) is not None:
        told = shown.json(OUTPUT, tried)
        why, mend = f"{told['why']}, {iso_moment(told['at'])}", str(told["mend"])
    return Waiting(place=place, messages=counted(messages, "message"), why=why, mend=mend)
