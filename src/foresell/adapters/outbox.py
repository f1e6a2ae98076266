"""The outbox: what a tracker is to be told, kept until it has taken it.

Layout under ``root``: ``<project>/<training>/<number>-<stage>/`` holds ``note.json`` and ``files/``
until the note was taken, then ``sent.json`` in their place beside ``note.json``. A note is written
out of sight and appears whole, by a rename; its number is taken by that rename. Files are the
workspace's own (hard links), which replaces whole folders and so changes none.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from foresell.adapters.file_locks import lock
from foresell.adapters.store import DirectoryStore
from foresell.errors import DataError, MachineError
from foresell.spec.tracking import Note

NOTE, FILES, SENT, TRIED = "note.json", "files", "sent.json", "tried.json"
_DRAFT = ".draft-"
_DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What is known of a note that was taken: by whom, as which run there, and when (UTC, ISO)."""

    where: str
    run: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One note in the outbox. ``receipt``: None while it waits."""

    place: Path
    project: str
    training: str
    number: int
    stage: str
    receipt: Receipt | None

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return f"{self.project}/{self.training}/{self.place.name}"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """How the last sending of a project's notes ended; ``why`` is empty where all went well."""

    at: str
    process: int
    where: str
    why: str = ""
    mend: str = ""


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What ``note.json`` holds. ``identity``: equal for notes that say the same."""

    identity: str
    note: Note


_T = TypeVar("_T")
_LOST = Receipt(where="", run="", at="")  # of a note that was taken, nobody knows how
_KEPT = TypeAdapter(_Kept)
_RECEIPT = TypeAdapter(Receipt)
_ATTEMPT = TypeAdapter(Attempt)


@dataclass(frozen=True)
class Outbox:
    """The folder that holds it."""

    root: Path

    def put(self, note: Note, files: Mapping[str, bytes | Path], identity: str) -> bool:
        """Keep a note with its files; False where the last one of its stage says the same.

        ``files``: by name, the content, or a file that nobody changes in place.

        Raises:
            MachineError: it cannot be written.
        """
        folder = self.root / note.project / note.training
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(folder / ".writing"):  # so that a number is one note's
                for left in folder.glob(f"{_DRAFT}*"):  # by a writer that was killed
                    shutil.rmtree(left)
                there = _folders(folder)
                said = [one for one in there if one.name.partition("-")[2] == note.stage]
                if said and _identity(said[-1]) == identity:
                    return False
                draft = folder / f"{_DRAFT}{note.stage}"
                for name, content in files.items():
                    _keep(content, draft / FILES / name)
                _write(draft / NOTE, asdict(_Kept(identity=identity, note=note)))
                number = 1 + max(map(_number, there), default=0)
                draft.rename(folder / f"{number:0{_DIGITS}}-{note.stage}")
                _settle(folder)
        except OSError as error:
            raise MachineError(
                f"what is to be tracked cannot be kept: {error.strerror or error}",
                str(folder),
                "free the disk, mend the rights, or set FORESELL_HOME to another folder",
            ) from error
        return True

    def projects(self) -> list[str]:
        """Return the projects that ever had a note, sorted."""
        return [place.name for place in _inside(self.root)]

    def letters(self, project: str | None = None, training: str | None = None) -> list[Letter]:
        """Return all notes: by project, by training in the order of their ids, by number."""
        return [_letter(place) for place in self._places(project, training)]

    def waiting(self, project: str | None = None) -> list[Letter]:
        """Return the notes that were not taken yet, in the same order."""
        return [_letter(place) for place in self._places(project) if not _is_taken(place)]

    def _places(self, project: str | None = None, training: str | None = None) -> list[Path]:
        """Return the folders of notes, in order."""
        return [
            place
            for name in (self.projects() if project is None else [project])
            for folder in _inside(self.root / name)
            if training in {None, folder.name}
            for place in _folders(folder)
        ]

    @staticmethod
    def waits(letter: Letter) -> bool:
        """Tell whether a note was not taken yet, as of now."""
        return not _is_taken(letter.place)

    @staticmethod
    def read(letter: Letter) -> tuple[Note, DirectoryStore]:
        """Return a note and the files that come with it.

        Raises:
            DataError: it is not a note, or a file it names is not there.
        """
        kept = _read(letter.place / NOTE, _KEPT)
        files = DirectoryStore(letter.place / FILES)
        if kept is None:
            raise DataError(
                f"the note {letter.name} cannot be read",
                str(letter.place / NOTE),
                "look at it, or move its folder out of the way",
            )
        note = kept.note
        sent = {
            name for one in (note.whole, *note.candidates.values()) for name in one.files.values()
        }
        if gone := sorted(sent - set(files.list())):
            raise DataError(
                f"the note {letter.name} lacks the file {gone[0]}",
                str(letter.place / FILES),
                "put it back, or move the note's folder out of the way",
            )
        return note, files

    @staticmethod
    def taken(letter: Letter, receipt: Receipt) -> None:
        """Keep that a note was taken, then drop its files."""
        _write(letter.place / SENT, asdict(receipt))
        shutil.rmtree(letter.place / FILES, ignore_errors=True)

    @staticmethod
    def held(letter: Letter) -> AbstractContextManager[None]:
        """Hold the notes of one training for one sender; the lock dies with the process.

        Another sender waits here until the first one is done.
        """
        return _locked(letter.place.parent / ".sending")

    def tried(self, project: str, attempt: Attempt) -> None:
        """Keep how the last sending ended."""
        (self.root / project).mkdir(parents=True, exist_ok=True)
        _write(self.root / project / TRIED, asdict(attempt))

    def last_try(self, project: str) -> Attempt | None:
        """Return how the last sending ended, None where none is known."""
        return _read(self.root / project / TRIED, _ATTEMPT)


def _letter(place: Path) -> Letter:
    """Return what the folder of a note says by its names and its receipt."""
    return Letter(
        place=place,
        project=place.parent.parent.name,
        training=place.parent.name,
        number=_number(place),
        stage=place.name.partition("-")[2],
        receipt=(_read(place / SENT, _RECEIPT) or _LOST) if _is_taken(place) else None,
    )


def _is_taken(place: Path) -> bool:
    """Tell whether the note in a folder was taken."""
    return (place / SENT).is_file()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that dies with the process."""
    with path.open("a") as handle:
        lock(handle)
        yield


def _folders(training: Path) -> list[Path]:
    """Return the folders of the notes of one training, by number."""
    return sorted((one for one in _inside(training) if one.name[:1].isdigit()), key=_number)


def _inside(folder: Path) -> list[Path]:
    """Return the folders in ``folder`` that are not hidden, by name."""
    if not folder.is_dir():
        return []
    return sorted(one for one in folder.iterdir() if one.is_dir() and one.name[:1] != ".")


def _number(place: Path) -> int:
    """Return the number of a note's folder."""
    return int(place.name.split("-")[0])


def _identity(place: Path) -> str | None:
    """Return the identity of a note, None where it cannot be read."""
    kept = _read(place / NOTE, _KEPT)
    return None if kept is None else kept.identity


def _keep(content: bytes | Path, place: Path) -> None:
    """Put a file in place: written, or the same file under another name where the disk can."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        place.write_bytes(content)
        return
    try:
        os.link(content, place)
    except OSError:  # another disk, or one without links
        shutil.copyfile(content, place)


def _write(path: Path, value: object) -> None:
    """Write JSON so that it is there whole or not at all, also after a crash."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with fresh.open("wb") as file:
        file.write(json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False).encode())
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Have the disk keep the names in ``folder``."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path, form: TypeAdapter[_T]) -> _T | None:
    """Return what a file holds, None where it is not there or is not what was written."""
    try:
        return form.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
