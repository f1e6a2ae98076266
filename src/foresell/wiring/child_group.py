"""Holds a program, and ends it with all it started.

A process of its own: ``python -m foresell.wiring.child_group PROGRAM WORDS``. Whoever started it
keeps its standard input open. The system closes it when they end, killed or not, and then
everything ends here: no process is left behind, whatever happened to the one that asked.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from threading import Thread

_PATIENCE_S = 5.0


def hold(words: Sequence[str]) -> int:
    """Run a program in a group of its own until it ends, or standard input does.

    Return its exit code.
    """
    program = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - our own words
    Thread(target=_wait_for_the_end, args=(program,), daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the end of the input says when
    code = program.wait()
    _end(program.pid)
    return code


def _wait_for_the_end(program: subprocess.Popen[bytes]) -> None:
    """Read until standard input is closed, then ask the group to end, and make it."""
    while sys.stdin.buffer.read(1):
        pass
    _signal(program.pid, signal.SIGTERM)
    end = time.monotonic() + _PATIENCE_S
    while program.returncode is None and time.monotonic() < end:
        time.sleep(0.05)
    _end(program.pid)


def _end(group: int) -> None:
    """Kill what is left of the group."""
    _signal(group, signal.SIGKILL)


def _signal(group: int, number: signal.Signals) -> None:
    """Send a signal to every process of the group, if there is one."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return  # they have all ended


if __name__ == "__main__":
    raise SystemExit(hold(sys.argv[1:]))
