"""What the runs of one workspace have agreed on: a contract, which nobody weakens in silence."""

import json

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.contracts.contract import parse_contract
from foresell.contracts.difference import compare, weakened
from foresell.errors import SpecError
from foresell.pipeline.work import Request
from foresell.pipeline.writing import json_bytes

_RECORD = "contract"  # under which the workspace keeps the text that the last run agreed to
_SHOWN = 3


def agree(place: DirectoryWorkspace, request: Request) -> None:
    """Keep the contract of ``request`` as the one agreed to, unless it is weaker in silence.

    Raises:
        SpecError: rows pass now that would not have passed in the run before, and the version of
            the contract is the same; the changes are named.
    """
    new, kept = request.contract, json.loads(place.record(_RECORD) or b"{}")
    if kept and kept["sha256"] != new.digest and kept["version"] == new.version:
        old = parse_contract(kept["text"], f"{place.root}, the contract of the last run")
        looser = weakened(compare(old, new))
        if looser:
            shown = [f"{change.place}: {change.what}" for change in looser[:_SHOWN]]
            more = f"; and {len(looser) - _SHOWN} more" if len(looser) > _SHOWN else ""
            raise SpecError(
                f"the contract is weaker than in the last run, under the same version "
                f"{new.version}: {'; '.join(shown)}{more}",
                f"contract.yaml of the project {request.project.name!r}",
                "raise its version, so that the change is on record, or take the change back",
            )
    agreed = {"version": new.version, "sha256": new.digest, "text": request.contract_text}
    place.publish(_RECORD, (), json_bytes(agreed))
