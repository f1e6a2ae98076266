"""Senders of one outbox, two at a time, of which the one at work is killed at random."""

import fcntl
import random
import subprocess
import sys
import time
from pathlib import Path

from foresell.adapters.outbox import Letter, Outbox

_LONGEST_S = 1.0  # that a sender is left at work, at first
_GROWTH = 1.5  # so that a busy machine gets done as well
_WORDS = [sys.executable, "-W", "ignore", "-m", "foresell.wiring.sending"]


def loose(home: Path, project: str, seed: int) -> int:
    """Have all that waits sent by senders that are killed; return how many were."""
    box, drawn = Outbox(home / "_tracking"), random.Random(seed)
    longest, kills = _LONGEST_S, 0
    senders = [_sender(home, project) for _ in range(2)]
    while box.waiting():
        if _at_work(box.letters()):
            time.sleep(drawn.uniform(0, longest))
            senders[0].kill()  # the one at work, or the one that waits for it
            senders[0].communicate()
            senders = [senders[1], _sender(home, project)]
            longest, kills = longest * _GROWTH, kills + 1
        time.sleep(0.02)
    for sender in senders:
        sender.kill()
        sender.communicate()
    return kills


def _sender(home: Path, project: str) -> "subprocess.Popen[bytes]":
    """Start one; it goes on as long as its input is open."""
    return subprocess.Popen([*_WORDS, str(home), project], stdin=subprocess.PIPE)


def _at_work(letters: list[Letter]) -> bool:
    """Tell whether somebody holds the notes."""
    with (letters[0].place.parent / ".sending").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
