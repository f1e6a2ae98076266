"""The list of what was made in the folder of a run: what it may name, and what stands there."""

import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as parsed

from foresell.errors import DataError, MachineError

RAW, SAMPLE = "raw", "sample"
DRAFT = "raw.draft"  # where raw files are put together, out of sight of stages
PARTS = (RAW, DRAFT, SAMPLE)
LIST = "run.json"
NEW = f".{LIST}.new"
KIND: Final = "files of one run, made by foresell"
_LONGEST = 255  # bytes of a name, on any file system that is in use


@parsed(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", strict=True))
class Listed:
    """What ``run.json`` says: whose folder it is, and every file that was made in it, by name."""

    kind: Literal["files of one run, made by foresell"]
    run: str
    project: str
    files: list[str] = field(default_factory=list)


_LISTED = TypeAdapter(Listed)


def list_bytes(listed: Listed) -> bytes:
    """Return the list as it is written."""
    return _LISTED.dump_json(listed, indent=1) + b"\n"


def read_list(root: Path) -> Listed:
    """Return the list of a folder.

    Raises:
        DataError: others made the folder, or the list is not what was written.
    """
    path = root / LIST
    try:
        found = _LISTED.validate_json(b"" if path.is_symlink() else path.read_bytes())
    except (ValidationError, OSError) as error:
        raise DataError(
            f"the folder has no list {LIST} of what foresell made in it",
            str(root),
            "look at it: nothing of it is touched; give the run another name",
        ) from error
    odd = [name for name in found.files if not is_made_here(name)]
    if odd or found.run != root.name:
        raise DataError(
            f"the list {LIST} is not what foresell wrote"
            f"{f': it names {odd[0]!r}' if odd else f': it is of the run {found.run!r}'}",
            str(root),
            "look at it: nothing of it is touched",
        )
    return found


def is_made_here(name: str) -> bool:
    """Tell whether a name is one that can have been made in the folder of a run.

    >>> [is_made_here(name) for name in ("raw/a.csv", "raw/../../b", "/raw/a", "b.csv", "raw")]
    [True, False, False, False, False]
    """
    path = PurePosixPath(name)
    plain = path.as_posix() == name and ".." not in path.parts and not path.is_absolute()
    return plain and len(path.parts) > 1 and path.parts[0] in PARTS and all(map(_fits, path.parts))


def _fits(part: str) -> bool:
    r"""Tell whether a file or a folder can be called so, and a list of text can say it.

    >>> [_fits(part) for part in ("a" * 255, "ä" * 128, "a\0b", "\udcff")]
    [True, False, False, False]
    """
    try:
        return "\0" not in part and len(part.encode()) <= _LONGEST
    except UnicodeEncodeError:  # bytes that are no UTF-8, as some disks have them in names
        return False


def refuse_odd_names(names: Iterable[str], root: Path) -> None:
    """Refuse names of which a file would lie elsewhere, or could not be listed.

    Raises:
        DataError: it names the first.
    """
    for name in names:
        if not is_made_here(name):
            raise DataError(
                f"no file of a run can have the name {name!r}",
                str(root),
                "name the table's file by a plain way below the folder of the data",
            )


def refuse_changed(root: Path, names: Sequence[str]) -> None:
    """Refuse what cannot have been made there: a link, a folder for a file, a file for a folder.

    Raises:
        DataError: one stands in the place of a file of ``names``, or of a folder above one.
    """
    above = {path.as_posix() for name in names for path in PurePosixPath(name).parents[:-1]}
    wanted = [(name, stat.S_ISDIR) for name in sorted({*PARTS, *above})]
    for name, is_right in (*wanted, *((name, stat.S_ISREG) for name in names)):
        mode = _mode(root, name)
        if mode is not None and not is_right(mode):
            kind = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFREG: "a file"}
            raise DataError(
                f"{name} is {kind.get(stat.S_IFMT(mode), 'no file')}, which foresell did not make",
                str(root),
                "take it away: it was not touched",
            )


def _mode(root: Path, name: str) -> int | None:
    """Return what kind of thing stands somewhere, a link as itself; None where nothing does."""
    with plainly(root):
        try:
            return (root / name).lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None


def standing(root: Path, part: str = "") -> list[str]:
    """Return what is in a part, or in the whole folder, but for the list.

    Files by name, and folders in which nothing is with a ``/`` behind their name.
    """
    found = []
    with plainly(root):
        for path in (root / part).rglob("*"):
            name = path.relative_to(root).as_posix()
            if path.is_symlink() or not path.is_dir():
                found.append(name)
            elif not any(path.iterdir()):
                found.append(f"{name}/")
    return sorted(name for name in found if name not in (LIST, NEW))


def of_others(root: Path, parts: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return what is in some parts, and is neither one of ``names`` nor a folder above one."""
    own = {*names}
    own |= {f"{path}/" for name in own for path in PurePosixPath(name).parents}
    return [name for part in parts for name in standing(root, part) if name not in own]


@contextmanager
def plainly(where: Path) -> Iterator[None]:
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
