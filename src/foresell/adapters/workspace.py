"""The workspace of one project: a folder a stage, replaced whole, safe to be killed in.

Layout under ``<home>/<project>/``: one folder an output, ``.state/<stage>.json`` for what was
published, ``.draft/`` for what is being prepared, ``run.log``, ``.lock``.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from foresell.adapters.store import DirectoryStore, MemoryStore
from foresell.errors import MachineError


@dataclass(frozen=True)
class DirectoryWorkspace:
    """Stage outputs as folders under ``root``."""

    root: Path

    def output(self, name: str) -> DirectoryStore:
        """Return the published output ``name``; it may be empty."""
        return DirectoryStore(self.root / name)

    def draft(self, name: str) -> DirectoryStore:
        """Return an empty place where the output ``name`` is prepared, out of sight."""
        place = self.root / ".draft" / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        return DirectoryStore(place)

    def publish(self, stage: str, outputs: Sequence[str], record: bytes) -> None:
        """Make the drafts the outputs, then keep ``record`` for ``stage``.

        The old record goes first and the new one comes last, by a rename: whenever this is
        interrupted, the stage has no record and runs again.
        """
        kept = self._record_path(stage)
        kept.unlink(missing_ok=True)
        for name in outputs:
            place, old = self.root / name, self.root / ".draft" / f"{name}.old"
            shutil.rmtree(old, ignore_errors=True)
            if place.exists():
                place.rename(old)
            (self.root / ".draft" / name).rename(place)
            shutil.rmtree(old, ignore_errors=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(record)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(kept)

    def record(self, stage: str) -> bytes | None:
        """Return what was kept when ``stage`` was last published, or None."""
        path = self._record_path(stage)
        return path.read_bytes() if path.is_file() else None

    def digests(self, name: str) -> Mapping[str, str]:
        """Return the sha256 of every file of the published output ``name``."""
        store = self.output(name)
        found = {}
        for file in store.list():
            with (store.root / file).open("rb") as content:
                found[file] = hashlib.file_digest(content, "sha256").hexdigest()
        return found

    def _record_path(self, stage: str) -> Path:
        return self.root / ".state" / f"{stage}.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this workspace for one run; the lock dies with the process that holds it.

        Drafts that a run leaves, because it failed or was killed, are cleared away.

        Raises:
            MachineError: another run holds it, or the folder cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            handle = (self.root / ".lock").open("a")
        except OSError as error:
            raise MachineError(
                f"the workspace cannot be written: {error.strerror}",
                str(self.root),
                "free the disk, mend the rights, or set FORESELL_HOME to another folder",
            ) from error
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise MachineError(
                    "another run is at work in this workspace",
                    str(self.root),
                    "wait for it, or give this one another FORESELL_HOME",
                ) from error
            self._put_back()
            self._clear_drafts()
            try:
                yield
            finally:
                self._clear_drafts()

    def _put_back(self) -> None:
        """Put an output back that was moved aside by a run which was killed before it had another.

        Any other output would be made again; repairs are made by hand.
        """
        for old in sorted((self.root / ".draft").glob("*.old")):
            place = self.root / old.stem
            if not place.exists():
                old.rename(place)

    def _clear_drafts(self) -> None:
        shutil.rmtree(self.root / ".draft", ignore_errors=True)


@dataclass(frozen=True)
class MemoryWorkspace:
    """The same in memory, for tests."""

    published: dict[str, MemoryStore] = field(default_factory=dict)
    drafts: dict[str, MemoryStore] = field(default_factory=dict)
    records: dict[str, bytes] = field(default_factory=dict)

    def output(self, name: str) -> MemoryStore:
        """Return the published output ``name``; it may be empty."""
        return self.published.get(name, MemoryStore())

    def draft(self, name: str) -> MemoryStore:
        """Return an empty place where the output ``name`` is prepared, out of sight."""
        self.drafts[name] = MemoryStore()
        return self.drafts[name]

    def publish(self, stage: str, outputs: Sequence[str], record: bytes) -> None:
        """Make the drafts the outputs, then keep ``record`` for ``stage``."""
        self.records.pop(stage, None)
        for name in outputs:
            self.published[name] = self.drafts.pop(name)
        self.records[stage] = record

    def record(self, stage: str) -> bytes | None:
        """Return what was kept when ``stage`` was last published, or None."""
        return self.records.get(stage)

    def digests(self, name: str) -> Mapping[str, str]:
        """Return the sha256 of every file of the published output ``name``."""
        files = self.output(name).files
        return {file: hashlib.sha256(files[file]).hexdigest() for file in sorted(files)}
