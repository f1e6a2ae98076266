"""The environment, read in one place."""

import getpass
import os
from dataclasses import dataclass
from pathlib import Path

REGISTRY = "_registry"  # the folder under home; no project has a name that begins with _

_CALM_MLFLOW = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # it would take the working folder for the model's own
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says. ``home`` holds all state; ``projects`` are searched in order.

    ``registry``: the SQLAlchemy URL of the ledger (``FORESELL_REGISTRY``), a SQLite file under
    ``home`` by default. ``artifacts``: where bundles are kept, a folder or ``s3://bucket/prefix``
    (``FORESELL_ARTIFACTS``). ``tracking``: the MLflow store (``MLFLOW_TRACKING_URI``), by default
    ``mlflow.db`` under ``home``; ``tracked``: false where ``FORESELL_TRACKING`` is ``off``.
    ``who``: whose name transitions bear (``FORESELL_USER``, else the name of the account).
    """

    home: Path
    projects: tuple[Path, ...]
    registry: str = ""
    artifacts: str = ""
    tracking: str = ""
    tracked: bool = True
    who: str = ""


def read_settings(home: Path | None = None) -> Settings:
    """Return the settings; an explicit ``home`` wins over ``FORESELL_HOME`` and ``./workspace``."""
    declared = os.environ.get("FORESELL_HOME")
    extra = os.environ.get("FORESELL_PROJECTS", "")
    place = home or Path(declared or "workspace")
    kept = place.absolute()
    return Settings(
        home=place,
        projects=(Path("projects"), *(Path(p) for p in extra.split(os.pathsep) if p)),
        registry=os.environ.get("FORESELL_REGISTRY")
        or _sqlite_url(kept / REGISTRY / "registry.db"),
        artifacts=os.environ.get("FORESELL_ARTIFACTS") or str(kept / REGISTRY / "objects"),
        tracking=os.environ.get("MLFLOW_TRACKING_URI") or _sqlite_url(kept / "mlflow.db"),
        tracked=os.environ.get("FORESELL_TRACKING", "on").lower() != "off",
        who=os.environ.get("FORESELL_USER") or _account(),
    )


def silence_telemetry() -> None:
    """Keep libraries from reporting their use; it is called when ``foresell`` is imported.

    ONNX Runtime reports from version 1.31 on, from the moment it is imported.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"


def calm_mlflow() -> None:
    """Keep MLflow quiet; call it before MLflow is imported, or a child started.

    It says nothing on the side, looks for no other project's files, and gives a server up after
    seconds; by itself it tries for minutes. What the environment says already wins.
    """
    for name, value in _CALM_MLFLOW.items():
        os.environ.setdefault(name, value)


def environment(**changed: str) -> dict[str, str]:
    """Return this environment with some variables ``changed``, for a child process."""
    return {**os.environ, **changed}


def _sqlite_url(file: Path) -> str:
    """Return the SQLAlchemy URL of a file; what would not be read as part of its name is quoted.

    >>> _sqlite_url(Path("/home/jo/50% of what?/mlflow.db"))
    'sqlite:////home/jo/50%25 of what%3F/mlflow.db'
    """
    return f"sqlite:///{str(file).replace('%', '%25').replace('?', '%3F')}"


def _account() -> str:
    """Return the name of the account this runs under."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return f"uid {os.getuid()}"
