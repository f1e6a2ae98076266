"""Promoting: an alias is pointed to a version that the gate lets pass."""

from typing import Any

from foresell.bundle.bundle import Bundle
from foresell.errors import DataError, GateError
from foresell.govern.gate import Decision, against_live, gate_of
from foresell.govern.registry import (
    Draft,
    Move,
    Registry,
    decided,
    judged_version,
    one_line,
    read_version,
    refuse_unknown,
    resolve,
)
from foresell.spec.reading import parse_project
from foresell.spec.registry import Alias, State, Version


def promote(  # noqa: PLR0913 - what is moved, why, and on which condition
    registry: Registry,
    project: str,
    version: int,
    alias: Alias,
    *,
    reason: str,
    override: bool = False,
    expected: int | None = None,
) -> Move:
    """Point ``alias`` to ``version``; where it does already, nothing changes.

    ``expected``: the version that it points to now, where the decision hangs on that: if it points
    elsewhere when this is written, nothing changes. 0: to none. None: wherever it points.

    Its files are verified before, and its gate is judged from the evidence in them. The transition
    has as evidence ``gate`` (`Decision`), ``override`` (true where the gate did not pass and was
    overridden) and ``against_live`` (how it did beside what was prod until now).

    A ``GateError`` where the gate did not pass and there is no ``override``, where the version is
    rejected or, for prod, not approved, or where ``alias`` does not point to ``expected``; a
    ``UsageError`` for a version that is not there or a reason that is empty; a ``DataError`` for
    files that were changed.
    """
    why = one_line(reason, "reason")
    refuse_unknown(registry, project)
    notes: list[str] = []
    # Each is read once, though others may be quicker many times.
    verified: dict[str, Bundle] = {}
    beside: dict[int | None, dict[str, Any]] = {}

    def decide(state: State) -> Draft | None:
        notes.clear()
        wanted, before = resolve(state, version), state.aliases[alias]
        if before == wanted.version:
            notes.append(f"version {before} is {alias} already")
            return None
        _refuse_moved(state, alias, expected)
        _refuse_undecided(wanted, alias)
        if wanted.digest not in verified:
            verified[wanted.digest] = read_version(registry, wanted)
        decision = _passed(verified[wanted.digest], wanted, override=override)
        live = state.aliases["prod"]
        if live not in beside:
            beside[live] = _beside_live(registry, state, verified[wanted.digest])
        if override and decision.passed:
            notes.append("the gate passed: there was nothing to override")
        return Draft(
            action="promote",
            version=wanted.version,
            reason=why,
            alias=alias,
            before=before,
            after=wanted.version,
            evidence={
                "gate": decision.to_json(),
                "override": not decision.passed,
                "against_live": beside[live],
            },
        )

    transition, state = decided(registry, project, decide)
    return Move(project=project, transition=transition, state=state, notes=tuple(notes))


def _refuse_moved(state: State, alias: Alias, expected: int | None) -> None:
    """Refuse to replace another version than the one that was expected.

    Raises:
        GateError: the alias points elsewhere by now.
    """
    there = state.aliases[alias]
    if expected is None or (there or 0) == expected:
        return
    was, now = (f"version {one}" if one else "no version" for one in (expected, there))
    raise GateError(
        f"{alias} was moved meanwhile, from {was} to {now}",
        f"registry, {state.project!r}",
        f"compare with what it points to now: foresell registry show {state.project}",
    )


def _refuse_undecided(version: Version, alias: Alias) -> None:
    """Refuse a version that was rejected, and to prod one that nobody approved.

    Raises:
        GateError: what the sentence above names.
    """
    where = f"version {version.version} of {version.project!r}"
    if version.approval == "Rejected":
        raise GateError(
            "the version was rejected, which is final",
            where,
            f"promote another one: foresell registry show {version.project}",
        )
    if alias == "prod" and version.approval != "Approved":
        raise GateError(
            f"the version waits for approval ({version.approval})",
            where,
            f"foresell registry approve {version.project} {version.version} --reason TEXT",
        )


def _passed(bundle: Bundle, version: Version, *, override: bool) -> Decision:
    """Return the decision of the gate on a bundle.

    Raises:
        GateError: it did not pass, and there is no ``override``.
    """
    decision = gate_of(bundle.metadata, parse_project(bundle.project_text, "bundle/project.yaml"))
    if not decision.passed and not override:
        raise GateError(
            f"the gate did not pass: {'; '.join(decision.sentences)}",
            f"version {version.version} of {version.project!r}",
            "train a better one, or promote it all the same: --override-gate with the reason",
        )
    return decision


def _beside_live(registry: Registry, state: State, new: Bundle) -> dict[str, Any]:
    """Return how ``new`` did beside what is prod; its number is ``version`` there.

    A live bundle that cannot be read is no reason to keep it live: that is what it says then.
    """
    live = state.aliases["prod"]
    if live is None:
        return against_live(new, None)
    try:
        bundle = judged_version(registry, state.versions[live - 1])
    except DataError as error:
        return {"comparable": False, "why": error.what, "version": live}
    return {**against_live(new, bundle), "version": live}
