"""Raw files in a zip archive; any other archive is refused, and so is a zip that may harm."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from foresell.adapters.sources import matching, refuse_missing
from foresell.contracts.signatures import HEAD, kind_of
from foresell.errors import DataError
from foresell.spec.ports import RawFile

_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_LARGEST_RATIO, _SMALL = 200, 10_000_000  # a table packs 2 to 50 times; a bomb over 1,000 times
_ENCRYPTED = 0x1
_LISTED = 20
_A_ZIP = "pack the files into a zip, or give the folder that holds them"


@dataclass(frozen=True)
class ZipSource:
    """The files below ``folder`` of a zip archive; ``members``: their names there, and sizes."""

    path: Path
    folder: str
    members: tuple[tuple[str, int], ...]
    synthetic: bool = False

    @property
    def label(self) -> str:
        """The archive, and the folder in it."""
        return f"{self.path}/{self.folder}".rstrip("/")

    def files(self, pattern: str) -> Sequence[RawFile]:
        """Return the members that ``pattern`` stands for, by name; see ``matching``."""
        sizes = dict(self.members)
        return [
            RawFile(
                name=name,
                uri=f"{self.path.absolute().as_uri()}!/{self.folder}{name}",
                bytes=sizes[name],
            )
            for name in matching(pattern, sizes)
        ]

    def open(self, name: str) -> BinaryIO:
        """Open one member for reading; a ``DataError`` says what is there instead."""
        names = dict(self.members)
        if name not in names:
            refuse_missing(name, self.label, names, "there is no file at all")
        return cast("BinaryIO", zipfile.ZipFile(self.path).open(self.folder + name))


def open_archive(path: Path, wanted: Sequence[str]) -> ZipSource:
    """Return the zip archive ``path``, from the folder in it that holds all of ``wanted``.

    ``wanted`` are names or patterns of files, relative to one common folder, which may be anywhere
    in the archive.

    Raises:
        DataError: it is no zip or a damaged one, a member is encrypted or points outside, what is
            packed is too large for its size, or no folder, or more than one, holds all of
            ``wanted``.
    """
    expected = f"a zip that holds {', '.join(wanted)}"
    try:
        with zipfile.ZipFile(path) as archive:
            found = [info for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        what = _kind(path)
        raise DataError(
            f"{path.name} is {what}; what is read is {expected}", str(path), _A_ZIP
        ) from error
    for info in found:
        _refuse_harmful(info, path)
    sizes = {info.filename: info.file_size for info in found}
    if len(sizes) < len(found):
        names = [info.filename for info in found]
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"the archive holds {twice} twice", str(path), "keep one of them")
    folder = _common_folder(list(sizes), wanted, path)
    members = tuple((n.removeprefix(folder), s) for n, s in sizes.items() if n.startswith(folder))
    return ZipSource(path, folder, members)


def _kind(path: Path) -> str:
    """Return what a file is that is no zip."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(b"PK"):
        return "a zip that is damaged or cut off"
    return kind_of(head) or "no archive"


def _refuse_harmful(info: zipfile.ZipInfo, path: Path) -> None:
    """Refuse a member that cannot be read, points outside the archive, or would fill the disk.

    Raises:
        DataError: it names the member.
    """
    name = info.filename
    parts = PurePosixPath(name).parts
    trouble = ""
    if name.startswith("/") or ".." in parts or "\\" in name or ":" in (parts or ("",))[0]:
        trouble, mend = f"the member {name} points outside the archive", "do not trust this file"
    elif info.flag_bits & _ENCRYPTED:
        trouble, mend = f"the member {name} is encrypted", "unpack it, and give the folder"
    elif info.compress_type not in _PACKINGS:
        trouble, mend = f"the member {name} is packed in a way nobody here reads", _A_ZIP
    elif info.file_size > max(_SMALL, _LARGEST_RATIO * info.compress_size):
        ratio = info.file_size // max(info.compress_size, 1)
        trouble = f"the member {name} is {ratio:,} times as large unpacked"
        mend = "if that is right, unpack it, and give the folder"
    if trouble:
        raise DataError(trouble, str(path), mend)


def _common_folder(names: Sequence[str], wanted: Sequence[str], path: Path) -> str:
    """Return the folder, with ``/`` at its end or empty, that holds all of ``wanted``.

    Raises:
        DataError: none does, or two as near to the top do.
    """
    seen = [name for name in names if not name.startswith("__MACOSX/")]
    folders = {"", *(f"{up}/" for name in seen for up in PurePosixPath(name).parents if up.name)}
    whole = [folder for folder in folders if not _lacking(folder, seen, wanted)]
    nearest_top = min((folder.count("/") for folder in whole), default=0)
    best = sorted(folder for folder in whole if folder.count("/") == nearest_top)
    if len(best) == 1:
        return best[0]
    if best:
        raise DataError(
            f"the archive holds the files in {len(best)} folders: {', '.join(best)}",
            str(path),
            "keep one of them, or unpack it and give the folder",
        )
    lacks = min((_lacking(folder, seen, wanted) for folder in sorted(folders)), key=len)
    listed = ", ".join(sorted(seen)[:_LISTED]) or "nothing"
    more = f", and {len(seen) - _LISTED} more" if len(seen) > _LISTED else ""
    raise DataError(
        f"the archive lacks {', '.join(lacks)}; it holds {listed}{more}",
        str(path),
        f"give a zip that holds {', '.join(wanted)} in one folder",
    )


def _lacking(folder: str, names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return those of ``wanted`` that no name below ``folder`` answers to."""
    below = [name.removeprefix(folder) for name in names if name.startswith(folder)]
    return [pattern for pattern in wanted if not matching(pattern, below)]
