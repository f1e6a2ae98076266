"""After the Glue job: the staged delivery is checked, upserted and validated in one transaction."""

from collections.abc import Mapping
from typing import Any

import foresell
from foresell.wiring.events import flag_of, words_of


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Let ``event["batch"]`` into the warehouse, ``event["partial"]`` as a part; the load's report.

    A check that fails is a GateError that names it, and nothing has changed.
    """
    del context
    told = words_of(event, "batch", "project", "source")
    report = foresell.finish_load(*told, partial=flag_of(event, "partial"))
    report.require_passed()
    return report.to_json()
