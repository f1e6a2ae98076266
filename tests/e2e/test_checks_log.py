"""What the gate finds is kept from run to run: once for each time that it is something new."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from foresell.pipeline.checks_log import LOG, Checked, read_log
from tests.builders import snapshot, weekly_files, write_files
from tests.dashboard_site import get, site_of
from tests.e2e.command import Foresell, run_to_split

RAW = weekly_files(stores=3, depts=2, weeks=120)


def with_unknown(rows: int) -> Mapping[str, bytes]:
    """The raw files with departments that the contract does not know."""
    lines = RAW["train.csv"].splitlines(keepends=True)
    for row in range(1, rows + 1):
        store, _, rest = lines[row].split(b",", 2)
        lines[row] = b",".join((store, b"1234", rest))
    return {**RAW, "train.csv": b"".join(lines)}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_files(tmp_path / "raw", RAW)


def found(tmp_path: Path) -> list[Checked]:
    log = read_log((tmp_path / "home" / "walmart" / LOG).read_bytes())
    assert log.damaged == 0
    return list(log.found)


def test_each_new_finding_is_a_line_of_its_run_whether_the_rows_pass_or_not(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    runs = []
    for rows, code in ((0, 0), (2, 0), (40, 1), (0, 0)):
        write_files(data, with_unknown(rows))
        assert run_to_split(foresell, data).code == code
        runs.append((tmp_path / "home" / "walmart" / "run_id").read_text().strip())

    log = found(tmp_path)

    assert [one.run_id for one in log] == runs
    assert [(one.read, one.quarantined, one.passed, one.broken) for one in log] == [
        (720, 0, True, {}),
        (720, 2, True, {"Dept: maximum": 2}),
        (720, 40, False, {"Dept: maximum": 40}),
        (720, 0, True, {}),
    ]
    assert log[0].data == log[3].data != log[1].data


def test_a_run_that_changes_nothing_and_one_by_force_add_nothing(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    run_to_split(foresell, data)
    place = tmp_path / "home" / "walmart" / LOG
    before = (place.read_bytes(), place.stat().st_mtime_ns)

    assert run_to_split(foresell, data).code == 0
    assert foresell("run", "walmart", "--data", data, "--until", "split", "--force").code == 0

    assert (place.read_bytes(), place.stat().st_mtime_ns) == before


def test_rows_that_are_mended_are_a_new_finding(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    write_files(data, with_unknown(2))
    run_to_split(foresell, data)
    mended = tmp_path / "home" / "walmart" / "quarantine" / "rejected.csv"
    mended.write_bytes(mended.read_bytes().replace(b",1234,", b",1,"))

    assert foresell("quarantine", "retry", "walmart").code == 0

    assert [(one.quarantined, one.repaired) for one in found(tmp_path)] == [(2, 0), (0, 2)]


def test_the_file_that_the_page_gives_away_can_be_mended_and_brought_back(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    write_files(data, with_unknown(2))
    run_to_split(foresell, data)
    site = site_of(tmp_path / "home", "walmart")
    given = get(site, "/ui/projects/walmart/data/files/quarantine.csv?rule=Dept%3A+maximum")
    mended = tmp_path / "mended.csv"
    mended.write_bytes(given.content.replace(b",1234,", b",1,"))

    assert foresell("quarantine", "retry", "walmart", "--file", mended).code == 0

    assert "All 720\u00a0rows keep the contract" in get(site, "/ui/projects/walmart/data").text
    assert [(one.quarantined, one.repaired) for one in found(tmp_path)] == [(2, 0), (0, 2)]


def test_two_stages_at_a_time_keep_the_same_log(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    words = ("run", "walmart", "--data", data, "--until", "split", "--jobs", "2")
    assert foresell(*words).code == 0
    assert [(one.read, one.passed) for one in found(tmp_path)] == [(720, True)]


def test_a_run_that_ends_before_the_gate_keeps_none(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    foresell("run", "walmart", "--data", data, "--until", "ingest")
    assert LOG not in snapshot(tmp_path / "home" / "walmart")
