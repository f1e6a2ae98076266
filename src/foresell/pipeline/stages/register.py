"""register: the bundle kept in the registry; staging points to it where its gate passed."""

import json
from collections.abc import Sequence
from typing import Any

from foresell.errors import MachineError
from foresell.govern.gate import Decision, gate_of
from foresell.govern.promoting import promote
from foresell.govern.registering import Registered, register
from foresell.govern.registry import read_history
from foresell.govern.state import state_of
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.ports import Store
from foresell.spec.registry import Alias, Transition

REGISTRATION = "registration.json"
REGISTERED = "version.json"
_LASTING = ("version", "digest", "approval", "gate", "override")
_STAGING: Alias = "staging"  # prod moves only by a person's hand: foresell registry promote


def run(work: Work) -> None:
    """Write ``registration/registration.json``: which version the bundle is, and what was moved.

    ``version``, ``digest``, ``approval``; ``new``: whether this run registered it. A bundle that is
    registered already is not registered again, unless the run that packed it was forced to: then it
    is a new version even of equal bytes. ``changes``: by alias, the version ``before`` and
    ``after``, where this run moved it; ``aliases``: where they point now; ``gate``: the decision on
    the bundle's own evidence, and its ``override``; ``reasons``: why staging is not moved to it.

    What of it is no matter of this run or of today's aliases (``version``, ``digest``,
    ``approval``, ``gate``, ``override``) is ``registered/version.json`` as well: what depends on it
    is not done again where an alias was moved. A run that registers and moves nothing, and finds
    version and aliases as they were told last, leaves both files as they are, and so does their
    record: who reads them for a run asks `foresell.pipeline.records.told_by`.

    Only staging is moved, and only to a version that a run registered, once: from then on it is in
    the hands of people, and a run that finds its version there leaves it where they put it.

    Raises:
        MachineError: the registry is out of reach. The bundle is safe in the workspace.
    """
    metadata = json.loads(work.inputs["bundle"].read_bytes("metadata.json"))
    decision = gate_of(metadata, work.project)
    try:
        told = _registered(work, decision, metadata["gate"]["override"])
    except MachineError as error:
        raise MachineError(
            f"the model is trained and packed, but not registered: {error.what}",
            error.where,
            f"{error.mend}; then run the project again: it goes on from here",
        ) from error
    kept = _as_published(told, work.last("registration"))
    work.outputs["registration"].write_bytes(REGISTRATION, json_bytes(kept))
    lasting = {name: told[name] for name in _LASTING}
    work.outputs["registered"].write_bytes(REGISTERED, json_bytes(lasting))
    work.note(_sentence(told))


def _as_published(told: dict[str, Any], last: Store | None) -> dict[str, Any]:
    """Return what was told last, where this run did nothing and found the same; else ``told``."""
    if last is None or told["new"] or told["changes"]:
        return told
    before: dict[str, Any] = json.loads(last.read_bytes(REGISTRATION))
    same = {**before, "new": False, "changes": {}} == json.loads(json_bytes(told))
    return before if same else told


def _registered(work: Work, decision: Decision, override: str | None) -> dict[str, Any]:
    """Register the bundle, move staging where that is due, and return what came of it."""
    registry, project = work.registry, work.project.name
    trained = work.run_of("train")
    forced = work.forced("refit") and work.run_of("refit") == trained
    kept = register(
        registry,
        project,
        work.inputs["bundle"],
        reason="trained again, by force" if forced else "trained by a run",
        run_id=trained,
        force=forced,
    )
    number, changes = kept.version.version, dict[str, Any]()
    transitions = read_history(registry, project)
    state = state_of(project, transitions)
    there = state.aliases[_STAGING] == number
    reasons = [] if there else _reasons(kept, transitions, decision, override)
    if not there and not reasons:
        why = "the gate passed" if decision.passed else " ".join(str(override).split())
        move = promote(
            registry, project, number, _STAGING, reason=why, override=not decision.passed
        )
        changes[_STAGING] = {"before": state.aliases[_STAGING], "after": number}
        state = move.state
    return {
        "version": number,
        "digest": kept.version.digest,
        "approval": kept.version.approval,
        "new": kept.new,
        "changes": changes,
        "aliases": dict(state.aliases),
        "gate": decision.to_json(),
        "override": override,
        "reasons": reasons,
    }


def _reasons(
    kept: Registered, transitions: Sequence[Transition], decision: Decision, override: str | None
) -> list[str]:
    """Return why staging is not to be moved to a version; nothing where it is, or points there."""
    version = kept.version
    found = []
    if version.approval == "Rejected":
        found.append("it was rejected")
    if not decision.passed and not override:
        found.append("the gate did not pass")
    if not version.run_id:
        found.append("it was registered by hand")
    places = [one.number for one in transitions if one.version == version.version]
    if any(one.alias == _STAGING and one.number > places[0] for one in transitions):
        found.append("staging was moved since it was registered")
    return found


def _sentence(told: dict[str, Any]) -> str:
    """Return what came of it, in words.

    >>> _sentence({"version": 3, "new": True, "aliases": {"prod": 2, "staging": 3}, "reasons": []})
    'version 3, on staging'
    """
    version = f"version {told['version']}{'' if told['new'] else ' already'}"
    on = [alias for alias, number in told["aliases"].items() if number == told["version"]]
    if on:
        return f"{version}, on {' and '.join(on)}"
    return f"{version}, not on staging: {'; '.join(told['reasons'])}"
