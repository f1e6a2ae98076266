"""Where an MLflow is, and what its troubles mean; what it says on the side reaches nobody.

Who imports this module has called `foresell.settings.calm_mlflow` before.
"""

import logging
import re
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, unquote

from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request
from requests.exceptions import RequestException, Timeout
from sqlalchemy.exc import SQLAlchemyError

from foresell.adapters.file_locks import lock
from foresell.adapters.tracker_words import experiment_name
from foresell.errors import MachineError

_VARIABLE = "MLFLOW_TRACKING_URI"
_PATIENCE_S = 5  # in which a server says that it is there
_FILE = "sqlite:///"
_SHOWN = 300  # characters of what MLflow complains of
SYNC, RECONCILE = "foresell track sync", "foresell registry reconcile"  # what is to be done again


def label_of(uri: str) -> str:
    """Return what to call an MLflow in an error: its URI without user, password and query.

    >>> label_of("https://jo:secret@mlflow.example/team"), label_of("sqlite:////home/jo/mlflow.db")
    ('https://mlflow.example/team', 'sqlite:////home/jo/mlflow.db')
    """
    return _discreet(uri).partition("?")[0]


@contextmanager
def speaking_to(uri: str, again: str = SYNC) -> Iterator[None]:
    """Keep MLflow quiet, and turn its troubles into an error that says how to mend them.

    ``again``: the command that does what could not be done.

    Raises:
        MachineError: it is out of reach, or refused what it was told.
    """
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library, about itself: nothing to do for the reader
        try:
            yield
        except _troubles() as error:
            raise MachineError(
                f"MLflow is out of reach or refuses: {_said(error)}",
                label_of(uri),
                f"see that it runs and that {_VARIABLE} names it, then again: {again}",
            ) from error


def client_at(uri: str, again: str = SYNC) -> MlflowClient:
    """Return a client of the MLflow at ``uri``, which may be a file of SQLite that is made.

    A server is asked first whether it is there, once and not for long: MLflow itself tries again
    for minutes. A ``MachineError``, and ``again``, as of `speaking_to`.
    """
    with speaking_to(uri, again):
        if uri.startswith(("http://", "https://")):
            _knock(uri)
        if uri.startswith(_FILE):
            _make(Path(unquote(uri.removeprefix(_FILE))))
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def experiment_of(client: MlflowClient, project: str, artifacts: str | None) -> str:
    """Return the id of a project's experiment, which is made, or restored, where need be.

    ``artifacts``: the folder below which its files are kept, None for where the server puts them.

    Raises:
        MlflowException: it cannot be made.
    """
    name = experiment_name(project)
    if found := find_experiment(client, project):
        return found
    removed = client.search_experiments(
        view_type=ViewType.DELETED_ONLY, filter_string=f"name = '{name}'"
    )
    if removed:  # the name stays taken, and what it held is wanted again
        client.restore_experiment(removed[0].experiment_id)
        return str(removed[0].experiment_id)
    place = None
    if artifacts is not None:
        place = Path(artifacts, quote(project, safe="")).absolute().as_uri()
    try:
        return str(client.create_experiment(name, artifact_location=place))
    except MlflowException:
        if found := find_experiment(client, project):  # another process was quicker
            return found
        raise


def find_experiment(client: MlflowClient, project: str) -> str | None:
    """Return the id of a project's experiment, None where there is none."""
    found = client.get_experiment_by_name(experiment_name(project))
    return None if found is None or found.lifecycle_stage == "deleted" else str(found.experiment_id)


def _make(path: Path) -> None:
    """Make MLflow's database where there is none, out of sight, so that it appears whole.

    MLflow makes it in dozens of steps. What two processes at once leave, or one that was killed in
    between, no MLflow opens again.
    """
    if path.exists():
        return
    # It warns of itself when it is imported, which is to be done where nobody hears it.
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("a") as handle:
        lock(handle)
        if path.exists():  # another process was quicker
            return
        fresh = path.with_name(f".{path.name}.new")
        for left in path.parent.glob(f"{fresh.name}*"):  # by a process that was killed
            left.unlink()
        url = f"{_FILE}{str(fresh).replace('%', '%25').replace('?', '%3F')}"  # as of our settings
        store = SqlAlchemyStore(url, str(path.parent / "_mlflow"))  # type: ignore[no-untyped-call]
        store.engine.dispose()
        fresh.rename(path)


def _knock(uri: str) -> None:
    """Ask a server whether it is there, with the credentials that MLflow would use."""
    credentials = get_default_host_creds(uri)  # type: ignore[no-untyped-call]
    answer = http_request(  # type: ignore[no-untyped-call]
        credentials, "/health", "GET", max_retries=0, timeout=_PATIENCE_S
    )
    answer.raise_for_status()


def _said(error: Exception) -> str:
    """Return what is the matter in few words: where nobody answers, just that.

    Libraries that speak HTTP wrap it in pages about their pools and retries.
    """
    for one in _chain(error):
        if isinstance(one, TimeoutError | Timeout):
            return "no answer in time"
        if isinstance(one, ConnectionError | socket.gaierror) and one.strerror:
            return one.strerror.lower()
    told = " ".join(str(error).partition("(Background on this error at:")[0].split())
    return _discreet(told)[:_SHOWN]


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those it came from, the first ones last."""
    seen: list[BaseException] = []
    left: BaseException | None = error
    while left is not None and left not in seen:
        seen.append(left)
        yield left
        left = left.__cause__ or left.__context__


def _discreet(text: str) -> str:
    """Return ``text`` without the user and password of any URL."""
    return re.sub(r"//[^/@\s]*@", "//", text)


def _troubles() -> tuple[type[Exception], ...]:
    """Return what goes wrong; also where artifacts go to S3 past the server, if boto3 is there."""
    usual = (MlflowException, RequestException, SQLAlchemyError, OSError)
    if find_spec("boto3") is None:
        return usual
    core, outer = import_module("botocore.exceptions"), import_module("boto3.exceptions")
    return (*usual, core.BotoCoreError, core.ClientError, outer.Boto3Error)
