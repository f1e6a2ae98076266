"""Before the Glue job: what an attempt before left of this delivery goes out of staging."""

from collections.abc import Mapping
from typing import Any

import foresell


def handler(event: Mapping[str, str], context: object) -> dict[str, Any]:
    """Take the rows of ``event["batch"]`` out of staging; how many they were."""
    del context
    return foresell.clear_staging(event["batch"], project=event["project"]).to_json()
