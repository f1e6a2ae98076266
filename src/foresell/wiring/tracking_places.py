"""Where what is tracked is kept: the outbox, and the files of a local MLflow."""

from foresell.adapters.outbox import Outbox
from foresell.settings import Settings

_SERVERS = ("http://", "https://")


def outbox(settings: Settings) -> Outbox:
    """Return the outbox under the home folder."""
    return Outbox(settings.home.absolute() / "_tracking")


def served(settings: Settings) -> bool:
    """Tell whether runs are tracked by a server, which knows itself where files are kept."""
    return settings.tracking.startswith(_SERVERS)


def local_artifacts(settings: Settings) -> str:
    """Return the folder in which an MLflow that is no server keeps the files of runs."""
    return str(settings.home.absolute() / "_mlflow")
