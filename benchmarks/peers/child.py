"""One process, watched: how it ended, how long it took and how much memory it held.

Seconds are of the whole process, its imports and files included. Memory is the highest of the
process and all that it started together, sampled, or of one of them. Where ``/proc`` does not exist
it is what the system says of the process, which on some counts the driver's own before its start.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_EVERY_S = 0.1
_CHARACTERS = 200
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a process ended.

    ``code`` is None for one that was ended because its time was over. ``cpu_seconds`` of it and of
    all that it started and waited for. ``others``: how many cores were busy with other work while
    it ran, on average; None where ``/proc`` does not exist.
    """

    code: int | None
    seconds: float
    cpu_seconds: float
    peak_gib: float
    others: float | None
    last_words: str


@dataclass
class _Watch:
    """Samples the memory of a session of processes until told to stop."""

    session: int
    peak: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def sample(self) -> None:
        while True:
            members = list(_members(self.session))
            together = sum(_kib(pid, "smaps_rollup", "Pss") for pid in members)
            alone = max((_kib(pid, "status", "VmHWM") for pid in members), default=0)
            self.peak = max(self.peak, together * 1024, alone * 1024)
            if self.stop.wait(_EVERY_S):
                return


def run_child(
    words: Sequence[str],
    folder: Path,
    said: Path,
    surroundings: Mapping[str, str],
    seconds: float,
) -> Ended:
    """Run ``words`` in ``folder`` and wait; after ``seconds`` it and all it started is ended.

    What it prints goes to the file ``said``; its last line that says something is returned.
    """
    began, busy = time.perf_counter(), _busy_seconds()
    with said.open("w", encoding="utf-8") as file:
        child = subprocess.Popen(
            words,
            cwd=folder,
            env=dict(surroundings),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    watch = _Watch(child.pid)
    sampler = threading.Thread(target=watch.sample, daemon=True)
    sampler.start()
    over = threading.Event()
    alarm = threading.Timer(seconds, _end_late, [child.pid, over])
    alarm.start()
    try:
        _, status, used = os.wait4(child.pid, 0)
    finally:  # an interrupted driver leaves nobody behind
        alarm.cancel()
        watch.stop.set()
        _end(child.pid)
    took = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    sampler.join()
    cpu = used.ru_utime + used.ru_stime
    now = _busy_seconds()
    return Ended(
        code=None if over.is_set() else child.returncode,
        seconds=took,
        cpu_seconds=cpu,
        peak_gib=(watch.peak or used.ru_maxrss * _MAXRSS_UNIT) / 2**30,
        others=None if busy is None or now is None else max(0.0, (now - busy - cpu) / took),
        last_words=_last_line(said.read_text(encoding="utf-8", errors="replace")),
    )


def _end_late(session: int, over: threading.Event) -> None:
    """End a session whose time is over."""
    over.set()
    _end(session)


def _end(session: int) -> None:
    """End every process of the session; none left is fine."""
    try:
        os.killpg(session, signal.SIGKILL)
    except ProcessLookupError:
        return


def _members(session: int) -> Iterator[int]:
    """Yield the processes of ``session``: the fourth field of ``stat`` after the name."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        except OSError:  # ended between the listing and the look
            continue
        if int(after_name.split()[3]) == session:
            yield int(path.parent.name)


def _kib(pid: int, file: str, name: str) -> int:
    """Return the number of ``name`` in a file of a process: Pss shares out what is shared."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text("utf-8", errors="replace").splitlines()
    except OSError:  # ended meanwhile
        return 0
    found = [int(line.split()[1]) for line in lines if line.startswith(f"{name}:")]
    return found[0] if found else 0


def _busy_seconds() -> float | None:
    """Return the seconds all cores together have worked since the start of the machine."""
    path = Path("/proc/stat")
    if not path.is_file():
        return None
    ticks = [int(word) for word in path.read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    idle, waiting = ticks[3], ticks[4]
    return (sum(ticks) - idle - waiting) / os.sysconf("SC_CLK_TCK")


def _last_line(said: str) -> str:
    """Return the last line that says something, at most 200 characters of it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:_CHARACTERS] if lines else "it said nothing"
