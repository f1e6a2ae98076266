"""What a panel adds up to."""

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.eda.grid import lay_grid
from foresell.eda.panel_sums import by_segment, levels, segment_totals, top, totals
from tests.described import FIRST, SHOPS, shop_rows


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), shops=st.integers(1, 6))
def test_every_table_adds_up_to_the_same(seed: int, shops: int) -> None:
    rows = shop_rows(shops=shops, items=2, weeks=60, seed=seed)
    grid = lay_grid(rows, SHOPS)
    whole = math.fsum(rows["sales"])

    parts = [
        totals(grid, SHOPS, {}),
        segment_totals(grid, SHOPS),
        top(grid, "shop"),
        top(grid, "item"),
    ]
    parts += by_segment(grid, SHOPS).partition_by("segment")
    for table in parts:
        assert math.isclose(math.fsum(table["y"].drop_nulls()), whole)
        if "rows" in table.columns:
            assert int(table["rows"].sum()) == rows.height
            assert math.isclose(math.fsum(table["share"]), 1)


def test_the_values_of_a_key_stand_in_the_order_of_their_totals() -> None:
    found = top(lay_grid(shop_rows(), SHOPS), "item")

    assert found.select("rank", "value").rows() == [(1, "item 2"), (2, "item 1"), (3, "item 0")]
    assert math.isclose(found["cumulative"][-1], 1)
    assert found["series"].to_list() == [4, 4, 4]


def test_a_level_does_not_move_when_a_large_series_enters() -> None:
    days = [FIRST + timedelta(weeks=i) for i in range(10)]
    small = pl.DataFrame({"shop": 1, "item": "a", "week": days, "sales": 10.0})
    large = pl.DataFrame({"shop": 2, "item": "a", "week": days[5:], "sales": 1000.0})
    both = pl.concat([small, large]).with_columns(feast=pl.lit(value=False), type=pl.lit("A"))
    found = totals(lay_grid(both, SHOPS), SHOPS, {})

    assert found["level"].to_list() == [1.0] * 10
    assert found["y"].to_list() == [10.0] * 5 + [1010.0] * 5
    assert found["series"].to_list() == [1] * 5 + [2] * 5


def test_a_period_without_a_row_is_there_and_unknown() -> None:
    rows = shop_rows(shops=1, items=1, weeks=10)
    gap = rows.filter(pl.col("week") != rows["week"][4])
    found = totals(lay_grid(gap, SHOPS), SHOPS, {rows["week"][4]: ["christmas"]})

    assert found.height == 10
    assert found.row(4) == (rows["week"][4], None, 0, None, False, "christmas")


def test_many_sizes_are_told_by_quarters_of_the_series() -> None:
    rows = shop_rows(shops=20, items=1, weeks=80)
    found = by_segment(lay_grid(rows, SHOPS), SHOPS).filter(pl.col("segment") == "size")

    assert found.sort("mean")["value"].to_list() == [
        "1000 to 5000",
        "6000 to 10000",
        "11000 to 15000",
        "16000 to 20000",
    ]
    assert found["series"].to_list() == [5, 5, 5, 5]


def test_a_segment_that_is_unknown_is_told_as_unknown() -> None:
    rows = shop_rows(shops=20, items=1, weeks=60).with_columns(
        type=pl.when(pl.col("shop") == 3).then(None).otherwise(pl.col("type")),
        size=pl.when(pl.col("shop") == 3).then(None).otherwise(pl.col("size")),
    )
    found = by_segment(lay_grid(rows, SHOPS), SHOPS)

    types = found.filter(pl.col("segment") == "type").sort("value", nulls_last=True)
    assert types.select("value", "series").rows() == [("A", 10), ("B", 9), (None, 1)]
    sizes = found.filter(pl.col("segment") == "size")
    assert (sizes.height, int(sizes["series"].sum())) == (4, 19)


def test_of_many_names_those_with_few_rows_are_the_others() -> None:
    rows = shop_rows(shops=60, items=1, weeks=50).with_columns(
        type=pl.format("type {}", pl.col("shop"))
    )
    found = by_segment(lay_grid(rows, SHOPS), SHOPS).filter(pl.col("segment") == "type")

    assert found.height == 50
    others = found.filter(pl.col("value") == "(others)").row(0, named=True)
    assert others["series"] == 11
    assert int(found["rows"].sum()) == rows.height


def test_december_stands_as_high_as_it_was_made() -> None:
    rows = shop_rows(shops=2, items=1, weeks=104).with_columns(
        sales=pl.when(pl.col("week").dt.month() == 12).then(200.0).otherwise(100.0)
    )
    summed = totals(lay_grid(rows.filter(pl.col("shop") == 0), SHOPS), SHOPS, {})
    found = levels(summed, "W-FRI").filter(pl.col("part") == "month")

    high = dict(found.select("label", "level").iter_rows())
    assert math.isclose(high["December"], 2 * high["May"])
    assert found["periods"].to_list()[0] == sum(
        (FIRST + timedelta(weeks=i)).month == 1 for i in range(104)
    )


def test_weekdays_are_named_as_the_calendar_names_them() -> None:
    days = [date(2024, 1, 1) + timedelta(days=i) for i in range(14)]
    summed = pl.DataFrame({"date": days, "y": [1.0] * 14, "level": [1.0] * 14})
    found = levels(summed, "D").filter(pl.col("part") == "weekday")

    assert found.select("place", "label").row(0) == (1, "Monday")
    assert np.all(found["periods"].to_numpy() == 2)
