"""A bundle that is asked again and again builds the same panel as one that is asked once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.answer.rows import Answering
from foresell.data.panel import Panel
from foresell.errors import UsageError
from tests.small_bundles import small_bundle

PLAIN = small_bundle(kind="panel", weighted=True)
FRIDAY = date(2026, 1, 30)
weeks = st.integers(-4, 4).map(lambda count: FRIDAY + timedelta(weeks=count))
told = st.lists(
    st.tuples(st.integers(0, 2), weeks, st.sampled_from([None, True, False])),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[:2],
)


def frame(rows: Sequence[tuple[int, date, bool | None]]) -> pl.DataFrame:
    schema = {"shop": pl.Int64, "week": pl.Date, "festive": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def laid_out(bundle_rows: pl.DataFrame, asked: pl.DataFrame) -> Panel:
    """The panel that is laid out anew: keys of another type have no place in the one at hand."""
    bundle = replace(PLAIN, asked=asked)
    return Answering(bundle).panel(bundle_rows.cast({"shop": pl.Int32}))


@settings(max_examples=40, deadline=None)
@given(first=told, second=told, asked=st.one_of(st.just([]), told))
def test_rows_told_one_after_the_other_give_the_panel_of_each_alone(
    first: list[tuple[int, date, bool | None]],
    second: list[tuple[int, date, bool | None]],
    asked: list[tuple[int, date, bool | None]],
) -> None:
    source = frame(asked) if asked else pl.DataFrame()
    answering = Answering(replace(PLAIN, asked=source))
    for rows in (first, second, first):
        patched, whole = answering.panel(frame(rows)), laid_out(frame(rows), source)
        assert patched.keys.equals(whole.keys)
        assert (patched.dates, patched.cutoff) == (whole.dates, whole.cutoff)
        np.testing.assert_array_equal(patched.target, whole.target)
        np.testing.assert_array_equal(patched.known["festive"], whole.known["festive"])


def test_a_series_nobody_knows_joins_the_others() -> None:
    panel = Answering(PLAIN).panel(frame([(9, FRIDAY + timedelta(weeks=1), True)]))
    assert panel.keys["shop"].to_list() == [0, 1, 2, 9]
    assert np.isnan(panel.target[3]).all()
    assert panel.known["festive"][3, panel.cutoff + 1] == 1.0


def test_two_plans_for_one_row_are_refused_by_name() -> None:
    day = FRIDAY + timedelta(weeks=1)
    with pytest.raises(UsageError, match="two values of 'festive'") as refused:
        Answering(PLAIN).panel(frame([(0, day, True), (0, day, False)]))
    assert refused.value.where == "shop=0, week=2026-02-06"
