"""What a model learnt from: two ends of every column of numbers or days."""

import math
from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.answer.row_columns import columns_of_frame
from foresell.models.tabular.ranges import (
    RANGES,
    named_flags,
    outside_flags,
    outside_of_row,
    range_ends,
    ranges_file,
    read_ranges,
)

LEARNT = pl.DataFrame({
    "MSRP": [33, 214, None],
    "PRICE": [1.5, math.nan, 9.25],
    "day": [date(2003, 1, 6), None, date(2005, 5, 31)],
    "COUNTRY": ["USA", "France", "Spain"],
    "empty": pl.Series([None, None, None], dtype=pl.Float64),
})


def outside(asked: pl.DataFrame, learnt: pl.DataFrame) -> list[list[str]]:
    """The columns of each row that lie outside what was learnt; alone it is told the same."""
    columns = columns_of_frame(asked)
    ends = range_ends(read_ranges(ranges_file(learnt)[RANGES]))
    flags = outside_flags(columns.numbers, columns.table, ends)
    found: list[list[str]] = named_flags("outside", flags, asked.height).to_list()
    for at, told in enumerate(found):
        alone = outside_of_row(dict(zip(columns.names, columns.table[:, at], strict=True)), ends)
        assert [(name, *flag.tolist()) for name, flag in alone.items()] == [
            (one, True) for one in told
        ]
    return found


def test_the_ends_survive_the_file_and_text_has_none() -> None:
    assert read_ranges(ranges_file(LEARNT)[RANGES]) == {
        "MSRP": (33, 214),
        "PRICE": (1.5, 9.25),
        "day": (date(2003, 1, 6), date(2005, 5, 31)),
    }


def test_every_column_outside_is_named_and_a_missing_value_is_not() -> None:
    asked = pl.DataFrame({
        "MSRP": [9999, 33, None],
        "PRICE": [1.0, 9.25, None],
        "day": [date(2003, 1, 5), date(2005, 5, 31), None],
        "COUNTRY": ["Atlantis"] * 3,
    })

    found = outside(asked, LEARNT)

    assert found == [["MSRP", "PRICE", "day"], [], []]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.none() | st.floats(), min_size=1, max_size=9))
def test_what_lies_beyond_an_end_is_outside_and_what_is_unknown_is_not(
    values: list[float | None],
) -> None:
    asked = pl.DataFrame({"x": values}, schema={"x": pl.Float64()})
    beyond = [one is not None and abs(one) > 2.5 for one in values]

    assert outside(asked, pl.DataFrame({"x": [-2.5, 2.5]})) == [["x"] * one for one in beyond]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=9))
def test_no_row_that_was_learnt_from_is_outside(values: list[float]) -> None:
    frame = pl.DataFrame({"x": values})

    assert outside(frame, frame) == [[]] * len(values)
