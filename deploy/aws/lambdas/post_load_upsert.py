"""After the Glue job: the staged delivery is checked, upserted and validated in one transaction."""

from collections.abc import Mapping
from typing import Any

import foresell


def handler(event: Mapping[str, str], context: object) -> dict[str, Any]:
    """Let ``event["batch"]`` into the warehouse; the report of the load.

    A check that fails is a GateError that names it, and nothing has changed.
    """
    del context
    report = foresell.finish_load(event["batch"], event["project"], event["source"])
    report.require_passed()
    return report.to_json()
