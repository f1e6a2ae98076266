"""Locks on files: they die with the process, and whoever waits for one can be stopped by Ctrl-C.

The system waits for a lock in one call, and Polars, once it is imported, has the system resume a
call that a signal has interrupted: Ctrl-C would be heard only when the lock is free.
"""

import fcntl
import time
from typing import TextIO

_POLL_S = 0.05


def lock(handle: TextIO) -> None:
    """Lock an open file for this process alone, as soon as nobody else has it."""
    while not taken(handle):
        time.sleep(_POLL_S)


def taken(handle: TextIO) -> bool:
    """Lock an open file if nobody else has it; tell whether it is ours now."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
