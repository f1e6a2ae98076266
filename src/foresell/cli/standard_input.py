"""What comes in on standard input."""

import os
import select
import sys

_PIECE = 65536  # bytes that are read at once


def read_input() -> bytes:
    """Return all of standard input; Ctrl-C ends the waiting for it.

    A read that waits is resumed after a signal once Polars is imported, and Ctrl-C would not be
    heard; a select never is.
    """
    source = sys.stdin.fileno()
    pieces: list[bytes] = []
    while True:
        select.select([source], [], [])
        piece = os.read(source, _PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
