"""The folder of one run of a scheduler: what was made in it is listed, and only that is removed.

Layout: ``run.json`` (whose run it is and the list of files), and below it the folders of ``PARTS``.
A file is listed before it is made, so that one who is killed leaves nothing that nobody knows of.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as parsed

from foresell.errors import DataError, MachineError, UsageError, counted

RAW, SAMPLE = "raw", "sample"
DRAFT = "raw.draft"  # where raw files are put together, out of sight of stages
PARTS = (RAW, DRAFT, SAMPLE)
LIST = "run.json"
_NEW = f".{LIST}.new"
_KIND: Final = "files of one run, made by foresell"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:~+-]{0,199}")
_PIECE = 2**20


@parsed(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", strict=True))
class Listed:
    """What ``run.json`` says: whose folder it is, and every file that was made in it, by name."""

    kind: Literal["files of one run, made by foresell"]
    run: str
    project: str
    files: list[str] = field(default_factory=list)


_LISTED = TypeAdapter(Listed)


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What was taken away: so many files, and bytes. ``kept``: what others had put there."""

    files: int = 0
    bytes: int = 0
    kept: tuple[str, ...] = ()


def refuse_odd_run(run: str) -> None:
    """Refuse the name of a run that is no plain name of a folder.

    Raises:
        UsageError: it is none.
    """
    if not _NAME.fullmatch(run):
        raise UsageError(
            f"{run[:80]!r} is no name of a run",
            "--run",
            "use 1 to 200 letters, digits and _ . : ~ + - and begin with a letter or digit",
        )


@dataclass(frozen=True)
class RunFolder:
    """The folder ``root`` of a run, which is made when something is put there."""

    root: Path

    @contextmanager
    def held(self, project: str) -> Iterator[None]:
        """Hold the folder for one process, made and listed for ``project`` where it is missing.

        A ``DataError``: it is a link, or others made it. A ``MachineError``: another process is at
        work in it, or it cannot be written.

        Raises:
            UsageError: it is another project's.
        """
        self._refuse_links()
        with _plainly(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        with _locked(self.root):
            listed = self._listed()
            if listed is None:
                self._write(self._new(project))
            elif listed.project != project:
                raise UsageError(
                    f"the run {self.root.name!r} is one of the project {listed.project!r}",
                    "--run",
                    "give each project runs of its own",
                )
            yield

    def project(self) -> str | None:
        """Return whose run it is, None where nothing was made for it yet.

        A ``DataError``: it is a link, or others made it.
        """
        if not self.root.is_dir():
            return None
        self._refuse_links()
        listed = self._listed()
        return None if listed is None else listed.project

    def clear(self, *parts: str) -> None:
        """Take away what was made in some of the parts; the folder is held.

        Raises:
            DataError: something is left there, which others have put.
        """
        listed = self._whole()
        gone = [name for name in listed.files if PurePosixPath(name).parts[0] in parts]
        self._refuse_changed(gone)
        self._remove(gone)
        left = [name for part in parts for name in self._there(part)]
        if left:
            raise DataError(
                f"{counted(len(left), 'file')} in it foresell did not make: {left[0]}",
                str(self.root),
                "take them away, or give the run another name",
            )
        self._write(_with(listed, [name for name in listed.files if name not in set(gone)]))

    def plan(self, names: Iterable[str]) -> None:
        """List files before they are made; the folder is held."""
        listed = self._whole()
        self._write(_with(listed, sorted({*listed.files, *names})))

    def copy(self, name: str, content: BinaryIO) -> int:
        """Write a file that is planned, from where ``content`` stands; return its bytes."""
        path = self.root / name
        with _plainly(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                shutil.copyfileobj(content, file, _PIECE)
                return file.tell()

    def publish(self, names: Sequence[str]) -> None:
        """Make the draft, now whole, the raw files ``names``, and list those and no draft."""
        with _plainly(self.root):
            (self.root / DRAFT).rename(self.root / RAW)
        listed = self._whole()
        others = [name for name in listed.files if PurePosixPath(name).parts[0] not in (RAW, DRAFT)]
        self._write(_with(listed, sorted({*others, *(f"{RAW}/{name}" for name in names)})))

    def remove(self) -> Cleaned:
        """Take away what is listed, and the folder where nothing else is in it.

        Nothing is removed where anything is odd: a link in the place of a file or folder, a list
        that names what cannot have been made here, or a folder without a list; each is a
        ``DataError``. A ``MachineError``: another process is at work in it, or the disk is full.
        """
        self._refuse_links()
        if not self.root.is_dir():
            return Cleaned()
        with _locked(self.root):
            listed = self._whole()
            self._refuse_changed(listed.files)
            there = [name for name in listed.files if (self.root / name).is_file()]
            size = sum((self.root / name).stat().st_size for name in there)
            self._remove(listed.files)
            kept = tuple(self._there(""))
            if kept:
                self._write(_with(listed, []))
            else:
                with _plainly(self.root):
                    (self.root / _NEW).unlink(missing_ok=True)
                    (self.root / LIST).unlink(missing_ok=True)
                    self.root.rmdir()
        return Cleaned(files=len(there), bytes=size, kept=kept)

    def _refuse_links(self) -> None:
        """Refuse a folder that is a link, or a file; what is behind it is not this run's.

        Raises:
            DataError: it is.
        """
        for path in (self.root.parent, self.root):
            if path.is_symlink() or (path.exists() and not path.is_dir()):
                raise DataError(
                    f"the place of runs is {'a link' if path.is_symlink() else 'a file'}",
                    str(path),
                    "put a folder there, or set FORESELL_HOME to another folder",
                )

    def _listed(self) -> Listed | None:
        """Return the list; None of a folder that is still empty.

        Raises:
            DataError: others made the folder, or the list is not what was written.
        """
        path = self.root / LIST
        if not path.is_symlink() and not path.exists() and not self._there(""):
            return None
        try:
            found = _LISTED.validate_json(b"" if path.is_symlink() else path.read_bytes())
        except (ValidationError, OSError) as error:
            raise DataError(
                f"the folder has no list {LIST} of what foresell made in it",
                str(self.root),
                "look at it: nothing of it is touched; give the run another name",
            ) from error
        odd = [name for name in found.files if not _is_made_here(name)]
        if odd or found.run != self.root.name:
            raise DataError(
                f"the list {LIST} is not what foresell wrote"
                f"{f': it names {odd[0]!r}' if odd else f': it is of the run {found.run!r}'}",
                str(self.root),
                "look at it: nothing of it is touched",
            )
        return found

    def _whole(self) -> Listed:
        """Return the list, empty for nobody where a killed process wrote none."""
        return self._listed() or self._new("")

    def _new(self, project: str) -> Listed:
        """Return a list of nothing."""
        return Listed(kind=_KIND, run=self.root.name, project=project)

    def _write(self, listed: Listed) -> None:
        """Write the list, whole or not at all."""
        new = self.root / _NEW
        with _plainly(self.root):
            with new.open("wb") as file:
                file.write(_LISTED.dump_json(listed, indent=1) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.root / LIST)

    def _there(self, part: str) -> list[str]:
        """Return what is in a part, or in the folder, but for the list and empty folders."""
        found = [
            path.relative_to(self.root).as_posix()
            for path in (self.root / part).rglob("*")
            if path.is_symlink() or not path.is_dir()
        ]
        return sorted(name for name in found if name not in (LIST, _NEW))

    def _refuse_changed(self, names: Iterable[str]) -> None:
        """Refuse to follow a link that somebody put in the place of what was made.

        Raises:
            DataError: one stands there.
        """
        for name in names:
            path = self.root / name
            for one in (
                path,
                *(above for above in path.parents if above.is_relative_to(self.root)),
            ):
                if one.is_symlink():
                    raise DataError(
                        f"{one.relative_to(self.root)} is a link, which foresell did not make",
                        str(self.root),
                        "take the link away: nothing of the folder was touched",
                    )

    def _remove(self, names: Sequence[str]) -> None:
        """Take files away, and the folders that are empty then."""
        above: set[PurePosixPath] = set()
        with _plainly(self.root):
            for name in names:
                (self.root / name).unlink(missing_ok=True)
                above.update(PurePosixPath(name).parents[:-1])
            for folder in sorted(above, key=lambda one: -len(one.parts)):
                place = self.root / folder
                if place.is_dir() and not any(place.iterdir()):
                    place.rmdir()


def _with(listed: Listed, files: list[str]) -> Listed:
    """Return the list with other files."""
    return replace(listed, files=files)


def _is_made_here(name: str) -> bool:
    """Tell whether a name is one that can have been made in the folder of a run.

    >>> [_is_made_here(name) for name in ("raw/a.csv", "raw/../../b", "/raw/a", "b.csv", "raw")]
    [True, False, False, False, False]
    """
    path = PurePosixPath(name)
    plain = path.as_posix() == name and ".." not in path.parts and not path.is_absolute()
    return plain and len(path.parts) > 1 and path.parts[0] in PARTS


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder; the lock is on the folder itself, so that no file is left of it.

    Raises:
        MachineError: another process holds it, or it cannot be opened.
    """
    with _plainly(folder):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MachineError(
                "another process is at work in the folder of this run", str(folder), "wait for it"
            ) from error
        yield
    finally:
        os.close(handle)


@contextmanager
def _plainly(where: Path) -> Iterator[None]:
    """Say plainly that a disk is full, or may not be written.

    Raises:
        MachineError: it is.
    """
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"the folder of a run cannot be written: {error.strerror or error}",
            str(where),
            "free the disk, mend the rights, or set FORESELL_HOME to another folder",
        ) from error
