"""A run of a scheduler: its files drawn up, looked at, trained on, and taken away again."""

import json
from pathlib import Path

import polars as pl
import pytest

import foresell as platform
from tests.builders import snapshot, weekly_files, write_files
from tests.e2e.command import Foresell, kept, three_lines
from tests.e2e.small_run import declare_small_retail


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_files(tmp_path / "data", weekly_files())


def told(out: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(out)
    return found


def test_files_without_a_choice_make_the_same_bytes_as_the_source(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    assert foresell("run", "walmart", "--data", data, "--until", "split").code == 0
    plain = kept(tmp_path / "home" / "walmart")
    ran = foresell("extract", "walmart", "--run", "monday", "--data", data, "--format", "json")
    assert ran.code == 0
    raw = tmp_path / "home" / "_runs" / "monday" / "raw"
    assert told(ran.out)["folder"] == str(raw)
    assert snapshot(raw) == snapshot(data)
    other = tmp_path / "other"
    platform.run("walmart", data=raw, until="split", home=other)
    made = kept(other / "walmart")
    records = [name for name in plain if name.startswith(".state")]
    assert {name: made[name] for name in made if name not in records} == {
        name: plain[name] for name in plain if name not in records
    }


def test_a_span_of_days_is_what_a_run_learns_from(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    span = ("--start", "2010-07-02", "--end", "2012-06-29")
    ran = foresell("extract", "walmart", "--run", "r", "--data", data, *span, "--max-files", "0")
    assert ran.code == 0
    assert "2010-07-02 to 2012-06-29" in ran.out
    assert "without the rows asked for" in ran.out
    raw = tmp_path / "home" / "_runs" / "r" / "raw"
    sales = pl.read_csv(raw / "train.csv", try_parse_dates=True)
    assert (str(sales["Date"].min()), str(sales["Date"].max())) == (span[1], span[3])
    assert not (raw / "test.csv").exists()
    assert foresell("run", "walmart", "--data", raw, "--until", "validate").code == 0
    checks = json.loads((tmp_path / "home" / "walmart" / "checks" / "checks.json").read_bytes())
    assert checks["read"] == sales.height == 105 * 6


def test_empty_words_are_no_choice_as_a_template_gives_them(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    words = ("--start", "", "--end", "", "--max-files", "0")
    assert foresell("extract", "walmart", "--run", "r", "--data", data, *words).code == 0
    assert snapshot(tmp_path / "home" / "_runs" / "r" / "raw") == snapshot(data)


@pytest.mark.parametrize(
    ("words", "what", "where"),
    [
        (("--start", "2024-02-30"), "'2024-02-30' is no day", "--start"),
        (("--end", "yesterday"), "'yesterday' is no day", "--end"),
        (
            ("--start", "2012-01-02", "--end", "2012-01-01"),
            "the span ends on 2012-01-01, before it begins on 2012-01-02",
            "--start, --end",
        ),
        (("--max-files", "-1"), "-1 files cannot be taken", "--max-files"),
        (("--start", "2030-01-01"), "no row is left of 2030-01-01 to …", "--start, --end"),
    ],
)
def test_a_choice_that_makes_no_sense_ends_with_2_and_makes_nothing(
    foresell: Foresell, data: Path, tmp_path: Path, words: tuple[str, ...], what: str, where: str
) -> None:
    ran = foresell("extract", "walmart", "--run", "r", "--data", data, *words)
    assert ran.code == 2
    assert ran.err.startswith(f"error {what}\n  where {where}\n")
    assert not (tmp_path / "home" / "_runs").exists()


def test_a_sample_is_looked_at_before_all_rows_are_and_its_report_is_kept(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    assert foresell("extract", "walmart", "--run", "r", "--data", data).code == 0
    sample = ("contract", "sample", "walmart", "--run", "r", "--format", "json")
    ran = foresell(*sample, "--rows", "100")
    assert (ran.code, told(ran.out)["checked"], told(ran.out)["rows"]) == (0, 100, 900)
    report = tmp_path / "home" / "_runs" / "r" / "sample" / "contract_sample.json"
    assert json.loads(report.read_bytes()) == told(ran.out)
    assert told(foresell(*sample, "--rows", "100").out) == told(ran.out)
    assert told(foresell(*sample, "--rows", "5000").out)["checked"] == 900
    none = foresell(*sample, "--rows", "0")
    assert (none.code, told(none.out)["report"], told(none.out)["checks"]) == (0, None, None)
    assert not (tmp_path / "home" / "walmart").exists()


def test_a_sample_at_which_a_run_would_stop_ends_with_1(foresell: Foresell, tmp_path: Path) -> None:
    files = weekly_files()
    lines = files["train.csv"].decode().splitlines()
    broken = [lines[0], *(f"99{line[line.index(',') :]}" for line in lines[1:])]
    data = write_files(tmp_path / "bad", {**files, "train.csv": "\n".join([*broken, ""]).encode()})
    ran = foresell("contract", "sample", "walmart", "--data", data, "--rows", "100")
    assert ran.code == 1
    assert "900 rows read = 0 kept + 900 set aside" in ran.out
    assert "100 of them broke a rule" in ran.out


def test_a_sample_of_a_run_without_files_says_what_to_do(foresell: Foresell) -> None:
    ran = foresell("contract", "sample", "walmart", "--run", "r", "--rows", "10")
    assert (ran.code, ran.err) == (
        2,
        three_lines(
            "nothing was extracted for the run 'r'",
            "--run",
            "foresell extract walmart --run r, or give --data",
        ),
    )


def test_a_cleanup_takes_away_what_the_run_made_and_nothing_else(
    foresell: Foresell, data: Path, tmp_path: Path
) -> None:
    for run in ("monday", "tuesday"):
        assert foresell("extract", "walmart", "--run", run, "--data", data).code == 0
    assert foresell("run", "walmart", "--data", data, "--until", "ingest").code == 0
    foresell("contract", "sample", "walmart", "--run", "monday", "--rows", "10")
    before = snapshot(tmp_path)
    ran = foresell("cleanup", "--run", "monday", "--format", "json")
    assert (ran.code, told(ran.out)["files"], told(ran.out)["kept"]) == (0, 5, [])
    assert snapshot(tmp_path) == {
        name: before[name] for name in before if not name.startswith("home/_runs/monday/")
    }
    again = foresell("cleanup", "--run", "monday")
    assert again.code == 0
    assert again.out.startswith("nothing to clean: there is no folder ")


def test_a_cleanup_of_a_folder_of_others_ends_with_2(foresell: Foresell, tmp_path: Path) -> None:
    thesis = write_files(tmp_path / "home" / "_runs" / "mine", {"thesis.tex": b"years"})
    assert foresell("cleanup", "--run", "mine").code == 2
    assert snapshot(thesis) == {"thesis.tex": b"years"}
    assert foresell("cleanup", "--run", "../walmart").code == 2


def test_a_run_is_one_project_s(foresell: Foresell, data: Path, tmp_path: Path) -> None:
    declare_small_retail(tmp_path / "declared")
    assert foresell("extract", "walmart", "--run", "r", "--data", data).code == 0
    other = foresell("extract", "retail", "--run", "r")
    assert other.code == 2
    assert "the run 'r' is one of the project 'walmart'" in other.err
    assert "--run" in foresell("contract", "sample", "retail", "--run", "r", "--rows", "5").err
