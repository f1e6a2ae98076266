"""Names that lead elsewhere and links in the way: nothing is written or removed beyond a run."""

from io import BytesIO
from pathlib import Path

import pytest

from foresell.adapters.run_folder import RunFolder
from foresell.adapters.run_list import DRAFT, LIST, RAW, SAMPLE
from foresell.errors import DataError
from tests.builders import snapshot
from tests.unit.adapters.test_run_folder import put


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "_runs" / "monday")


@pytest.mark.parametrize(
    "name",
    [
        "raw/../../precious",
        "raw.draft/../precious",
        "/etc/hosts",
        "raw/./a.csv",
        "raw//a.csv",
        "raw",
        "notes/a.csv",
        "raw/a\0.csv",
        f"raw/{'x' * 256}",
        "raw/\udcff.csv",
    ],
)
def test_a_name_that_leads_elsewhere_is_neither_listed_nor_written(
    folder: RunFolder, name: str
) -> None:
    put(folder, "a.csv")
    (folder.root.parent / "precious").write_text("precious")
    before = snapshot(folder.root.parent)
    with folder.held("toy"):
        with pytest.raises(DataError, match="no file of a run can have the name"):
            folder.plan(["raw/fine.csv", name])
        with pytest.raises(DataError, match="no file of a run can have the name"):
            folder.copy(name, BytesIO(b"spoilt"))
    assert snapshot(folder.root.parent) == before


@pytest.mark.parametrize("part", [RAW, DRAFT, SAMPLE])
def test_nothing_is_written_through_a_part_that_is_a_link(
    folder: RunFolder, tmp_path: Path, part: str
) -> None:
    with folder.held("toy"):
        pass
    (tmp_path / "outside").mkdir()
    (folder.root / part).symlink_to(tmp_path / "outside")
    with pytest.raises(DataError, match=f"{part} is a link, which foresell did not make"):
        put(folder, "a.csv")
    with pytest.raises(DataError, match="is a link"):
        folder.remove()
    assert list((tmp_path / "outside").iterdir()) == []


def test_the_list_is_not_written_through_a_link(folder: RunFolder, tmp_path: Path) -> None:
    put(folder, "a.csv")
    (folder.root / "mine.txt").write_text("mine")
    (tmp_path / "victim").write_text("precious")
    (folder.root / f".{LIST}.new").symlink_to(tmp_path / "victim")
    with pytest.raises(DataError, match=r".run.json.new is a link"):
        folder.remove()
    with pytest.raises(DataError, match=r".run.json.new is a link"):
        put(folder, "b.csv")
    assert (tmp_path / "victim").read_text() == "precious"
    assert (folder.root / "raw" / "a.csv").is_file()


def test_a_link_that_is_put_in_the_place_of_a_planned_file_is_not_written_through(
    folder: RunFolder, tmp_path: Path
) -> None:
    (tmp_path / "victim").write_text("precious")
    with folder.held("toy"):
        folder.plan(["raw.draft/a.csv"])
        (folder.root / DRAFT).mkdir()
        (folder.root / DRAFT / "a.csv").symlink_to(tmp_path / "victim")
        with pytest.raises(DataError, match=r"raw.draft/a.csv is a link"):
            folder.copy("raw.draft/a.csv", BytesIO(b"spoilt"))
    assert (tmp_path / "victim").read_text() == "precious"


@pytest.mark.parametrize(
    ("place", "kind"), [("raw/b/c.csv", "a folder"), ("raw/b", "a file"), ("raw", "a file")]
)
def test_a_file_and_a_folder_in_each_other_s_place_remove_nothing(
    folder: RunFolder, tmp_path: Path, place: str, kind: str
) -> None:
    put(folder, "a.csv", "b/c.csv")
    (folder.root / place).rename(tmp_path / "elsewhere")
    if kind == "a folder":
        (folder.root / place).mkdir()
    else:
        (folder.root / place).write_text("mine")
    before = snapshot(folder.root)
    with pytest.raises(DataError, match=f"{place} is {kind}, which foresell did not make"):
        folder.remove()
    assert snapshot(folder.root) == before
