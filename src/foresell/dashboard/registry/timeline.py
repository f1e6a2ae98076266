"""What happened to a project's versions, the latest first, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from foresell.errors import counted
from foresell.report.tables import METRICS
from foresell.report.wording import day, listed, typeset
from foresell.spec.registry import Transition

_SHORT = 12  # characters of a digest that tell bundles apart


@dataclass(frozen=True, kw_only=True)
class Event:
    """One transition. ``at``: as a person reads it, ``machine``: as a machine does.

    ``says``: what happened. ``kind``: register, promote, rollback, approve or reject. ``marks``:
    what is odd about it. ``evidence``: what it was decided on, in sentences. ``hash``: its own.
    """

    number: int
    at: str
    machine: str
    who: str
    kind: str
    says: str
    reason: str
    marks: Sequence[str] = ()
    evidence: Sequence[str] = ()
    hash: str = ""


def events_of(history: Sequence[Transition]) -> Sequence[Event]:
    """Return the events of ``history``, the latest first."""
    return [event_of(one) for one in reversed(history)]


def event_of(one: Transition) -> Event:
    """Return a transition as a page tells it."""
    overridden = one.action == "promote" and one.evidence.get("override") is True
    return Event(
        number=one.number,
        at=moment(one.at, exact=True),
        machine=one.at,
        who=one.who,
        kind="rollback" if one.action == "roll back" else one.action,
        says=said(one),
        reason=one.reason,
        marks=("gate overridden",) if overridden else (),
        evidence=list(evidence_of(one)),
        hash=one.hash,
    )


def said(one: Transition) -> str:
    """Return what a transition did, as a sentence without its full stop."""
    if one.action == "register":
        return f"Version {one.version} registered, {one.evidence.get('champion')}"
    if one.action == "approve":
        return f"Version {one.version} approved"
    if one.action == "reject":
        left = f"; staging is {_named(one.after)} now" if one.alias is not None else ""
        return f"Version {one.version} rejected, for good{left}"
    before = "nothing was there before" if one.before is None else f"it was {_named(one.before)}"
    if one.action == "promote":
        return f"Version {one.version} promoted to {one.alias}; {before}"
    if one.after is None:
        return f"Every version taken off {one.alias}; {before}"
    return f"{str(one.alias).capitalize()} rolled back to {_named(one.after)}; {before}"


def evidence_of(one: Transition) -> Iterator[str]:
    """Yield what a transition was decided on, in sentences."""
    told = one.evidence
    if one.action == "register":
        yield from _gate(told.get("gate"))
        yield f"Bundle {str(told.get('digest'))[:_SHORT]}"
    elif one.action == "promote":
        yield from _gate(told.get("gate"))
        if isinstance(beside := told.get("against_live"), Mapping):
            yield beside_live(beside)
    elif "steps" in told:
        yield f"{counted(int(told['steps']), 'promotion')} taken back"


def beside_live(told: Mapping[str, Any]) -> str:
    """Return how a version did beside what was live, in a sentence."""
    if "version" not in told:
        return "Nothing was on prod to compare it with"
    live = f"version {told['version']}, on prod then"
    if not told.get("comparable"):
        return f"Not compared with {live}: {told.get('why')}"
    new, old = told["new"], told["live"]
    pairs = [
        f"{METRICS[name].title} {METRICS[name].show(new[name])} against "
        f"{METRICS[name].show(old[name])}"
        for name in ("rmse", "wmae", "mae", "coverage_80")
        if new.get(name) is not None and old.get(name) is not None
    ]
    rows = counted(int(told["n"]), "row")
    return f"Against {live}: {listed(pairs)}, on {rows} both were judged on"


def moment(at: str, *, exact: bool = False) -> str:
    r"""Return a moment to the minute; to the second where it is to be ``exact``.

    >>> moment("2026-11-21T10:00:31.482913+00:00")
    '21\xa0Nov\xa02026, 10:00\xa0UTC'
    """
    read = datetime.fromisoformat(at).astimezone(UTC)
    return f"{day(read.date())}, {read:{'%H:%M:%S' if exact else '%H:%M'}}\u00a0UTC"


def _gate(gate: object) -> Iterator[str]:
    """Yield what a gate said."""
    if not isinstance(gate, Mapping):
        return
    for sentence in gate.get("sentences", ()):
        yield typeset(str(sentence))


def _named(version: int | None) -> str:
    """Return a version in words."""
    return "no version" if version is None else f"version {version}"
