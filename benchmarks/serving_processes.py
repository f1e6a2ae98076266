"""Servers as processes of their own on this machine alone, and what they cost; wrk against them."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

_SCRIPT = Path(__file__).with_name("serving_wrk.lua")
_SLOW_S = 90.0  # how long a server may take to start on a busy machine
_POLL_S = 0.02
_ENDING_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that runs: where, its process, and how long it took to answer, imports and all.

    ``log``: what it has said so far.
    """

    port: int
    pid: int
    ready_s: float
    log: Path

    @property
    def resident_mb(self) -> float:
        """The memory it holds now, in megabytes; without that of its children."""
        return self._status("VmRSS")

    @property
    def peak_mb(self) -> float:
        """The most memory it has held, in megabytes."""
        return self._status("VmHWM")

    @property
    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    @property
    def cpu_s(self) -> float:
        """Seconds its threads have computed."""
        words = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text("utf-8").splitlines()
        told = dict(line.split(":", 1) for line in lines)
        return int(told[name].split()[0]) / 1e3


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a server answered in a closed loop. ``failed``: replies other than 200, and none."""

    requests: int
    per_second: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    failed: int


@contextmanager
def running(
    words: Sequence[str], port: int, ready: str = "/", env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server as long as the block lasts, from when ``ready`` answers below 500.

    Raises:
        RuntimeError: it does not start; with what it said.
    """
    with NamedTemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*words],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            env={**os.environ, **(env or {})},
        )
        try:
            if not _comes(process, port, ready):
                raise RuntimeError(f"{' '.join(words)}\n{_end_of(said)}")
            took = time.perf_counter() - began
            pid = listener(process.pid, port)
            yield Server(port=port, pid=pid, ready_s=took, log=Path(said.name))
        finally:
            _end(process)


def listener(root: int, port: int) -> int:
    """Return which process below ``root`` listens on ``port``; it may not be the one started."""
    mark = f":{port:04X} "
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text("utf-8").splitlines()[1:]
        if mark in line and line.split()[3] == "0A"
    }
    wanted = {f"socket:[{inode}]" for inode in inodes}
    return next((pid for pid in (root, *_below(root)) if wanted & _open(pid)), root)


def hammer(
    port: int,
    path: str,
    bodies: Path,
    *,
    connections: int = 16,
    seconds: float = 10,
    headers: Sequence[str] = (),
) -> Load:
    """Return what wrk, with one thread, gets for the lines of ``bodies`` as POST requests."""
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s"]
    words += ["-s", str(_SCRIPT), f"http://127.0.0.1:{port}{path}", "--", str(bodies), *headers]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("JSON "))
    told: dict[str, Any] = json.loads(line[5:])
    return Load(
        requests=told["requests"],
        per_second=told["requests"] / told["seconds"],
        p50_ms=told["p50_ms"],
        p90_ms=told["p90_ms"],
        p99_ms=told["p99_ms"],
        max_ms=told["max_ms"],
        failed=told["not_200"] + told["broken"],
    )


def lines(path: Path, bodies: Sequence[Any]) -> Path:
    """Write bodies of requests as JSON, one a line; return the file."""
    path.write_text("".join(f"{json.dumps(body)}\n" for body in bodies), encoding="utf-8")
    return path


def foresell(*words: str) -> list[str]:
    """Return a command of foresell as this Python runs it."""
    return [sys.executable, "-c", "from foresell.cli import main; main()", *words]


def _comes(process: subprocess.Popen[bytes], port: int, path: str) -> bool:
    """Wait for a server to answer; tell whether it does."""
    last = time.perf_counter() + _SLOW_S
    while process.poll() is None and time.perf_counter() < last:
        if _answers(port, path):
            return True
        time.sleep(_POLL_S)
    return False


def _answers(port: int, path: str) -> bool:
    """Tell whether a GET is answered below 500."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end_of(said: IO[bytes]) -> str:
    """Return the last of what a process said."""
    said.seek(0)
    return said.read().decode(errors="replace")[-3000:]


def _open(pid: int) -> set[str]:
    """Return what the files of a process point to."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            found.add(str(link.readlink()))
    return found


def _below(root: int) -> Iterator[int]:
    """Yield the processes that ``root`` has started, and theirs."""
    for task in Path(f"/proc/{root}/task").iterdir():
        for child in (task / "children").read_text("utf-8").split():
            yield int(child)
            yield from _below(int(child))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server: as asked to first, then for certain."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_ENDING_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
