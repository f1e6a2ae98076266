"""Bytes held in a file that has no name: gone with the process, however it ends."""

import io
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from foresell.errors import MachineError


class HeldFile:
    """A temporary file, written once, then opened any number of times, each time from its start.

    It lies where ``TMPDIR`` says, and is freed when nobody has it open and this object is gone.
    """

    def __init__(self) -> None:
        with _spoken(), tempfile.TemporaryFile() as file:
            self._handle = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._handle)

    def write(self, piece: bytes) -> int:
        """Add ``piece`` to the end. A ``MachineError`` where the disk is full."""
        left = memoryview(piece)
        with _spoken():
            while left:
                left = left[os.write(self._handle, left) :]
        return len(piece)

    def clear(self) -> None:
        """Forget all that was written."""
        os.ftruncate(self._handle, 0)
        os.lseek(self._handle, 0, os.SEEK_SET)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return os.fstat(self._handle).st_size

    def open(self) -> BinaryIO:
        """Open it for reading; whoever else has it open reads on undisturbed."""
        return io.BufferedReader(_View(os.dup(self._handle)))


class _View(io.RawIOBase):
    """One reader of the file: a place of its own in it, for a copied handle shares its place."""

    def __init__(self, handle: int) -> None:
        self._handle, self._at = handle, 0

    def readable(self) -> bool:  # noqa: PLR6301 - io asks for a method
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:  # noqa: PLR6301 - io asks for a method
        """Tell that it can be read from anywhere."""
        return True

    def fileno(self) -> int:
        """Return the handle, by which Polars maps the file into memory."""
        return self._handle

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place, and return it."""
        if whence == os.SEEK_END:
            offset += os.fstat(self._handle).st_size
        elif whence == os.SEEK_CUR:
            offset += self._at
        self._at = max(0, offset)
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        """Read on, and return how many bytes there were."""
        wanted = memoryview(buffer).cast("B")
        piece = os.pread(self._handle, len(wanted), self._at)
        wanted[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        """Give the handle back, once."""
        if not self.closed:
            os.close(self._handle)
        super().close()


@contextmanager
def _spoken() -> Iterator[None]:
    """Say in our words that there is no room.

    Raises:
        MachineError: there is none, or the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"nothing more can be held there: {error.strerror}",
            "the folder for temporary files",
            "free its disk, or set TMPDIR to another folder",
        ) from error
