"""Stores on a file system, and their twin in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import polars as pl

from foresell.errors import DataError, MachineError
from foresell.spec.directories import HOME


def frame_bytes(frame: pl.DataFrame) -> bytes:
    """Return ``frame`` as Parquet; equal frames give equal bytes with one version of Polars."""
    buffer = BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1)
    return buffer.getvalue()


@dataclass(frozen=True)
class DirectoryStore:
    """Named frames and bytes as the files of one folder; ``variable`` says where that lies."""

    root: Path
    variable: str = HOME

    def write_frame(self, name: str, frame: pl.DataFrame) -> None:
        """Keep ``frame`` as Parquet under ``name``."""
        self.write_bytes(name, frame_bytes(frame))

    def read_frame(self, name: str) -> pl.DataFrame:
        """Return the frame kept under ``name``. Raises DataError when there is none."""
        return pl.read_parquet(BytesIO(self.read_bytes(name)))

    def write_bytes(self, name: str, content: bytes) -> None:
        """Keep ``content`` under ``name``.

        Raises:
            MachineError: the disk is full, or the folder cannot be written.
        """
        path = self.root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise MachineError(
                f"{name} cannot be written: {error.strerror}",
                str(self.root),
                f"free the disk, mend the rights, or set {self.variable} to another folder",
            ) from error

    def read_bytes(self, name: str) -> bytes:
        """Return the bytes kept under ``name``.

        Raises:
            DataError: there is no such file.
        """
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError as error:
            raise DataError(
                f"{name} is missing", str(self.root), "run the project again: foresell run PROJECT"
            ) from error

    def list(self) -> Sequence[str]:
        """Return every name, sorted."""
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.is_file()
        )


@dataclass(frozen=True)
class MemoryStore:
    """The same in memory: for tests, and for asking a model without a disk."""

    files: dict[str, bytes] = field(default_factory=dict)

    def write_frame(self, name: str, frame: pl.DataFrame) -> None:
        """Keep ``frame`` as Parquet under ``name``."""
        self.files[name] = frame_bytes(frame)

    def read_frame(self, name: str) -> pl.DataFrame:
        """Return the frame kept under ``name``. Raises DataError when there is none."""
        return pl.read_parquet(BytesIO(self.read_bytes(name)))

    def write_bytes(self, name: str, content: bytes) -> None:
        """Keep ``content`` under ``name``."""
        self.files[name] = content

    def read_bytes(self, name: str) -> bytes:
        """Return the bytes kept under ``name``.

        Raises:
            DataError: there are none.
        """
        try:
            return self.files[name]
        except KeyError as error:
            raise DataError(f"{name} is missing", "memory", "write it first") from error

    def list(self) -> Sequence[str]:
        """Return every name, sorted."""
        return sorted(self.files)
