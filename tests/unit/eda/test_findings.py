"""Sentences: what was planted is said, with its numbers."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from foresell.eda.describe import Eda
from foresell.spec.project import ProjectSpec
from tests.described import FIRST, ORDERS, SHOPS, described, order_rows, shop_rows


def said(eda: Eda, about: str) -> list[str]:
    return [one["says"] for one in eda.told["findings"] if one["about"] == about]


def everything(eda: Eda) -> str:
    return " ".join(one["says"] for one in eda.told["findings"])


def test_a_panel_is_introduced_by_what_it_adds_up_to() -> None:
    rows = shop_rows().with_columns(sales=pl.lit(2.0))
    first = described(rows, SHOPS).told["findings"][0]

    assert first["says"] == (
        f"sales adds up to {2 * rows.height:,} USD in 110 weeks from 2010-02-05 to 2012-03-09, "
        "over 12 series."
    )
    assert first["numbers"] == {"sum": 2.0 * rows.height, "periods": 110, "series": 12}


def test_series_that_lack_weeks_are_told_from_complete_ones() -> None:
    assert said(described(shop_rows(), SHOPS), "lengths") == [
        "Series have 40 to 110 of 110 weeks: 6 of 12 (50 %) have all, 3 lack some in between. "
        "A missing week is unknown, not zero."
    ]


def test_markdowns_are_said_to_be_unknown_from_when_on() -> None:
    day = FIRST + timedelta(weeks=60)
    told = said(described(shop_rows(), SHOPS), "missing_by_period")

    assert len(told) == 1
    assert told[0].startswith("markdown lacks ")
    assert told[0].endswith(f"; no value is known before {day}. Unknown is not zero.")


def test_a_promotion_is_said_to_go_with_more() -> None:
    told = " ".join(said(described(shop_rows(shops=8), SHOPS), "covariate_effects"))

    assert "Where promo is above zero, series stand 1.30 times as high (1." in told
    assert "as where it is zero, in the same" in told


def test_a_lift_at_christmas_is_said_and_the_events_without_one_are_listed() -> None:
    week = pl.col("week").dt
    rows = shop_rows(shops=3, items=1, weeks=110).with_columns(
        sales=pl.col("sales") * pl.when(week.ordinal_day() >= 359).then(1.8).otherwise(1.0)
    )
    told = said(described(rows, SHOPS), "event_effects")

    assert told[0].startswith("Christmas: beside quiet weeks near it, sales is ")
    assert " % higher in its own week (2 occurrences); 19 of 20 quiet weeks are " in told[0]
    assert told[-1].startswith("Harvest (")
    assert "no difference from quiet weeks that chance could not make" in told[-1]


def test_columns_that_tell_the_same_rows_apart_are_told_of_together() -> None:
    rows = shop_rows(shops=8).with_columns(feast=pl.col("promo") > 0)
    told = said(described(rows, SHOPS), "covariate_effects")

    assert len(told) == 1
    assert told[0].startswith("Where feast and promo are above zero, series stand 1.30 times")
    assert " weeks. Other causes" in told[0]


def test_a_category_that_chance_alone_tells_apart_is_no_finding() -> None:
    told = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        order, level = np.arange(600) // 10, rng.lognormal(8, 0.4, 60)
        country = rng.integers(0, 8, 60)
        rows = order_rows(600).with_columns(
            order=order,
            line=pl.Series([f"country {one}" for one in country[order]]),
            sales=level[order] * rng.lognormal(0, 0.1, 600),
        )
        told += any(
            one.startswith("Of the values of line")
            for one in said(described(rows, ORDERS), "by_category")
        )

    assert told <= 4  # of 40, each told wrongly once in twenty times at most


def test_a_category_that_differs_is_told_with_its_numbers() -> None:
    rows = order_rows(400).with_columns(
        sales=pl.when(pl.col("line") == "cars").then(pl.col("sales") * 2).otherwise(pl.col("sales"))
    )
    means = dict(rows.group_by("line").agg(pl.col("sales").mean()).iter_rows())
    told = [one for one in said(described(rows, ORDERS), "by_category") if "line" in one]

    assert len(told) == 1
    assert f"to {means['cars']:,.0f} (cars, " in told[0]
    assert told[0].endswith(" times, more than chance leaves.")


def test_a_long_value_is_cut_in_sentences() -> None:
    rows = shop_rows().with_columns(
        type=pl.when(pl.col("shop") == 2).then(pl.lit("x" * 5000)).otherwise(pl.col("type"))
    )

    assert max(map(len, said(described(rows, SHOPS), "by_segment"))) < 300


def test_new_series_of_the_asked_rows_are_said() -> None:
    asked = pl.DataFrame({
        "shop": [9, 9, 0],
        "item": ["item 0"] * 3,
        "week": [FIRST + timedelta(weeks=110 + at) for at in range(3)],
    })
    told = said(described(shop_rows(), SHOPS, asked), "cold_starts")

    assert told[0] == "1 series that the asked rows name (2 rows) has no history in these rows."
    assert told[1] == "3 series (25 %) have less than one season, 52 weeks."


def test_orders_are_said_to_hang_together() -> None:
    assert said(described(order_rows(), ORDERS), "groups") == [
        "The rows belong to 134 groups by order, of 1 to 3 rows, 3.0 on the average: rows of one "
        "group are not independent."
    ]


def test_a_word_that_reads_like_a_gap_is_said_to_be_a_value() -> None:
    rows = order_rows()
    number = (rows["region"] == "NA").sum()

    assert said(described(rows, ORDERS), "by_category")[0] == (
        f"'NA' is a value of region on {number} rows and reads like a gap: nothing is missing "
        "there."
    )


def test_a_cap_is_said() -> None:
    rows = order_rows()
    capped = (rows["price"] == 100).sum()
    told = said(described(rows, ORDERS), "pile_ups")

    assert len(told) == 1
    assert told[0].startswith(f"price is 100 on {capped} rows (")
    assert told[0].endswith("It looks like a cap: what lies beyond cannot be told apart.")


def test_a_column_that_tells_the_target_comes_next_to_first() -> None:
    rows = order_rows().with_columns(pieces=pl.col("sales") * 2)
    found = described(rows, ORDERS).told["findings"]

    assert found[1]["about"] == "leaks"
    assert found[1]["says"].startswith("pieces tells sales: ")


@pytest.mark.parametrize(("frame", "project"), [(shop_rows(), SHOPS), (order_rows(), ORDERS)])
def test_a_sentence_holds_no_value_that_json_or_a_reader_trips_over(
    frame: pl.DataFrame, project: ProjectSpec
) -> None:
    told = everything(described(frame, project))

    for word in ("None", "nan", "inf", "  ", "{", "e+"):
        assert word not in told


def test_personal_columns_are_named_without_a_value() -> None:
    rows = order_rows()

    assert "1 column is personal and dropped when read: customer." in said(
        described(rows, ORDERS), "columns"
    )


def test_a_missing_segment_is_called_missing() -> None:
    rows = shop_rows().with_columns(
        type=pl.when(pl.col("shop") == 2).then(None).otherwise(pl.col("type"))
    )
    told = said(described(rows, SHOPS), "by_segment")

    assert "a row of (missing) has " in told[0]


def test_a_trend_is_measured_series_for_series() -> None:
    whole = shop_rows(shops=2, items=1, weeks=104).filter(pl.col("shop") == 0)
    grown = whole.with_columns(
        sales=pl.when(pl.int_range(pl.len()) < 52).then(100.0).otherwise(110.0)
    )
    told = said(described(grown, SHOPS), "totals")
    assert "The last 52 weeks stand 10 % above the 52 before them, series for series." in told
