"""Sums of what is answered: coherent with the rows, at every level, by every surface."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import foresell
from foresell.api import RunResult
from foresell.errors import UsageError
from foresell.spec.forecast import quantile_columns

Whole = tuple[Path, RunResult]


def test_every_level_is_the_sum_of_the_rows_that_are_answered(whole: Whole) -> None:
    folder, result = whole
    rows = foresell.forecast("walmart", home=folder / "home")
    levels = pl.read_parquet(result.workspace / "forecast" / "hierarchy.parquet")

    assert levels["level"].unique(maintain_order=True).to_list() == ["Store", "Dept", "total"]
    for name, columns in (("Store", ["Store"]), ("Dept", ["Dept"]), ("total", [])):
        mine = levels.filter(pl.col("level") == name)
        sums = rows.group_by([*columns, "Date"]).agg(pl.col("prediction").sum(), rows=pl.len())
        both = mine.join(sums, on=[*columns, "Date"], suffix="_summed")
        assert both.height == mine.height == sums.height
        assert both["prediction"].to_numpy() == pytest.approx(
            both["prediction_summed"].to_numpy(), rel=1e-6
        )
        assert both["rows"].to_list() == both["rows_summed"].to_list()


def test_a_level_asked_for_is_the_one_that_the_run_left(whole: Whole) -> None:
    folder, result = whole
    left = pl.read_parquet(result.workspace / "forecast" / "hierarchy.parquet")
    asked = foresell.forecast("walmart", level="Store", home=folder / "home")

    assert asked.columns == ["level", "Store", "Date", "prediction", *quantile_columns(), "rows"]
    assert asked.equals(left.filter(pl.col("level") == "Store").select(asked.columns))
    bands = asked.select(quantile_columns()).to_numpy()
    assert np.isfinite(bands).all()
    assert (np.diff(bands, axis=1) >= 0).all()


def test_rows_of_ones_own_are_summed_and_no_others(whole: Whole, tmp_path: Path) -> None:
    folder, _ = whole
    asked = tmp_path / "mine.csv"
    asked.write_text("Store,Dept,Date\n3,1,2012-12-21\n2,1,2012-12-21\n2,2,2012-12-28\n")

    rows = foresell.forecast("walmart", rows=asked, home=folder / "home")
    total = foresell.forecast("walmart", rows=asked, level="total", home=folder / "home")

    assert total["rows"].to_list() == [2, 1]
    first, second, third = rows["prediction"].to_list()
    assert total["prediction"].to_list() == pytest.approx([first + second, third], rel=1e-12)


def test_nothing_is_below_zero_where_nothing_may_be(whole: Whole) -> None:
    folder, _ = whole
    rows = foresell.forecast("walmart", nonnegative=True, home=folder / "home")
    stores = foresell.forecast("walmart", nonnegative=True, level="Store", home=folder / "home")

    for frame in (rows, stores):
        assert (frame.select("prediction", *quantile_columns()).to_numpy() >= 0).all()
    sums = rows.group_by("Store", "Date").agg(pl.col("prediction").sum()).sort("Store", "Date")
    assert stores["prediction"].to_numpy() == pytest.approx(sums["prediction"].to_numpy(), rel=1e-6)


def test_a_level_that_is_none_is_refused_with_the_nearest_one(whole: Whole) -> None:
    folder, _ = whole
    with pytest.raises(UsageError) as refused:
        foresell.forecast("walmart", level="Stor", home=folder / "home")
    assert refused.value.what == "there is no level 'Stor'"
    assert "Store" in refused.value.mend


def test_the_errors_of_every_level_before_and_after_are_told(whole: Whole) -> None:
    _, result = whole
    table = pl.read_csv(result.workspace / "evaluation" / "hierarchy.csv")

    assert table.select("level", "forecast").rows() == [
        (level, forecast)
        for level in ("series", "Store", "Dept", "total")
        for forecast in ("own", "bottom_up", "reconciled")
    ]
    assert table.columns == ["level", "forecast", "n", "wape", "mae", "rmse"]
    assert bool((table["wape"] > 0).all())
    truth = pl.read_parquet(result.workspace / "evaluation" / "truth.parquet")
    assert table.filter(pl.col("level") == "series")["n"].unique().to_list() == [truth.height]
    assert table.filter(pl.col("level") == "total")["n"].unique().to_list() == [
        truth["Date"].n_unique()
    ]


@pytest.mark.slow
@pytest.mark.parametrize("promotion", [None, 1.0])
def test_sums_of_a_window_with_promotions_and_closed_days_are_those_of_its_series(
    promotion: float | None, shops: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, result = shops
    monkeypatch.setenv("FORESELL_PROJECTS", str(folder / "own"))
    asked = pl.read_parquet(result.workspace / "asked" / "asked.parquet")
    assert {True, False} == set((asked["promotion"] > 0).to_list())
    assert 0 in asked["open"].to_list()
    rows = pl.read_parquet(result.workspace / "forecast" / "forecast.parquet")
    levels = pl.read_parquet(result.workspace / "forecast" / "hierarchy.parquet")
    if promotion is not None:
        plan = {"promotion": promotion, "discount": 0.3}
        rows = foresell.forecast("retail", set=plan, home=folder / "home")
        changed = asked.with_columns(pl.lit(value).alias(name) for name, value in plan.items())
        changed.write_parquet(folder / "changed.parquet")
        made = [
            foresell.forecast(
                "retail", rows=folder / "changed.parquet", level=name, home=folder / "home"
            )
            for name in ("store_id", "category", "total")
        ]
        levels = pl.concat(made, how="diagonal")

    for name, columns in (("store_id", ["store_id"]), ("category", ["category"]), ("total", [])):
        mine = levels.filter(pl.col("level") == name)
        sums = rows.group_by([*columns, "date"]).agg(pl.col("prediction").sum().alias("summed"))
        both = mine.join(sums, on=[*columns, "date"])
        assert both.height == mine.height == sums.height > 0
        assert both["prediction"].to_numpy() == pytest.approx(
            both["summed"].to_numpy(), rel=1e-6, abs=1e-6
        )
    shut = asked.filter(pl.col("open") == 0).select("store_id", "category", "date")
    closed = rows.join(shut, on=["store_id", "category", "date"], how="semi")
    assert closed.height == shut.height
    assert (closed.select("prediction", *quantile_columns()).to_numpy() == 0).all()
