"""After the upsert: what the warehouse holds is looked at once more, from outside."""

from collections.abc import Mapping
from typing import Any

import foresell
from foresell.wiring.events import words_of


def handler(event: Mapping[str, str], context: object) -> dict[str, Any]:
    """Validate the warehouse after the load of ``event["batch"]``; what was found.

    A check that fails is a GateError that names it.
    """
    del context
    found = foresell.validate_warehouse(*words_of(event, "batch", "project"))
    found.require_passed()
    return found.to_json()
