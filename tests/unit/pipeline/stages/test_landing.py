"""The first two stages: what raw files there are, and their rows in one typed table."""

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.adapters.sources import DirectorySource, MemorySource
from foresell.errors import DataError
from foresell.pipeline.stages import ingest
from foresell.pipeline.work import Request
from foresell.spec.cleaning import Cleaning
from foresell.spec.ports import PROVENANCE
from foresell.spec.sources import Asked, Table
from tests.builders import weekly_files, write_files
from tests.unit.pipeline.conftest import GROUND, House, MakeRequest, shipped

RAW = weekly_files(stores=2, depts=2, weeks=100)
LANDED = GROUND[:2]


def edited(line: int, column: int, value: str) -> dict[str, bytes]:
    """The raw files with one field of train.csv (lines count from 1) replaced."""
    lines = RAW["train.csv"].decode().splitlines()
    fields = lines[line - 1].split(",")
    fields[column] = value
    lines[line - 1] = ",".join(fields)
    return RAW | {"train.csv": "\n".join(lines).encode()}


def manifest(house: House) -> list[dict[str, object]]:
    files: list[dict[str, object]] = json.loads(house.files()["manifest/manifest.json"])["files"]
    return files


def parts(house: House) -> list[pl.DataFrame]:
    landing = house.workspace.output("landing")
    return [landing.read_frame(name) for name in landing.list() if name.startswith("part-")]


def orders(raw: dict[str, bytes], file: str) -> Request:
    """What a run of sales_orders over some raw files is asked for."""
    project, contract = shipped("sales_orders")
    table = replace(project.tables[0], file=file)
    return Request(
        project=replace(project, tables=(table,)), contract=contract, source=MemorySource(raw)
    )


HEADER = (
    "ORDERNUMBER,QUANTITYORDERED,PRICEEACH,ORDERLINENUMBER,SALES,ORDERDATE,STATUS,QTR_ID,MONTH_ID,"
    "YEAR_ID,PRODUCTLINE,MSRP,PRODUCTCODE,CUSTOMERNAME,PHONE,ADDRESSLINE1,ADDRESSLINE2,CITY,STATE,"
    "POSTALCODE,COUNTRY,TERRITORY,CONTACTLASTNAME,CONTACTFIRSTNAME,DEALSIZE\n"
)
LINE = (
    "1,30,95.7,1,2871,2/24/2003 0:00,Shipped,1,2,2003,Ships,95,S1,Ann Ltd,12 34,Berguvsvägen 8,,"
    "Cataluña,,S-95,Spain,NA,Martín,Åsa,Small\n"
)


def test_the_manifest_lists_every_declared_file_byte_for_byte_with_its_rows(
    house: House, ask: MakeRequest
) -> None:
    raw = RAW | {"stores.csv": b'Store,Type,Size\r1,"A\r",3\r\r\r', "x": b""}
    house.run(ask(raw), GROUND[:1])
    assert manifest(house) == [
        {
            "name": name,
            "bytes": len(raw[name]),
            "sha256": sha256(raw[name]).hexdigest(),
            "rows": rows,
        }
        for name, rows in (
            ("train.csv", 400),
            ("features.csv", 278),
            ("stores.csv", 1),
            ("test.csv", 156),
        )
    ]


def test_where_the_files_came_from_stands_apart_so_that_a_later_time_runs_nothing_again(
    house: House, ask: MakeRequest, tmp_path: Path
) -> None:
    folder = write_files(tmp_path / "data", RAW)
    request = replace(ask({}), source=DirectorySource(folder))
    assert house.run(request, LANDED) == ["manifest", "ingest"]
    before = json.loads(house.files()["sources/sources.json"])["files"]
    assert [file["name"] for file in before] == [
        "train.csv",
        "features.csv",
        "stores.csv",
        "test.csv",
    ]
    assert before[0]["uri"] == (folder / "train.csv").as_uri()
    assert before[0]["version"] is None
    write_files(folder, RAW)
    assert house.run(request, LANDED) == ["manifest"]
    after = json.loads(house.files()["sources/sources.json"])["files"]
    assert after[0]["modified"] > before[0]["modified"]
    write_files(folder, edited(2, 3, "1.0"))
    assert house.run(request, LANDED) == ["manifest", "ingest"]


def test_an_empty_file_is_refused_before_anything_is_read(house: House, ask: MakeRequest) -> None:
    with pytest.raises(DataError) as caught:
        house.run(ask(RAW | {"features.csv": b""}))
    said = ("the file is empty", "features.csv", "get the file again from its source")
    assert caught.value.args == said


def test_landing_holds_the_joined_rows_in_reading_order_numbered_and_counts_them(
    house: House, ask: MakeRequest
) -> None:
    house.run(ask(RAW), LANDED)
    (rows,) = parts(house)
    _, contract = shipped("walmart")
    assert rows.columns == ["__row", *contract.columns]
    assert rows.schema["__row"] == pl.UInt64
    assert rows["__row"].to_list() == list(range(1, 401))
    wanted = pl.read_csv(RAW["train.csv"], try_parse_dates=True).select("Store", "Dept", "Date")
    assert_frame_equal(rows.select("Store", "Dept", "Date"), wanted)
    assert rows.row(0, named=True)["Type"] == "A"
    nothing = {"rows": 0, "examples": []}
    assert json.loads(house.files()["landing/report.json"]) == {
        "rows": 400,
        "rows_by_table": {"sales": 400, "features": 278, "stores": 2},
        "files": {
            table: [{"name": name, "rows": count, "encoding": "utf-8"}]
            for table, name, count in (
                ("sales", "train.csv", 400),
                ("features", "features.csv", 278),
                ("stores", "stores.csv", 2),
            )
        },
        "unmatched": {"features": nothing, "stores": nothing},
        "disagreeing": {"features.IsHoliday": nothing},
        "dropped": [],
    }


@pytest.mark.parametrize("most", [1, 64, 399, 400])
def test_parts_are_filled_whole_and_hold_every_row_once(
    most: int, house: House, ask: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.run(ask(RAW), LANDED)
    (whole,) = parts(house)
    monkeypatch.setattr(ingest, "BATCH", most)
    cut = House()
    cut.run(ask(RAW), LANDED)
    heights = [part.height for part in parts(cut)]
    assert heights == [most] * (400 // most) + ([400 % most] if 400 % most else [])
    assert_frame_equal(pl.concat(parts(cut)), whole)


def test_many_small_files_become_one_part_numbered_over_all_of_them(
    house: House, ask: MakeRequest
) -> None:
    header, *lines = RAW["train.csv"].splitlines(keepends=True)
    raw = {name: RAW[name] for name in RAW if name != "train.csv"}
    raw |= {f"sales/{i:03}.csv": header + line for i, line in enumerate(lines)}
    request = ask(raw)
    tables = (replace(request.project.tables[0], file="sales/*.csv"), *request.project.tables[1:])
    house.run(replace(request, project=replace(request.project, tables=tables)), LANDED)
    one = House()
    one.run(ask(RAW), LANDED)
    assert_frame_equal(parts(house)[0], parts(one)[0])
    assert len(parts(house)) == 1
    assert len(manifest(house)) == 403


def test_the_rows_asked_for_land_in_their_own_order(house: House, ask: MakeRequest) -> None:
    header, *lines = RAW["test.csv"].splitlines()
    house.run(ask(RAW | {"test.csv": b"\n".join([header, *reversed(lines)])}), LANDED)
    asked = house.workspace.output("asked").read_frame("asked.parquet")
    assert asked.row(0) == (2, 2, date(2012, 9, 28), False)
    assert asked.height == 4 * 39
    report = json.loads(house.files()["asked/report.json"])
    assert report == {"files": [{"name": "test.csv", "rows": 156, "encoding": "utf-8"}]}


def test_rows_asked_for_may_be_parquet(house: House, ask: MakeRequest) -> None:
    buffer = BytesIO()
    pl.read_csv(RAW["test.csv"], try_parse_dates=True).head(3).write_parquet(buffer)
    request = ask(RAW | {"asked.parquet": buffer.getvalue()})
    project = replace(request.project, asked=Asked(file="asked.parquet"))
    house.run(replace(request, project=project), LANDED)
    assert house.workspace.output("asked").read_frame("asked.parquet").height == 3


def test_without_a_file_of_rows_asked_for_none_land(house: House, ask: MakeRequest) -> None:
    house.run(ask({name: RAW[name] for name in RAW if name != "test.csv"}), LANDED)
    assert house.workspace.output("asked").list() == [PROVENANCE]


@pytest.mark.parametrize("name", ["train.csv", "features.csv", "test.csv"])
def test_a_file_that_changes_while_the_run_reads_it_is_refused_and_nothing_lands(
    name: str, house: House, ask: MakeRequest
) -> None:
    request = ask(RAW)
    house.run(request, GROUND[:1])
    changed = RAW | {name: RAW[name].replace(b"2010-03-05", b"2010-03-12", 1) + b"\n"}
    with pytest.raises(DataError) as caught:
        house.run(replace(request, source=MemorySource(changed)), GROUND[1:2])
    assert caught.value.args == (
        "the file changed while the run was reading it",
        name,
        "run again when it is whole",
    )
    assert house.workspace.output("landing").list() == []


def test_files_that_come_or_go_while_the_run_reads_are_refused(
    house: House, ask: MakeRequest
) -> None:
    raw = {f"sales/{name}": LINE_OF[name] for name in LINE_OF}
    request = orders(raw, "sales/")
    house.run(request, GROUND[:1])
    for other, what in (
        ({**raw, "sales/c.csv": (HEADER + LINE).encode()}, "the file changed while"),
        ({"sales/a.csv": raw["sales/a.csv"]}, "the file vanished while"),
    ):
        with pytest.raises(DataError, match=rf"^{what} the run was reading"):
            house.run(replace(request, source=MemorySource(other)), GROUND[1:2])


LINE_OF = {"a.csv": (HEADER + LINE).encode(), "b.csv": (HEADER + LINE).encode("cp850")}


def test_personal_columns_are_in_no_part_and_the_encoding_of_each_file_is_reported(
    house: House, ask: MakeRequest
) -> None:
    raw = {f"sales/{name}": content for name, content in LINE_OF.items()}
    house.run(orders(raw, "sales/"), LANDED)
    (rows,) = parts(house)
    personal = {"CUSTOMERNAME", "PHONE", "ADDRESSLINE1", "CONTACTLASTNAME", "CONTACTFIRSTNAME"}
    assert personal & set(rows.columns) == set()
    assert rows["CITY"].to_list() == ["Cataluña", "Cataluña"]
    assert (rows["TERRITORY"].to_list(), rows["STATE"].to_list()) == (["NA"] * 2, [None] * 2)
    report = json.loads(house.files()["landing/report.json"])
    assert personal <= set(report["dropped"])
    assert report["files"]["orders"] == [
        {"name": "sales/a.csv", "rows": 1, "encoding": "utf-8"},
        {"name": "sales/b.csv", "rows": 1, "encoding": "cp850"},
    ]


def test_a_personal_column_that_is_kept_lands_and_a_dropped_one_does_not(house: House) -> None:
    request = orders({"a.csv": LINE_OF["a.csv"]}, "a.csv")
    cleaning = Cleaning(keep_personal=("CONTACTLASTNAME",), drop=("STATUS",))
    house.run(replace(request, project=replace(request.project, cleaning=cleaning)), LANDED)
    (rows,) = parts(house)
    assert rows["CONTACTLASTNAME"].to_list() == ["Martín"]
    assert "STATUS" not in rows.columns


def test_a_column_that_no_file_has_is_refused(house: House, ask: MakeRequest) -> None:
    stores = b"\r".join(line.rsplit(b",", 1)[0] for line in RAW["stores.csv"].split(b"\r"))
    with pytest.raises(DataError, match=r"^the column 'Size' is missing\n"):
        house.run(ask(RAW | {"stores.csv": stores}))


def test_rows_without_a_partner_and_rows_that_disagree_are_told_of_with_examples(
    house: House, ask: MakeRequest
) -> None:
    features = RAW["features.csv"].replace(b"\n1,2010-02-05", b"\n9,2010-02-05")
    train = edited(3, 4, "FALSE")["train.csv"]
    house.run(ask(RAW | {"features.csv": features, "train.csv": train}), LANDED)
    assert [event.text for event in house.events if event.kind == "note"][1:] == [
        "400 rows, 16 columns from 3 files; 2 rows have no partner in features; "
        "1 row disagrees with features.IsHoliday, the first table's value is kept"
    ]
    report = json.loads(house.files()["landing/report.json"])
    missing = {"Store": 1, "Date": "2010-02-05"}
    assert report["unmatched"]["features"] == {"rows": 2, "examples": [missing]}
    differs = {"Store": 1, "Date": "2010-02-12", "kept": False, "other": True}
    assert report["disagreeing"] == {"features.IsHoliday": {"rows": 1, "examples": [differs]}}


def test_rows_of_parquet_files_land_like_those_of_text(house: House, ask: MakeRequest) -> None:
    train = pl.read_csv(RAW["train.csv"], try_parse_dates=True)
    train = train.with_columns(pl.col("IsHoliday").cast(pl.String).str.to_lowercase() == "true")
    raw = {name: RAW[name] for name in RAW if name != "train.csv"}
    for store in (1, 2):
        buffer = BytesIO()
        train.filter(pl.col("Store") == store).drop("Store").write_parquet(buffer)
        raw[f"sales/Store={store}/part-0.parquet"] = buffer.getvalue()
    request = ask(raw)
    table = Table(name="sales", file="sales/**/*.parquet", format="parquet")
    tables = (table, *request.project.tables[1:])
    house.run(replace(request, project=replace(request.project, tables=tables)), LANDED)
    one = House()
    one.run(ask(RAW), LANDED)
    assert_frame_equal(parts(house)[0], parts(one)[0])
    assert [file["rows"] for file in manifest(house)] == [200, 200, 278, 2, 156]
