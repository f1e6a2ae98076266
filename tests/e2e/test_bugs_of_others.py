"""Bugs that forecasting tools are known for, looked for in a whole run."""

from pathlib import Path

import polars as pl
import pytest

from foresell.api import RunResult
from foresell.models.baselines import BASELINES
from tests.builders import weekly_files
from tests.e2e.small_run import run

KEYS = ["Store", "Dept", "Date"]


def read(result: RunResult, name: str) -> pl.DataFrame:
    return pl.read_parquet(result.workspace / name)


def test_no_candidate_bears_the_interval_of_another(whole: tuple[Path, RunResult]) -> None:
    _, result = whole
    assert result.leaderboard is not None
    champion = read(result, f"predictions/{result.champion}.parquet")
    for name in result.leaderboard["candidate"]:
        if name == result.champion:
            continue
        own = read(result, f"predictions/{name}.parquet")
        elsewhere = (own["prediction"] - champion["prediction"]).abs() > 1
        same_band = (own["q0.1"] == champion["q0.1"]) & (own["q0.9"] == champion["q0.9"])
        assert elsewhere.any()
        # A newcomer's band is learnt from earlier newcomers, for all candidates but the baselines.
        assert not (elsewhere & same_band).any(), name


def test_a_fallback_says_so_and_does_not_call_its_bands_conformal(tmp_path: Path) -> None:
    short = run(weekly_files(weeks=95), tmp_path, override="too short to learn from")

    answered = pl.read_parquet(short.forecast or "")
    page = (short.workspace / "report" / "report.html").read_text()

    assert answered["interval_method"].unique().to_list() == ["residual_quantiles"]
    assert "bands from plain residuals" in page


def test_a_series_answered_from_a_coarser_level_never_bears_the_name_of_its_own(
    whole: tuple[Path, RunResult],
) -> None:
    _, result = whole
    answered = pl.read_parquet(result.forecast or "")
    sold = read(result, "evaluation/truth.parquet").select("Store", "Dept").unique()

    strangers = answered.join(sold, on=["Store", "Dept"], how="anti").filter(pl.col("Dept") == 3)

    assert strangers.height == 39
    assert "series" not in strangers["level_used"].unique().to_list()


@pytest.mark.parametrize("place", ["predictions", "evaluation/one_step/predictions"])
def test_no_series_is_dropped_in_silence(place: str, whole: tuple[Path, RunResult]) -> None:
    _, result = whole
    assert result.leaderboard is not None
    asked = read(result, "baselines/naive.parquet").select(KEYS)
    for name in result.leaderboard["candidate"]:
        given = read(result, f"{place}/{name}.parquet")
        assert given.select(KEYS).equals(asked)
        assert given.select("prediction", "^q0.*$").to_numpy().min() > float("-inf")


def test_bands_of_seasonal_sales_do_not_grow_as_those_of_a_random_walk(
    whole: tuple[Path, RunResult],
) -> None:
    """The noise is the same at every step; a band of summed differences would grow by 6.2."""
    _, result = whole
    made = read(result, f"predictions/{result.champion}.parquet")
    width = made.with_columns(width=(pl.col("q0.9") - pl.col("q0.1")) / pl.col("prediction").abs())

    early = width.filter(pl.col("step") <= 4)["width"].median()
    late = width.filter(pl.col("step") > 35)["width"].median()

    assert isinstance(early, float)
    assert isinstance(late, float)
    assert late < 2 * early
    assert set(BASELINES) & {str(result.champion)} == set()
