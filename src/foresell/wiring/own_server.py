"""A server of our own for as long as something is asked of it: a process that ends with us."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.error import HTTPError, URLError

from foresell.errors import MachineError, UsageError
from foresell.settings import Settings, environment

GROUP = "foresell.wiring.child_group"
_PROGRAM = "from foresell.cli import main; main()"
_URL = re.compile(r'"url": "([^"]+)"')
_READY_S = 10.0  # for a version to be loaded
_SLOW_S = 90.0  # for a server to start on a busy machine
_SAID = 600


@contextmanager
def own_server(
    projects: Sequence[str], version: str, settings: Settings, where: str
) -> Iterator[str]:
    """Run a server as long as the block lasts; yield its URL.

    ``version``: the alias, or the number of a version, that it answers with; no log is kept, and no
    key is asked for. ``where`` is named in errors. One that does not start is a MachineError, with
    what it said.
    """
    words = ["serve", *projects, "--alias", version, "--port", "0", "--no-keys"]
    words += ["--log", "off", "--format", "json"]
    with NamedTemporaryFile() as said:
        server = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", GROUP, sys.executable, "-c", _PROGRAM, *words],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            env=environment(FORESELL_HOME=str(settings.home.absolute())),
            start_new_session=True,  # Ctrl-C reaches this process, which then ends that one
        )
        try:
            yield _listening(server, Path(said.name), where)
        finally:
            if server.stdin is not None:
                server.stdin.close()
            server.wait()


def _listening(server: subprocess.Popen[bytes], said: Path, where: str) -> str:
    """Wait until a server listens; return its URL.

    Raises:
        MachineError: it ended, or took too long.
    """
    end = time.monotonic() + _SLOW_S
    while server.poll() is None and time.monotonic() < end:
        if found := _URL.search(said.read_text("utf-8", errors="replace")):
            return found[1]
        time.sleep(0.05)
    words = said.read_text("utf-8", errors="replace").strip()[-_SAID:]
    raise MachineError(f"the server did not start: {words}", where, "try it: foresell serve")


def refuse_unready(url: str, projects: Sequence[str], key: str) -> None:
    """Refuse a server that has no version of a project; where nobody answers: a MachineError.

    Raises:
        UsageError: it answers, but not for a project.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    for project in projects:
        place = f"{url}/projects/{project}/health/ready"
        asked = urllib.request.Request(place, headers=headers)  # noqa: S310 - http, as checked
        said = _status(asked)
        end = time.monotonic() + _READY_S
        while said.startswith("503") and time.monotonic() < end:
            time.sleep(0.2)
            said = _status(asked)
        if said:
            raise UsageError(
                f"{project!r} is not ready there: {said}",
                place,
                f"promote a version of it: foresell registry promote {project} latest --to prod "
                "--reason TEXT",
            )


def _status(asked: urllib.request.Request) -> str:
    """Return what is wrong with the reply, empty where it is as it should be.

    Raises:
        MachineError: there is none.
    """
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(asked, timeout=10):
            return ""
    except HTTPError as error:
        return f"{error.code}, {_detail(error)}"
    except (URLError, OSError) as error:
        where = asked.full_url
        raise MachineError(f"nobody answers: {error}", where, "start a server") from error


def _detail(error: HTTPError) -> str:
    """Return what a refusal says."""
    with suppress(ValueError):
        return str(json.loads(error.read()).get("detail", error))
    return str(error)
