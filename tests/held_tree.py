"""Holds processes, and whatever they start: ``python held_tree.py``.

Each line of its input is JSON: ``{"words": [...], "log": FILE}`` starts a program and is answered
by a line with its number. When the input ends, which the system sees to when whoever started it is
killed, everything below it is killed. It adopts what loses its parent, so that nothing gets away:
neither a pool of a worker nor the program that a task has put into a session of its own.

``python held_tree.py WORDS`` holds one program, says what it says and ends as it does. Whatever it
leaves is killed, as is all of it when the input ends.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_ADOPTS = 36  # PR_SET_CHILD_SUBREAPER, of Linux


def below(parent: int) -> list[int]:
    """Return the processes below one, the nearest first; none where there is no such process."""
    children: dict[int, list[int]] = {}
    for process, its_parent in _processes():
        children.setdefault(its_parent, []).append(process)
    found, near = [], [parent]
    while near:
        near = [child for one in near for child in children.get(one, [])]
        found += near
    return found


def kill_tree(process: int) -> list[int]:
    """Kill a process and all below it at one blow, as when a machine is lost; their numbers.

    They are stopped first, so that none of them sees another one end.
    """
    frozen: list[int] = []
    while fresh := [one for one in (process, *below(process)) if one not in frozen]:
        for one in fresh:
            _signal(one, signal.SIGSTOP)
        frozen += fresh
    for one in frozen:
        _signal(one, signal.SIGKILL)
    return frozen


def held(
    words: Sequence[str], *, env: Mapping[str, str], cwd: Path, patience_s: float
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end; output and errors together in ``stdout``, nothing left behind.

    A ``TimeoutExpired``: it took longer than ``patience_s``. Then too, and where the caller is
    stopped or killed, all that it has started is killed.
    """
    read, write = os.pipe()
    holder = subprocess.Popen(
        [sys.executable, __file__, *words],
        env=env,
        cwd=cwd,
        stdin=read,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(read)
    try:
        said, _ = holder.communicate(timeout=patience_s)
    finally:
        os.close(write)
        holder.communicate()
    return subprocess.CompletedProcess(words, holder.returncode, said)


def _processes() -> Iterator[tuple[int, int]]:
    """Yield every process that is not over, with its parent."""
    for place in Path("/proc").iterdir():
        if not place.name.isdecimal():
            continue
        with suppress(OSError):  # it has just ended
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                yield int(place.name), int(parent)


def _signal(process: int, word: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(process, word)


def _collect() -> bool:
    """Let go of the processes that have ended, and tell whether any is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _start(words: list[str], log: str) -> int:
    with Path(log).open("ab") as said:
        started = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            cwd=Path(log).parent,
        )
    return started.pid


def _start_what_is_asked() -> int:
    for line in sys.stdin:
        _collect()
        sys.stdout.write(f"{_start(**json.loads(line))}\n")
        sys.stdout.flush()
    return 0


def _end_of(words: list[str]) -> int:
    """Run a program to its end, or to that of the input; how it ended."""
    started = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    while started.poll() is None and not select.select([sys.stdin], [], [], 0.05)[0]:
        pass
    return -signal.SIGKILL if started.returncode is None else started.returncode


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(_ADOPTS, 1, 0, 0, 0)
    ended = _end_of(sys.argv[1:]) if sys.argv[1:] else _start_what_is_asked()
    while _collect():
        for one in below(os.getpid()):
            _signal(one, signal.SIGKILL)
        time.sleep(0.01)
    sys.exit(ended if ended >= 0 else 128 - ended)
