"""The environment, read in one place."""

import getpass
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from foresell.adapters.env_file import read_env_file
from foresell.errors import UsageError
from foresell.spec.database import DatabaseWords
from foresell.spec.directories import HOME, MODELS, folder_named, read_directories
from foresell.spec.webhooks import Webhook, read_webhooks

REGISTRY = "_registry"  # the folder under home; no project has a name that begins with _
SERVING = "_serving"

_TRACKING, _PLACE = "FORESELL_TRACKING", "MLFLOW_TRACKING_URI"
_SCHEMES = ("sqlite", "postgresql", "mysql", "http", "https", "file")  # of an MLflow, besides paths

_ENV_FILE = Path(".env")  # in the working folder
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")  # AWS's services set the one, boto3 reads the other
_OF_LIBRARIES = ("AWS_", "MLFLOW_")  # what boto3 and MLflow read by themselves


@dataclass(frozen=True)
class _Lent:
    """What a line of ``.env`` put into the environment, and what stood there before."""

    value: str = ""
    before: str = ""

    def was(self, now: str) -> str:
        """Return what the environment says by itself, where it says ``now``."""
        return self.before if self.value and now == self.value else now


_lent: dict[str, _Lent] = {}  # by name, what the last reading put into the environment
_reading = Lock()

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
    ``keys``: the file that lists the API keys of servers (``FORESELL_KEYS``).
    ``directories``: the folders that take outputs away from ``home``, by variable (``DATA_DIR`` and
    the others of `foresell.spec.directories`); ``raw``: the S3 place of raw files, where
    ``DATA_DIR`` is one. ``database``: what ``DB_*`` and ``RDS_SECRET_NAME`` say of PostgreSQL.
    ``webhooks``: the places that alerts are told to (``FORESELL_WEBHOOK`` and its sisters).

    What may hold a password is left out where settings are shown.
    """

    home: Path
    projects: tuple[Path, ...]
    registry: str = field(default="", repr=False)
    artifacts: str = ""
    tracking: str = field(default="", repr=False)
    tracked: bool = True
    who: str = ""
    keys: Path = Path("keys.json")
    directories: Mapping[str, Path] = field(default_factory=dict)
    raw: str = ""
    database: DatabaseWords = field(default_factory=DatabaseWords)
    webhooks: tuple[Webhook, ...] = ()


def read_settings(home: Path | None = None) -> Settings:
    """Return the settings; an explicit ``home`` wins over ``FORESELL_HOME`` and ``./workspace``.

    What the environment does not say, or says with nothing in it, the file ``.env`` of the working
    folder may. What it says of AWS and MLflow is in the environment from then on, where their
    libraries look.

    A word that means nothing is a ``UsageError``: ``FORESELL_TRACKING`` is neither on nor off, or,
    where it is on, ``MLFLOW_TRACKING_URI`` names no kind of MLflow that is known; a directory is an
    address; a webhook is none; a line of ``.env`` cannot be read.
    """
    said = _words()
    declared = said.get(HOME)
    extra = said.get("FORESELL_PROJECTS", "")
    place = home or _home(declared or "workspace")
    kept = place.absolute()
    directories, raw = read_directories(said)
    tracked = _tracked(said)
    return Settings(
        home=place,
        projects=(Path("projects"), *(Path(p) for p in extra.split(os.pathsep) if p)),
        registry=said.get("FORESELL_REGISTRY") or _sqlite_url(kept / REGISTRY / "registry.db"),
        artifacts=said.get("FORESELL_ARTIFACTS")
        or str(directories.get(MODELS, kept) / REGISTRY / "objects"),
        tracking=_tracking(said, checked=tracked) or _sqlite_url(kept / "mlflow.db"),
        tracked=tracked,
        who=said.get("FORESELL_USER") or _account(),
        keys=Path(said.get("FORESELL_KEYS") or kept / SERVING / "keys.json"),
        directories=directories,
        raw=raw,
        database=_database(said),
        webhooks=read_webhooks(said),
    )


def _home(word: str) -> Path:
    """Return the folder that holds all state; a relative one stays relative.

    >>> _home("workspace")
    PosixPath('workspace')
    """
    return folder_named(word, HOME) if word.startswith("~") else Path(word)


def _words() -> Mapping[str, str]:
    """Return what the environment says, and ``.env`` where the environment says nothing.

    What an earlier reading put into the environment is not taken for the environment's own: a line
    that was changed or taken away since then counts as it stands now.
    """
    with _reading:
        own = {name: _lent.get(name, _Lent()).was(value) for name, value in os.environ.items()}
        own = {name: value for name, value in own.items() if value}
        written = read_env_file(_ENV_FILE)
        said = {**written, **own}
        shared = {name: said[name] for name in written if name.startswith(_OF_LIBRARIES)}
        regions = [words.get(name) for words in (own, written) for name in _REGIONS]
        if region := next(filter(None, regions), ""):
            shared["AWS_DEFAULT_REGION"] = region
        shared = {name: value for name, value in shared.items() if value}
        _lend({name: value for name, value in shared.items() if own.get(name) != value}, own)
    return {**said, **shared}


def _lend(changed: Mapping[str, str], own: Mapping[str, str]) -> None:
    """Let the environment say ``changed`` too, and no more what was put there before.

    ``own``: what it says by itself.
    """
    for name in _lent.keys() - changed.keys():
        if name in own:
            os.environ[name] = own[name]
        elif _lent[name].value == os.environ.get(name):
            del os.environ[name]
    _lent.clear()
    _lent.update({name: _Lent(value, own.get(name, "")) for name, value in changed.items()})
    os.environ.update(changed)


def _database(said: Mapping[str, str]) -> DatabaseWords:
    """Return what is said of the database; nothing is asked."""
    return DatabaseWords(
        host=said.get("DB_HOST", ""),
        port=said.get("DB_PORT", ""),
        name=said.get("DB_NAME", ""),
        user=said.get("DB_USER", ""),
        password=said.get("DB_PASSWORD", ""),
        sslmode=said.get("DB_SSLMODE", ""),
        secret=said.get("RDS_SECRET_NAME", ""),
        region=said.get("AWS_DEFAULT_REGION", ""),
    )


def silence_telemetry() -> None:
    """Keep libraries from reporting their use; it is called when ``foresell`` is imported.

    ONNX Runtime 1.31 keeps a telemetry database from the moment it is imported.
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
    with _reading:  # of a file .env that somebody is changing, all of it or nothing
        return {**os.environ, **changed}


def _tracked(said: Mapping[str, str]) -> bool:
    """Tell whether runs are tracked, which they are where nothing is said.

    Raises:
        UsageError: it is neither on nor off.
    """
    word = said.get(_TRACKING) or "on"
    if word.lower() not in {"on", "off"}:
        raise UsageError(f"{word!r} is neither on nor off", _TRACKING, "set it to on or off")
    return word.lower() == "on"


def _tracking(said: Mapping[str, str], *, checked: bool) -> str:
    """Return where MLflow is, empty where nothing is said.

    Raises:
        UsageError: it is ``checked``, and of a kind that is not known.
    """
    place = said.get(_PLACE, "")
    scheme = re.match(
        r"([A-Za-z][A-Za-z0-9.-]*)(\+\w+)?:", place
    )  # what follows may hold a password
    if checked and scheme and scheme[1].lower() not in _SCHEMES:
        raise UsageError(
            f"there is no MLflow at {scheme[1]}:",
            _PLACE,
            "use http(s)://HOST, postgresql://..., mysql://..., sqlite:///FILE or a folder; "
            f"or {_TRACKING}=off",
        )
    return place


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
