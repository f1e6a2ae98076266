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
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from foresell.adapters.run_list import (
    DRAFT,
    KIND,
    LIST,
    NEW,
    RAW,
    Listed,
    list_bytes,
    of_others,
    plainly,
    read_list,
    refuse_changed,
    refuse_odd_names,
    standing,
)
from foresell.errors import DataError, MachineError, UsageError

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:~+-]{0,249}")
_PIECE = 2**20
# Never through a link that somebody puts in the place of a file.
_OPENED = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What was taken away: so many files, and bytes. ``kept``: what others had put there.

    A folder in which nothing is stands among it with a ``/`` behind its name.
    """

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
            "use 1 to 250 letters, digits and _ . : ~ + - and begin with a letter, a digit or _",
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
        with plainly(self.root):
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

    def refuse_others(self, *parts: str) -> None:
        """Refuse to work in parts where something is that others have put; the folder is held.

        Raises:
            DataError: it names the first of it.
        """
        left = of_others(self.root, parts, self._whole().files)
        if left:
            more = f" and {len(left) - 1} more" if len(left) > 1 else ""
            raise DataError(
                f"foresell did not make what is in it: {left[0]}{more}",
                str(self.root),
                "take it away, or give the run another name",
            )

    def clear(self, *parts: str) -> None:
        """Take away what was made in some of the parts; the folder is held.

        A ``DataError``, and nothing is taken away: something is there that others have put.
        """
        listed = self._whole()
        gone = [name for name in listed.files if PurePosixPath(name).parts[0] in parts]
        refuse_changed(self.root, gone)
        self.refuse_others(*parts)
        self._remove(gone)
        self._write(_with(listed, [name for name in listed.files if name not in set(gone)]))

    def plan(self, names: Iterable[str]) -> None:
        """List files before they are made; the folder is held.

        A ``DataError``, and nothing is listed: a name leads elsewhere, or can be no file's.
        """
        planned = list(names)
        refuse_odd_names(planned, self.root)
        listed = self._whole()
        self._write(_with(listed, sorted({*listed.files, *planned})))

    def copy(self, name: str, content: BinaryIO) -> int:
        """Write a file that is planned, from where ``content`` stands; return its bytes."""
        refuse_odd_names([name], self.root)
        refuse_changed(self.root, [name])
        path = self.root / name
        with plainly(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, _OPENED | os.O_TRUNC, 0o666), "wb") as file:
                shutil.copyfileobj(content, file, _PIECE)
                return file.tell()

    def publish(self, names: Sequence[str]) -> None:
        """Make the draft, now whole, the raw files ``names``; those of before go only now."""
        self.clear(RAW)
        self.plan(f"{RAW}/{name}" for name in names)
        with plainly(self.root):
            (self.root / DRAFT).rename(self.root / RAW)
        listed = self._whole()
        left = [name for name in listed.files if PurePosixPath(name).parts[0] != DRAFT]
        self._write(_with(listed, left))

    @contextmanager
    def withdrawn_where_it_fails(self) -> Iterator[None]:
        """Take the draft away where the block fails; the folder is held.

        The folder goes too where nothing else is in it: on a full disk nobody would look for it.
        """
        try:
            yield
        except BaseException:
            self.clear(DRAFT)
            if not self._whole().files and not standing(self.root):
                self._vanish()
            raise

    def remove(self) -> Cleaned:
        """Take away what is listed, and the folder where nothing else is in it.

        Nothing is removed where anything is odd: a link in the place of a file or folder, or one of
        these in the place of the other, a list that names what cannot have been made here, or a
        folder without a list; each is a ``DataError``. A ``MachineError``: another process is at
        work in it, or the disk is full.
        """
        self._refuse_links()
        if not self.root.is_dir():
            return Cleaned()
        with _locked(self.root):
            listed = self._whole()
            refuse_changed(self.root, listed.files)
            with plainly(self.root):
                there = [name for name in listed.files if (self.root / name).is_file()]
                size = sum((self.root / name).stat().st_size for name in there)
            self._remove(listed.files)
            kept = tuple(standing(self.root))
            if kept:
                self._write(_with(listed, []))
            else:
                self._vanish()
        return Cleaned(files=len(there), bytes=size, kept=kept)

    def _vanish(self) -> None:
        """Take away the list and the folder, in which nothing else is."""
        with plainly(self.root):
            (self.root / NEW).unlink(missing_ok=True)
            (self.root / LIST).unlink(missing_ok=True)
            self.root.rmdir()

    def _refuse_links(self) -> None:
        """Refuse a folder that is a link, or a file, and one in which a part of it is.

        What is behind a link is not this run's. A part is a ``DataError`` too.

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
        refuse_changed(self.root, [NEW])

    def _listed(self) -> Listed | None:
        """Return the list; None of a folder that is still empty."""
        path = self.root / LIST
        if not path.is_symlink() and not path.exists() and not standing(self.root):
            return None
        return read_list(self.root)

    def _whole(self) -> Listed:
        """Return the list, empty for nobody where a killed process wrote none."""
        return self._listed() or self._new("")

    def _new(self, project: str) -> Listed:
        """Return a list of nothing."""
        return Listed(kind=KIND, run=self.root.name, project=project)

    def _write(self, listed: Listed) -> None:
        """Write the list, whole or not at all."""
        new = self.root / NEW
        with plainly(self.root):
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, _OPENED | os.O_EXCL, 0o666), "wb") as file:
                file.write(list_bytes(listed))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.root / LIST)

    def _remove(self, names: Sequence[str]) -> None:
        """Take files away, and the folders that are empty then."""
        above: set[PurePosixPath] = set()
        with plainly(self.root):
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


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder; the lock is on the folder itself, so that no file is left of it.

    Raises:
        MachineError: another process holds it, or it cannot be opened.
    """
    with plainly(folder):
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
