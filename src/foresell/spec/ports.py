"""The ports: what foresell needs of the world, in words the world's adapters must answer to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from foresell.spec.monitoring import Alert
from foresell.spec.registry import Alias, Head, Mirrored, Transition, Version
from foresell.spec.tracking import Note, Tracked

if TYPE_CHECKING:
    import polars as pl

PROVENANCE = "provenance.json"  # in every output of a run: which contract its rows have passed


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """One raw file as its place describes it.

    ``name`` is relative to the source, with forward slashes. ``etag`` and ``version`` are those of
    an object store, None on a disk; where it keeps no versions both are the ETag. ``modified`` is
    an ISO time, None where nobody knows.
    """

    name: str
    uri: str
    bytes: int
    version: str | None = None
    modified: str | None = None
    etag: str | None = None


class Source(Protocol):
    """Where the raw files of a project are."""

    def files(self, pattern: str) -> Sequence[RawFile]:
        """Return the files that ``pattern`` stands for, by name; none is an empty answer.

        A plain name stands for itself, a glob for its matches, a name that ends with ``/`` for all
        files below that folder. Hidden files and those that start with ``_`` stand for nothing.
        """
        ...

    def open(self, name: str) -> BinaryIO:
        """Open one file for reading, once, from its start; the caller closes it.

        Raises DataError when there is none of that name.
        """
        ...

    @property
    def label(self) -> str:
        """What to call this place in an error: a folder, a URI, or 'synthetic'."""
        ...

    @property
    def synthetic(self) -> bool:
        """Whether the data was made by foresell's generator."""
        ...


class Store(Protocol):
    """A flat place for named frames and bytes; equal content is equal bytes."""

    def write_frame(self, name: str, frame: "pl.DataFrame") -> None:
        """Keep ``frame`` as Parquet under ``name``."""
        ...

    def read_frame(self, name: str) -> "pl.DataFrame":
        """Return the frame kept under ``name``. Raises DataError when there is none."""
        ...

    def write_bytes(self, name: str, content: bytes) -> None:
        """Keep ``content`` under ``name``."""
        ...

    def read_bytes(self, name: str) -> bytes:
        """Return the bytes kept under ``name``. Raises DataError when there are none."""
        ...

    def list(self) -> Sequence[str]:
        """Return every name, sorted."""
        ...


class Workspace(Protocol):
    """Keeps what the stages of one project make: whole outputs, replaced at once."""

    def output(self, name: str) -> Store:
        """Return the published output ``name``; it may be empty."""
        ...

    def draft(self, name: str) -> Store:
        """Return an empty place where the output ``name`` is prepared, out of sight."""
        ...

    def publish(self, stage: str, outputs: Sequence[str], record: bytes) -> None:
        """Make the drafts the outputs, then keep ``record`` for ``stage``: all or nothing.

        When it is interrupted the stage has no record, and therefore runs again.
        """
        ...

    def record(self, stage: str) -> bytes | None:
        """Return what was kept when ``stage`` was last published, or None."""
        ...

    def digests(self, name: str) -> Mapping[str, str]:
        """Return the sha256 of every file of the published output ``name``."""
        ...


class Outputs(Protocol):
    """What the stages and watches of one project have left, by output and file; only read."""

    def stamp(self, output: str, file: str) -> object | None:
        """Return what changes when the file does, None where there is none. Cheap."""
        ...

    def read(self, output: str, file: str) -> bytes:
        """Return the bytes of a file. Raises DataError when there is none."""
        ...

    def list(self, output: str) -> Sequence[str]:
        """Return the names of an output's files, sorted; none where it was not made."""
        ...


class Vault(Protocol):
    """Keeps contents under their own sha256, so that equal ones are kept once and none changes."""

    def put(self, content: bytes) -> str:
        """Keep ``content`` and return its sha256 in hexadecimal.

        It is written out of sight, read back and compared, then made visible. What is there already
        is kept if it is right, and replaced if it is not.
        """
        ...

    def get(self, digest: str) -> bytes:
        """Return the content. Raises DataError when there is none, or when it has changed."""
        ...

    def has(self, digest: str) -> bool:
        """Tell whether something is kept under ``digest``, right or not."""
        ...

    def list(self) -> Sequence[str]:
        """Return every sha256 under which something is kept, sorted."""
        ...

    @property
    def label(self) -> str:
        """What to call this place in an error: a folder or a URI, without credentials."""
        ...


class Ledger(Protocol):
    """Keeps the transitions of projects, in order, and never changes one."""

    def projects(self) -> Sequence[str]:
        """Return the projects that have transitions, sorted."""
        ...

    def head(self, project: str) -> Head:
        """Return where the list ends; ``Head()`` when there is none. Cheap: servers poll it."""
        ...

    def transitions(self, project: str) -> Sequence[Transition]:
        """Return all transitions, by number, as they are kept. Raises DataError: unreadable."""
        ...

    def append(self, transition: Transition) -> None:
        """Keep one more, durably, all or nothing.

        Raises ConflictError when the list does not end with ``transition.previous`` and the number
        before: somebody else was quicker, read again. Raises MachineError when it is out of reach.
        """
        ...

    @property
    def label(self) -> str:
        """What to call this place in an error: a URL without credentials."""
        ...


class Tracker(Protocol):
    """Shows trainings to people: MLflow."""

    def send(self, note: Note, files: Store) -> str:
        """Take a note and the files it names; return the id of the training's run there.

        A note taken before changes nothing; one that was taken in part is completed.
        Raises MachineError when it is out of reach.
        """
        ...

    def recall(self, project: str, training: str) -> Tracked | None:
        """Return what is held of a training, None when nothing is."""
        ...

    @property
    def label(self) -> str:
        """What to call this place in an error: a URI without credentials."""
        ...


class Mirror(Protocol):
    """Another registry that shows our versions and aliases: MLflow's."""

    def state(self, project: str) -> Mirrored:
        """Return what it shows. Raises MachineError when it is out of reach."""
        ...

    def add(self, version: Version, bundle: Store) -> None:
        """Show a version, with its model; one that is shown already is left, or put right."""
        ...

    def mark(self, version: Version) -> None:
        """Show the approval of a version that is shown."""
        ...

    def point(self, project: str, alias: Alias, version: int | None) -> None:
        """Point ``alias`` to a version that is shown, or to none."""
        ...

    @property
    def label(self) -> str:
        """What to call this place in an error: a URI without credentials."""
        ...


class AlertSink(Protocol):
    """Tells people of alerts: a webhook."""

    def send(self, alert: Alert) -> None:
        """Tell of ``alert``, which may be told twice: it is known by its key and its state.

        Raises MachineError when it is out of reach or will not take it; no secret is in the error.
        """
        ...

    @property
    def label(self) -> str:
        """What to call this place in an error: a host, without path and credentials."""
        ...
