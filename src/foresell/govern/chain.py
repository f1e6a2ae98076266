"""The chain of a project's transitions: made link by link, and held against itself."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NotRequired, Required, TypedDict, Unpack

from foresell.errors import DataError, UsageError
from foresell.govern.state import Fold, stamp
from foresell.spec.registry import GENESIS, Action, Alias, Head, Problem, Transition

_FIELDS = tuple(Transition.__dataclass_fields__)
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("project", "at", "who", "action", "reason", "previous", "hash"), str),
    **dict.fromkeys(("number", "version"), int),
    **dict.fromkeys(("before", "after"), (int, type(None))),
    "alias": (str, type(None)),
    "evidence": dict,
}
_HEX = frozenset("0123456789abcdef")


class Told(TypedDict):
    """What a transition says, but for its place in the chain; fields as in `Transition`."""

    project: Required[str]
    at: Required[str]
    who: Required[str]
    action: Required[Action]
    version: Required[int]
    alias: NotRequired[Alias | None]
    before: NotRequired[int | None]
    after: NotRequired[int | None]
    reason: Required[str]
    evidence: NotRequired[Mapping[str, Any]]


def linked(head: Head, **told: Unpack[Told]) -> Transition:
    """Return the transition that comes after ``head``: numbered, linked and with its hash.

    Its evidence is what JSON makes of what was given, so that it is equal once it was kept.

    Raises:
        UsageError: the evidence is not plain JSON.
    """
    transition = Transition(**told, number=head.number + 1, previous=head.hash, hash="")
    try:
        evidence = json.loads(_text(dict(transition.evidence)))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"the evidence is not plain JSON: {error}",
            f"transition {transition.number} of {transition.project}",
            "give finite numbers, texts, lists and mappings by texts",
        ) from error
    transition = replace(transition, evidence=evidence)
    return replace(transition, hash=fingerprint(transition))


def fingerprint(transition: Transition) -> str:
    """Return the sha256 over every field but ``hash``, as `canonical` writes them."""
    fields = {name: getattr(transition, name) for name in _FIELDS if name != "hash"}
    return hashlib.sha256(_text(fields).encode()).hexdigest()


def canonical(transition: Transition) -> bytes:
    """Return the one line that stands for ``transition``: JSON in ASCII, sorted, without spaces."""
    return _text({name: getattr(transition, name) for name in _FIELDS}).encode()


def transition_of(line: bytes) -> Transition:
    """Return the transition of which ``canonical`` made ``line``; its hash is not checked here.

    Raises:
        DataError: ``canonical`` makes no such line.
    """
    try:
        fields = json.loads(line)
        if _is_transition(fields) and canonical(transition := Transition(**fields)) == line:
            return transition
    except (ValueError, RecursionError):  # no JSON, no text, brackets without end, 1e999
        pass
    shown = line[:40].decode(errors="replace")
    raise DataError(
        f"this is no transition as foresell writes it: {shown!r} ...",
        "a line of a history",
        "export the history again, or restore it from a backup",
    )


def problems_of(project: str, transitions: Sequence[Transition], head: Head) -> tuple[Problem, ...]:
    """Return everything that shows that ``transitions`` are not those that were made, in order.

    Each is to have the next number, the hash of the one before and its own, a time not before
    that, and to be possible where it stands; the last one is to be ``head``. After one that was not
    possible the rest is held against the chain alone.
    """
    fold: Fold | None = Fold(project)
    found: list[Problem] = []
    before = Head()
    time = ""
    for place, transition in enumerate(transitions, start=1):
        where = f"transition {place}"
        whats = [*_unlinked(transition, before, place), *_mistimed(transition, time)]
        if fold is not None:
            impossible = fold.refusal(transition) or _unproved(transition)
            whats += [] if impossible is None else [impossible]
            fold = fold if impossible is None else None
        if fold is not None:
            fold.take(transition)
        found += [Problem(where=where, what=what) for what in whats]
        before, time = Head(number=place, hash=transition.hash), transition.at
    if before != head:
        what = (
            f"the list ends with {head.number} {head.hash[:12]}, and the transitions with "
            f"{before.number} {before.hash[:12]}: some were taken away or added"
        )
        found.append(Problem(where="head", what=what))
    return tuple(found)


def _unlinked(transition: Transition, before: Head, place: int) -> Iterator[str]:
    """Yield what is wrong with the number and the hashes of ``transition``."""
    if transition.number != place:
        yield f"its number is {transition.number}"
    if transition.previous != before.hash:
        begins = "the first" if before.hash == GENESIS else "the one before"
        yield f"it does not follow {begins}: its hash is another one"
    if _fingerprint(transition) != transition.hash:
        yield "it was changed: its hash is not that of what it says"


def _fingerprint(transition: Transition) -> str | None:
    """Return the hash of ``transition``, None where JSON cannot say it."""
    try:
        return fingerprint(transition)
    except (TypeError, ValueError):
        return None


def _mistimed(transition: Transition, before: str) -> Iterator[str]:
    """Yield what is wrong with the time of ``transition``; ``before``: that of the one before."""
    try:
        right = stamp(datetime.fromisoformat(transition.at)) == transition.at
    except (ValueError, OverflowError, UsageError):
        right = False
    if not right:
        yield f"{transition.at!r} is no time in UTC with microseconds"
    elif transition.at < before:
        yield f"its time, {transition.at}, is before that of the one before"


def _unproved(transition: Transition) -> str | None:
    """Return what ``transition`` lacks of the evidence that its action is recorded with."""
    evidence = transition.evidence
    if not transition.reason.strip() or not transition.who.strip():
        return "nobody, or no reason, stands behind it"
    if transition.action == "register":
        digest = evidence.get("digest")
        right = isinstance(digest, str) and len(digest) == len(GENESIS) and set(digest) <= _HEX
        return None if right else f"{digest!r} is no digest of a bundle"
    if transition.action == "promote":
        gate = evidence.get("gate")
        passed = isinstance(gate, dict) and gate.get("passed") is True
        proved = passed or evidence.get("override") is True
        return None if proved else "no gate was passed, and none was overridden"
    return None


def _text(fields: Mapping[str, Any]) -> str:
    """Return the one JSON text of ``fields``; a ValueError or TypeError where there is none."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _is_transition(fields: Any) -> bool:
    """Tell whether a JSON value has the fields of a transition; true and false are no numbers."""
    if not isinstance(fields, dict) or set(fields) != set(_FIELDS):
        return False
    return all(
        isinstance(fields[name], kind) and not isinstance(fields[name], bool)
        for name, kind in _KINDS.items()
    )
