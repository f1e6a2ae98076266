"""Sources on a file system and in memory, and how a pattern picks among their files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NoReturn

from foresell.errors import DataError, MachineError, nearest
from foresell.spec.ports import RawFile

_LISTED = 20


@dataclass(frozen=True)
class DirectorySource:
    """Raw files in a folder."""

    root: Path
    synthetic: bool = False

    @property
    def label(self) -> str:
        """The folder."""
        return str(self.root)

    def files(self, pattern: str) -> Sequence[RawFile]:
        """Return the files that ``pattern`` stands for, by name; see ``matching``."""
        if (self.root / pattern).is_file():
            return [self._file(pattern)]
        return [self._file(name) for name in matching(pattern, self._names(pattern))]

    def open(self, name: str) -> BinaryIO:
        """Open one file for reading.

        Raises DataError when the folder or the file is missing; the error says what is there.

        Raises:
            MachineError: this user may not read it.
        """
        path = self.root / name
        if not path.is_file():
            self._refuse_missing(name)
        try:
            return path.open("rb")
        except PermissionError as error:
            raise MachineError(
                f"{name} may not be read by this user", str(path), f"allow it: chmod u+r {path}"
            ) from error

    def _refuse_missing(self, name: str) -> NoReturn:
        """Refuse to open what is not there.

        Raises:
            DataError: it says what is there.
        """
        if not self.root.is_dir():
            raise DataError(
                f"the data folder {'is a file' if self.root.exists() else 'does not exist'}",
                self.label,
                "point --data at the folder that holds the files",
            )
        if (self.root / name).is_dir() and not name.endswith("/"):
            raise DataError(
                f"{name} is a folder",
                self.label,
                f"put the file there, or declare all files below that folder: file: {name}/",
            )
        if (self.root / name).is_symlink():
            raise DataError(
                f"{name} is a link that leads nowhere",
                str(self.root / name),
                "mend the link, or put the file itself there",
            )
        there = sorted(path.name for path in self.root.iterdir())
        refuse_missing(name, self.label, there, "the folder is empty")

    def _names(self, pattern: str) -> Sequence[str]:
        """Return the names of all files below the last folder that ``pattern`` names in full."""
        folder = self.root
        for part in pattern.split("/")[:-1]:
            if is_glob(part):
                break
            folder /= part
        if not folder.is_dir():
            return []
        return [path.relative_to(self.root).as_posix() for path in _files_below(folder)]

    def _file(self, name: str) -> RawFile:
        """Describe one file."""
        path = self.root / name
        state = path.stat()
        return RawFile(
            name=name,
            uri=path.absolute().as_uri(),
            bytes=state.st_size,
            modified=datetime.fromtimestamp(state.st_mtime, UTC).isoformat(timespec="milliseconds"),
        )


@dataclass(frozen=True)
class MemorySource:
    """Raw files in memory."""

    content: Mapping[str, bytes]
    label: str = "memory"
    synthetic: bool = False

    def files(self, pattern: str) -> Sequence[RawFile]:
        """Return the files that ``pattern`` stands for, by name; see ``matching``."""
        return [
            RawFile(name=name, uri=f"memory:{name}", bytes=len(self.content[name]))
            for name in matching(pattern, self.content)
        ]

    def open(self, name: str) -> BinaryIO:
        """Open one file for reading.

        Raises DataError when there is none of that name; the error says what is there.
        """
        if name not in self.content:
            refuse_missing(name, self.label, self.content, "there is no file at all")
        return BytesIO(self.content[name])


def matching(pattern: str, names: Iterable[str]) -> Sequence[str]:
    """Return those of ``names`` that ``pattern`` stands for, sorted.

    A name stands for itself. In a glob ``*``, ``?`` and ``[...]`` stay within one folder and ``**``
    is any number of folders. A folder, with ``/`` at its end, is every file below it. Hidden files
    and folders, and those that start with ``_``, are left out unless they are named in full.

    >>> names = ["a.csv", "b/c.csv", "b/d/e.csv", "b/_SUCCESS", ".x/f.csv"]
    >>> matching("a.csv", names), matching("*.csv", names), matching("b/", names)
    (['a.csv'], ['a.csv'], ['b/c.csv', 'b/d/e.csv'])
    >>> matching("**/*.csv", names)
    ['a.csv', 'b/c.csv', 'b/d/e.csv']
    """
    known = sorted(names)
    if pattern in known:
        return [pattern]
    wanted = (f"{pattern}**/*" if pattern.endswith("/") else pattern).split("/")
    return [name for name in known if _fits(wanted, name.split("/"))]


def refuse_missing(name: str, where: str, there: Iterable[str], empty: str) -> NoReturn:
    """Refuse to open ``name``, a file or a pattern that nothing answers to.

    Raises:
        DataError: it says what is ``there``, the nearest first; ``empty`` where nothing is.
    """
    known = sorted(there)
    what = f"{name} is missing"
    if name.endswith("/"):
        what = f"the folder {name} holds no file"
    elif is_glob(name):
        what = f"no file answers to {name}"
    raise DataError(
        what,
        where,
        f"put it there, or give the folder that has it; "
        f"{nearest(name, known, _LISTED) if known else empty}",
    )


def is_glob(text: str) -> bool:
    """Tell whether ``text`` stands for more than itself."""
    return any(sign in text for sign in "*?[")


def _fits(pattern: Sequence[str], name: Sequence[str]) -> bool:
    """Tell whether the parts of a name are those of a pattern; see ``matching``."""
    if not pattern or not name:
        return not pattern and not name
    if pattern[0] == "**":
        return _fits(pattern[1:], name) or (_is_seen(name[0]) and _fits(pattern, name[1:]))
    if pattern[0] != name[0] and not (_is_seen(name[0]) and fnmatchcase(name[0], pattern[0])):
        return False
    return _fits(pattern[1:], name[1:])


def _is_seen(part: str) -> bool:
    """Tell whether a part of a name is one that a glob looks at."""
    return not part.startswith((".", "_"))


def _files_below(folder: Path) -> Iterable[Path]:
    """Yield every file below ``folder``; links to folders are not followed."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path
