"""What a table of rows adds up to."""

import math
from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.eda.row_groups import by_category, duplicates, group_sizes, months, target_by_bin
from tests.described import ORDERS, order_rows

CATEGORY = st.none() | st.sampled_from(["NA", "a", "b"])


@settings(max_examples=25)
@given(regions=st.lists(CATEGORY, min_size=8, max_size=60))
def test_categories_hold_every_row_once(regions: list[str | None]) -> None:
    rows = order_rows(len(regions)).with_columns(pl.Series("region", regions, dtype=pl.String))
    found = by_category(rows, ORDERS).filter(pl.col("column") == "region")

    told = dict(found.select("value", "rows").iter_rows())
    assert told == {value: regions.count(value) for value in set(regions)}
    assert math.isclose(math.fsum(found["y"]), math.fsum(rows["sales"]))
    for row in found.iter_rows(named=True):
        own = rows.filter(pl.col("region").eq_missing(pl.lit(row["value"], dtype=pl.String)))
        assert math.isclose(row["mean"], math.fsum(own["sales"]) / own.height)


def test_many_values_end_in_the_others() -> None:
    names = [f"v{at:02d}" for at in range(40) for _ in range(40 - at)]
    rows = order_rows(len(names)).with_columns(pl.Series("region", names))
    found = by_category(rows, ORDERS).filter(pl.col("column") == "region")

    assert found["value"].to_list() == [*(f"v{at:02d}" for at in range(30)), "(others)"]
    assert found["rows"].to_list()[-1] == sum(40 - at for at in range(30, 40))


def test_texts_that_hardly_repeat_are_no_category() -> None:
    rows = order_rows(40).with_columns(pl.Series("region", [f"r{at}" for at in range(40)]))

    assert "region" not in by_category(rows, ORDERS)["column"].to_list()


@settings(max_examples=25)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=100))
def test_equal_values_share_a_bin_and_bins_rise(prices: list[int]) -> None:
    rows = order_rows(len(prices)).with_columns(pl.Series("price", prices))
    found = target_by_bin(rows, ["price"], "sales")

    if len(set(prices)) == 1:
        assert found.height == 0
        return
    assert int(found["rows"].sum()) == len(prices)
    assert found["bin"].to_list() == list(range(1, found.height + 1))
    for row in found.iter_rows(named=True):
        inside = [price for price in prices if row["low"] <= price <= row["high"]]
        assert len(inside) == row["rows"]


def test_ten_bins_hold_a_tenth_of_the_rows_each() -> None:
    rows = order_rows(200).with_columns(price=pl.int_range(200))

    assert target_by_bin(rows, ["price"], "sales")["rows"].to_list() == [20] * 10


def test_a_month_without_rows_is_there() -> None:
    days = [date(2003, 1, 6), date(2003, 1, 9), date(2003, 4, 1)]
    rows = order_rows(3).with_columns(day=pl.Series(days), order=pl.Series([1, 2, 3]), sales=5.0)
    found = months(rows, ORDERS)

    assert found.select("month", "rows", "groups", "y", "mean").rows() == [
        (date(2003, 1, 1), 2, 2, 10.0, 5.0),
        (date(2003, 2, 1), 0, 0, 0.0, None),
        (date(2003, 3, 1), 0, 0, 0.0, None),
        (date(2003, 4, 1), 1, 1, 5.0, 5.0),
    ]


def test_groups_are_counted_by_size() -> None:
    assert group_sizes(order_rows(8), ORDERS).rows() == [(2, 1, 2), (3, 2, 6)]


def test_rows_that_say_the_same_are_counted() -> None:
    rows = order_rows(20).with_columns(price=pl.int_range(20))
    twice = pl.concat([rows, rows.head(2), rows.head(1).with_columns(sales=pl.lit(1.0))])
    found = duplicates(twice, ORDERS, ["order", "price", "pieces"])

    assert found.rows() == [("whole rows", 4, 2, 0), ("features", 5, 2, 3), ("key", 5, 2, 3)]
