"""A changed plan moves the forecast by its true effect, which the generator writes beside it."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

import foresell
from benchmarks.what_if import generated, planned_truth, ratio, starting, stopping
from foresell.api import RunResult
from tests.e2e.command import Foresell

APPAREL = {"store_id": "S0001", "category": "apparel"}
PROMOTED = {"promotion": 1, "discount": 0.3}


@pytest.fixture(autouse=True)
def own_projects(shops: tuple[Path, RunResult], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESELL_PROJECTS", str(shops[0] / "own"))


@pytest.mark.slow
def test_planned_promotions_move_the_forecast_by_their_true_effect_within_a_fifth(
    shops: tuple[Path, RunResult],
) -> None:
    folder, result = shops
    made = generated(result.workspace)
    assert bool((planned_truth(made)["truth"] > 0.5).any())

    assert ratio(stopping("retail", folder / "home", made)) == pytest.approx(1, abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("plan", [(1.0, 0.3), (0.6, 0.15), (0.4, 0.08)])
def test_a_promotion_nobody_planned_moves_the_forecast_by_its_true_effect_within_a_fifth(
    plan: tuple[float, float], shops: tuple[Path, RunResult]
) -> None:
    folder, result = shops
    effects = starting("retail", folder / "home", generated(result.workspace), plan)
    assert ratio(effects) == pytest.approx(1, abs=0.2)


@pytest.mark.slow
def test_only_the_series_and_days_that_are_named_are_changed(
    shops: tuple[Path, RunResult],
) -> None:
    home = shops[0] / "home"
    planned = foresell.forecast("retail", home=home)
    changed = foresell.forecast(
        "retail", set=PROMOTED, where=APPAREL, first="2025-01-06", last="2025-01-10", home=home
    )

    mine = planned.filter(store_id="S0001", category="apparel")
    assert changed["prediction_planned"].to_list() == mine["prediction"].to_list()
    assert changed["q0.5_planned"].to_list() == mine["q0.5"].to_list()
    gained = changed["prediction"] - changed["prediction_planned"]
    assert changed["effect"].to_list() == gained.to_list()
    inside = changed["date"].is_between(date(2025, 1, 6), date(2025, 1, 10))
    assert bool((changed.filter(inside)["effect"] > 0).all())
    bands = [name for name in changed.columns if name.startswith("q") and "_" not in name]
    assert len(bands) >= 9
    assert bool(changed.select(pl.all_horizontal(pl.col(bands).is_finite())).to_series().all())


@pytest.mark.slow
def test_without_a_change_only_the_rows_of_the_named_series_are_answered(
    shops: tuple[Path, RunResult],
) -> None:
    home = shops[0] / "home"
    every = foresell.forecast("retail", home=home)
    named = foresell.forecast("retail", where={"category": "apparel"}, home=home)
    assert named.equals(every.filter(category="apparel"))
    assert 0 < named.height < every.height
    total = foresell.forecast("retail", where=APPAREL, level="total", home=home)
    assert total["rows"].unique().to_list() == [1]


@pytest.mark.slow
def test_the_effect_is_against_what_all_rows_are_answered_where_rows_alone_tell_the_plan(
    shops: tuple[Path, RunResult],
) -> None:
    home = shops[0] / "home"
    days = pl.DataFrame({"date": [date(2025, 1, day) for day in range(1, 29)]})
    keys = foresell.forecast("retail", home=home).select("store_id", "category").unique()
    rows = keys.join(days, how="cross").sort("store_id", "category", "date")
    rows = rows.with_columns(promotion=pl.lit(0.8), discount=pl.lit(0.2), open=pl.lit(value=1.0))

    every = foresell.forecast("retail", rows=rows, home=home)
    made = foresell.forecast("retail", rows=rows, set=PROMOTED, where=APPAREL, home=home)

    mine = every.filter(store_id="S0001", category="apparel")
    assert made["prediction_planned"].to_list() == mine["prediction"].to_list()
    assert made["changed"].all()


@pytest.mark.slow
def test_a_plan_nobody_told_is_named_in_a_line(
    shops: tuple[Path, RunResult],
    foresell: Foresell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(shops[0] / "home"))
    monkeypatch.setenv("FORESELL_PROJECTS", str(shops[0] / "own"))
    new = "store_id,category,date,promotion\nS9999,apparel,2025-01-06,0\n"
    (tmp_path / "new.csv").write_text(new, "utf-8")
    ran = foresell("forecast", "retail", "--rows", "new.csv")
    assert ran.code == 0
    assert "taken as usual for the series: discount (1 row)\n" in ran.err


@pytest.mark.slow
def test_several_values_of_a_column_mean_any_of_them(shops: tuple[Path, RunResult]) -> None:
    home = shops[0] / "home"
    where = {"store_id": ["S0001", "S0002"], "category": ["apparel"]}
    changed = foresell.forecast("retail", set=PROMOTED, where=where, home=home)
    assert changed["store_id"].unique().sort().to_list() == ["S0001", "S0002"]
    assert changed.height == 2 * 28


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "what", "mend"),
    [
        (["--set", "promotoin=1"], "there is no column 'promotoin'", "did you mean 'promotion'?"),
        (["--set", "visitors=9"], "'visitors' is past_only", "known: discount, open, promotion"),
        (["--set", "promotion=2"], "promotion must be at most 1", "change promotion"),
        (["--set", "promotion=x"], "not of type number", "mend the values"),
        (["--set", "promotion"], "'promotion' is no NAME=VALUE", "write --set promotion=1"),
        (["--set", "promotion=1", "--where", "stor=1"], "'stor' is no key", "'store_id'"),
        (["--set", "promotion=1", "--where", "store_id=S9"], "no row has store_id=S9", "S0001"),
        (["--set", "promotion=1", "--from", "2030-01-01"], "no row lies from", "2025-01-28"),
        (["--set", "promotion=1", "--from", "soon"], "'soon' is no day", "2024-12-31"),
        (["--from", "2025-01-06"], "days of a change, and nothing is changed", "--set"),
        (["--where", "stor=1"], "'stor' is no key or static column", "'store_id'"),
        (["--where", ""], "'' is no NAME=VALUE", "write --where COLUMN=VALUE"),
        (["--level", "total", "--submission"], "a level has sums of rows", "leave one"),
        (["--rows", "nothere.csv"], "there is no file 'nothere.csv'", "CSV or Parquet file"),
        (["--out", "a.xlsx"], "cannot write 'a.xlsx'", "use .csv or .parquet"),
    ],
)
def test_a_change_that_cannot_be_planned_is_refused_and_says_what_can(
    words: list[str],
    what: str,
    mend: str,
    shops: tuple[Path, RunResult],
    foresell: Foresell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(shops[0] / "home"))
    monkeypatch.setenv("FORESELL_PROJECTS", str(shops[0] / "own"))
    ran = foresell("forecast", "retail", *words)
    assert (ran.code, what in ran.err, mend in ran.err) == (2, True, True)


@pytest.mark.slow
def test_the_effect_is_told_in_a_line_and_written_whole(
    shops: tuple[Path, RunResult],
    foresell: Foresell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(shops[0] / "home"))
    monkeypatch.setenv("FORESELL_PROJECTS", str(shops[0] / "own"))
    asked = ["forecast", "retail", "--set", "promotion=1", "--set", "discount=0.3"]
    narrow = [*asked, "--where", "category=apparel", "--where", "store_id=S0001"]

    told = foresell(*narrow)
    written = foresell(*narrow, "--out", tmp_path / "effect.csv")

    assert (told.code, written.code) == (0, 0)
    assert "EFFECT" in told.out
    assert "in the rows that are changed, 28 of 28 rows" in told.out
    assert "in units" in told.out
    assert pl.read_csv(tmp_path / "effect.csv")["effect"].sum() > 0
