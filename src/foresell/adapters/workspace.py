"""The workspace of one project: a folder a stage, replaced whole, safe to be killed in.

Layout under ``<home>/<project>/``: one folder an output, ``.state/<stage>.json`` for what was
published and ``.state/<stage>.lock`` for who does it now, ``.draft/`` for what is being prepared,
``run.log``, ``.lock``. A folder elsewhere that holds some of the outputs has a ``.draft/`` and a
``.lock`` of its own.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from foresell.adapters.digest_cache import DigestCaches, files_below, sha256_of
from foresell.adapters.file_locks import lock as wait_for
from foresell.adapters.store import DirectoryStore, MemoryStore
from foresell.errors import MachineError
from foresell.spec.directories import HOME, Place

_DRAFTS = ".draft"


@dataclass(frozen=True)
class DirectoryWorkspace:
    """Stage outputs as folders under ``root``, or where ``places`` has them, by output.

    What is kept of stages and runs lies under ``root`` in any case. ``caches``: where the sha256 of
    published files are remembered; None: each is read whenever it is asked for.
    """

    root: Path
    places: Mapping[str, Place] = field(default_factory=dict)
    caches: DigestCaches | None = None

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
            old = _aside(draft)
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
        """Return the sha256 of every file of the published output ``name``.

        A file that nobody touched since it was read is not read again, where there is a cache.
        """
        files = files_below(self.folder(name))
        if self.caches is not None:
            return self.caches.of(name).facts(files, sha256_of)
        return {file: sha256_of(path) for file, path in files.items()}

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
    def locked(self) -> Iterator[tuple[int, ...]]:
        """Hold this workspace, and every folder of it, for one run; nobody else does a stage of it.

        Gives the descriptors of the locks. They die with the process that holds them, and with the
        last of its children that were given them. Drafts that a run leaves, because it failed or
        was killed, are cleared away. A ``MachineError``: another run holds a folder, or it cannot
        be written.
        """
        with ExitStack() as held:
            locks = tuple(held.enter_context(_held(place)) for place in self._folders())
            self._put_back()
            self._clear_drafts()
            try:
                yield locks
            finally:
                self._clear_drafts()

    @contextmanager
    def locked_stages(self, made: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, ...]]:
        """Hold single stages of this workspace, while other processes may hold others of it.

        Gives the descriptors of the locks, as `locked` does. ``made``: the outputs that each of the
        stages may write, by its name. Only their own drafts are put back and cleared away. A
        ``MachineError``: another process does one of the stages, or a run holds the whole
        workspace, or it cannot be written.
        """
        outputs = [name for names in made.values() for name in names]
        outputs += [scratch(stage) for stage in made]
        with ExitStack() as held:
            locks = [held.enter_context(_held(place, alone=False)) for place in self._folders()]
            locks += [held.enter_context(self._held_stage(stage)) for stage in sorted(made)]
            for name in outputs:
                self._put_back_one(name)
                self._clear(name)
            try:
                yield tuple(locks)
            finally:
                for name in outputs:
                    self._clear(name)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold what is called ``name``, a moment only, as soon as no other process does."""
        kept = self._record_path(name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.with_suffix(".lock").open("a") as handle:
            wait_for(handle)
            yield

    @contextmanager
    def _held_stage(self, stage: str) -> Iterator[int]:
        """Hold one stage."""
        folder = self.root / ".state"
        says = f"another process does the stage {stage} in this workspace"
        with _lock_file(
            folder / f"{stage}.lock", Place(folder=self.root, variable=HOME), says
        ) as lock:
            yield lock

    def _put_back(self) -> None:
        """Put an output back that was moved aside by a run which was killed before it had another.

        Any other output would be made again; repairs are made by hand.
        """
        for kept in self._folders():
            for old in sorted((kept.folder / _DRAFTS).glob("*.old")):
                place = kept.folder / old.stem
                if not place.exists():
                    old.rename(place)

    def _put_back_one(self, name: str) -> None:
        """Do the same for one output."""
        old, place = _aside(self._draft(name)), self.folder(name)
        if old.is_dir() and not place.exists():
            old.rename(place)

    def _clear(self, name: str) -> None:
        """Take away what was being prepared of one output."""
        draft = self._draft(name)
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(_aside(draft), ignore_errors=True)

    def _clear_drafts(self) -> None:
        for place in self._folders():
            shutil.rmtree(place.folder / _DRAFTS, ignore_errors=True)


def scratch(stage: str) -> str:
    """Return the name of the draft in which ``stage`` keeps what is gone when it ends."""
    return f"scratch {stage}"  # as the runner calls it


def _aside(draft: Path) -> Path:
    """Return where an output waits while its draft takes its place."""
    return draft.with_name(f"{draft.name}.old")


@contextmanager
def _held(place: Place, *, alone: bool = True) -> Iterator[int]:
    """Hold one folder, which is made where it is missing; ``alone``, or beside others that are not.

    A ``MachineError``: another run holds it, or it cannot be written.
    """
    says = "another run is at work in this workspace"
    with _lock_file(place.folder / ".lock", place, says, alone=alone) as lock:
        yield lock


@contextmanager
def _lock_file(file: Path, place: Place, says: str, *, alone: bool = True) -> Iterator[int]:
    """Hold a file, which is made where it is missing; give its descriptor.

    Raises:
        MachineError: another process holds it, or it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = file.open("a")
    except OSError as error:
        raise MachineError(*_unwritable(place.folder, place.variable, error)) from error
    with handle:
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MachineError(
                says,
                str(place.folder),
                f"wait for it, or give this one another {place.variable}",
            ) from error
        try:
            yield handle.fileno()
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)  # for the children too, which hold the same lock


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
