"""What loads say when they wait, are stopped, fail, and where they came from, afterwards."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from foresell.adapters.warehouse.schema import LOCK
from foresell.cli.warehouse_load import _left
from tests.builders import write_files
from tests.e2e.command import Foresell
from tests.warehouse_loads import Warehouse, contents
from tests.warehouse_toy import TOY, changed, without_line


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


def test_a_load_that_waits_tells_its_log_and_one_that_is_stopped_what_it_left(
    warehouse: Warehouse, data: Path
) -> None:
    before = contents(warehouse)
    with psycopg.connect(host=warehouse.host, dbname=warehouse.name, user="postgres") as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        words = ["warehouse", "load", "walmart", "--data", str(data)]
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "foresell"), *words],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            waits = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=60)
        finally:
            process.kill()

    assert waits.split() == [
        *("·", "read", "waits", "another", "load", "or", "migration", "is", "at", "work:"),
        *("waiting", "for", "its", "end"),
    ]
    assert rest == "\nstopped; nothing in the warehouse changed; run it again\n"
    assert process.returncode == 130
    assert contents(warehouse) == before


def test_a_load_that_is_stopped_as_it_commits_or_later_says_what_is_known() -> None:
    assert _left("failed") == "not known whether the load went in; run it again, that is safe"
    assert _left("done") == "the load is in; its report may not be written"


def test_what_failed_is_marked_so_and_its_cause_told_first(
    warehouse: Warehouse, data: Path, foresell: Foresell
) -> None:
    write_files(data, {"stores.csv": changed("stores.csv", "\r2,B,100000", "")})

    ran = foresell("warehouse", "load", "--data", data)

    assert ran.code == 1
    assert "✗ check" in ran.err
    assert "checks; failed: nulls" in ran.err
    assert "✓ check" not in ran.err
    lines = [line.strip() for line in ran.out.splitlines()]
    assert next(line.split()[1] for line in lines if line.startswith("✗")) == "nulls"
    shown = [line for line in lines if line.startswith("store_id 2")]
    assert len(shown) == len(set(shown)) == 3  # not once more for each rule that says the same


def test_rows_without_covariates_are_told_before_what_they_break(
    warehouse: Warehouse, data: Path, foresell: Foresell
) -> None:
    files = {
        "features.csv": without_line("features.csv", "2,2010-03-05"),
        "train.csv": changed("train.csv", "\n2,1,2010-03-05,", "\n2,1,2010-03-05,9"),
        "stores.csv": changed("stores.csv", "\r2,B,100000", ""),
    }
    write_files(data, files)

    ran = foresell("warehouse", "load", "--data", data)

    told = [line.split()[1] for line in ran.out.splitlines() if line.startswith(("✗", "!"))]
    assert told[:2] == ["partners", "nulls"]


def test_files_that_cannot_be_read_stop_the_reading(
    warehouse: Warehouse, tmp_path: Path, foresell: Foresell
) -> None:
    ran = foresell("warehouse", "load", "--data", tmp_path / "nowhere")

    assert ran.code == 2
    assert "✗ read        stopped" in ran.err
    assert "✗ stage" not in ran.err


def test_notes_show_what_they_are_about(
    warehouse: Warehouse, data: Path, foresell: Foresell
) -> None:
    write_files(data, {"train.csv": without_line("train.csv", "1,1,2010-03-05")})

    ran = foresell("warehouse", "load", "--data", data)

    lines = [line.strip() for line in ran.out.splitlines()]
    at = lines.index("! series_gaps  1 series lack a week between their first and their last")
    assert lines[at + 1] == (
        "store_id 1, dept_id 1, rows 19, first_week 2010-02-05, last_week 2010-06-18"
    )


def test_a_part_that_is_loaded_as_the_whole_is_told_how_and_its_load_is_marked(
    warehouse: Warehouse, data: Path, foresell: Foresell
) -> None:
    assert foresell("warehouse", "load", "--data", "data").code == 0
    header, *rows = TOY["train.csv"].splitlines(keepends=True)
    week = b"".join([header, *(row for row in rows if b"2010-06-18" in row)])
    write_files(data, {"train.csv": week})

    refused = foresell("warehouse", "load", "--data", data)
    part = foresell("warehouse", "load", "--data", "../" + data.parent.name + "/data", "--partial")

    assert refused.code == 1
    assert refused.out.splitlines()[-1].strip() == (
        "if it is only a part, such as one week, load it with --partial (partial=True)"
    )
    assert part.code == 0
    assert "1 week from 2010-06-18" in part.out
    asked = foresell("warehouse", "status")
    assert f"load 2 from {data}, a part" in asked.out
    assert f"load 1 from {data}\n" in asked.out
    loads = json.loads(foresell("warehouse", "status", "--format", "json").out)["loads"]
    assert [(one["source"], one["partial"]) for one in loads] == [
        (str(data), True),
        (str(data), False),
    ]
