"""Where the alerts of a project and the numbers of its watch lie."""

from foresell.adapters.alert_outbox import AlertOutbox
from foresell.settings import Settings
from foresell.wiring.monitor_files import monitor_folder

STATE, GAUGES = "alerts.json", "metrics.prom"


def watched_projects(settings: Settings) -> list[str]:
    """Return the projects whose alerts are kept, by name, also those that nobody declares now."""
    above = settings.directories.get("REPORTS_DIR", settings.home)
    kept = [*above.glob(f"*/monitor/{STATE}"), *above.glob("*/monitor/outbox")]
    return sorted({one.parent.parent.name for one in kept})


def alert_outbox(project: str, settings: Settings) -> AlertOutbox:
    """Return the outbox of a project's alerts."""
    return AlertOutbox(monitor_folder(project, settings) / "outbox")
