"""Which version answers, how that came to be, and how to change it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from foresell.dashboard.page import Cell, Context, Download, Fact, Table, Trouble, Visit
from foresell.dashboard.reading.shown import Shown, tried
from foresell.dashboard.registry.confirming import Confirm, Returned, confirmation
from foresell.dashboard.registry.difference import Differing, comparison_of, differing, unit_of
from foresell.dashboard.registry.orders import order_of
from foresell.dashboard.registry.timeline import Event, event_of, events_of, moment
from foresell.dashboard.registry.versions import (
    MISSING,
    Action,
    Versions,
    champion,
    live_of,
    rollbacks,
    usual_pair,
    value_added,
    versions_of,
)
from foresell.errors import counted
from foresell.govern import exporting, verifying
from foresell.govern.state import state_of
from foresell.report.wording import listed
from foresell.serving.problems import Refused
from foresell.spec.registry import State, Transition, Version

_EVENTS = 30  # of the history at once
_PROBLEMS = 40  # of a verification
HISTORY = "history.jsonl"
_NOTHING = Returned()


@dataclass(frozen=True, kw_only=True)
class Answering:
    """What this server answers with, beside what the registry says."""

    says: str
    trouble: Trouble | None = None


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What reading everything again has found. ``says``: how much was read."""

    sound: bool
    says: str
    problems: Table


@dataclass(frozen=True, kw_only=True)
class RegistryPage(Context):
    """The page.

    ``facts``: what is live. ``rollbacks``: what may be taken back. ``events``: what happened, the
    latest first, ``left_out`` earlier ones. ``done``: what this visitor has just done.
    ``chosen``: the two versions that are compared, ``numbers`` all there are, newest first.
    ``confirm``: where this is the page before a change; then nothing else stands on it. ``seen``:
    how many transitions there are. ``at``: the path of this page.
    """

    facts: Sequence[Fact] = ()
    answering: Answering | None = None
    versions: Versions | None = None
    rollbacks: Sequence[Action] = ()
    events: Sequence[Event] = ()
    left_out: int = 0
    done: Event | None = None
    numbers: Sequence[int] = ()
    chosen: tuple[int, int] | None = None
    difference: Differing | None = None
    verification: Verified | None = None
    confirm: Confirm | None = None
    seen: int = 0
    at: str = ""


def context(visit: Visit) -> RegistryPage:
    """Return what the page shows; an address that orders what cannot be is ``Refused`` by 404."""
    returned = replace(_NOTHING, reason=visit.one("reason")) if visit.one("do") else _NOTHING
    return page_of(visit, returned)


def page_of(visit: Visit, returned: Returned) -> RegistryPage:
    """Return the page with a form that came back; see `context`."""
    troubles: dict[str, Trouble] = {}
    shown = visit.shown
    if tried(troubles, "registry", lambda: shown.registry.ledger.head(shown.name)) is None:
        return RegistryPage(
            heading="The registry cannot be read",
            standfirst="So nobody can say which version answers, and nothing can be changed.",
            at=visit.path,
            troubles=troubles,
        )
    history = tried(troubles, "history", shown.history) or ()
    # Of this very history: whoever promotes at this moment is not seen in one half of the page.
    state = tried(troubles, "history", lambda: state_of(shown.name, history)) if history else None
    if state is None:
        return _without(visit, troubles)
    if visit.one("do"):
        confirm = confirmation(visit, order_of(visit.query), state, returned)
        return RegistryPage(
            heading=confirm.title,
            standfirst="Nothing has changed yet.",
            confirm=confirm,
            seen=len(history),
            at=visit.path,
            troubles=troubles,
        )
    chosen = _chosen(visit, troubles)
    return RegistryPage(
        heading=_heading(state, history),
        standfirst=_standfirst(state, history),
        facts=_facts(state, live_of(state)),
        answering=_answering(visit, state),
        versions=versions_of(state, live_of(state)),
        rollbacks=list(rollbacks(state)),
        events=events_of(history if visit.one("all") else history[-_EVENTS:]),
        left_out=0 if visit.one("all") else max(0, len(history) - _EVENTS),
        done=event_of(history[-1]) if visit.one("done") == str(len(history)) else None,
        numbers=[one.version for one in reversed(state.versions)],
        chosen=usual_pair(state) if chosen is None else (chosen[0].version, chosen[1].version),
        difference=_difference(shown, chosen, troubles),
        verification=_verified(visit, troubles),
        seen=len(history),
        at=visit.path,
        troubles=troubles,
    )


def download(visit: Visit, name: str) -> Download:
    """Return the history as lines of JSON, which ``foresell registry verify --export`` checks.

    Raises:
        Refused: 404, another file.
    """
    if name != HISTORY:
        raise Refused("there is no such file", "path", f"use {HISTORY}", status=404)
    shown = visit.shown
    content = exporting.export_history(shown.registry, shown.name)
    return Download(name=f"{shown.name}-{HISTORY}", media_type="application/jsonl", content=content)


def _without(visit: Visit, troubles: dict[str, Trouble]) -> RegistryPage:
    """Return the page of a project that has no history, or none that can be read."""
    name, damaged = visit.shown.name, "history" in troubles
    if not damaged:
        troubles["history"] = Trouble(
            what="no version is registered yet",
            where=name,
            mend=f"foresell run {name}",
            next=True,
        )
    return RegistryPage(
        heading="The history cannot be read" if damaged else "No version yet",
        standfirst="" if damaged else "A run trains a model and registers it as version 1.",
        verification=_verified(visit, troubles) if damaged else None,
        at=visit.path,
        troubles=troubles,
    )


def _heading(state: State, history: Sequence[Transition]) -> str:
    """Return what is live, as a sentence without its full stop."""
    prod, staging = state.aliases["prod"], state.aliases["staging"]
    if prod is not None:
        since = moment(_moved(history, "prod").at).partition(",")[0]
        return f"Version {prod} answers from prod, since {since}"
    if staging is not None:
        return f"Version {staging} answers from staging; nothing is on prod"
    return "No version answers"


def _standfirst(state: State, history: Sequence[Transition]) -> str:
    """Return who made it live and why, and what waits."""
    parts = []
    prod, staging = state.aliases["prod"], state.aliases["staging"]
    if prod is None:
        parts.append(
            "Until a version is promoted, nothing answers."
            if staging is None
            else "Until a version is promoted to prod, the one on staging answers."
        )
    else:
        last = _moved(history, "prod")
        did = "rolled back to it" if last.action == "roll back" else "promoted it"
        over = " against its gate" if last.evidence.get("override") is True else ""
        parts.append(f"{last.who} {did}{over}: “{last.reason}”.")
    waiting = [one.version for one in state.versions if one.approval == "PendingManualApproval"]
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        numbers = listed([str(one) for one in waiting])
        parts.append(f"Version{'' if len(waiting) == 1 else 's'} {numbers} {verb} for approval.")
    if prod is not None and staging is not None and staging > prod:
        parts.append(f"Version {staging} is newer and on staging.")
    return " ".join(parts)


def _facts(state: State, live: int | None) -> Sequence[Fact]:
    """Return what answers in a few numbers."""
    known = {one.version: one for one in state.versions}
    facts = [
        Fact(
            value=MISSING if number is None else f"{number}",
            label=f"version on {alias}",
            note="" if number is None else champion(known[number]),
            source="registry",
        )
        for alias, number in state.aliases.items()
    ]
    added = value_added(known[live]) if live in known else None
    if added is not None:
        note = f"version {live} on {added[1]}"
        facts.append(Fact(value=added[0], label="value added", note=note, source="registry"))
    last = f"the last one registered {moment(state.versions[-1].registered_at)}"
    count = len(state.versions)
    label = "version" if count == 1 else "versions"
    facts.append(Fact(value=f"{count:,}", label=label, note=last, source="registry"))
    return facts


def _answering(visit: Visit, state: State) -> Answering | None:
    """Return what this server answers with; None where it has no place for the project."""
    answering = visit.answering
    if answering is None:
        return None
    trouble = None
    if answering.refused:
        trouble = Trouble(
            what=f"this server refuses version {answering.refused}: {answering.why}",
            where="the server behind this page",
            mend="roll back, or register a sound version; it tries again by itself",
        )
    if answering.live is None:
        return Answering(says="This server answers with no version yet.", trouble=trouble)
    live, wanted = answering.live, live_of(state)
    known = any(str(one.version) == live.version for one in state.versions)
    word = f"version {live.version}" if known else f"the bundle {live.version}"
    same = wanted is None or str(wanted) == live.version
    where = "prod" if wanted == state.aliases["prod"] else "staging"
    other = "" if same else f", not with version {wanted}, which is on {where}"
    return Answering(says=f"This server answers with {word}{other}.", trouble=trouble)


def _chosen(visit: Visit, troubles: dict[str, Trouble]) -> tuple[Version, Version] | None:
    """Return the two versions that the address names; None where it names none."""
    words = [word for word in (visit.one("a"), visit.one("b")) if word]
    if len(words) < 2:
        return None
    pair = tried(troubles, "difference", lambda: [visit.shown.version(one) for one in words])
    if pair is None:
        return None
    before, after = pair
    if before.version == after.version:
        what = f"version {before.version} does not differ from itself"
        troubles["difference"] = Trouble(
            what=what, where="version", mend="choose two different versions"
        )
        return None
    return before, after


def _difference(
    shown: Shown, chosen: tuple[Version, Version] | None, troubles: dict[str, Trouble]
) -> Differing | None:
    """Return what differs between the two that were chosen."""
    if chosen is None:
        return None
    return tried(
        troubles,
        "difference",
        lambda: differing(comparison_of(shown, *chosen), unit_of(shown, chosen[1])),
    )


def _verified(visit: Visit, troubles: dict[str, Trouble]) -> Verified | None:
    """Return what reading all of it again finds, where that is asked for."""
    if not visit.one("verify"):
        return None
    shown = visit.shown
    found = tried(troubles, "verification", lambda: verifying.verify(shown.registry, shown.name))
    if found is None:
        return None
    looked = [
        counted(found.transitions, "transition"),
        counted(found.versions, "version"),
        counted(found.objects, "file"),
    ]
    return Verified(
        sound=found.sound,
        says=f"{listed(looked)} were read and held against their hashes.",
        problems=Table(
            caption="What is wrong",
            heads=("Where", "What"),
            words=("What",),
            rows=[
                (Cell(text=one.where), Cell(text=one.what)) for one in found.problems[:_PROBLEMS]
            ],
            left_out=max(0, len(found.problems) - _PROBLEMS),
        ),
    )


def _moved(history: Sequence[Transition], alias: str) -> Transition:
    """Return the transition that put an alias where it is."""
    return next(one for one in reversed(history) if one.alias == alias and one.before != one.after)
