"""``foresell monitor performance`` as people call it."""

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

import foresell as package
from tests.e2e.command import Foresell, three_lines
from tests.performing_toy import FIRST, panel_bundle, put_on_prod, weeks

TRUTH = weeks(FIRST + timedelta(weeks=1), 4, seed=7)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the home of the command, with a panel on prod."""
    put_on_prod(tmp_path / "home", panel_bundle(FIRST, seed=1), 1)
    return tmp_path / "home"


def test_true_weeks_are_steady_and_false_ones_end_with_1_and_a_file_that_stands(
    foresell: Foresell, home: Path, tmp_path: Path
) -> None:
    TRUTH.write_csv(tmp_path / "true.csv")
    TRUTH.with_columns(pl.col("sales") * 2).write_csv(tmp_path / "false.csv")
    words = ("monitor", "performance", "shops", "--fail-on-alert", "--actuals")

    good = foresell(*words, tmp_path / "true.csv")
    assert (good.code, good.err) == (0, "")
    assert "4 weeks to 2026-02-27" in good.out
    bad = foresell(*words, tmp_path / "false.csv")
    assert bad.code == 1
    assert "24 rows of truth, 24 with a forecast (24 revised this time)" in bad.out
    assert "retrain" in bad.out
    alert = home / "shops" / "monitor" / "PERFORMANCE_ALERT.txt"
    assert "in the mean of the last 4 weeks errors are" in alert.read_text()
    again = foresell(*words, tmp_path / "true.csv")
    assert again.code == 0
    assert "the alert is over" in again.out
    assert not alert.exists()


def test_json_is_the_summary_and_where_the_files_lie(
    foresell: Foresell, home: Path, tmp_path: Path
) -> None:
    TRUTH.write_parquet(tmp_path / "true.parquet")
    said = foresell(
        *("monitor", "performance", "shops", "--format", "json"),
        *("--actuals", tmp_path / "true.parquet"),
    )
    told = json.loads(said.out)
    files = told.pop("files")
    written = json.loads((home / "shops" / "monitor" / "performance_summary.json").read_text())
    assert told == written
    assert [Path(one).name for one in files] == [
        "performance_report.html",
        "performance_summary.json",
        "performance_weeks.csv",
        "performance_segments.csv",
    ]


def test_python_says_the_same(home: Path, tmp_path: Path) -> None:
    TRUTH.write_csv(tmp_path / "true.csv")
    found = package.performance("shops", actuals=tmp_path / "true.csv", home=home)
    assert found.verdict == found.told["verdict"]
    assert found.to_json()["matched"] == 24


@pytest.mark.usefixtures("home")
def test_an_unknown_project_and_a_missing_file_are_refused(foresell: Foresell) -> None:
    missing = foresell("monitor", "performance", "shops", "--actuals", "none.csv")
    assert (missing.code, missing.err) == (
        2,
        three_lines(
            "there is no file 'none.csv'", "--actuals", "give the path of a file with rows"
        ),
    )
    unknown = foresell("monitor", "performance", "shop")
    assert unknown.code == 2
    assert "there is no project 'shop'" in unknown.err
