"""Rows that a version learnt from are known again, and prove nothing."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from foresell import alerts, drift
from foresell.wiring.watch_learnt import learnt_rows, mostly
from tests.unit.wiring.test_watch_current import two_years, watch
from tests.watched_toys import lines, watched_shop, watched_walmart

SHOP = "toy"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("learnt")
    watched_shop(folder / "home", folder / "declared")
    return folder / "home", folder / "declared"


def looked(home: Path, folder: Path, rows: pl.DataFrame) -> object:
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


def test_a_table_of_few_different_rows_is_never_said_to_be_known() -> None:
    spec = watch("walmart").spec
    from dataclasses import replace

    flat = replace(spec, kind="table") if hasattr(spec, "kind") else spec
    rows = pl.DataFrame({"IsHoliday": [True, False] * 50})
    assert not learnt_rows(rows, rows, flat).any()


def test_rows_that_were_learnt_from_are_said_to_be_and_close_no_alert(
    shop: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, declared = shop
    monkeypatch.setenv("FORESELL_PROJECTS", str(declared))
    learnt = lines(2_000, 1)
    looked(home, tmp_path, lines(300, 3, price=24.0))
    assert [one.subject for one in alerts(SHOP, home=home).firing] == ["drift"]

    found = looked(home, tmp_path, learnt)
    assert found.drift["notes"][0] == (  # type: ignore[attr-defined]
        "all 2,000 rows are such as version 1 learnt from: no proof of quiet, and no alert is over "
        "by them"
    )
    assert not found.alarms  # type: ignore[attr-defined]
    assert [one.subject for one in alerts(SHOP, home=home).firing] == ["drift"]

    looked(home, tmp_path, lines(300, 4))
    assert not alerts(SHOP, home=home).firing
