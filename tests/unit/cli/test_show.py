"""What the commands print, for people and for programs."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from foresell.adapters.machine import Check
from foresell.api import ProjectSummary, RunResult
from foresell.cli.progress import Progress
from foresell.cli.show import (
    Format,
    show_checks,
    show_error,
    show_forecast,
    show_projects,
    show_run,
)
from foresell.cli.writing import write_forecast
from foresell.errors import DataError, UsageError
from foresell.pipeline.work import Event

ANSWERS = pl.DataFrame({
    "Store": [1, 2],
    "Date": ["2012-11-02", "2012-11-02"],
    "prediction": [1234.5, 7.0],
    "q0.1": [1000.0, 5.0],
    "q0.5": [1234.5, 7.0],
    "q0.9": [1500.25, 9.0],
    "interval_method": ["conformal_intervals"] * 2,
    "level_used": ["series", "Dept"],
})
BOARD = pl.DataFrame(
    {
        "candidate": ["ensemble_greedy", "naive"],
        "kind": ["candidate", "baseline"],
        "wmae": [None, None],
        "rmse": [1961.4, 12.34],
        "mae": [10.0, 12.0],
        "wape": [0.0906, 0.1],
        "bias_share": [-0.011, 0.02],
        "mase": [0.88, 1.0],
        "wql": [0.07, None],
        "coverage_80": [0.817, None],
    },
    schema_overrides={"wmae": pl.Float64},
)
ADDED = pl.DataFrame(
    {
        "candidate": ["ensemble_greedy"],
        "baseline": ["naive"],
        "mae": [1 / 6],
        "rmse": [-0.25],
        "wmae": [None],
        "wape": [0.094],
    },
    schema_overrides={"wmae": pl.Float64},
)


def result(**changed: object) -> RunResult:
    facts: dict[str, object] = {
        "project": "shop",
        "kind": "panel",
        "checks": None,
        "leakage": None,
        "workspace": Path("workspace/shop"),
        "champion": "ensemble_greedy",
        "passed": True,
        "verdict": {"passed": True, "reasons": ["RMSE [9] beats 12"]},
        "leaderboard": BOARD,
        "value_added": ADDED,
        "report": Path("workspace/shop/report/report.html"),
        "forecast": None,
        "seconds": {"ingest": 0.5},
    }
    return RunResult(**(facts | changed))  # type: ignore[arg-type]


def test_an_error_shows_what_where_and_mend_and_keeps_square_brackets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_error(DataError("bad [red]value[/red]", "file.csv, line 3", "mend it"))

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == ("error bad [red]value[/red]\n  where file.csv, line 3\n  mend  mend it\n")


def test_a_run_for_people_marks_the_champion_and_leaves_out_what_nobody_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_run(result(), Format.table)

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "candidate RMSE MAE WAPE BIAS MASE WQL IN 80%" in lines
    assert "★ ensemble_greedy 1,961 10.00 0.0906 -1.1% 0.880 0.0700 81.7%" in lines
    assert "naive 12.34 12.00 0.1000 +2.0% 1.000 – –" in lines
    assert "naive -25.0% +16.7% +9.4%" in lines
    assert "Gate passed" in lines
    assert "RMSE [9] beats 12" in lines
    assert "Report workspace/shop/report/report.html" in lines


def test_a_run_that_failed_the_gate_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_run(result(passed=False), Format.table)

    said = capsys.readouterr().out
    assert "Gate  not passed\n" in said
    assert "Forecast  not delivered; --override REASON delivers and records why" in said


def test_an_override_is_shown_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    show_run(result(passed=False, override="the owner wants it"), Format.table)

    said = capsys.readouterr().out
    assert "Gate  not passed, overridden: the owner wants it\n" in said
    assert "not delivered" not in said


def test_a_run_that_was_stopped_early_says_where_its_work_lies(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_run(result(leaderboard=None, value_added=None, verdict=None), Format.table)

    assert capsys.readouterr().out == "stopped as asked; see workspace/shop\n"


def test_a_run_for_programs_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    show_run(result(), Format.json)

    said = json.loads(capsys.readouterr().out)
    assert said["champion"] == "ensemble_greedy"
    assert said["leaderboard"] == BOARD.to_dicts()
    assert said["value_added"] == ADDED.to_dicts()
    assert said["report"] == "workspace/shop/report/report.html"
    assert said["forecast"] is None
    assert said["seconds"] == {"ingest": 0.5}


def test_a_forecast_for_people_shows_the_band_and_the_level(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_forecast(ANSWERS, Format.table)

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == "Store Date FORECAST 80% FROM TO level"
    assert lines[3:5] == [
        "1 2012-11-02 1,234.50 1,000.00 1,500.25 series",
        "2 2012-11-02 7.00 5.00 9.00 Dept",
    ]


def test_a_long_forecast_says_how_to_get_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    show_forecast(pl.concat([ANSWERS] * 10), Format.table)

    assert "14 of 20 rows; --out FILE writes them all" in capsys.readouterr().out


def test_a_submission_is_shown_in_its_two_columns(capsys: pytest.CaptureFixture[str]) -> None:
    show_forecast(pl.DataFrame({"Id": ["1_1"], "Weekly_Sales": [2.5]}), Format.table)

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[1:4:2] == ["Id FORECAST", "1_1 2.50"]


def test_a_forecast_for_programs_is_every_row_with_every_column(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_forecast(ANSWERS, Format.json)

    assert json.loads(capsys.readouterr().out) == ANSWERS.to_dicts()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_written_forecast_reads_back_as_it_was(suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"answers.{suffix}"

    write_forecast(ANSWERS, out, Format.table)

    assert (pl.read_csv(out) if suffix == "csv" else pl.read_parquet(out)).equals(ANSWERS)


def test_what_was_written_is_said_as_json_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_forecast(ANSWERS, tmp_path / "a.csv", Format.json)

    assert json.loads(capsys.readouterr().out) == {"rows": 2, "out": str(tmp_path / "a.csv")}


@pytest.mark.parametrize(
    ("out", "what"),
    [("a.xlsx", "cannot write 'a.xlsx'"), ("nowhere/a.csv", "the folder does not exist")],
)
def test_a_place_that_cannot_be_written_is_refused(out: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        write_forecast(ANSWERS, tmp_path / out, Format.table)
    assert refused.value.what == what


def test_projects_and_checks_come_as_tables_and_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop = ProjectSummary(
        name="shop",
        title="A shop",
        kind="panel",
        target="units",
        frequency="D",
        horizon=7,
        synthetic=True,
        where="here",
    )
    check = Check(name="Python", state="missing", found="3.9", mend="install 3.11")

    show_projects([shop], Format.table)
    show_checks([check], Format.table)
    said = " ".join(capsys.readouterr().out.split())
    assert "shop A shop panel units D 7 made by foresell" in said
    assert "✗ Python 3.9 install 3.11" in said

    both = replace(shop, synthetic=False, reads=("files", "postgres"))
    show_projects([both, replace(shop, synthetic=False, reads=("s3",))], Format.table)
    said = " ".join(capsys.readouterr().out.split())
    assert "D 7 --data DIR, PostgreSQL" in said
    assert "D 7 S3" in said

    show_projects([shop], Format.json)
    assert json.loads(capsys.readouterr().out)[0]["synthetic"] is True
    show_checks([check], Format.json)
    assert json.loads(capsys.readouterr().out) == [
        {"name": "Python", "state": "missing", "found": "3.9", "mend": "install 3.11"}
    ]


def test_progress_prints_one_line_a_stage_with_its_time_and_last_note(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress() as progress:
        progress.hear(Event(kind="started", stage="ingest"))
        progress.hear(Event(kind="note", stage="ingest", text="10 rows"))
        progress.hear(Event(kind="done", stage="ingest", seconds=1.25))
        progress.hear(Event(kind="kept", stage="split"))

    said = capsys.readouterr()
    assert said.out == ""
    assert [" ".join(line.split()) for line in said.err.splitlines()] == [
        "✓ ingest 1.2 s 10 rows",
        "· split as is nothing changed",
    ]
