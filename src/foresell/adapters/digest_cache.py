"""What is known of the contents of files, so that none is read twice while nobody touches it.

A file is known by its size, the times of its content and of its inode, and its inode: an editor, a
copy over it and a ``touch`` with an old date all change one of them. What was written a moment ago
is not trusted: it may be written again within the same tick of the file system's clock.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import get_ident
from typing import Any

_REST_NS = 2_000_000_000  # two seconds, the coarsest tick of a file system in use (FAT)
_VERSION = 1

Fact = Any  # what is known of a file's content: whatever JSON holds
Stamp = tuple[int, int, int, int]


@dataclass
class DigestCache:
    """Facts about files by their names, kept in one file of JSON, ``place``.

    ``clock``: nanoseconds since 1970. A file that cannot be read, or is no such cache, is none; one
    that cannot be written is left: everything is found out again, and nothing else is lost.
    """

    place: Path
    clock: Callable[[], int]
    _changed: bool = field(default=False, init=False)

    def facts(self, files: Mapping[str, Path], learn: Callable[[Path], Fact]) -> Mapping[str, Fact]:
        """Return the fact of each file, by its name; ``learn`` reads the files that are not known.

        What is known of files that are not asked for is forgotten.
        """
        found = dict[str, Fact]()
        for name, path in files.items():
            with suppress(FileNotFoundError):  # somebody took it away meanwhile
                found[name] = self.fact(name, path, learn)
        for name in self._known.keys() - files.keys():
            self._forget(name)
        self.keep()
        return found

    def fact(self, name: str, path: Path, learn: Callable[[Path], Fact]) -> Fact:
        """Return the fact of one file; it is kept by `keep`."""
        now, stamp = self.clock(), _stamp(path)
        old = self._known.get(name)
        if old is not None and old[0] == stamp:
            return old[1]
        found = learn(path)
        if now - max(stamp[1:3]) > _REST_NS and _stamp(path) == stamp:
            self._known[name], self._changed = (stamp, found), True
        elif old is not None:
            self._forget(name)
        return found

    def _forget(self, name: str) -> None:
        del self._known[name]
        self._changed = True

    @cached_property
    def _known(self) -> dict[str, tuple[Stamp, Fact]]:
        """What was kept: stamp and fact of each file, by its name."""
        try:
            told = read_json(self.place)
            if told["version"] != _VERSION:
                return {}
            return {name: (tuple(stamp), fact) for name, (stamp, fact) in told["files"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            return {}  # a broken cache is no cache

    def keep(self) -> None:
        """Write what is known now, all or nothing, where it is more or less than before."""
        if self._changed:
            write_json(self.place, {"version": _VERSION, "files": self._known})
            self._changed = False


def read_json(place: Path) -> dict[str, Any]:
    """Return what is remembered in a file; nothing where it cannot be read, or is half a file."""
    try:
        told = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def write_json(place: Path, value: Mapping[str, Any]) -> None:
    """Remember something in a file, all or nothing; where it cannot be written, nothing."""
    draft = place.with_name(f".{place.name}.{os.getpid()}.{get_ident()}")
    with suppress(OSError):  # a full disk or a folder that may only be read: no cache
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(json.dumps(value).encode())
        draft.replace(place)


@dataclass(frozen=True)
class DigestCaches:
    """Room for a cache an output, in ``folder``; ``clock`` as that of a `DigestCache`."""

    folder: Path
    clock: Callable[[], int]

    def of(self, output: str) -> DigestCache:
        """Return the cache of one output."""
        return DigestCache(self.folder / f"{output}.json", self.clock)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, read now."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _stamp(path: Path) -> Stamp:
    """Return what tells a file apart from what it was."""
    told = path.stat()
    return told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino


def stamps_at_rest(files: Mapping[str, Path], now: int) -> dict[str, Stamp] | None:
    """Return what tells each file apart from what it was; None where one was written just now.

    Or is gone since it was listed. ``now``: nanoseconds since 1970.
    """
    try:
        stamps = {name: _stamp(path) for name, path in files.items()}
    except FileNotFoundError:  # a draft of somebody at work beside: not all is at rest
        return None
    rest = all(now - max(stamp[1:3]) > _REST_NS for stamp in stamps.values())
    return stamps if rest else None


def files_below(folder: Path) -> Mapping[str, Path]:
    """Return every file below ``folder`` by its name there, sorted; none where it is no folder."""
    return dict(sorted(_below(str(folder), "")))


def _below(folder: str, inside: str) -> Iterator[tuple[str, Path]]:
    """Yield the files of one folder, and of all below it."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        name = f"{inside}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, f"{name}/")
        elif entry.is_file():
            yield name, Path(entry.path)
