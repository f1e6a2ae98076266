"""Every series of a panel, by hand."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.eda.grid import lay_grid
from foresell.eda.series import cold_starts, intermittency, lengths, series_table, volatility
from tests.described import FIRST, SHOPS, shop_rows


def one_series(values: list[float | None], item: str = "a", first: int = 0) -> pl.DataFrame:
    """Rows of one series, a None is a week without a row."""
    weeks = [FIRST + timedelta(weeks=first + i) for i in range(len(values))]
    return pl.DataFrame(
        {"shop": 1, "item": item, "week": weeks, "sales": values},
        schema_overrides={"sales": pl.Float64},
    ).drop_nulls("sales")


def told(*frames: pl.DataFrame) -> pl.DataFrame:
    return series_table(lay_grid(pl.concat(frames), SHOPS), SHOPS)


def test_a_series_is_counted_by_hand() -> None:
    row = told(one_series([4.0, None, 0.0, -2.0, 6.0])).row(0, named=True)

    assert (row["first"], row["last"]) == (FIRST, FIRST + timedelta(weeks=4))
    assert (row["n"], row["gaps"], row["y"], row["share"], row["mean"]) == (4, 1, 8.0, 1.0, 2.0)
    assert (row["zeros"], row["negatives"]) == (1, 1)
    assert row["std"] == pytest.approx(np.std([4, 0, -2, 6], ddof=1))
    assert row["cv"] == pytest.approx(row["std"] / 2)
    assert (row["adi"], row["cv2"]) == (2.0, pytest.approx(1 / 25))
    assert row["start"] == "short"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([5.0, 6.0, 5.0, 6.0], "smooth"),
        ([1.0, 30.0, 1.0, 1.0], "erratic"),
        ([5.0, 0.0, 0.0, 5.0, 0.0, 6.0], "intermittent"),
        ([1.0, 0.0, 0.0, 50.0, 0.0, 1.0], "lumpy"),
        ([0.0, -3.0], "none"),
    ],
)
def test_demand_is_classed_as_syntetos_boylan_and_croston_do(
    values: list[float | None], kind: str
) -> None:
    series = told(one_series(values))

    assert series["intermittency"].to_list() == [kind]
    assert intermittency(series).filter(pl.col("series") > 0)["intermittency"].to_list() == [kind]


@pytest.mark.parametrize(
    ("spread", "kind"),
    [(0.1, "steady"), (0.3, "moderate"), (0.8, "volatile"), (1.5, "wild")],
)
def test_a_series_is_as_volatile_as_its_cv(spread: float, kind: str) -> None:
    off = spread * 100 / np.sqrt(4 / 3)  # of four values, two this far on either side
    series = told(one_series([100 - off, 100 + off, 100 - off, 100 + off]))

    assert series["cv"][0] == pytest.approx(spread)
    assert series["volatility"].to_list() == [kind]
    row = volatility(series).filter(pl.col("series") == 1).row(0, named=True)
    assert row["volatility"] == kind
    assert row["from"] <= spread < (row["below"] or np.inf)


@settings(max_examples=15)
@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_lengths_count_every_series_once(sizes: list[int]) -> None:
    frames = [one_series([1.0] * size, item=f"i{at}") for at, size in enumerate(sizes)]
    found = lengths(told(*frames), max(sizes))

    assert dict(found.select("periods", "series").iter_rows()) == {
        size: sizes.count(size) for size in set(sizes)
    }
    assert int(found["complete"].sum()) == sizes.count(max(sizes))
    assert found["cumulative"][-1] == 1


def test_a_gap_makes_a_series_gapped_and_not_complete() -> None:
    found = lengths(told(one_series([1.0, None, 1.0]), one_series([1.0] * 3, item="b")), 3)

    assert found.select("periods", "series", "complete", "gapped").rows() == [
        (2, 1, 0, 1),
        (3, 1, 1, 0),
    ]


def test_new_and_short_series_are_cold_and_long_ones_are_not() -> None:
    rows = shop_rows(shops=2, items=1, weeks=60)
    late = pl.DataFrame({"shop": [0, 0, 7], "item": ["item 0", "item 9", "item 0"]}).with_columns(
        week=pl.lit(FIRST + timedelta(weeks=60))
    )
    series = series_table(lay_grid(rows, SHOPS), SHOPS)
    found = cold_starts(series, SHOPS, late)

    assert series.select("shop", "n", "start").rows() == [(0, 60, "whole"), (1, 40, "short")]
    assert found.select("shop", "item", "kind", "n", "asked").rows() == [
        (0, "item 9", "new", 0, 1),
        (7, "item 0", "new", 0, 1),
        (1, "item 0", "short", 40, 0),
    ]


def test_where_nothing_is_asked_for_nothing_is_said_of_it() -> None:
    series = told(one_series([1.0, 2.0]))

    assert cold_starts(series, SHOPS, None)["asked"].to_list() == [None]
