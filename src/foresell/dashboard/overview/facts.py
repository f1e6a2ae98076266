"""What is known of one project, in plain values: what cards show and rules look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from foresell.dashboard.page import Trouble
from foresell.monitor.retraining import Evidence
from foresell.serving.exchange import Kind
from foresell.spec.monitoring import Severity, Subject
from foresell.spec.registry import Alias, State, Version

Ended = Literal["finished", "failed", "open"]


@dataclass(frozen=True, kw_only=True)
class Run:
    """The last run. ``began`` and ``heard``, of its last word, in UTC; None where nothing says it.

    ``ended``: ``open`` where it has not, or was killed. ``stage``: the last one it told of, and
    ``says`` why that one failed, "" where none did. ``seconds``: of the stages that it did.
    ``loaded``: when the run began that took in the rows there are, None where nothing says it.
    """

    run_id: str
    ended: Ended
    began: datetime | None = None
    heard: datetime | None = None
    stage: str = ""
    says: str = ""
    seconds: float = 0.0
    loaded: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An alert that stands. ``first``: what it found before all, "" where it does not say."""

    subject: Subject
    severity: Severity
    says: str
    since: datetime
    first: str = ""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What monitoring says of the version that answers.

    ``alerts``: those that stand. ``checked``: the last look that compared something, None where
    nobody ever looked. ``performance``, ``drift``: None where their summary cannot be read, or no
    version is known to answer.
    """

    alerts: tuple[Standing, ...] = ()
    checked: datetime | None = None
    performance: Evidence | None = None
    drift: Evidence | None = None


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What the gate made of the rows of the last run; ``allowed``: the share that may break a rule.

    ``checked``: how many were held against every rule, ``broken``: how many of these broke one.
    """

    read: int
    quarantined: int
    allowed: float
    checked: int
    broken: int

    @property
    def share(self) -> float:
        """The share that broke a rule, as the gate compares it with what is allowed."""
        return max(self.quarantined / max(self.read, 1), self.broken / max(self.checked, 1))


@dataclass(frozen=True, kw_only=True)
class Days:
    """How fresh it is, each None where nothing says it.

    ``observed``: the last day of the processed rows. ``reaches``: the last day that the version
    which answers can forecast.
    """

    observed: date | None = None
    reaches: date | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One project at one moment, ``now`` in UTC.

    ``state``: of the registry, None where it cannot be read. ``live``: the version that answers and
    ``alias`` what points to it, None where none does. ``left``: the digest of the bundle that the
    last run left, None where there is none. ``troubles``: what cannot be read, by part.
    """

    name: str
    kind: Kind
    now: datetime
    state: State | None = None
    live: Version | None = None
    alias: Alias | None = None
    run: Run | None = None
    watch: Watch = field(default_factory=Watch)
    rows: Rows | None = None
    days: Days = field(default_factory=Days)
    left: str | None = None
    troubles: Mapping[str, Trouble] = field(default_factory=dict)

    @property
    def newest(self) -> Version | None:
        """The version that was registered last."""
        return self.state.versions[-1] if self.state and self.state.versions else None

    @property
    def stale(self) -> bool:
        """Whether the files of the last run are of another version than the one that answers."""
        return bool(self.live and self.left) and self.left != (self.live and self.live.digest)

    @property
    def watched(self) -> bool:
        """Whether somebody has looked at the version that answers, at errors or at drift."""
        found = (self.watch.performance, self.watch.drift)
        return any(one is not None and one.state in {"usable", "old"} for one in found)

    @property
    def well(self) -> bool:
        """Whether a version answers that did not fail its gate, and that somebody watches."""
        live = self.live
        return live is not None and gate_of(live).get("passed") is not False and self.watched

    @property
    def untouched(self) -> bool:
        """Whether nothing was ever run here, and nothing registered."""
        return self.run is None and self.state is not None and not self.state.versions


def whose(facts: Facts) -> str:
    """Return of which version the files of the last run are, "" of the one that answers."""
    if facts.left is None or facts.state is None or (facts.live is not None and not facts.stale):
        return ""
    left = [one.version for one in facts.state.versions if one.digest == facts.left]
    return f"version {left[-1]}" if left else "a bundle that is not registered"


def gate_of(version: Version) -> Mapping[str, Any]:
    """Return what the gate said of a version when it was registered; nothing where it did not."""
    told = version.record.get("gate")
    return told if isinstance(told, Mapping) else {}
