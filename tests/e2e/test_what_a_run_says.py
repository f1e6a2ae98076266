"""What stands on the terminal behind the stages that read: what was lost, what was not there."""

import json
import re
from pathlib import Path

from tests.builders import weekly_files, write_files
from tests.e2e.command import Foresell
from tests.tabular_files import district_files


def line_of(stage: str, err: str) -> str:
    """Return the note behind a stage that is done."""
    found = re.search(rf"✓ {stage} +[0-9.]+ s  (.*)", err)
    return found[1] if found else ""


def test_rows_without_a_partner_and_rows_that_disagree_stand_behind_ingest(
    foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    lines = files["features.csv"].decode().splitlines()
    lost = [line for line in lines if not line.startswith("1,2010-02-12")]
    content = "\n".join(lost).replace("TRUE", "FALSE").encode()
    data = write_files(tmp_path / "data", files | {"features.csv": content})

    ran = foresell("run", "walmart", "--data", data, "--until", "ingest")

    landing = tmp_path / "home" / "walmart" / "landing" / "report.json"
    report = json.loads(landing.read_bytes())
    alone, differ = report["unmatched"]["features"], report["disagreeing"]["features.IsHoliday"]
    assert line_of("ingest", ran.err) == (
        f"900 rows, 16 columns from 3 files; {alone['rows']} rows have no partner in features; "
        f"{differ['rows']} rows disagree with features.IsHoliday, the first table's value is kept"
    )
    assert alone["examples"] == [{"Store": 1, "Date": "2010-02-12"}]
    keys = [(example["Store"], example["Date"]) for example in differ["examples"]]
    assert len(keys) == len(set(keys)) == 3


def test_nothing_is_said_behind_ingest_where_nothing_was_lost(
    foresell: Foresell, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", weekly_files())
    ran = foresell("run", "walmart", "--data", data, "--until", "ingest")
    assert line_of("ingest", ran.err) == "900 rows, 16 columns from 3 files"


def test_that_there_is_no_file_of_rows_to_answer_is_told_with_what_follows(
    foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    del files["test.csv"]
    data = write_files(tmp_path / "data", files)
    ran = foresell("run", "walmart", "--data", data, "--until", "manifest")
    assert line_of("manifest", ran.err).endswith(
        f"from {data}; test.csv is not there: forecasts run to the horizon for every series"
    )


def test_one_file_is_one_file(foresell: Foresell, tmp_path: Path) -> None:
    data = write_files(tmp_path / "data", district_files())
    put = foresell("stage", "california_housing", data)
    ran = foresell("run", "california_housing", "--until", "manifest")
    assert put.out.startswith("1 file, ")
    assert line_of("manifest", ran.err).startswith("1 file, ")
