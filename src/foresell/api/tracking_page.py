"""MLflow's page, opened for the people of this machine."""

from collections.abc import Callable
from pathlib import Path

from foresell.settings import read_settings
from foresell.wiring.tracking_page import Page, open_page

PORT = 5000


def show_tracking(
    listen: Callable[[Page], None],
    *,
    port: int = PORT,
    host: str = "127.0.0.1",
    home: Path | None = None,
) -> None:
    """Show MLflow's page over the runs tracked under ``home``, until it is stopped by Ctrl-C.

    ``listen`` hears of it once it answers. Where ``MLFLOW_TRACKING_URI`` is a server, its URL is
    all that is said. It raises what `foresell.wiring.tracking_page.open_page` raises.
    """
    open_page(read_settings(home), port, host, listen)
