"""Which webhooks are named, looked at without telling them anything."""

from importlib.util import find_spec

from foresell.adapters.machine import Check
from foresell.settings import Settings
from foresell.spec.extras import install_words


def examine_webhooks(settings: Settings) -> Check:
    """Say which places are told of alerts, and whether what tells them is installed."""
    places = ", ".join(f"{one.label} ({one.shape})" for one in settings.webhooks)
    found = places or "none is named; docs/monitoring.md tells how"
    if places and find_spec("httpx") is None:
        return Check(
            name="webhook",
            state="missing",
            found=f"{places}; the library 'httpx' is not installed",
            mend=install_words("monitor"),
        )
    return Check(name="webhook", state="ok", found=found)
