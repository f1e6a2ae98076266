"""``foresell warehouse load``: what it prints, how it ends, from a folder and from S3."""

import json
from pathlib import Path

import boto3
import pytest

from tests.builders import write_files
from tests.e2e.command import Foresell, three_lines
from tests.services import S3
from tests.warehouse_loads import Warehouse, contents, versions
from tests.warehouse_toy import PLANNED, ROWS, TOY, ask, changed, facts

CHECKS = 31


@pytest.fixture
def warehouse(emptied: str, monkeypatch: pytest.MonkeyPatch, foresell: Foresell) -> Warehouse:
    """An empty warehouse, which the environment names."""
    found = Warehouse.at(emptied)
    found.name_it(monkeypatch)
    assert foresell("warehouse", "migrate").code == 0
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_files(tmp_path / "data", TOY)


def test_who_gives_no_data_is_answered_for_this_command(
    warehouse: Warehouse, foresell: Foresell
) -> None:
    ran = foresell("warehouse", "load", "walmart")
    said = three_lines(
        "the project 'walmart' needs data",
        "foresell warehouse load walmart",
        "add --data DIR, the folder that holds train.csv, features.csv, stores.csv, "
        "test.csv (the rows to answer, if you have them), or --from s3://BUCKET/PREFIX, "
        "or put them in place once: foresell stage walmart DIR",
    )
    assert (ran.code, ran.err) == (2, said)


def test_a_load_says_what_went_in(warehouse: Warehouse, data: Path, foresell: Foresell) -> None:
    ran = foresell("warehouse", "load", "walmart", "--data", data)

    lines = [line.rstrip() for line in ran.out.splitlines() if line.strip()]
    head, table, rest = lines[:4], lines[4:10], lines[10:]
    assert ran.code == 0
    assert head[0] == str(data)
    assert head[1].startswith(f"into postgresql://{warehouse.host}:5432/{warehouse.name}, batch 20")
    assert head[2:] == [
        f"{ROWS} rows read; {PLANNED} planned",
        "2 stores, 2 departments, 4 series, 20 weeks from 2010-02-05 to 2010-06-18",
    ]
    assert [line.split() for line in table if "_" in line] == [
        ["dim_store", "2", "0", "0", "0"],
        ["dim_dept", "2", "0", "0", "0"],
        ["fact_sales_weekly", str(ROWS), "0", "0", "0"],
        ["plan_sales_weekly", str(PLANNED), "0", "0", "0"],
    ]
    assert rest == [
        "! volume  there was no delivery before: volumes were not compared",
        "! range  there was no delivery before: its weeks were not compared",
        "! values  there was no delivery before: values by column were not compared",
        f"{CHECKS - 3} checks found nothing",
        f"report: {data.parent / 'home/walmart/warehouse/load.json'}",
        "✓ load 1 is in",
    ]
    for phase in ("read", "stage", "check", "upsert", "validate", "commit"):
        assert f"✓ {phase}" in ran.err


def test_a_second_load_changes_nothing_and_says_so(
    warehouse: Warehouse, data: Path, foresell: Foresell
) -> None:
    foresell("warehouse", "load", "--data", data)
    before = facts(versions(warehouse))

    ran = foresell("warehouse", "load", "--data", data, "--format", "json")

    report = json.loads(ran.out)
    assert ran.code == 0
    assert facts(versions(warehouse)) == before
    assert (report["passed"], report["load"], report["staged"]) == (True, 2, ROWS)
    assert report["changes"]["unchanged"]["fact_sales_weekly"] == ROWS
    assert len(report["checks"]) == CHECKS
    kept = ask(warehouse, "SELECT report FROM retailds.load_history WHERE load_id = 2")[0][0]
    of_its_time = ("load", "seconds", "file")
    assert {name: value for name, value in report.items() if name not in of_its_time} == {
        name: value for name, value in kept.items() if name not in of_its_time
    }


def test_a_failed_check_exits_1_names_its_rows_and_changes_nothing(
    warehouse: Warehouse, data: Path, foresell: Foresell
) -> None:
    foresell("warehouse", "load", "--data", data)
    before = contents(warehouse)
    first = TOY["train.csv"].decode().splitlines()[1].split(",")[3]
    write_files(data, {"train.csv": changed("train.csv", f",{first},", ",9000000.0,")})

    ran = foresell("warehouse", "load", "--data", data)

    assert ran.code == 1
    assert contents(warehouse) == before
    assert "✗ Weekly_Sales: maximum  Weekly_Sales must be at most 5000000; 1 row not" in ran.out
    assert "store_id 1, dept_id 1, week_date 2010-02-05, weekly_sales 9000000" in ran.out
    assert ran.out.rstrip().endswith("✗ 1 check failed; nothing in the warehouse changed")
    asked = foresell("warehouse", "load", "--data", data, "--format", "json")
    assert (asked.code, json.loads(asked.out)["passed"]) == (1, False)


def test_the_report_of_the_last_load_is_a_file_whether_it_passed_or_not(
    warehouse: Warehouse, data: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loaded() -> dict[str, object]:
        ran = foresell("warehouse", "load", "--data", data, "--format", "json")
        told: dict[str, object] = json.loads(ran.out)
        return told

    good = loaded()
    file = data.parent / "home/walmart/warehouse/load.json"
    assert json.loads(file.read_bytes()) == good
    assert (good["passed"], good["file"]) == (True, str(file))

    write_files(data, {"stores.csv": changed("stores.csv", "2,B", "2,D")})
    bad = loaded()
    assert json.loads(file.read_bytes()) == bad
    assert (bad["passed"], bad["load"]) == (False, None)

    monkeypatch.setenv("REPORTS_DIR", str(data.parent / "reports"))
    moved = loaded()
    elsewhere = data.parent / "reports/walmart/warehouse/load.json"
    assert moved["file"] == str(elsewhere)
    assert json.loads(elsewhere.read_bytes()) == moved
    assert json.loads(file.read_bytes()) == bad


def test_a_report_that_cannot_be_written_is_told_with_how_the_load_ended(
    warehouse: Warehouse, data: Path, foresell: Foresell
) -> None:
    place = data.parent / "home/walmart/warehouse"
    write_files(place.parent, {"warehouse": b"a file"})

    ran = foresell("warehouse", "load", "--data", data)

    assert (ran.code, ran.out) == (3, "")
    assert "load 1 is in; its report load.json cannot be written" in ran.err
    assert ask(warehouse, "SELECT count(*) FROM retailds.fact_sales_weekly") == [(ROWS,)]


def test_a_file_that_cannot_be_read_changes_nothing(
    warehouse: Warehouse, data: Path, foresell: Foresell
) -> None:
    foresell("warehouse", "load", "--data", data)
    before = contents(warehouse)
    write_files(data, {"train.csv": TOY["train.csv"] + b"1,1,2010-06-25,many,FALSE\n"})

    ran = foresell("warehouse", "load", "--data", data)

    assert ran.code == 2
    assert "train.csv" in ran.err
    assert "'many'" in ran.err
    assert contents(warehouse) == before


def test_a_column_that_no_file_has_is_named(
    warehouse: Warehouse, data: Path, foresell: Foresell
) -> None:
    text = TOY["stores.csv"].decode().replace("Store,Type,Size", "Store,Type")
    rows = [line.rsplit(",", 1)[0] if "," in line[2:] else line for line in text.split("\r")]
    write_files(data, {"stores.csv": "\r".join(["Store,Type", *rows[1:]]).encode()})

    ran = foresell("warehouse", "load", "--data", data)

    assert ran.code == 2
    assert "the column 'Size' is missing" in ran.err


def test_no_database_is_a_usage_error(
    data: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DB_HOST", "DB_NAME", "DB_USER", "RDS_SECRET_NAME"):
        monkeypatch.delenv(name, raising=False)

    ran = foresell("warehouse", "load", "--data", data)

    assert (ran.code, ran.err) == (
        2,
        three_lines(
            "no database is named",
            "DB_*, RDS_SECRET_NAME",
            "set DB_HOST, DB_NAME, DB_USER and DB_PASSWORD, or RDS_SECRET_NAME for a secret of "
            "AWS; in the environment or in .env",
        ),
    )


def test_two_places_are_refused(data: Path, foresell: Foresell) -> None:
    ran = foresell("warehouse", "load", "--data", data, "--from", "s3://bucket/prefix")

    assert ran.code == 2
    assert "the files are said to be in two places" in ran.err


def test_files_in_s3_go_in_as_those_of_a_folder(
    warehouse: Warehouse, data: Path, foresell: Foresell, s3: S3
) -> None:
    assert foresell("warehouse", "load", "--data", data).code == 0
    before = facts(versions(warehouse))
    bucket = s3.bucket()
    client = boto3.client("s3")
    for name, content in TOY.items():
        client.put_object(Bucket=bucket, Key=f"weekly/{name}", Body=content)
    client.close()

    ran = foresell("warehouse", "load", "--from", f"s3://{bucket}/weekly", "--format", "json")

    report = json.loads(ran.out)
    assert (ran.code, report["source"]) == (0, f"s3://{bucket}/weekly")
    assert report["planned"] == PLANNED
    assert facts(versions(warehouse)) == before


def test_staged_files_are_loaded_without_naming_them(
    warehouse: Warehouse, data: Path, foresell: Foresell
) -> None:
    foresell("stage", "walmart", data)

    assert foresell("warehouse", "load").code == 0
    assert ask(warehouse, "SELECT count(*) FROM retailds.fact_sales_weekly") == [(ROWS,)]


@pytest.mark.realdata
@pytest.mark.slow
def test_the_real_421570_rows_go_in_and_the_second_time_change_nothing(
    warehouse: Warehouse, walmart_data: Path, foresell: Foresell
) -> None:
    first = json.loads(
        foresell("warehouse", "load", "--data", walmart_data, "--format", "json").out
    )
    before = facts(versions(warehouse))
    second = json.loads(
        foresell("warehouse", "load", "--data", walmart_data, "--format", "json").out
    )

    assert first["volumes"] == {
        "rows": 421_570,
        "stores": 45,
        "depts": 81,
        "series": 3331,
        "weeks": 143,
        "first_week": "2010-02-05",
        "last_week": "2012-10-26",
        "nulls": {
            **dict.fromkeys(("temperature", "fuel_price", "cpi", "unemployment"), 0),
            "markdown1": 270_889,
            "markdown2": 310_322,
            "markdown3": 284_479,
            "markdown4": 286_603,
            "markdown5": 270_138,
        },
    }
    assert (first["duplicates"], first["planned"]) == (0, 115_064)
    noted = {one["name"]: one["count"] for one in first["checks"] if one["verdict"] == "noted"}
    assert noted == {"negatives": 1285, "series_gaps": 605, "volume": 0, "range": 0, "values": 0}
    assert second["changes"]["unchanged"]["fact_sales_weekly"] == 421_570
    assert facts(versions(warehouse)) == before
