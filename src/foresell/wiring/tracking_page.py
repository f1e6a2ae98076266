"""MLflow's own page over the local store, for the people of this machine."""

import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import IO
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit

from foresell.errors import MachineError, UsageError
from foresell.settings import Settings, calm_mlflow, environment
from foresell.wiring.tracking_places import local_artifacts, served

HOSTS = ("127.0.0.1", "localhost")  # whoever reaches the page may change all it shows
_SLOW_S = 120.0  # how long it may take to start on a busy machine; 4 to 8 s on an idle one
_TICK_S = 0.2  # in which Ctrl-C, or the end of the server, is noticed
_SAID = 2000  # of the last words of a server that ended, how many characters are shown
_GROUP = "foresell.wiring.child_group"
_WHERE = "foresell track ui"
_MEND = "mend what the server says; foresell doctor tells what is installed"


@dataclass(frozen=True, kw_only=True)
class Page:
    """Where a page is, and whether it was ``started`` for this, to be ended by Ctrl-C."""

    url: str
    started: bool


def open_page(settings: Settings, port: int, host: str, listen: Callable[[Page], None]) -> None:
    """Show the page until it is stopped by Ctrl-C.

    ``listen`` hears of it once it answers. Where runs are tracked on a server, that server's URL is
    all there is to say, and nothing is started. A UsageError: the host is not this machine, there
    is no such port, or the store has no page; a MachineError also where MLflow is not installed or
    the port is taken.

    Raises:
        MachineError: the server ended.
    """
    if served(settings):
        listen(Page(url=_without_credentials(settings.tracking), started=False))
        return
    _refuse(settings, port, host)
    with tempfile.TemporaryFile() as said, _server(settings, port, said) as server:
        _await(server, port, said)
        try:
            listen(Page(url=f"http://{host}:{port}", started=True))
            until_ended(server)
        except KeyboardInterrupt:
            return
        raise MachineError(_last_words(said), _WHERE, _MEND)


def until_ended(server: subprocess.Popen[bytes]) -> None:
    """Wait until a process ends, a little at a time, so that Ctrl-C is heard.

    Polars, once it is imported, has the system resume what a signal interrupts: one long wait would
    go on.
    """
    while server.poll() is None:
        time.sleep(_TICK_S)


def _refuse(settings: Settings, port: int, host: str) -> None:
    """Refuse what cannot be shown, before anything is started.

    Raises:
        UsageError: the host is not this machine, there is no such port, or the store has no page.
        MachineError: MLflow is not installed, or the port is taken.
    """
    if host not in HOSTS:
        raise UsageError(
            f"the page has no password, so it is not shown on {host}",
            "--host",
            f"use {' or '.join(HOSTS)}; to share runs, set MLFLOW_TRACKING_URI to an MLflow server",
        )
    if not 0 < port < 65536:
        raise UsageError(f"there is no port {port}", "--port", "use 1 to 65535")
    if not settings.tracking.startswith("sqlite:///"):
        scheme = settings.tracking.partition(":")[0]
        raise UsageError(
            f"the page of a {scheme} store is not opened from here",
            "MLFLOW_TRACKING_URI",
            "run an MLflow server over it and set MLFLOW_TRACKING_URI to its URL",
        )
    if find_spec("mlflow") is None:
        raise MachineError("MLflow is not installed", _WHERE, 'pip install "foresell[tracking]"')
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOSTS[0], port))
        except OSError as error:
            raise MachineError(
                f"port {port} cannot be used: {error.strerror}",
                "--port",
                "choose another: foresell track ui --port N",
            ) from error


@contextmanager
def _server(settings: Settings, port: int, said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server for as long as the block lasts, and no longer."""
    home = settings.home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    calm_mlflow()
    artifacts = local_artifacts(settings)
    words = ["--backend-store-uri", settings.tracking, "--workers", "1"]
    words += ["--default-artifact-root", artifacts, "--artifacts-destination", artifacts]
    words += ["--host", HOSTS[0], "--port", str(port)]
    words += ["--allowed-hosts", ",".join(f"{host}:{port}" for host in HOSTS)]
    words += ["--cors-allowed-origins", ",".join(f"http://{host}:{port}" for host in HOSTS)]
    server = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", _GROUP, sys.executable, "-m", "mlflow", "server", *words],
        stdin=subprocess.PIPE,
        stdout=said,
        stderr=said,
        cwd=home,  # MLflow leaves files where it stands
        env=environment(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"),  # two processes less
        start_new_session=True,  # Ctrl-C reaches this process, which then ends that one
    )
    try:
        yield server
    finally:
        if server.stdin is not None:
            server.stdin.close()
        server.wait()


def _await(server: subprocess.Popen[bytes], port: int, said: IO[bytes]) -> None:
    """Wait until the server answers.

    Raises:
        MachineError: it ended, or took too long.
    """
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + _SLOW_S
    while server.poll() is None and time.monotonic() < end:
        try:
            with direct.open(f"http://{HOSTS[0]}:{port}/health", timeout=5):
                return
        except (URLError, OSError):  # it does not listen yet
            time.sleep(0.1)
    raise MachineError(_last_words(said), _WHERE, _MEND)


def _last_words(said: IO[bytes]) -> str:
    """Return the sentence that tells how the server ended."""
    said.seek(0)
    words = said.read().decode(errors="replace").strip()[-_SAID:]
    return f"MLflow's server ended: {words or 'it said nothing'}"


def _without_credentials(url: str) -> str:
    """Return ``url`` without the name and password that may stand in it.

    >>> _without_credentials("https://me:secret@tracking.example:8443/mlflow")
    'https://tracking.example:8443/mlflow'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
