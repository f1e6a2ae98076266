"""How two processes talk over pipes: a frame is four bytes of length, big-endian, then JSON."""

import json
from asyncio import StreamReader
from collections.abc import Mapping
from typing import IO, Any

from foresell.errors import DataError

_LENGTH = 4  # bytes
_MOST = 2**28  # bytes of one frame: more is no frame but noise


def framed(message: Mapping[str, Any]) -> bytes:
    r"""Return ``message``, plain values, as a frame.

    A number that is not finite is a ValueError.

    >>> framed({"do": "answer"})
    b'\x00\x00\x00\x0f{"do":"answer"}'
    """
    return framed_text(
        json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    )


def framed_text(text: bytes) -> bytes:
    """Return JSON, an object in UTF-8, as a frame."""
    return len(text).to_bytes(_LENGTH, "big") + text


def read_frame(pipe: IO[bytes]) -> Mapping[str, Any] | None:
    """Wait for the next frame of ``pipe`` and return it; None where the pipe was closed.

    A frame of which the end is missing counts as none. A ``DataError`` where it is no frame.
    """
    head = pipe.read(_LENGTH)
    size = _size(head) if len(head) == _LENGTH else 0
    text = pipe.read(size)
    return _message(text) if size and len(text) == size else None


async def next_frame(pipe: StreamReader) -> Mapping[str, Any]:
    """Return the next frame of ``pipe``; an ``IncompleteReadError`` where it was closed.

    A ``DataError`` where it is no frame.
    """
    size = _size(await pipe.readexactly(_LENGTH))
    return _message(await pipe.readexactly(size))


def _size(head: bytes) -> int:
    """Return how many bytes follow.

    Raises:
        DataError: none do, or so many that the sender means something else.
    """
    size = int.from_bytes(head, "big")
    if not 0 < size <= _MOST:
        raise DataError(f"a frame of {size:,} bytes", "a pipe between processes", "report this")
    return size


def _message(text: bytes) -> Mapping[str, Any]:
    """Return what a frame holds.

    Raises:
        DataError: it is no JSON object.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise DataError("a frame without an object", "a pipe between processes", "report this")
    return found
