"""What every reader of outputs promises: files by output and name, a stamp that follows them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from foresell.adapters.outputs import DirectoryOutputs, MemoryOutputs
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import DataError, MachineError
from foresell.spec.ports import Outputs

FILES = {("", "run_id"): b"r1\n", ("eda", "a.json"): b"{}", ("eda", "tables/b.csv"): b"x\n1\n"}
Make = Callable[[dict[tuple[str, str], bytes]], Outputs]


@pytest.fixture(params=["directory", "memory"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    def in_folder(files: dict[tuple[str, str], bytes]) -> Outputs:
        for (output, name), content in files.items():
            place = tmp_path / output / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return DirectoryOutputs(DirectoryWorkspace(tmp_path))

    return in_folder if request.param == "directory" else lambda files: MemoryOutputs(dict(files))


def test_a_file_is_read_by_its_output_and_its_name(make: Make) -> None:
    outputs = make(FILES)
    assert {place: outputs.read(*place) for place in FILES} == FILES


def test_the_files_of_an_output_are_listed_by_name_with_their_folders(make: Make) -> None:
    assert list(make(FILES).list("eda")) == ["a.json", "tables/b.csv"]


def test_an_output_that_was_not_made_has_no_files(make: Make) -> None:
    assert list(make(FILES).list("report")) == []


def test_what_is_not_there_has_no_stamp_and_cannot_be_read(make: Make) -> None:
    outputs = make(FILES)
    assert outputs.stamp("eda", "c.json") is None
    with pytest.raises(DataError, match=r"c\.json"):
        outputs.read("eda", "c.json")


def test_a_stamp_stays_while_a_file_does_and_changes_with_it(make: Make) -> None:
    outputs = make(FILES)
    first = outputs.stamp("eda", "a.json")
    assert first is not None
    assert outputs.stamp("eda", "a.json") == first
    changed = make({**FILES, ("eda", "a.json"): b'{"more": 1}'})
    assert changed.stamp("eda", "a.json") != first


def test_a_file_that_cannot_be_looked_at_is_not_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "eda").mkdir()
    around = tmp_path / "eda" / "a.json"
    around.symlink_to(around)
    outputs = DirectoryOutputs(DirectoryWorkspace(tmp_path))

    assert outputs.stamp("eda", "a.json") is not None
    with pytest.raises(MachineError, match=r"a\.json cannot be read: Too many levels") as told:
        outputs.read("eda", "a.json")
    assert told.value.mend == "mend the rights or the disk"


def test_a_folder_that_cannot_be_looked_at_is_not_said_to_be_empty(tmp_path: Path) -> None:
    around = tmp_path / "eda"
    around.symlink_to(around)
    with pytest.raises(MachineError, match="eda cannot be read: Too many levels"):
        DirectoryOutputs(DirectoryWorkspace(tmp_path)).list("eda")


def test_a_folder_in_the_place_of_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "eda" / "a.json").mkdir(parents=True)
    with pytest.raises(DataError, match="Is a directory"):
        DirectoryOutputs(DirectoryWorkspace(tmp_path)).read("eda", "a.json")
