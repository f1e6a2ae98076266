"""Registering: a bundle becomes the next version of its project."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, Required, TypedDict, Unpack

from foresell.bundle.bundle import Bundle, bundle_of, read_files
from foresell.errors import SpecError, UsageError
from foresell.govern.gate import gate_of
from foresell.govern.keeping import Kept, keep_files
from foresell.govern.registry import Draft, Registry, decided, one_line
from foresell.spec.ports import Store
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from foresell.spec.registry import State, Version

_LINEAGE = (
    *("target", "unit", "seed", "result_id", "rows", "series"),
    *("judged_cutoff", "refit_cutoff", "contract_version", "contract_sha256", "libraries"),
)


@dataclass(frozen=True, kw_only=True)
class Registered:
    """The version a bundle is; ``new``: it has become that just now."""

    version: Version
    new: bool


class Origin(TypedDict):
    """Why a bundle is registered, and where it comes from.

    ``run_id``: the run that made it. ``force``: register it although it is registered already.
    ``source``: where it was handed in from, in words.
    """

    reason: Required[str]
    run_id: NotRequired[str]
    force: NotRequired[bool]
    source: NotRequired[str]


def register(
    registry: Registry, project: str, bundle: Store, **origin: Unpack[Origin]
) -> Registered:
    """Make ``bundle`` the next version of ``project``; nothing goes live by it.

    A bundle that is a version already stays that one, the newest if it is several; with ``force``
    it becomes one more, but never a second one of the same run. First its files are kept, then the
    version is made known: interrupted in between it is no version, and can be registered again.

    A bundle of another project, or a reason that is empty, is a ``UsageError``; a file that was
    changed, or nothing in it that says how good its model is, a ``DataError``.
    """
    reason = one_line(origin["reason"], "reason")
    run_id, forced = origin.get("run_id", ""), origin.get("force", False)
    files = read_files(bundle)  # once: a run may put another bundle in its place meanwhile
    read = bundle_of(files)
    declared = parse_project(read.project_text, "bundle/project.yaml")
    _refuse_other(project, declared.name, str(read.metadata.get("project")))
    noted = record_of(read, declared)
    kept = keep_files(files, registry.vault)
    record = {
        **noted,
        "digest": kept.digest,
        "files": kept.files,
        "bytes": kept.bytes,
        "run_id": run_id,
        "source": origin.get("source", ""),
    }

    there: list[Version] = []

    def decide(state: State) -> Draft | None:
        there[:] = _existing(state, kept, run_id, forced=forced)
        if there:
            return None
        number = len(state.versions) + 1
        return Draft(action="register", version=number, reason=reason, evidence=record)

    _, state = decided(registry, project, decide)
    return Registered(version=(there or state.versions)[-1], new=not there)


def record_of(bundle: Bundle, project: ProjectSpec) -> dict[str, Any]:
    """Return what a registration notes of a bundle: what it is, how good, and what it came from.

    Its gate is judged anew; ``override`` there is the reason somebody gave to the run to use the
    model all the same, None for none. ``data``: the sha256 of what the bundle says of its files.

    A bundle without evidence is a ``DataError``.
    """
    told = bundle.metadata
    gate = told.get("gate")
    override = gate.get("override") if isinstance(gate, dict) else None
    return {
        **_told(told),
        "kind": project.kind,
        "gate": {**gate_of(told, project).to_json(), "override": override},
        "approval": "PendingManualApproval" if project.registry.approval else "Approved",
    }


def _told(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a registration notes as the bundle's metadata says it."""
    return {
        **{name: metadata[name] for name in _LINEAGE if name in metadata},
        "champion": metadata.get("champion"),
        "preset": metadata.get("preset"),
        "scores": metadata.get("scores"),
        "data": _digest(metadata["data"]) if "data" in metadata else None,
    }


def contradictions(record: Mapping[str, Any], bundle: Bundle) -> tuple[str, ...]:
    """Return in words what the ``record`` of a version says otherwise than its ``bundle``.

    The words in which a gate speaks do not count: a later foresell may choose others. Where this
    foresell cannot read the bundle's declaration, because another one wrote it, only what the
    metadata says is compared.

    A bundle without evidence is a ``DataError``.
    """
    try:
        project = parse_project(bundle.project_text, "bundle/project.yaml")
    except SpecError:  # its bytes are those that were registered: that is not what is asked here
        found = _told(bundle.metadata)
    else:
        found = record_of(bundle, project)
    return tuple(
        f"the record of the registration says another {name} than the bundle"
        for name, value in found.items()
        # What another foresell did not note yet is no contradiction.
        if (name in record or name not in _LINEAGE)
        and _comparable(record.get(name)) != _comparable(value)
    )


def _comparable(value: Any) -> Any:
    """Return a value as it is read back from JSON, a gate without its sentences."""
    plain = json.loads(json.dumps(value))
    return {**plain, "sentences": None} if isinstance(plain, dict) else plain


def _existing(state: State, kept: Kept, run_id: str, *, forced: bool) -> list[Version]:
    """Return the versions that the bundle is already; with ``forced``, those of the same run."""
    same = [one for one in state.versions if one.digest == kept.digest]
    return [one for one in same if run_id and one.run_id == run_id] if forced else same


def _refuse_other(project: str, *names: str) -> None:
    """Refuse a bundle of another project.

    Raises:
        UsageError: one of ``names``, by which the bundle calls its project, is another.
    """
    for name in names:
        if name != project:
            raise UsageError(
                f"this is a bundle of {name!r}, not of {project!r}",
                "bundle",
                f"foresell registry register {name} BUNDLE",
            )


def _digest(value: Mapping[str, Any] | object) -> str:
    """Return the sha256 of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
