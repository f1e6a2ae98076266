"""Why a forecast is what it is: the command, the verb, and what a run leaves of it."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import foresell
from foresell.api import RunResult
from foresell.errors import UsageError
from tests.e2e.command import Foresell

ONE = {"Store": 1, "Dept": 2}


@pytest.fixture
def home(whole: tuple[Path, RunResult], monkeypatch: pytest.MonkeyPatch) -> Path:
    place = whole[0] / "home"
    monkeypatch.setenv("FORESELL_HOME", str(place))
    return place


def test_the_parts_of_every_series_and_date_sum_to_what_the_bundle_answers(home: Path) -> None:
    keys = ["Store", "Dept", "Date"]
    found = foresell.explain("walmart")
    answered = pl.read_parquet(home / "walmart" / "forecast" / "horizon.parquet")

    total = found.group_by(keys).agg(pl.col("value").sum())
    both = answered.join(total, on=keys, how="left", validate="1:1")
    gap = (pl.col("value") - pl.col("prediction")).abs()
    size = pl.max_horizontal(pl.lit(1.0), pl.col("prediction").abs())
    assert both["value"].null_count() == 0
    assert both.filter(gap > 1e-6 * size).is_empty()


def test_one_date_and_the_first_steps_are_rows_of_the_whole(home: Path) -> None:
    found = foresell.explain("walmart", ONE)
    day = found["Date"].unique().sort()[2]

    by_day = foresell.explain("walmart", ONE, day=day)
    first = foresell.explain("walmart", ONE, steps=2)

    names = found.columns[:-1]
    for part, rows in ((by_day, pl.col("Date") == day), (first, pl.col("step") <= 2)):
        expected = found.filter(rows)
        assert part.select(names).equals(expected.select(names))
        assert part["value"].to_list() == pytest.approx(expected["value"].to_list(), rel=1e-9)
    assert set(found["Dept"]) == {2}


def test_the_command_prints_sums_writes_json_and_draws(
    foresell: Foresell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(home))
    words = ("explain", "walmart", "--where", "Store=1", "--where", "Dept=2", "--steps", "3")

    table, rows = foresell(*words), foresell(*words, "--format", "json")
    drawn = foresell(*words, "--out", tmp_path / "parts.svg")
    painted = foresell(*words, "--out", tmp_path / "parts.png")
    written = foresell(*words, "--out", tmp_path / "parts.csv")

    assert [one.code for one in (table, rows, drawn, painted, written)] == [0] * 5
    assert (tmp_path / "parts.png").read_bytes().startswith(b"\x89PNG")
    assert "= FORECAST" in table.out
    told = json.loads(rows.out)
    assert [row["step"] for row in told] == [1, 2, 3]
    for row in told:
        assert sum(row["parts"].values()) == pytest.approx(row["forecast"])
        assert sum(row["columns"]["residual"].values()) == pytest.approx(row["parts"]["residual"])
    assert "Store 1, Dept 2" in (tmp_path / "parts.svg").read_text("utf-8")
    assert pl.read_csv(tmp_path / "parts.csv")["step"].unique().sort().to_list() == [1, 2, 3]


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"where": {"Stor": 1}}, "'Stor' is no key column"),
        ({"where": {"Store": 999}}, "no series has Store=999"),
        ({"day": "2010-02-05"}, "2010-02-05 is not forecast"),
        ({"day": "soon"}, "'soon' is no date"),
        ({"steps": 0}, "0 steps"),
        ({"candidate": "lightgb"}, "there is no candidate 'lightgb'"),
    ],
)
def test_what_is_not_there_is_refused(home: Path, asked: dict[str, object], what: str) -> None:
    with pytest.raises(UsageError) as refused:
        foresell.explain("walmart", **asked)  # type: ignore[arg-type]

    assert refused.value.what == what


def test_a_bundle_holds_a_graph_of_every_learnt_part_with_its_proof(home: Path) -> None:
    folder = home / "walmart" / "bundle" / "model"
    parts = set(json.loads((folder / "learner.json").read_bytes())["parts"])

    proof = json.loads((folder / "onnx" / "parity.json").read_bytes())

    assert {path.stem for path in (folder / "onnx").glob("*.onnx")} == parts == set(proof["parts"])
    assert all(one["max_abs"] <= proof["tolerance"] for one in proof["parts"].values())
    assert not [path for path in folder.rglob("*") if path.suffix in {".pkl", ".joblib"}]


def test_a_bundle_answers_without_a_booster_and_as_the_run_did(home: Path) -> None:
    code = """
import sys, foresell
answered = foresell.forecast("walmart")
print(answered["prediction"].sum().hex())
print(sorted({"lightgbm", "xgboost", "catboost", "onnx"} & set(sys.modules)))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    answered = pl.read_parquet(home / "walmart" / "forecast" / "forecast.parquet")
    total = float(str(answered["prediction"].sum()))
    assert said.stdout.splitlines() == [total.hex(), "[]"]


def test_a_run_says_what_matters_to_every_candidate_of_the_leaderboard(home: Path) -> None:
    evaluation = home / "walmart" / "evaluation"
    table = pl.read_csv(evaluation / "importance.csv")

    board = pl.read_csv(evaluation / "leaderboard.csv")
    assert set(table["candidate"]) == set(board["candidate"])
    base = table.filter((pl.col("kind") == "part") & (pl.col("name") == "base"))
    assert base.height == board.height
