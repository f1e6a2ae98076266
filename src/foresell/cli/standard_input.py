"""What comes in on standard input."""

import os
import select
import sys
from io import UnsupportedOperation

_PIECE = 65536  # bytes that are read at once


def read_input() -> bytes:
    """Return all of standard input; Ctrl-C ends the waiting for it.

    A read that waits is resumed after a signal once Polars is imported, and Ctrl-C would not be
    heard; a select never is.
    """
    try:
        source = sys.stdin.fileno()
    except UnsupportedOperation:  # no file of the system's, and nothing to wait for
        return sys.stdin.buffer.read()
    pieces: list[bytes] = []
    while True:
        select.select([source], [], [])
        piece = os.read(source, _PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
