"""``foresell serve`` as people start it: a process of its own, on a free port of this machine."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.adapters.store import DirectoryStore
from foresell.api import registry
from foresell.bundle.bundle import write_bundle
from foresell.settings import environment
from tests.live_server import Live
from tests.served_bundles import answering_bundle

_COMMAND = (sys.executable, "-c", "from foresell.cli import main; main()", "serve")
_PATIENCE_S = 60


@dataclass(frozen=True)
class Running(Live):
    """A server in a process. ``told``: what it printed when it listened; ``log``: where it logs."""

    process: "subprocess.Popen[str]"
    told: Any
    log: Path

    def ends(self, seconds: float = 20) -> int:
        """Wait until it has ended; its exit code."""
        return self.process.wait(seconds)

    def until(self, path: str, status: int, seconds: float = 20) -> float:
        """Ask until the answer has this status; how many seconds that took."""
        began = time.monotonic()
        while (found := self.ask("GET", path).status) != status:
            assert time.monotonic() - began < seconds, f"{path} is still {found}"
            time.sleep(0.02)
        return time.monotonic() - began


@contextmanager
def serving(home: Path, *words: str | Path) -> Iterator[Running]:
    """Serve for as long as the block lasts; the process is gone afterwards, however that ends."""
    home.mkdir(parents=True, exist_ok=True)
    log = home / "serve.log"
    variables = environment(FORESELL_HOME=str(home), FORESELL_TRACKING="off")
    asked = [*_COMMAND, *map(str, words), "--port", "0", "--format", "json"]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            asked, env=variables, cwd=home, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            told = _told(process, log)
            port = int(told["url"].rpartition(":")[2])
            yield Running(port=port, process=process, told=told, log=log)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(_PATIENCE_S)


def registered(home: Path, project: str, answer: float = 100.0, to: str = "prod") -> int:
    """Register a toy that always answers ``answer``, and promote it; its version."""
    folder = home / "handed_in" / f"{project}-{answer:g}"
    write_bundle(answering_bundle(project, answer), DirectoryStore(folder))
    done = registry.register(project, folder, reason="a test", home=home)
    version = done.version.version
    if to:
        registry.promote(project, version, to=to, reason="a test", home=home)
    return version


def _told(process: "subprocess.Popen[str]", log: Path) -> Any:
    """Return what it prints when it listens.

    Raises:
        AssertionError: it ended before.
    """
    text = ""
    assert process.stdout is not None
    for line in process.stdout:
        text += line
        if line == "}\n":
            return json.loads(text)
    process.wait(_PATIENCE_S)
    raise AssertionError(f"it ended before it listened: {log.read_text()}")
