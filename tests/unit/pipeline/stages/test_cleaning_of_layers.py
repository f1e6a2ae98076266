from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.data.row_splits import split_by_groups
from foresell.spec.cleaning import Cleaning, Fill, Outliers
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec
from tests.unit.pipeline.gatehouse import FRIDAY, Gatehouse, contract, landing, weekly

WEEKS = 10  # of which the last two are the test
PRICES = st.lists(st.none() | st.floats(0, 1e6), min_size=WEEKS, max_size=WEEKS)
ORDERS = contract(
    {"name": "order", "logicalType": "integer", "required": True, "primaryKey": True},
    {"name": "size", "logicalType": "number"},
    {"name": "paid", "logicalType": "number"},
)


def panel(prices: list[float | None], units: list[float] | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "shop": ["a"] * WEEKS,
            "day": [FRIDAY + timedelta(weeks=place) for place in range(WEEKS)],
            "units": units or [1.0] * WEEKS,
            "price": prices,
            "town": ["Kiel"] * WEEKS,
        },
        schema_overrides={"price": pl.Float64},
    )


def cleaned(frame: pl.DataFrame, cleaning: Cleaning) -> Gatehouse:
    house = Gatehouse(project=weekly(cleaning=cleaning)).validate(landing(frame, part_rows=3))
    assert house.failure is None
    return house


def orders(cleaning: Cleaning, **roles: Any) -> ProjectSpec:
    columns: dict[str, Any] = {"order": "group", "size": "feature", "paid": "target"}
    return ProjectSpec(
        name="orders",
        title="Orders",
        kind="tabular",
        tables=(Table(name="orders", file="orders.csv"),),
        columns=columns | roles,
        split=SplitSpec(test_share=0.4),
        cleaning=cleaning,
    )


def test_a_missing_value_is_filled_by_what_training_rows_hold() -> None:
    prices = [1.0, None, 3.0, 3.0, None, 8.0, 9.0, 9.0, None, 500.0]
    house = cleaned(panel(prices), Cleaning(fill={"price": Fill(statistic="median")}))
    assert house.rows()["price"].to_list() == [1, 5.5, 3, 3, 5.5, 8, 9, 9, 5.5, 500]
    assert house.audit[1] == {
        "step": "fill",
        "column": "price",
        "rows_in": 10,
        "rows_out": 10,
        "changed": 3,
        "why": "the median of the training rows, 5.5",
    }
    assert "fill price: 3 changed; the median of the training rows, 5.5" in house.notes


def test_a_declared_value_fills_and_is_told_of() -> None:
    house = cleaned(panel([None] * 10), Cleaning(fill={"price": Fill(value=0)}))
    assert house.rows()["price"].to_list() == [0.0] * 10
    assert (house.audit[1]["changed"], house.audit[1]["why"]) == (10, "the declared value 0")


@settings(deadline=None, max_examples=30)
@given(prices=PRICES, poison=st.lists(st.none() | st.floats(0, 1e6), min_size=2, max_size=2))
def test_poisoned_test_rows_change_nothing_that_is_learnt_and_no_training_row(
    prices: list[float | None], poison: list[float | None]
) -> None:
    cleaning = Cleaning(
        fill={"price": Fill(statistic="mean")},
        outliers=Outliers(columns=("price",), factor=0.5, action="drop"),
    )
    one = cleaned(panel(prices), cleaning)
    other = cleaned(panel([*prices[:-2], *poison]), cleaning)
    before = pl.col("day") < FRIDAY + timedelta(weeks=WEEKS - 2)
    assert_frame_equal(one.rows().filter(before), other.rows().filter(before))
    assert [step["why"] for step in one.audit] == [step["why"] for step in other.audit]


@settings(deadline=None, max_examples=30)
@given(prices=PRICES, factor=st.floats(0.01, 3))
def test_no_evaluated_row_is_dropped_as_an_outlier_and_each_dropped_row_is_counted(
    prices: list[float | None], factor: float
) -> None:
    rule = Outliers(columns=("price",), factor=factor, action="drop")
    frame = panel(prices)
    house = cleaned(frame, Cleaning(outliers=rule))
    assert_frame_equal(house.rows().tail(2), frame.tail(2))
    step = house.audit[1]
    assert step["step"] == "outliers (drop)"
    assert step["rows_out"] == step["rows_in"] - step["changed"] == house.rows().height
    assert house.checks["processed"] == house.rows().height
    assert house.checks["kept"] == 10


def test_flagged_outliers_stay_in_training_and_test() -> None:
    prices: list[float | None] = [1.0, 2.0, 3.0, 4.0, 5.0, 2.0, 3.0, 99.0, 3.0, 99.0]
    rule = Outliers(columns=("price",), factor=1.5, action="flag")
    house = cleaned(panel(prices), Cleaning(outliers=rule))
    assert house.rows()["is_outlier"].to_list() == [price == 99.0 for price in prices]
    assert house.audit[1]["changed"] == 2
    assert house.audit[1]["why"] == (
        "outside price from -1.375 to 7.625: 1.5 interquartile ranges of the training rows"
    )


@pytest.mark.parametrize(
    ("policy", "changed", "columns"),
    [("keep", 0, 0), ("clip", 1, 0), ("flag", 1, 1)],
)
def test_a_negative_target_is_kept_raw_in_the_layer_under_every_policy(
    policy: Any, changed: int, columns: int
) -> None:
    frame = panel([1.0] * 10, units=[-3.0, *[1.0] * 9])
    house = cleaned(frame, Cleaning(negative_target=policy))
    assert_frame_equal(house.rows().select(frame.columns), frame)
    assert house.rows().width == frame.width + columns
    assert (house.audit[-1]["step"], house.audit[-1]["changed"]) == (
        f"negative_target ({policy})",
        changed,
    )


@settings(deadline=None, max_examples=30)
@given(
    sizes=st.lists(st.none() | st.floats(0, 100), min_size=30, max_size=60),
    poison=st.floats(0, 1e9),
    factor=st.floats(0.01, 2),
)
def test_in_a_tabular_project_rows_drawn_for_the_test_teach_nothing_and_stay(
    sizes: list[float | None], poison: float, factor: float
) -> None:
    frame = pl.DataFrame(
        {"order": range(len(sizes)), "size": sizes, "paid": [1.0] * len(sizes)},
        schema={"order": pl.Int64, "size": pl.Float64, "paid": pl.Float64},
    )
    project = orders(
        Cleaning(
            fill={"size": Fill(statistic="mean")},
            outliers=Outliers(columns=("size",), factor=factor, action="drop"),
        )
    )
    test = ~pl.Series(split_by_groups(frame, project, ["order"]).side("train"))
    spoilt = frame.with_columns(pl.when(test).then(poison).otherwise("size").alias("size"))
    one, other = (
        Gatehouse(project=project, contract=ORDERS).validate(landing(rows, 7))
        for rows in (frame, spoilt)
    )
    ids = frame.filter(test)["order"].to_list()
    evaluated = pl.col("order").is_in(ids)
    assert one.rows().filter(evaluated)["order"].to_list() == ids
    assert_frame_equal(one.rows().filter(~evaluated), other.rows().filter(~evaluated))
    assert [step["why"] for step in one.audit] == [step["why"] for step in other.audit]


def test_what_the_split_calls_training_rows_is_what_cleaning_learnt_from() -> None:
    frame = pl.DataFrame({"order": range(200), "size": [1.0, None, 3.0, 1.0] * 50}).with_columns(
        paid=pl.col("order").cast(pl.Float64), order=pl.col("order").cast(pl.Int64)
    )
    rule = Outliers(columns=("paid",), factor=0.1, action="drop")
    house = Gatehouse(project=orders(Cleaning(outliers=rule)), contract=ORDERS)
    sides = house.validate(landing(frame)).split().read_frame("assignment.parquet")
    test = ~pl.Series(split_by_groups(frame, house.project, ["order"]).side("train"))
    # What is dropped was learnt from, so of fewer rows no more are judged.
    judged = sides.filter(pl.col("split") != "train")["order"].to_list()
    assert set(judged) <= set(frame.filter(test)["order"].to_list())
    assert len(judged) > 0.3 * sides.height
    assert 0 < house.audit[1]["changed"] < frame.filter(~test).height


def test_flags_are_added_where_both_are_asked_for() -> None:
    both = Cleaning(outliers=Outliers(columns=("price",)), negative_target="flag")
    house = cleaned(panel([1.0] * 10), both)
    assert house.rows().columns[-2:] == ["is_outlier", "is_negative_target"]
    assert replace(both, negative_target="keep") != both
    assert house.rows()["day"].max() == date(2021, 3, 5)


def test_the_last_word_of_the_gate_says_what_cleaning_changed_and_how_many_rows_are_left() -> None:
    prices = [1.0, None, 3.0, 3.0, 2.0, 8.0, 500.0, 9.0, None, 500.0]
    cleaning = Cleaning(
        fill={"price": Fill(statistic="median")},
        outliers=Outliers(columns=("price",), action="drop"),
    )
    house = cleaned(panel(prices), cleaning)
    assert house.notes[-1] == (
        "10 read = 10 kept + 0 quarantined, 10 rules; 9 rows in the layer; "
        "cleaning changed price 2 (fill), price 1 (outliers)"
    )
    assert house.rows().height == house.checks["processed"] == 9
