"""Before the Glue job: what an attempt before left of this delivery goes out of staging."""

from collections.abc import Mapping
from typing import Any

import foresell
from foresell.wiring.events import words_of


def handler(event: Mapping[str, str], context: object) -> dict[str, Any]:
    """Take the rows of ``event["batch"]`` out of staging; how many they were."""
    del context
    batch, project = words_of(event, "batch", "project")
    return foresell.clear_staging(batch, project=project).to_json()
