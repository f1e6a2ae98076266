"""Rolling back: an alias is pointed to what it pointed to before."""

from collections.abc import Sequence
from typing import Literal

from foresell.errors import UsageError, counted
from foresell.govern.registry import (
    Draft,
    Move,
    Registry,
    decided,
    one_line,
    read_version,
    refuse_unknown,
    resolve,
)
from foresell.govern.state import earlier
from foresell.spec.registry import Alias, State

Nowhere = Literal["none"]
NOWHERE: Nowhere = "none"  # where an alias goes that is to point to no version


def roll_back(
    registry: Registry,
    project: str,
    *,
    reason: str,
    alias: Alias = "prod",
    steps: int | None = None,
    to: int | Nowhere | None = None,
) -> Move:
    """Take back promotions of ``alias``: ``steps`` of them (1), or until it points to ``to``.

    Doing it twice goes two back. Versions that were rejected meanwhile are passed over, and told in
    the notes; so are promotions whose taking back would change nothing. The files of the version
    that becomes live are verified before. ``to``: its nearest earlier place; where it is live
    already, nothing changes. ``to`` "none": all promotions are taken back, and no version is live
    until one is promoted; no files are read for that. The transition's evidence ``steps`` counts
    the promotions taken back, those passed over among them.

    Raises:
        UsageError: both or neither can be done: there are fewer earlier versions, or ``to`` is
            none of them, or nothing is live; or the reason is empty.
    A ``DataError`` for files that were changed.
    """
    why = one_line(reason, "reason")
    if steps is not None and to is not None:
        raise UsageError("steps and a version are both given", "steps, to", "give one of the two")
    if steps is not None and steps < 1:
        raise UsageError(f"{steps} steps back", "steps", "give 1 or more")
    refuse_unknown(registry, project)
    notes: list[str] = []
    verified: set[int] = set()

    def decide(state: State) -> Draft | None:
        notes.clear()
        if to == NOWHERE:
            return _emptied(state, alias, why, notes)
        live = resolve(state, alias).version
        if to == live:
            notes.append(f"version {live} is {alias} already")
            return None
        stack = state.stacks[alias]
        taken = _taken(state, alias, steps or 1) if to is None else _taken_to(state, alias, to)
        target = state.versions[stack[-1 - taken] - 1]
        if target.version not in verified:
            read_version(registry, target)
            verified.add(target.version)
        notes.extend(_passed_over(state, stack[len(stack) - taken : -1]))
        return Draft(
            action="roll back",
            version=target.version,
            reason=why,
            alias=alias,
            before=live,
            after=target.version,
            evidence={"steps": taken},
        )

    transition, state = decided(registry, project, decide)
    return Move(project=project, transition=transition, state=state, notes=tuple(notes))


def _emptied(state: State, alias: Alias, why: str, notes: list[str]) -> Draft | None:
    """Return what takes every version off ``alias``; None, and a note, where none is there."""
    live = state.aliases[alias]
    if live is None:
        notes.append(f"no version is {alias} already")
        return None
    return Draft(
        action="roll back",
        version=live,
        reason=why,
        alias=alias,
        before=live,
        evidence={"steps": len(state.stacks[alias])},
    )


def _taken(state: State, alias: Alias, steps: int) -> int:
    """Return how many promotions are taken back to go ``steps`` back.

    Raises:
        UsageError: there are not so many earlier versions.
    """
    places = list(earlier(state.stacks[alias], _rejected(state)))
    if len(places) < steps:
        there = "there is no earlier version to go back to"
        if places:
            there = f"only {counted(len(places), 'earlier version')} can be gone back to"
        off = "" if alias == "prod" else f" --alias {alias}"
        raise UsageError(
            f"version {state.aliases[alias]} is {alias}, and {there}",
            f"{alias} of {state.project!r}",
            f"promote another one: foresell registry promote {state.project} VERSION "
            f"--to {alias} --reason TEXT; or take it off: foresell registry rollback "
            f"{state.project}{off} --to {NOWHERE} --reason TEXT",
        )
    return places[steps - 1]


def _taken_to(state: State, alias: Alias, to: int) -> int:
    """Return how many promotions are taken back to get to the nearest earlier place of ``to``.

    Raises:
        UsageError: there is no such version, it is no earlier one, or it was rejected.
    """
    resolve(state, to)
    stack = state.stacks[alias]
    for taken in earlier(stack, _rejected(state)):
        if stack[-1 - taken] == to:
            return taken
    what, promoted = f"version {to} was rejected, which is final", "VERSION"
    if to not in _rejected(state):
        what = (
            f"version {to} is none of those before version {stack[-1]}: it was never {alias}, or "
            "that was taken back"
        )
        promoted = str(to)
    raise UsageError(
        what,
        f"{alias} of {state.project!r}",
        f"promote {'another one' if promoted == 'VERSION' else 'it'}: foresell registry promote "
        f"{state.project} {promoted} --to {alias} --reason TEXT; "
        f"foresell registry history {state.project} shows what was",
    )


def _rejected(state: State) -> set[int]:
    """Return the versions that are rejected."""
    return {one.version for one in state.versions if one.approval == "Rejected"}


def _passed_over(state: State, between: Sequence[int]) -> list[str]:
    """Return a sentence for each rejected version among those ``between``, the latest first."""
    gone = dict.fromkeys(one for one in reversed(between) if one in _rejected(state))
    return [f"version {one} is passed over: it was rejected" for one in gone]
