"""The workspace of one project: a folder a stage, replaced whole, safe to be killed in.

Layout under ``<home>/<project>/``: one folder an output, ``.state/<stage>.json`` for what was
published, ``.draft/`` for what is being prepared, ``run.log``, ``.lock``. A folder elsewhere that
holds some of the outputs has a ``.draft/`` and a ``.lock`` of its own.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from foresell.adapters.store import DirectoryStore, MemoryStore
from foresell.errors import MachineError
from foresell.spec.directories import HOME, Place

_DRAFTS = ".draft"


@dataclass(frozen=True)
class DirectoryWorkspace:
    """Stage outputs as folders under ``root``, or where ``places`` has them, by output.

    What is kept of stages and runs lies under ``root`` in any case.
    """

    root: Path
    places: Mapping[str, Place] = field(default_factory=dict)

    def folder(self, name: str) -> Path:
        """Return where the output ``name`` lies once it is published."""
        return self._place(name).folder / name

    def output(self, name: str) -> DirectoryStore:
        """Return the published output ``name``; it may be empty."""
        return DirectoryStore(self.folder(name), self._place(name).variable)

    def draft(self, name: str) -> DirectoryStore:
        """Return an empty place where the output ``name`` is prepared, out of sight.

        Raises:
            MachineError: it cannot be made.
        """
        place, variable = self._draft(name), self._place(name).variable
        try:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
        except OSError as error:
            raise MachineError(*_unwritable(place.parent.parent, variable, error)) from error
        return DirectoryStore(place, variable)

    def publish(self, stage: str, outputs: Sequence[str], record: bytes) -> None:
        """Make the drafts the outputs, then keep ``record`` for ``stage``.

        The old record goes first and the new one comes last, by a rename: whenever this is
        interrupted, the stage has no record and runs again. A draft lies beside its output, on the
        same file system.
        """
        kept = self._record_path(stage)
        kept.unlink(missing_ok=True)
        for name in outputs:
            place, draft = self.folder(name), self._draft(name)
            old = draft.with_name(f"{name}.old")
            shutil.rmtree(old, ignore_errors=True)
            if place.exists():
                place.rename(old)
            draft.rename(place)
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

    def _place(self, name: str) -> Place:
        """Return the folder that holds an output, published or not."""
        return self.places.get(name) or Place(folder=self.root, variable=HOME)

    def _draft(self, name: str) -> Path:
        return self._place(name).folder / _DRAFTS / name

    def _folders(self) -> Sequence[Place]:
        """Return every folder that holds outputs, each once, the root first."""
        found: dict[Path, Place] = {}
        for place in (Place(folder=self.root, variable=HOME), *self.places.values()):
            found.setdefault(place.folder.resolve(), place)
        return list(found.values())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this workspace, and every folder of it, for one run.

        The lock dies with the process that holds it. Drafts that a run leaves, because it failed or
        was killed, are cleared away. A ``MachineError``: another run holds a folder, or it cannot
        be written.
        """
        with ExitStack() as held:
            for place in self._folders():
                held.enter_context(_held(place))
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
        for kept in self._folders():
            for old in sorted((kept.folder / _DRAFTS).glob("*.old")):
                place = kept.folder / old.stem
                if not place.exists():
                    old.rename(place)

    def _clear_drafts(self) -> None:
        for place in self._folders():
            shutil.rmtree(place.folder / _DRAFTS, ignore_errors=True)


@contextmanager
def _held(place: Place) -> Iterator[None]:
    """Hold one folder, which is made where it is missing.

    Raises:
        MachineError: another run holds it, or it cannot be written.
    """
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        handle = (place.folder / ".lock").open("a")
    except OSError as error:
        raise MachineError(*_unwritable(place.folder, place.variable, error)) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MachineError(
                "another run is at work in this workspace",
                str(place.folder),
                f"wait for it, or give this one another {place.variable}",
            ) from error
        yield


def _unwritable(folder: Path, variable: str, error: OSError) -> tuple[str, str, str]:
    return (
        f"the workspace cannot be written: {error.strerror}",
        str(folder),
        f"free the disk, mend the rights, or set {variable} to another folder",
    )


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
