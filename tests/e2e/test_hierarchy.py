"""Sums of what is answered: coherent with the rows, at every level, by every surface."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import foresell
from foresell.adapters.store import DirectoryStore
from foresell.answer.levels import answer_levels
from foresell.answer.rows import answer
from foresell.api import RunResult
from foresell.bundle.bundle import read_bundle
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

    ends = [*quantile_columns(), "interval_method", "rows"]
    assert asked.columns == ["level", "Store", "Date", "prediction", *ends]
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
    alone = ["prediction", *quantile_columns(), "interval_method"]
    assert total.row(1, named=True) | rows.select(alone).row(2, named=True) == total.row(
        1, named=True
    )


def test_a_part_of_a_node_is_no_surer_than_the_node(whole: Whole, tmp_path: Path) -> None:
    folder, _ = whole
    asked = tmp_path / "some.csv"
    asked.write_text("Store,Dept,Date\n2,1,2012-12-28\n3,1,2012-12-28\n")
    home = folder / "home"
    some = foresell.forecast("walmart", rows=asked, level="total", home=home)
    rows = foresell.forecast("walmart", rows=asked, home=home)
    all_of_it = foresell.forecast("walmart", level="total", home=home).filter(
        pl.col("Date") == some["Date"][0]
    )

    widths = [
        (frame["q0.975"] - frame["q0.025"]).to_numpy() / frame["prediction"].to_numpy()
        for frame in (some, all_of_it, rows)
    ]
    assert widths[1][0] < widths[0][0] < 1.5 * widths[2].max()
    assert some["interval_method"].to_list() == ["combined_intervals"]


def test_a_shop_never_seen_is_as_unsure_as_its_rows_and_stands_where_they_say(
    whole: Whole, tmp_path: Path
) -> None:
    folder, _ = whole
    asked = tmp_path / "new.csv"
    asked.write_text("Store,Dept,Date\n99,1,2012-12-28\n99,2,2012-12-28\n")
    home = folder / "home"
    rows = foresell.forecast("walmart", rows=asked, home=home)
    store = foresell.forecast("walmart", rows=asked, level="Store", home=home)

    for name in ("q0.025", "q0.1", "q0.9", "q0.975"):
        sides = (rows[name] - rows["prediction"]).sum()
        expected = max(store["prediction"][0] + sides, 0.0)
        assert store[name].to_list() == pytest.approx([expected], rel=1e-9)
    assert store["interval_method"].to_list() == ["combined_intervals"]


def test_a_new_series_is_summed_where_the_rows_say_that_it_belongs(whole: Whole) -> None:
    _, result = whole
    bundle = read_bundle(DirectoryStore(result.workspace / "bundle"))
    text = bundle.project_text.replace("[[Store], [Dept], []]", "[[Store], [Type], []]")
    assert text != bundle.project_text
    typed = replace(bundle, project_text=text)
    rows = pl.DataFrame(
        {
            "Store": [99, 1],
            "Dept": [1, 1],
            "Date": [date(2012, 12, 28)] * 2,
            "Type": ["B", "C"],  # the first store is known, as one of type A
        },
        schema_overrides={name: typed.history.schema[name] for name in ("Store", "Dept", "Type")},
    )
    sums = answer_levels(typed, answer(typed, rows), "Type", rows)

    assert sums.select("Type", "rows").rows() == [("A", 1), ("B", 1)]


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
    covered = ["coverage_80", "coverage_95"]
    assert table.columns == ["level", "forecast", "n", "wape", "mae", "rmse", *covered]
    assert bool((table["wape"] > 0).all())
    told = table.filter(pl.col("coverage_80").is_not_null())
    assert told["level"].to_list() == ["series", "Store", "Dept", "total"]
    assert told["forecast"].n_unique() == 1  # the one that is delivered
    assert bool((told["coverage_80"].is_between(0, told["coverage_95"])).all())
    assert bool((told["coverage_95"] <= 1).all())
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
