"""Zip archives with the expected members, and what is refused of all others."""

import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from foresell.adapters import archives
from foresell.adapters.archives import open_archive
from foresell.errors import DataError

FILES = {"train.csv": b"a\n1", "stores.csv": b"b\n2"}
WANTED = ["train.csv", "stores.csv"]


def packed(files: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, packing)
    return buffer.getvalue()


def below(folder: str) -> dict[str, bytes]:
    return {f"{folder}{name}": content for name, content in FILES.items()}


def put(folder: Path, content: bytes) -> Path:
    path = folder / "raw.zip"
    path.write_bytes(content)
    return path


def refusal(folder: Path, content: bytes) -> DataError:
    with pytest.raises(DataError) as caught:
        open_archive(put(folder, content), WANTED)
    assert caught.value.where == str(folder / "raw.zip")
    return caught.value


@pytest.mark.parametrize("folder", ["", "data/", "a/b c/ü/"])
@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_the_members_are_found_in_one_folder_anywhere_inside(
    folder: str, packing: int, tmp_path: Path
) -> None:
    more = {"readme.txt": b"x", "__MACOSX/train.csv": b"y", "other/deep/stores.csv": b"z"}
    source = open_archive(put(tmp_path, packed(below(folder) | more, packing)), WANTED)
    assert [file.name for file in source.files("*.csv")] == ["stores.csv", "train.csv"]
    for name, content in FILES.items():
        with source.open(name) as file:
            assert file.read() == content


def test_of_two_folders_the_one_nearer_to_the_top_is_taken(tmp_path: Path) -> None:
    inner = {f"old/backup/{name}": b"" for name in FILES}
    source = open_archive(put(tmp_path, packed(inner | below("new/"))), WANTED)
    assert source.folder == "new/"


def test_two_folders_on_one_level_are_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, packed(below("one/") | below("two/")))
    assert error.what == "the archive holds the files in 2 folders: one/, two/"


def test_an_archive_without_a_member_names_those_expected_and_those_found(tmp_path: Path) -> None:
    error = refusal(tmp_path, packed({"data/train.csv": b"", "stores.csv": b"", "data/x.csv": b""}))
    assert error.what == (
        "the archive lacks train.csv; it holds data/train.csv, data/x.csv, stores.csv"
    )
    assert error.mend == "give a zip that holds train.csv, stores.csv in one folder"


def test_an_empty_archive_holds_nothing(tmp_path: Path) -> None:
    assert refusal(tmp_path, packed({})).what.endswith("it holds nothing")


def tarred(mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo("train.csv")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"a"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (tarred("w"), "a tar archive"),
        (tarred("w:gz"), "a gzip file"),
        (tarred("w:bz2"), "a bzip2 file"),
        (lzma.compress(b"a"), "an xz file"),
        (b"Rar!\x1a\x07\x01\x00", "a rar archive"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "a 7z archive"),
        (b"Store,Dept\n1,2", "no archive"),
        (b"", "no archive"),
        (packed(FILES)[:-30], "a zip that is damaged or cut off"),
    ],
    # an archive holds the time it was made, which no name of a test may
    ids=["tar", "gzip", "bzip2", "xz", "rar", "7z", "text", "nothing", "cut off"],
)
def test_any_other_archive_is_refused_and_called_by_its_name(
    content: bytes, kind: str, tmp_path: Path
) -> None:
    error = refusal(tmp_path, content)
    assert error.what == (
        f"raw.zip is {kind}; what is read is a zip that holds train.csv, stores.csv"
    )
    assert error.mend == "pack the files into a zip, or give the folder that holds them"


@pytest.mark.parametrize("name", ["../train.csv", "/etc/train.csv", "a/../../x", "..\\x", "C:\\x"])
def test_a_member_that_points_outside_is_refused(name: str, tmp_path: Path) -> None:
    error = refusal(tmp_path, packed(FILES | {name: b"evil"}))
    assert error.what == f"the member {name} points outside the archive"


def flagged(at: int, value: int) -> Callable[[bytes], bytes]:
    """An archive whose central directory says something else of its first member."""

    def make(content: bytes) -> bytes:
        start = content.index(b"PK\x01\x02")
        made = bytearray(content)
        struct.pack_into("<H", made, start + at, value)
        return bytes(made)

    return make


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, flagged(8, 1)(packed(FILES)))
    assert error.what == "the member train.csv is encrypted"


def test_a_packing_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, flagged(10, 98)(packed(FILES)))
    assert error.what == "the member train.csv is packed in a way nobody here reads"


def test_a_bomb_is_refused_and_a_small_file_of_one_letter_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = packed(FILES | {"train.csv": b"0" * 1_000_000})
    assert open_archive(put(tmp_path, content), WANTED).folder == ""
    monkeypatch.setattr(archives, "_SMALL", 10_000)
    error = refusal(tmp_path, content)
    assert error.what.startswith("the member train.csv is ")
    assert error.what.endswith(" times as large unpacked")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_twice_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in (*WANTED, "train.csv"):
            archive.writestr(name, b"a")
    assert refusal(tmp_path, buffer.getvalue()).what == "the archive holds train.csv twice"
