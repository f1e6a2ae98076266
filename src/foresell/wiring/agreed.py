"""What the runs of one workspace have agreed on: contracts, which nobody weakens in silence."""

import json
from typing import Any

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.difference import compare, weakened
from foresell.errors import DataError, SpecError
from foresell.pipeline.work import Request
from foresell.pipeline.writing import json_bytes

_RECORD = "contracts"  # under which the workspace keeps every contract that rows have passed
_GATE, _LAYER, _LISTED = "validate", "processed", "passed.json"
_SHOWN = 3


def agree(place: DirectoryWorkspace, request: Request) -> None:
    """Refuse a contract that is weaker, in silence, than one that rows have passed before.

    A contract that rows have passed may come back as it was. Any other has a version that is not
    lower than the last one's, and is not weaker than another contract of the same version.

    Raises:
        SpecError: it is; the changes are named.
    """
    new, passed = request.contract, _passed(place)
    where = f"contract.yaml of the project {request.project.name!r}"
    if any((old["version"], old["sha256"]) == (new.version, new.digest) for old in passed):
        return
    kept = [parse_contract(old["text"], f"{place.root}, a contract kept") for old in passed]
    if kept and new.release < kept[-1].release:
        raise SpecError(
            f"the contract has the version {new.version}, and that of the last run was "
            f"{kept[-1].version}",
            where,
            "raise the version, so that the change is on record",
        )
    for old in kept:
        if old.release == new.release:
            _refuse_weaker(old, new, where)


def remember(place: DirectoryWorkspace, request: Request) -> None:
    """Keep the contract of ``request``, where rows have passed it, for the runs to come."""
    new, passed = request.contract, _passed(place)
    gate = json.loads(place.record(_GATE) or b"{}")
    if not gate.get("passed") or _LISTED not in place.output(_LAYER).list():
        return
    layer = json.loads(place.output(_LAYER).read_bytes(_LISTED))["contract"]
    if (layer["version"], layer["sha256"]) != (new.version, new.digest):
        return
    kept = [old for old in passed if old["sha256"] != new.digest or old["version"] != new.version]
    now = {"version": new.version, "sha256": new.digest, "text": request.contract_text}
    if [*kept, now] != passed:
        place.publish(_RECORD, (), json_bytes([*kept, now]))


def _passed(place: DirectoryWorkspace) -> list[dict[str, Any]]:
    """Return every contract that rows have passed here: version, sha256 and text, last one last.

    Raises:
        DataError: the record was damaged.
    """
    try:
        kept: list[dict[str, Any]] = json.loads(place.record(_RECORD) or b"[]")
    except ValueError as error:
        raise DataError(
            "what is kept of earlier contracts cannot be read",
            f"{place.root}/.state/{_RECORD}.json",
            "restore the file, or remove it: the next run then begins anew",
        ) from error
    return kept


def _refuse_weaker(old: Contract, new: Contract, where: str) -> None:
    """Refuse rows that would not have passed ``old``, which has the same version.

    Raises:
        SpecError: the first changes by which they pass now.
    """
    looser = weakened(compare(old, new))
    if looser:
        shown = [f"{change.place}: {change.what}" for change in looser[:_SHOWN]]
        more = f"; and {len(looser) - _SHOWN} more" if len(looser) > _SHOWN else ""
        raise SpecError(
            f"the contract is weaker than the one that rows have passed under the same version, "
            f"{new.version}: {'; '.join(shown)}{more}",
            where,
            "raise its version, so that the change is on record, or take the change back",
        )
