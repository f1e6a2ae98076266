"""What is remembered between runs, so that what nobody touched is not read again."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from threading import Lock

from foresell.adapters.digest_cache import DigestCache
from foresell.pipeline.records import Code
from foresell.pipeline.source_files import SourceFile, code_files, read_source
from foresell.spec.directories import PIPELINE

BEGAN = time.time_ns()  # a file of the program that is younger may not be what this process runs
_SOURCES = "sources.json"
_looking = Lock()


@cache
def code_in(home: Path) -> Code:
    """Return how the files of a stage's code are found, remembered under ``home``.

    A process looks at each file once, and reads those that somebody touched since it was read.
    """
    return partial(_files, look=_Look(DigestCache(home / PIPELINE / _SOURCES, time.time_ns)))


def _files(module: str, look: "_Look") -> Mapping[str, str]:
    """Return the files of a module, and keep what was found out about them."""
    with _looking:  # stages that are done side by side may ask at the same time
        found = code_files(module, look)
        look.known.keep()
    return found


@dataclass(eq=False)
class _Look:
    """Reads each file of source once in the life of a process, and not at all where it is known."""

    known: DigestCache
    _seen: dict[Path, SourceFile] = field(default_factory=dict)

    def __call__(self, path: Path) -> SourceFile:
        """Return what is in one file."""
        if path not in self._seen:
            sha256, names = self.known.fact(str(path), path, _read)
            self._seen[path] = SourceFile(sha256, tuple(names))
        return self._seen[path]


def _read(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return what is in one file as JSON holds it."""
    found = read_source(path)
    return found.sha256, found.names
