"""Lines that are added to files which grow no longer than they should, the oldest taken away."""

import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from foresell.errors import MachineError

_FILE = re.compile(r"\d{8}T\d{6}\d{6}Z-[0-9a-f]{8}\.(jsonl|parquet)")
MEGABYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is kept: of one file its bytes and its age in seconds, and the bytes of all."""

    file_bytes: int = 16 * MEGABYTE
    file_s: float = 86_400.0
    all_bytes: int = 1024 * MEGABYTE


class RotatingLines:
    """Files of lines in ``folder``: ``{stem}-{moment}-{word}.jsonl``, by when they began, UTC.

    One is ended when it is as long or as old as ``limits`` allow, and by `close`; then ``ended``
    gets it, and may put another file in its place. The oldest of the folder, those of other servers
    too, are taken away as soon as all together hold more than they may; nothing else in the folder
    is touched. What was written is in the file at once, so that a server that is killed loses none
    of it. One thread at a time.
    """

    def __init__(
        self,
        folder: Path,
        stem: str,
        limits: Limits,
        *,
        ended: Callable[[Path], object] = lambda _: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.folder, self._stem, self._limits = folder, stem, limits
        self._ended, self._now = ended, now
        self._file: int | None = None
        self._path = folder
        self._held, self._began = 0, 0.0

    def write(self, lines: bytes) -> None:
        """Add whole lines, each ending with LF.

        Raises:
            MachineError: the disk does not take them; none of them is there then.
        """
        try:
            if self._file is not None and self._is_full():
                self.close()
            if self._file is None:
                self._begin()
            self._add(lines)
        except OSError as error:
            raise MachineError(
                f"cannot write: {error.strerror or error}",
                str(self.folder),
                "free the disk, or let the server write elsewhere",
            ) from error

    def close(self) -> None:
        """End the file that is written now; the next line begins another."""
        if self._file is None:
            return
        os.close(self._file)
        self._file = None
        self._ended(self._path)
        self._forget_oldest()

    def _is_full(self) -> bool:
        limits = self._limits
        return self._held >= limits.file_bytes or self._now() - self._began >= limits.file_s

    def _begin(self) -> None:
        """Begin a file of its own, that no other process has."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._began, self._held = self._now(), 0
        second = time.strftime("%Y%m%dT%H%M%S", time.gmtime(self._began))
        moment = f"{second}{int(self._began % 1 * 1e6):06d}Z"
        self._path = self.folder / f"{self._stem}-{moment}-{secrets.token_hex(4)}.jsonl"
        # For this account alone: what people ask a model is nobody else's business.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        self._forget_oldest()

    def _add(self, lines: bytes) -> None:
        """Write all of ``lines``; where that fails halfway, what is half there is cut off again."""
        if self._file is None:
            return
        rest, whole = memoryview(lines), False
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            whole = True
        finally:
            if not whole:
                os.ftruncate(self._file, self._held)
        self._held += len(lines)

    def _forget_oldest(self) -> None:
        """Take the oldest files away until the others hold no more than they may."""
        found = [(path, _size(path)) for path in files_of(self.folder, self._stem)]
        total = sum(size for _, size in found)
        for path, size in found:
            if total <= self._limits.all_bytes:
                return
            if path != self._path or self._file is None:
                path.unlink(missing_ok=True)
                total -= size


def files_of(folder: Path, stem: str) -> list[Path]:
    """Return the files of lines in ``folder``, and those put in their place, oldest first."""
    found = folder.glob(f"{stem}-*") if folder.is_dir() else ()
    return sorted(path for path in found if _FILE.fullmatch(path.name.removeprefix(f"{stem}-")))


def _size(path: Path) -> int:
    """Return how many bytes a file holds, 0 where another server has just taken it away."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
