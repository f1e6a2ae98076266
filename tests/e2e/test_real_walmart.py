"""The real files through the whole graph, and the poison test on them."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import foresell
from foresell.api import RunResult
from tests.builders import snapshot

pytestmark = pytest.mark.realdata
CUTOFF = date(2012, 1, 27)


@pytest.fixture
def real(walmart_result: RunResult) -> RunResult:
    return walmart_result


def test_the_gate_read_all_rows_and_kept_them(real: RunResult) -> None:
    checks = json.loads((real.workspace / "checks" / "checks.json").read_bytes())
    landing = json.loads((real.workspace / "landing" / "report.json").read_bytes())

    assert (checks["read"], checks["kept"], checks["quarantined"]) == (421_570, 421_570, 0)
    nothing = {"rows": 0, "examples": []}
    assert landing["unmatched"] == {"features": nothing, "stores": nothing}
    assert landing["disagreeing"] == {"features.IsHoliday": nothing}


def test_all_candidates_and_baselines_are_judged_on_the_same_rows(real: RunResult) -> None:
    board = real.leaderboard
    assert board is not None

    assert board["n"].unique().to_list() == [115_588]
    assert set(board.filter(pl.col("kind") == "baseline")["candidate"]) == {
        "naive",
        "seasonal_naive",
        "moving_average",
        "seasonal_average",
        "hybrid",
    }


def test_the_champion_passes_the_gate_and_its_band_holds_four_fifths(real: RunResult) -> None:
    assert real.leaderboard is not None
    champion = real.leaderboard.filter(pl.col("candidate") == real.champion)

    assert real.passed is True
    assert 0.77 <= champion["coverage_80"].item() <= 0.85


def test_every_row_of_the_competition_is_answered_with_finite_numbers(
    real: RunResult, walmart_data: Path
) -> None:
    asked = pl.read_csv(walmart_data / "test.csv", try_parse_dates=True)

    answered = pl.read_parquet(real.forecast or "")

    identity = ["Store", "Dept", "Date"]
    assert answered.select(identity).equals(asked.select(identity))
    assert answered.height == 115_064
    numbers = answered.select(pl.col("prediction", "^q0.*$").is_finite().all())
    assert all(numbers.row(0))


def test_values_after_the_cutoff_change_no_feature_and_no_prediction_of_the_real_files(
    real: RunResult, tmp_path: Path, walmart_data: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("stores.csv", "test.csv"):
        (data / name).write_bytes((walmart_data / name).read_bytes())
    later = pl.col("Date").str.to_date() > CUTOFF
    sales = pl.read_csv(walmart_data / "train.csv", infer_schema=False)
    poison = pl.when(later).then(pl.lit("77.5")).otherwise(pl.col("Weekly_Sales"))
    sales.with_columns(poison.alias("Weekly_Sales")).write_csv(data / "train.csv")
    covariates = pl.read_csv(walmart_data / "features.csv", infer_schema=False)
    past = [c for c in covariates.columns if c not in {"Store", "Date", "IsHoliday"}]
    poisoned = [pl.when(later).then(pl.lit("7")).otherwise(pl.col(c)).alias(c) for c in past]
    covariates.with_columns(poisoned).write_csv(data / "features.csv")

    again = foresell.run("walmart", data=data, preset="fast", home=tmp_path, until="train")

    for output in ("baselines", "judged", "predictions"):
        assert snapshot(again.workspace / output) == snapshot(real.workspace / output)
    frames = {p.name for p in (real.workspace / "features").iterdir() if p.name[7:] <= str(CUTOFF)}
    assert len(frames) >= 10
    for frame in frames:
        assert snapshot(again.workspace / "features" / frame) == snapshot(
            real.workspace / "features" / frame
        )
