"""Approving and rejecting: what people decide about a version, beside the gate."""

from foresell.errors import GateError
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
from foresell.govern.state import taken_off
from foresell.spec.registry import State


def approve(registry: Registry, project: str, version: int, *, reason: str) -> Move:
    """Approve a version that waits for it; one that is approved stays as it is.

    One that was rejected is a ``GateError``: that is final. A version that is not there, or a
    reason that is empty, is a ``UsageError``.
    """
    why = one_line(reason, "reason")
    refuse_unknown(registry, project)
    notes: list[str] = []

    def decide(state: State) -> Draft | None:
        notes.clear()
        found = resolve(state, version)
        if found.approval == "Approved":
            notes.append(f"version {version} is approved already")
            return None
        if found.approval == "Rejected":
            raise GateError(
                "the version was rejected, which is final",
                f"version {version} of {project!r}",
                f"register its bundle anew: foresell registry register {project} BUNDLE --force",
            )
        return Draft(action="approve", version=version, reason=why)

    transition, state = decided(registry, project, decide)
    return Move(project=project, transition=transition, state=state, notes=tuple(notes))


def reject(registry: Registry, project: str, version: int, *, reason: str) -> Move:
    """Reject a version, for good; one that is rejected stays as it is.

    Where staging points to it, staging goes back to what it pointed to before, or to nothing. Where
    prod does, it is a ``GateError``. The files of the version that staging goes back to are
    verified before: a ``DataError`` where they were changed. A version that is not there, or a
    reason that is empty, is a ``UsageError``.
    """
    why = one_line(reason, "reason")
    refuse_unknown(registry, project)
    notes: list[str] = []
    verified: set[int] = set()

    def decide(state: State) -> Draft | None:
        notes.clear()
        found = resolve(state, version)
        if found.approval == "Rejected":
            notes.append(f"version {version} is rejected already")
            return None
        if state.aliases["prod"] == version:
            raise GateError(
                "the version is prod: what is live cannot be rejected",
                f"version {version} of {project!r}",
                f"first foresell registry rollback {project} --reason TEXT, or promote another "
                "one; where there is no other, rollback --to none takes it off prod",
            )
        if state.aliases["staging"] != version:
            return Draft(action="reject", version=version, reason=why)
        never = {one.version for one in state.versions if one.approval == "Rejected"}
        steps, after = taken_off(state.stacks["staging"], never | {version})
        if after is not None and after not in verified:
            read_version(registry, state.versions[after - 1])
            verified.add(after)
        notes.append(f"staging was version {version} and is {after or 'none'} now")
        return Draft(
            action="reject",
            version=version,
            reason=why,
            alias="staging",
            before=version,
            after=after,
            evidence={"steps": steps},
        )

    transition, state = decided(registry, project, decide)
    return Move(project=project, transition=transition, state=state, notes=tuple(notes))
