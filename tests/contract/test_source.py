"""What every Source promises."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from foresell.adapters.archives import open_archive
from foresell.adapters.s3_source import S3Source
from foresell.adapters.sources import DirectorySource, MemorySource
from foresell.errors import DataError
from foresell.spec.ports import Source
from tests.builders import write_files
from tests.services import S3

FILES = {
    "train.csv": b"a,b\r\n1,2",
    "stores.csv": b"x\ry",
    "sales/b.csv": b"1",
    "sales/a.csv": b"22",
    "sales/year=2024/month=02/part-0.csv": b"333",
    "sales/_SUCCESS": b"",
    "sales/.hidden.csv": b"4",
    "_old/train.csv": b"5",
    "odd[1].csv": b"6",
}


def directory(place: Path) -> Source:
    return DirectorySource(write_files(place / "raw", FILES))


def memory(_: Path) -> Source:
    return MemorySource(FILES)


def archive(place: Path) -> Source:
    with zipfile.ZipFile(place / "raw.zip", "w") as packed:
        for name, content in FILES.items():
            packed.writestr(f"export/{name}", content)
    return open_archive(place / "raw.zip", ["train.csv", "sales/"])


def bucket(s3: S3, prefix: str) -> S3Source:
    import boto3  # noqa: PLC0415 - takes a while

    name, client = s3.bucket(), boto3.client("s3", endpoint_url=s3.endpoint)
    before = f"{prefix}/" if prefix else ""
    for key, content in FILES.items():
        client.put_object(Bucket=name, Key=f"{before}{key}", Body=content)
    if before:
        client.put_object(Bucket=name, Key="raw/sales/beside.csv", Body=b"7")
    client.put_object(Bucket=name, Key=f"{before}sales/", Body=b"")  # a console's mark of a folder
    client.close()
    return S3Source(name, prefix)


@pytest.fixture(params=[directory, memory, archive, "bucket", "bucket with a prefix"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    if isinstance(request.param, str):
        s3: S3 = request.getfixturevalue("s3")
        return bucket(s3, "raw/sales/2024 + ü" if "prefix" in request.param else "")
    make: Callable[[Path], Source] = request.param
    return make(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("train.csv", ["train.csv"]),
        ("sales/a.csv", ["sales/a.csv"]),
        ("test.csv", []),
        ("*.csv", ["odd[1].csv", "stores.csv", "train.csv"]),
        ("s?les/[ab].csv", ["sales/a.csv", "sales/b.csv"]),
        ("sales/", ["sales/a.csv", "sales/b.csv", "sales/year=2024/month=02/part-0.csv"]),
        ("sales/**/*.csv", ["sales/a.csv", "sales/b.csv", "sales/year=2024/month=02/part-0.csv"]),
        ("**/part-*.csv", ["sales/year=2024/month=02/part-0.csv"]),
        ("sales/*/*/*.csv", ["sales/year=2024/month=02/part-0.csv"]),
        ("sales/*", ["sales/a.csv", "sales/b.csv"]),
        ("odd[1].csv", ["odd[1].csv"]),
        ("_old/train.csv", ["_old/train.csv"]),
        ("_old/*.csv", ["_old/train.csv"]),
        ("*/train.csv", []),
        ("nothing/", []),
        ("sales", []),
    ],
)
def test_a_pattern_stands_for_files_in_the_order_of_their_names(
    source: Source, pattern: str, names: list[str]
) -> None:
    assert [file.name for file in source.files(pattern)] == names


def test_a_file_is_described_by_its_size_and_its_place(source: Source) -> None:
    file = source.files("sales/a.csv")[0]
    stored = isinstance(source, S3Source)
    assert file.bytes == len(FILES["sales/a.csv"])
    assert file.version == file.etag == ("b6d767d2f8ed5d21a44b0e5886680cb9" if stored else None)
    assert file.uri.endswith("sales/a.csv")
    assert ":" in file.uri


def test_a_file_is_read_byte_for_byte(source: Source) -> None:
    def content(name: str) -> bytes:
        with source.open(name) as file:
            return file.read()

    assert {name: content(name) for name in FILES} == FILES


def test_a_file_is_opened_twice_at_once_each_time_from_its_start(source: Source) -> None:
    with source.open("train.csv") as first, source.open("train.csv") as second:
        assert (first.read(3), second.read(), first.read()) == (
            b"a,b",
            FILES["train.csv"],
            b"\r\n1,2",
        )
        first.seek(0)
        assert first.read(1) == b"a"


def test_a_missing_file_is_a_data_error_with_the_place_and_the_nearest_name(source: Source) -> None:
    with pytest.raises(DataError) as caught:
        source.open("trainn.csv")
    assert caught.value.what == "trainn.csv is missing"
    assert caught.value.where == source.label
    assert "; did you mean 'train.csv'? Known: _old" in caught.value.mend


@pytest.mark.parametrize(
    ("pattern", "what"),
    [("web/", "the folder web/ holds no file"), ("web/*.csv", "no file answers to web/*.csv")],
)
def test_a_pattern_without_files_cannot_be_opened_and_says_what_is_there(
    source: Source, pattern: str, what: str
) -> None:
    with pytest.raises(DataError) as caught:
        source.open(pattern)
    assert caught.value.what == what
    assert "stores.csv" in caught.value.mend


def test_data_is_real_unless_said_to_be_synthetic(source: Source) -> None:
    assert source.synthetic is False
    assert DirectorySource(Path("anywhere"), synthetic=True).synthetic
    assert MemorySource({}, synthetic=True).synthetic


def test_a_folder_that_does_not_exist_holds_nothing_and_says_so_when_read(tmp_path: Path) -> None:
    source = DirectorySource(tmp_path / "nowhere")
    assert [*source.files("train.csv"), *source.files("*.csv")] == []
    with pytest.raises(DataError, match=r"^the data folder does not exist\n"):
        source.open("*.csv")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(b"a")
    with pytest.raises(DataError, match=r"^the data folder is a file\n"):
        DirectorySource(tmp_path / "train.csv").open("train.csv")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").mkdir()
    with pytest.raises(DataError, match=r"^train.csv is a folder\n"):
        DirectorySource(tmp_path).open("train.csv")


def test_a_link_that_leads_nowhere_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "train.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(DataError, match=r"^train.csv is a link that leads nowhere\n"):
        DirectorySource(tmp_path).open("train.csv")


def test_an_empty_folder_is_called_empty(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the folder is empty$"):
        DirectorySource(tmp_path).open("train.csv")


def test_of_many_names_the_first_are_listed_and_the_others_counted() -> None:
    source = MemorySource({f"{number:03}.bin": b"" for number in range(25)})
    with pytest.raises(DataError) as caught:
        source.open("train.csv")
    assert caught.value.mend.endswith("018.bin, 019.bin, and 5 more")
