"""Where rows that a person gives are opened, and the bundle that answers them is found."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from foresell.adapters.sources import DirectorySource
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.answer.row_files import RowFile, RowForm, parquet_file, text_file
from foresell.bundle.bundle import CHECKSUMS
from foresell.errors import UsageError

_VERSION = 12  # characters of a bundle's identity that name it
_MOST_THREADS = 4


def bundle_version(place: DirectoryWorkspace) -> str:
    """Return the first characters of the sha256 of the last run's bundle."""
    listed = place.output("bundle").read_bytes(CHECKSUMS)
    return hashlib.sha256(listed).hexdigest()[:_VERSION]


def threads() -> int:
    """Return how many batches of rows are answered side by side; no answer hangs on it."""
    return min(_MOST_THREADS, os.cpu_count() or 1)


def existing_file(path: Path, option: str) -> Path:
    """Return ``path``.

    Raises:
        UsageError: there is no such file.
    """
    if not path.is_file():
        raise UsageError(
            f"{path} is a folder" if path.is_dir() else f"there is no file {str(path)!r}",
            option,
            "give the path of a file with rows",
        )
    return path


@contextmanager
def opened(path: Path, form: RowForm) -> Iterator[RowFile]:
    """Open a file of rows, Parquet by its ending, else text.

    A ``DataError``: as `foresell.answer.row_files.parquet_file` and ``text_file``.
    """
    if path.suffix.lower() == ".parquet":
        scanned = pl.scan_parquet(path, glob=False, hive_partitioning=False)  # a name is no pattern
        yield parquet_file(scanned, path.name, form)
    else:
        with DirectorySource(path.parent).open(path.name) as content:
            yield text_file(content, path.name, form)
