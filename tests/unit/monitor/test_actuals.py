import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import DataError
from foresell.monitor.actuals import merged, numbered, refuse_twice

truths = st.dictionaries(st.integers(0, 9), st.floats(-10, 10, allow_nan=False), max_size=8)


def told(values: dict[int, float]) -> pl.DataFrame:
    return pl.DataFrame(
        {"shop": list(values), "sales": list(values.values())},
        schema={"shop": pl.Int64, "sales": pl.Float64},
    )


@given(truths, truths)
@settings(max_examples=40, deadline=None)
def test_what_is_told_last_counts_and_every_row_is_counted_once(
    before: dict[int, float], after: dict[int, float]
) -> None:
    found = merged(told(before), told(after), ["shop"], "sales")

    assert dict(found.frame.iter_rows()) == {**before, **after}
    assert found.frame["shop"].is_sorted()
    assert found.new == len(set(after) - set(before))
    assert found.same == sum(before.get(one) == value for one, value in after.items())
    assert found.new + found.revised + found.same == len(after)


def test_the_order_of_rows_changes_nothing() -> None:
    rows = told({3: 1.0, 1: 2.0, 2: 5.0})
    first = merged(told({1: 1.0}), rows, ["shop"], "sales").frame
    assert first.equals(merged(told({1: 1.0}), rows.reverse(), ["shop"], "sales").frame)


def test_rows_that_nothing_tells_apart_are_numbered() -> None:
    rows = pl.DataFrame({"price": [5.0, None, 5.0, None], "sales": [1.0, 2.0, 3.0, 4.0]})
    assert numbered(rows, ["price"])["occurrence"].to_list() == [1, 1, 2, 2]


def test_a_truth_told_twice_is_refused() -> None:
    twice = pl.concat([told({1: 1.0}), told({1: 2.0})])
    with pytest.raises(DataError, match="1 row of shop told more than once"):
        refuse_twice(twice, ["shop"], "week.csv")


def test_two_rows_that_share_all_but_the_truth_are_both_kept() -> None:
    """Two sales of one size, a week apart: neither corrects the other."""

    def week(sales: list[float]) -> pl.DataFrame:
        rows = pl.DataFrame({"size": [1.0] * len(sales), "sales": sales})
        return numbered(rows, rows.columns)

    first, second = week([10.0, 10.0]), week([10.0, 11.0])
    names = ["size", "sales", "occurrence"]

    found = merged(first, second, names, "sales")

    assert sorted(found.frame["sales"]) == [10.0, 10.0, 11.0]
    assert (found.new, found.revised, found.same) == (1, 0, 1)
    assert merged(found.frame, second, names, "sales").same == 2


def test_rows_that_were_named_by_others_stay() -> None:
    kept = pl.DataFrame({"request_id": ["a"], "sales": [5.0]})

    found = merged(kept, told({1: 5.0}), ["shop"], "sales")

    assert (found.new, found.frame.height) == (1, 2)
