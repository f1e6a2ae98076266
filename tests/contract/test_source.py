"""What every Source promises."""

from pathlib import Path

import pytest

from foresell.adapters.store import DirectorySource, MemorySource
from foresell.errors import DataError
from foresell.spec.ports import Source
from tests.builders import write_files

FILES = {"train.csv": b"a,b\r\n1,2", "stores.csv": b"x\ry"}


@pytest.fixture(params=["directory", "memory"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    if request.param == "memory":
        return MemorySource(FILES)
    return DirectorySource(write_files(tmp_path / "raw", FILES))


def test_a_source_holds_its_files_and_no_others(source: Source) -> None:
    assert [source.holds(name) for name in ("train.csv", "stores.csv", "test.csv")] == [
        True,
        True,
        False,
    ]


def test_a_file_is_read_byte_for_byte(source: Source) -> None:
    assert {name: source.read(name) for name in FILES} == FILES


def test_a_missing_file_is_a_data_error_with_the_place_and_the_nearest_name(source: Source) -> None:
    with pytest.raises(DataError) as caught:
        source.read("trainn.csv")
    assert caught.value.what == "trainn.csv is missing"
    assert caught.value.where == source.label
    assert caught.value.mend.endswith("did you mean 'train.csv'? Known: stores.csv, train.csv")


def test_data_is_real_unless_said_to_be_synthetic(source: Source) -> None:
    assert source.synthetic is False
    assert DirectorySource(Path("anywhere"), synthetic=True).synthetic
    assert MemorySource({}, synthetic=True).synthetic


def test_a_folder_that_does_not_exist_holds_nothing_and_says_so_when_read(tmp_path: Path) -> None:
    source = DirectorySource(tmp_path / "nowhere")
    assert not source.holds("train.csv")
    with pytest.raises(DataError, match=r"^the data folder does not exist\n"):
        source.read("train.csv")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(b"a")
    with pytest.raises(DataError, match=r"^the data folder is a file\n"):
        DirectorySource(tmp_path / "train.csv").read("train.csv")


def test_an_empty_folder_is_called_empty(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the folder is empty$"):
        DirectorySource(tmp_path).read("train.csv")
