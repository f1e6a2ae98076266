"""The raw files of a run: all of them as they are, the newest, or those of a span of days."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import settings as checked
from hypothesis import strategies as st

import foresell
from foresell.adapters.run_folder import Cleaned, RunFolder
from foresell.adapters.sources import DirectorySource, MemorySource
from foresell.contracts.contract import parse_contract
from foresell.errors import DataError, MachineError, UsageError
from foresell.spec.reading import parse_project
from foresell.wiring.extracting import Extracted, ExtractedTable, Wanted, extract
from tests.builders import snapshot

PROJECT = """\
name: toy
title: A toy
kind: panel
unit: USD
tables:
  - {name: sales, file: sales/}
  - {name: shops, file: shops.csv, join_on: [shop]}
  - {name: weather, file: weather/*.csv, join_on: [day]}
asked: {file: asked.csv}
columns: {shop: key, day: time, sales: target, size: static, rain: past_only}
frequency: D
horizon: 2
season: 7
split: {test: 2, validation: [2]}
"""
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: toy
name: toy
version: 1.0.0
status: active
schema:
  - name: sales
    logicalType: object
    properties:
      - {name: shop, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1}
      - name: day
        logicalType: date
        required: true
        primaryKey: true
        primaryKeyPosition: 2
      - {name: sales, logicalType: number, required: true}
      - {name: size, logicalType: integer}
      - {name: rain, logicalType: number}
"""
UNDATED = PROJECT.replace("  - {name: weather, file: weather/*.csv, join_on: [day]}\n", "")


def day(number: int) -> date:
    return date(2024, 1, 1) + timedelta(days=number - 1)


def sales(*days: int) -> bytes:
    rows = [f"{shop},{day(one)},{one}.50" for one in days for shop in (1, 2)]
    return "\n".join(["shop,day,sales", *rows, ""]).encode()


def weather(*days: int) -> bytes:
    return "\n".join(["day,rain", *(f"{day(one)},0.5" for one in days), ""]).encode()


FILES: Mapping[str, bytes] = {
    "sales/a.csv": sales(1, 2, 3),
    "sales/b.csv": sales(7, 8),
    "sales/c.csv": sales(4, 5, 6),
    "shops.csv": b"shop,size\n1,10\n2,20\n",
    "weather/1.csv": weather(1, 2, 3, 4),
    "weather/2.csv": weather(5, 6, 7, 8),
    "asked.csv": f"shop,day\n1,{day(9)}\n".encode(),
    "notes.txt": b"of no table",
}


def taken(
    tmp_path: Path, files: Mapping[str, bytes] = FILES, project: str = PROJECT, **wanted: object
) -> tuple[Extracted, dict[str, bytes]]:
    folder = RunFolder(tmp_path / "_runs" / "r")
    spec = parse_project(project, "project.yaml")
    contract = parse_contract(CONTRACT, "contract.yaml")
    found = extract(spec, contract, MemorySource(files), folder, Wanted(**wanted))  # type: ignore[arg-type]
    return found, snapshot(folder.root / "raw")


def test_without_a_wish_every_declared_file_is_there_byte_for_byte(tmp_path: Path) -> None:
    found, files = taken(tmp_path)
    assert files == {name: FILES[name] for name in FILES if name != "notes.txt"}
    assert found.files == {name: len(content) for name, content in files.items()}
    assert (found.folder, found.run, found.asked) == (tmp_path / "_runs" / "r" / "raw", "r", True)
    assert (found.first, found.last) == (None, None)
    assert found.tables[0] == ExtractedTable(name="sales", files=3, were=3)


def test_rows_within_the_span_are_kept_of_every_table_that_has_days(tmp_path: Path) -> None:
    found, files = taken(tmp_path, start=day(3), end=day(5))
    assert files == {
        "sales/a.csv": sales(3),
        "sales/c.csv": sales(4, 5),
        "shops.csv": FILES["shops.csv"],
        "weather/1.csv": weather(3, 4),
        "weather/2.csv": weather(5),
    }
    assert (found.first, found.last, found.asked) == (day(3), day(5), False)
    assert found.tables == (
        ExtractedTable(name="sales", files=2, were=3, rows=6, left_out=10),
        ExtractedTable(name="shops", files=1, were=1),
        ExtractedTable(name="weather", files=2, were=2, rows=3, left_out=5),
    )


def test_rows_that_are_asked_for_follow_upon_the_last_day_and_stay_where_it_stays(
    tmp_path: Path,
) -> None:
    assert "asked.csv" in taken(tmp_path, start=day(6))[1]
    assert "asked.csv" in taken(tmp_path, end=day(8))[1]
    found, files = taken(tmp_path, end=day(7))
    assert (found.asked, "asked.csv" in files) == (False, False)
    nothing = {name: content for name, content in FILES.items() if name != "asked.csv"}
    assert taken(tmp_path, nothing)[0].asked is None


@pytest.mark.parametrize(
    ("newest", "names"),
    [(1, {"b"}), (2, {"b", "c"}), (3, {"a", "b", "c"}), (9, {"a", "b", "c"}), (0, {"a", "b", "c"})],
)
def test_the_newest_files_are_those_with_the_newest_days(
    tmp_path: Path, newest: int, names: set[str]
) -> None:
    found, files = taken(tmp_path, newest=newest)
    assert {name: files[name] for name in files if name.startswith("sales")} == {
        f"sales/{name}.csv": FILES[f"sales/{name}.csv"] for name in names
    }
    assert files["weather/1.csv"] == FILES["weather/1.csv"]
    assert found.tables[0].files == len(names)


def test_the_newest_files_are_counted_among_those_of_the_span(tmp_path: Path) -> None:
    _, files = taken(tmp_path, newest=1, end=day(5))
    assert [name for name in files if name.startswith("sales")] == ["sales/c.csv"]
    assert files["sales/c.csv"] == sales(4, 5)


def test_files_without_days_are_newer_the_later_their_names_are(tmp_path: Path) -> None:
    project = UNDATED.replace("day: time, ", "").replace("kind: panel", "kind: tabular")
    project = project.replace("frequency: D\nhorizon: 2\nseason: 7\n", "").replace(
        "split: {test: 2, validation: [2]}", "split: {test_share: 0.2}"
    )
    project = project.replace("static", "feature").replace(", rain: past_only", "")
    project = project.replace("asked: {file: asked.csv}\n", "")
    _, files = taken(tmp_path, FILES, project, newest=2)
    assert [name for name in files if name.startswith("sales")] == ["sales/b.csv", "sales/c.csv"]
    with pytest.raises(UsageError, match="has no column of days to choose rows by"):
        taken(tmp_path, FILES, project, start=day(1))


def test_a_row_without_a_day_stays_for_the_gate_to_judge(tmp_path: Path) -> None:
    lost = FILES["sales/a.csv"] + b"3,,9\n"
    _, files = taken(tmp_path, {**FILES, "sales/a.csv": lost}, start=day(3))
    assert files["sales/a.csv"] == sales(3) + b"3,,9\n"


def test_a_joined_table_without_a_row_in_the_span_keeps_its_newest_file(tmp_path: Path) -> None:
    early = {**FILES, "weather/1.csv": weather(1), "weather/2.csv": weather(2)}
    found, files = taken(tmp_path, early, start=day(6))
    assert {name for name in files if name.startswith("weather")} == {"weather/2.csv"}
    assert files["weather/2.csv"] == weather(2)
    assert found.tables[2] == ExtractedTable(name="weather", files=1, were=2, rows=1, left_out=1)


def test_a_span_without_a_row_is_refused_with_the_days_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        taken(tmp_path, start=day(9), end=day(10))
    assert refused.value.args == (
        "no row is left of 2024-01-09 to 2024-01-10",
        "--start, --end",
        "the days of the source are 2024-01-01 to 2024-01-08",
    )
    assert not (tmp_path / "_runs").exists()


def test_a_table_that_is_in_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the table 'shops' of 'toy' is named by URI"):
        taken(tmp_path, project=PROJECT.replace("shops.csv", "s3://bucket/shops.csv"))
    with pytest.raises(UsageError, match="the table 'shops' of 'toy' is in PostgreSQL"):
        taken(tmp_path, project=PROJECT.replace("file: shops.csv", "table: public.shops"))
    with pytest.raises(UsageError, match="the table 'asked' of 'toy' is named by URI"):
        taken(tmp_path, project=PROJECT.replace("asked.csv", "s3://bucket/asked.csv"))
    with pytest.raises(UsageError, match="the table 'asked' of 'toy' is in PostgreSQL"):
        taken(tmp_path, project=PROJECT.replace("file: asked.csv", "table: public.asked"))
    assert not (tmp_path / "_runs").exists()


@pytest.mark.parametrize("way", ["../../", "a/../../", "{}/", "sub/.."])
@pytest.mark.parametrize("name", ["shops.csv", "asked.csv", "sales/"])
def test_a_file_outside_the_folder_of_the_data_is_refused_and_none_is_overwritten(
    tmp_path: Path, way: str, name: str
) -> None:
    named = way.format(tmp_path) + ("/" if way.endswith("..") else "") + name
    (tmp_path / "shops.csv").write_text("precious")
    for one in ("asked.csv", "sales"):
        (tmp_path / one).write_text("precious")
    before = snapshot(tmp_path)
    files = {**FILES, named: b"shop,size\n1,10\n", f"{named}a.csv": sales(1)}
    with pytest.raises(UsageError, match="outside the folder of the data"):
        taken(tmp_path, files, PROJECT.replace(f"file: {name}", f"file: {named}"))
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("way", ["./", ".//", "./sub/./"])
def test_a_file_whose_name_is_written_oddly_lies_where_a_run_and_a_cleanup_find_it(
    tmp_path: Path, way: str
) -> None:
    project = PROJECT.replace("file: shops.csv", f"file: {way}shops.csv")
    for name, content in {**FILES, f"{way}shops.csv": FILES["shops.csv"]}.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(content)
    folder = RunFolder(tmp_path / "_runs" / "r")
    spec, contract = parse_project(project, "project.yaml"), parse_contract(CONTRACT, "c.yaml")
    found = extract(spec, contract, DirectorySource(tmp_path / "data"), folder, Wanted())
    assert sorted(found.files) == sorted(snapshot(folder.root / "raw"))
    with DirectorySource(found.folder).open(f"{way}shops.csv") as opened:
        assert opened.read() == FILES["shops.csv"]
    assert folder.remove() == Cleaned(files=7, bytes=sum(found.files.values()))
    assert not folder.root.exists()


def test_two_files_that_would_be_one_are_refused(tmp_path: Path) -> None:
    project = PROJECT.replace("asked.csv", "./shops.csv")
    with pytest.raises(DataError, match=r"'shops.csv' and './shops.csv' would be one file"):
        taken(tmp_path, {**FILES, "./shops.csv": b"shop,day\n"}, project)


def test_a_missing_file_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"shops.csv is missing"):
        taken(tmp_path, {name: FILES[name] for name in FILES if name != "shops.csv"})
    assert not (tmp_path / "_runs").exists()


def test_asked_again_it_is_made_anew(tmp_path: Path) -> None:
    taken(tmp_path)
    again = taken(tmp_path, start=day(7))[1]
    assert [name for name in again if name.startswith("sales")] == ["sales/b.csv"]
    assert again == taken(tmp_path / "elsewhere", start=day(7))[1]


class FailingSource(MemorySource):
    """A place that is out of reach when its second file is opened."""

    def open(self, name: str) -> BinaryIO:
        """Open the first file.

        Raises:
            MachineError: it is another one.
        """
        if name != "sales/a.csv":
            raise MachineError("the place is out of reach", self.label, "try again")
        return super().open(name)


def test_files_of_before_stay_where_they_cannot_be_made_anew(tmp_path: Path) -> None:
    taken(tmp_path)
    folder = RunFolder(tmp_path / "_runs" / "r")
    before = snapshot(folder.root / "raw")
    spec, contract = parse_project(PROJECT, "project.yaml"), parse_contract(CONTRACT, "c.yaml")
    with pytest.raises(MachineError, match="out of reach"):
        extract(spec, contract, FailingSource(FILES), folder, Wanted())
    assert snapshot(folder.root / "raw") == before
    assert not (folder.root / "raw.draft").exists(), "a full disk would stay full"
    assert folder.remove() == Cleaned(files=7, bytes=sum(map(len, before.values())))
    assert not folder.root.exists()


def test_what_was_half_written_is_taken_away_where_the_rest_cannot_be(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "_runs" / "r")
    spec, contract = parse_project(PROJECT, "project.yaml"), parse_contract(CONTRACT, "c.yaml")
    with pytest.raises(MachineError, match="out of reach"):
        extract(spec, contract, FailingSource(FILES), folder, Wanted())
    assert list((tmp_path / "_runs").iterdir()) == []


@pytest.mark.parametrize("below", ["", "raw", "raw/sub"])
def test_a_run_is_not_made_of_its_own_files(tmp_path: Path, below: str) -> None:
    raw = tmp_path / "_runs" / "last" / "raw" / "sub"
    raw.mkdir(parents=True)
    (raw / "train.csv").write_text("Store,Dept\n")
    (tmp_path / "link").symlink_to(tmp_path / "_runs" / "last" / below)
    for data in (tmp_path / "_runs" / "last" / below, tmp_path / "link"):
        with pytest.raises(UsageError, match="cannot be extracted from its own folder"):
            foresell.extract("walmart", run="last", data=data, home=tmp_path)
    assert snapshot(tmp_path / "_runs") == {"last/raw/sub/train.csv": b"Store,Dept\n"}


@checked(max_examples=30)
@given(first=st.integers(0, 10), length=st.integers(0, 10), newest=st.integers(0, 4))
def test_no_row_outside_the_span_is_taken_and_none_inside_is_left(
    tmp_path_factory: pytest.TempPathFactory, first: int, length: int, newest: int
) -> None:
    inside = [one for one in range(1, 9) if first <= one <= first + length]
    folder = tmp_path_factory.mktemp("span")
    start, end = day(first), day(first + length)
    if not inside:
        with pytest.raises(UsageError, match="no row is left"):
            taken(folder, start=start, end=end, newest=newest)
        return
    found, files = taken(folder, start=start, end=end, newest=newest)
    kept = {
        line.split(",")[1]
        for name in files
        if name.startswith("sales")
        for line in files[name].decode().splitlines()[1:]
    }
    by_file = [(1, 2, 3), (4, 5, 6), (7, 8)]
    parts = [[one for one in days if one in inside] for days in by_file]
    chosen = [days for days in parts if days][-newest:]
    assert kept == {str(day(one)) for days in chosen for one in days}
    assert (found.first, found.last) == (day(chosen[0][0]), day(chosen[-1][-1]))
