"""Rows that a version learnt from are known again, and prove nothing."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from foresell import alerts, drift, performance
from foresell.answer.declared import declared
from foresell.api.monitoring import DriftReport
from foresell.spec.project import ProjectSpec
from foresell.wiring.watch_learnt import learnt_rows, mostly
from tests.performing_toy import FIRST, panel_bundle, put_on_prod, weeks
from tests.served_bundles import CONTRACT, PROJECT
from tests.unit.wiring.test_watch_current import two_years, watch
from tests.watched_toys import lines, watched_shop

SHOP = "toy"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("learnt")
    watched_shop(folder / "home", folder / "declared")
    return folder / "home", folder / "declared"


def looked(home: Path, folder: Path, rows: pl.DataFrame) -> DriftReport:
    rows.write_parquet(folder / "rows.parquet")
    return drift(SHOP, current=folder / "rows.parquet", evidently=False, home=home)


def test_a_panel_s_row_is_known_again_by_all_that_both_tell() -> None:
    history = two_years()
    spec = watch("walmart").spec
    same = history.filter(pl.col("Date") >= date(2012, 6, 1))
    assert learnt_rows(same, history, spec).all()
    assert learnt_rows(same.drop("Weekly_Sales", "CPI"), history, spec).all()
    sold = pl.when(pl.col("Store") == 1).then(2.0).otherwise(1.0) * pl.col("Weekly_Sales")
    twice = same.with_columns(Weekly_Sales=sold)
    again = learnt_rows(twice, history, spec)
    assert again.to_list() == (same["Store"] != 1).to_list()
    assert mostly(again)
    assert not learnt_rows(same.drop("Dept"), history, spec).any()


def toy() -> ProjectSpec:
    return declared(PROJECT.format(project="toy"), CONTRACT.format(project="toy")).spec


def test_a_table_of_few_different_rows_is_never_said_to_be_known() -> None:
    many = lines(500, 1)
    assert learnt_rows(many.head(20), many, toy()).all()
    few = many.select("gift", "colour")
    assert not learnt_rows(few, few, toy()).any()


def test_truths_that_a_version_learnt_from_are_counted_and_not_judged(
    shop: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_PROJECTS", str(shop[1]))
    sales = pl.col("pieces") * pl.col("price")
    learnt, fresh = (
        lines(rows, seed).with_columns(sales=sales) for rows, seed in [(2_000, 1), (400, 9)]
    )
    for rows, judged in [(pl.concat([learnt, fresh]), 400), (learnt, 0)]:
        rows.write_parquet(tmp_path / "truth.parquet")
        told = performance(
            "toy", actuals=tmp_path / "truth.parquet", replace=True, home=shop[0]
        ).told
        assert told["matched"] == judged
        lost = [(one["why"], one["rows"]) for one in told["unmatched"]]
        assert lost == [("not judged: learnt from", 2_000)]
    assert (told["verdict"], told["recomputed"]) == ("unknown", False)


def test_weeks_of_a_panel_that_a_version_learnt_from_are_told_apart_from_early_ones(
    tmp_path: Path,
) -> None:
    bundle = panel_bundle(FIRST, seed=1)
    put_on_prod(tmp_path / "home", bundle, 1)
    seen, early = bundle.history.tail(3), weeks(FIRST, 1, seed=7)
    ahead = weeks(FIRST + timedelta(weeks=1), 2, seed=7)
    pl.concat([seen.head(2), early, ahead]).unique(["shop", "week"], keep="first").write_csv(
        tmp_path / "truth.csv"
    )
    told = performance("shops", actuals=tmp_path / "truth.csv", home=tmp_path / "home").told
    lost = {one["why"]: one["rows"] for one in told["unmatched"]}
    assert lost == {"not judged: learnt from": 2, "before the forecasts": 6}
    assert told["matched"] == 12


def test_rows_that_were_learnt_from_are_said_to_be_and_close_no_alert(
    shop: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = shop[0]
    monkeypatch.setenv("FORESELL_PROJECTS", str(shop[1]))
    learnt = lines(2_000, 1)
    looked(home, tmp_path, lines(300, 3, price=24.0))
    assert [one.subject for one in alerts(SHOP, home=home).firing] == ["drift"]

    found = looked(home, tmp_path, learnt)
    assert found.drift["notes"][0] == (
        "all 2,000 rows are such as version 1 learnt from: no proof of quiet, and no alert is over "
        "by them"
    )
    assert not found.alarms
    assert [one.subject for one in alerts(SHOP, home=home).firing] == ["drift"]

    looked(home, tmp_path, lines(300, 4))
    assert not alerts(SHOP, home=home).firing
