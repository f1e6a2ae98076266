"""Rows of a table, judged: how they are named, parted, scored, and looked into."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import UsageError
from foresell.evaluate.gate import deciding_metrics, judge
from foresell.evaluate.leaderboard import leaderboard
from foresell.evaluate.protocols import protocol, protocols_of, row_protocols
from foresell.evaluate.row_segments import PREDICTED, band_names
from foresell.evaluate.row_truth import row_truth
from foresell.evaluate.segments import segment_scores, segments
from foresell.evaluate.slices import take_slice
from foresell.evaluate.value_added import value_added_by
from foresell.spec.forecast import QUANTILES
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

COLUMNS: dict[str, Any] = {
    "order": "group",
    "line": "feature",
    "day": "time",
    "kind": "feature",
    "price": "feature",
    "paid": "target",
}
PROJECT = ProjectSpec(
    name="orders",
    title="Orders",
    kind="tabular",
    tables=(Table(name="orders", file="orders.csv"),),
    columns=COLUMNS,
    split=SplitSpec(test_share=0.2),
    segments=("kind",),
    bands={"price": (10, 100)},
)
START = date(2024, 11, 30)
LAYER = pl.DataFrame({
    "order": [7, 7, 8, 9, 9, 9],
    "line": [1, 2, 1, 1, 2, 3],
    "day": [START + timedelta(days=n) for n in (0, 0, 1, 2, 2, 40)],
    "kind": ["car", "bus", "car", None, "bus", "car"],
    "price": [5.0, 10.0, 99.0, 100.0, None, 7.0],
    "paid": [10, 20, 30, 40, 50, None],
})
TESTED = pl.Series([False, True, True, True, True, True])
TRUTH = row_truth(LAYER, TESTED, PROJECT, ("order", "line"))


def forecast(miss: float = 1.0) -> pl.DataFrame:
    return TRUTH.select("order", "line", "row", prediction=pl.col("y") + miss)


def banded(miss: float) -> pl.DataFrame:
    levels = {f"q{level}": pl.col("prediction") + 4 * (level - 0.5) for level in QUANTILES}
    return forecast(miss).with_columns(**levels)


def parts(truth: pl.DataFrame, project: ProjectSpec = PROJECT) -> dict[str, list[str | None]]:
    """What each row is called under each way to part them."""
    return {
        one.name: [one.values[code] if code >= 0 else None for code in one.codes.tolist()]
        for one in segments(truth, project)
    }


def test_a_truth_names_each_row_by_its_place_and_leaves_out_what_nobody_knows() -> None:
    assert TRUTH.columns == ["order", "line", "day", "kind", "price", "row", "y"]
    assert TRUTH.select("row", "y").rows() == [(1, 20.0), (2, 30.0), (3, 40.0), (4, 50.0)]
    weighed = replace(PROJECT, columns={**COLUMNS, "line": "weight"})
    told = row_truth(LAYER, TESTED, weighed, ("order", "line"))
    assert told["weight"].to_list() == [2.0, 1.0, 1.0, 2.0]


def test_rows_are_parted_by_text_by_bands_by_prediction_and_by_month() -> None:
    told = TRUTH.with_columns(pl.Series(PREDICTED, [1.0, 2.0, 3.0, 3.0]))
    assert parts(told) == {
        "kind": ["bus", "car", None, "bus"],
        "price": ["10 to below 100", "10 to below 100", "100 and above", None],
        "predicted_tercile": ["low", "middle", "high", "high"],
        "month": ["2024-11", "2024-12", "2024-12", "2024-12"],
    }


def test_more_than_twelve_months_are_parted_by_year_and_no_time_by_none() -> None:
    years = (
        TRUTH
        .head(1)
        .select(pl.exclude("day"))
        .join(
            pl.DataFrame({"day": [date(2023 + n // 12, n % 12 + 1, 1) for n in range(13)]}),
            how="cross",
        )
    )
    assert parts(years)["year"] == ["2023"] * 12 + ["2024"]
    timeless = replace(PROJECT, columns={**COLUMNS, "day": "excluded"})
    assert set(parts(TRUTH, timeless)) == {"kind", "price"}


def test_of_many_values_those_that_most_rows_have_are_told_apart() -> None:
    many = pl.DataFrame({"kind": [f"k{n:02}" for n in range(60)] * 2 + ["k59", "k59"]})
    told = many.with_columns(price=pl.lit(1.0), day=pl.lit(START))
    found = parts(told)["kind"]
    kept = [f"k{n:02}" for n in range(49)] + ["k59"]
    assert [name for name in found[:60] if name is not None] == kept
    assert found[:60].count(None) == 10


def test_a_band_is_named_by_its_edges() -> None:
    assert band_names((100,)) == ("below 100", "100 and above")
    assert band_names((0.5, 2_500_000)) == (
        "below 0.5",
        "0.5 to below 2500000",
        "2500000 and above",
    )


@settings(deadline=None, max_examples=20)
@given(misses=st.lists(st.floats(-9, 9), min_size=4, max_size=4), seed=st.integers(0, 99))
def test_scores_of_parts_add_up_and_the_order_of_rows_decides_nothing(
    misses: list[float], seed: int
) -> None:
    made = forecast(0.0).with_columns(prediction=pl.col("prediction") + pl.Series(misses))
    mixed = made.sample(fraction=1, shuffle=True, seed=seed)
    told = TRUTH.with_columns(pl.Series(PREDICTED, made["prediction"]))
    one = segment_scores(told, {"a": made}, PROJECT)
    assert one.equals(
        segment_scores(told.sample(fraction=1, shuffle=True, seed=seed), {"a": mixed}, PROJECT)
    )
    months = one.filter(pl.col("segment") == "month")
    assert months["n"].sum() == 4
    assert (months["mae"] * months["n"]).sum() == pytest.approx(sum(map(abs, misses)))


def test_the_best_model_comes_first_and_is_judged_on_rmse_and_mae() -> None:
    made = {"mean": forecast(3.0), "ridge": forecast(1.0), "linear": forecast(-2.0)}
    board = leaderboard(TRUTH, made, PROJECT, ("mean",))
    assert board.select("candidate", "kind", "n", "rmse").rows() == [
        ("ridge", "candidate", 4, 1.0),
        ("linear", "candidate", 4, 2.0),
        ("mean", "baseline", 4, 3.0),
    ]
    assert deciding_metrics(PROJECT) == ("rmse", "mae")
    verdict = judge(board, "ridge", deciding_metrics(PROJECT))
    assert verdict.passed
    assert verdict.comparisons[0].value_added == pytest.approx(2 / 3)
    assert not judge(board, "mean", deciding_metrics(PROJECT)).passed


def test_a_declared_weight_decides_with_rmse() -> None:
    weighed = replace(PROJECT, columns={**COLUMNS, "line": "weight"})
    told = row_truth(LAYER, TESTED, weighed, ("order", "line"))
    board = leaderboard(told, {"a": forecast(1.0)}, weighed, ())
    assert deciding_metrics(weighed) == ("rmse", "wmae")
    assert board["wmae"].to_list() == [1.0]


def test_a_row_that_is_not_answered_is_refused() -> None:
    with pytest.raises(UsageError, match="leaves 1 of 4 rows without a finite answer"):
        leaderboard(TRUTH, {"a": forecast().head(3)}, PROJECT, ())


def test_value_added_is_told_for_all_rows_and_each_part_and_for_no_key() -> None:
    told = TRUTH.with_columns(pl.Series(PREDICTED, [1.0, 2.0, 3.0, 4.0]))
    found = value_added_by(told, forecast(1.0), forecast(2.0), PROJECT)
    assert found["by"].unique(maintain_order=True).to_list() == [
        "all", "kind", "price", "predicted_tercile", "month",
    ]  # fmt: skip
    assert found.filter(pl.col("value") == "car").select("n", "saved").rows() == [(1, 1.0)]
    assert set(found["value_added"].to_list()) == {0.5}


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({}, [1, 2, 3, 4]),
        ({"kind": ["car", "bus"]}, [1, 2, 4]),
        ({"order": ["9"]}, [3, 4]),
        ({"price": ["99"]}, [2]),
        ({"day": ["2024-12-02"]}, [3, 4]),
        ({"row": ["2"]}, [2]),
    ],
)
def test_a_slice_takes_any_key_feature_group_or_day(where: Any, rows: list[int]) -> None:
    found = take_slice(TRUTH, banded(1.0), PROJECT, where)
    assert found.rows["row"].to_list() == rows
    assert found.rows["error"].to_list() == [1.0] * len(rows)
    assert found.rows["in_80"].all()
    assert found.scores["n"] == found.series(PROJECT) == len(rows)
    assert found.by_date["n"].sum() == len(rows)


def test_a_slice_by_the_truth_or_by_no_column_of_the_table_is_refused() -> None:
    said = {"y": "there is no column 'y'", "paid": "the column 'paid' is the target"}
    for name, words in said.items():
        with pytest.raises(UsageError, match=words):
            take_slice(TRUTH, forecast(), PROJECT, {name: ["20"]})


def test_a_slice_of_rows_without_a_date_has_no_sums_by_date() -> None:
    timeless = replace(PROJECT, columns={**COLUMNS, "day": "excluded"})
    told = row_truth(LAYER, TESTED, timeless, ("order", "line"))
    found = take_slice(told, forecast(), timeless, {})
    assert (found.rows.height, found.by_date.height) == (4, 0)


@pytest.mark.parametrize(
    ("split", "names", "folders"),
    [
        ({"test_share": 0.2}, ["held-out"], [""]),
        ({"test_from": "2024-01-01"}, ["chronological"], [""]),
        (
            {"test_share": 0.2, "test_from": "2024-01-01"},
            ["held-out", "chronological"],
            ["", "chronological/"],
        ),
    ],
)
def test_the_first_protocol_is_the_delivered_one(
    split: dict[str, Any], names: list[str], folders: list[str]
) -> None:
    project = replace(PROJECT, split=SplitSpec(**split))
    found = row_protocols(project)
    assert [one.name for one in found] == names
    assert [one.folder for one in found] == folders
    assert protocols_of(project) == found
    assert protocol(None, project) == found[0]
    with pytest.raises(UsageError, match="is judged by no protocol 'frozen'"):
        protocol("frozen", project)
