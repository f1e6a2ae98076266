"""Once after each new image: the schema is brought up to date, and who loads is let in."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import foresell
from foresell.settings import read_settings
from foresell.wiring.events import words_of
from foresell.wiring.warehouse_logins import let_in


def handler(event: Mapping[str, str], context: object) -> dict[str, Any]:
    """Migrate as the owner; then the user of the secret ``event["loader"]`` may load, no more."""
    del context
    project, loader = words_of(event, "project", "loader")
    done = foresell.migrate_warehouse(project)
    return {**asdict(done), "loader": let_in(loader, "ingest", read_settings())}
