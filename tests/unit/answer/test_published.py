"""What is published is found by series and date, and only what was asked as planned is answered."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.answer.published import read_published
from foresell.answer.reach import out_of_reach
from foresell.errors import DataError
from tests.small_bundles import small_bundle

BUNDLE = small_bundle(kind="panel", weighted=True)
PUBLISHED = read_published(BUNDLE)
FIRST = date(2026, 2, 6)
LAST_OBSERVED = date(2026, 1, 30)

rows = st.lists(
    st.tuples(
        st.integers(0, 4), st.dates(LAST_OBSERVED - timedelta(days=80), FIRST + timedelta(days=60))
    ),
    min_size=1,
    max_size=90,
)


def columns(frame: pl.DataFrame) -> dict[str, list[object]]:
    return frame.to_dict(as_series=False)


def frame(told: list[tuple[int, date]]) -> pl.DataFrame:
    return pl.DataFrame(told, schema={"shop": pl.Int64, "week": pl.Date}, orient="row")


@settings(max_examples=40, deadline=None)
@given(told=rows)
def test_a_row_is_found_where_its_series_and_date_stand_and_nowhere_else(
    told: list[tuple[int, date]],
) -> None:
    stand = {row: at for at, row in enumerate(PUBLISHED.frame.select("shop", "week").rows())}
    assert PUBLISHED.find(columns(frame(told))) == [stand.get(row, -1) for row in told]


@settings(max_examples=40, deadline=None)
@given(told=rows)
def test_why_a_row_cannot_be_answered_is_what_the_bundle_itself_says(
    told: list[tuple[int, date]],
) -> None:
    asked = frame(told)
    assert PUBLISHED.reach.reasons(asked).equals(out_of_reach(BUNDLE, asked))


def test_every_published_row_can_be_answered_and_a_gap_of_a_closed_shop_too() -> None:
    gap = frame([(2, LAST_OBSERVED - timedelta(weeks=1))])
    assert PUBLISHED.reach.reasons(PUBLISHED.frame).null_count() == PUBLISHED.frame.height
    assert PUBLISHED.reach.reasons(gap).to_list() == [None]
    assert PUBLISHED.find(columns(gap)) == [-1]


@pytest.mark.parametrize(
    ("festive", "same"),
    [([None, None], True), ([False, True], True), ([True, True], False), ([None, False], False)],
)
def test_a_row_is_as_planned_where_it_tells_nothing_else(
    festive: list[bool | None], same: bool
) -> None:
    told = frame([(0, FIRST), (0, FIRST + timedelta(weeks=1))])
    asked = columns(told) | {"festive": festive}
    assert PUBLISHED.as_planned(asked, PUBLISHED.find(asked)) is same


def test_a_value_nobody_planned_is_told_otherwise_by_any_value() -> None:
    nobody = BUNDLE.published.with_columns(pl.lit(None, pl.Boolean).alias("planned_festive"))
    published = read_published(replace(BUNDLE, published=nobody))
    told = columns(frame([(0, FIRST)]))
    assert published.as_planned({**told, "festive": [False]}, [0]) is False
    assert published.as_planned(told, [0]) is True


def test_keys_without_a_history_and_numbers_beyond_it_are_named() -> None:
    told = columns(frame([(0, FIRST), (7, FIRST)]))
    assert PUBLISHED.unseen(told) == [[], ["shop"]]
    cheap = replace(PUBLISHED, ranges={"price": (1.0, 2.0)})
    assert cheap.outside({**told, "price": [2.0, 2.5]}) == [[], ["price"]]


def test_the_order_in_which_rows_were_published_changes_no_answer() -> None:
    shuffled = BUNDLE.published.sample(fraction=1.0, shuffle=True, seed=3)
    other = read_published(replace(BUNDLE, published=shuffled))
    asked = columns(PUBLISHED.frame.select("shop", "week"))
    assert other.answers(other.find(asked)) == PUBLISHED.answers(PUBLISHED.find(asked))
    assert other.frame[other.find(asked)].equals(PUBLISHED.frame)


def test_a_bundle_of_before_forecasts_were_published_is_refused_with_what_to_do() -> None:
    with pytest.raises(DataError, match=r"published\.parquet is missing") as refused:
        read_published(replace(BUNDLE, published=pl.DataFrame()))
    assert refused.value.mend == "train it again: foresell run toy"
