import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.data.joining import Count, Joiner
from foresell.errors import DataError
from foresell.spec.sources import Table

STORES = Table(name="stores", file="stores.csv", join_on=("store",))
WEEKS = Table(name="weeks", file="features.csv", join_on=("store", "week"))
ROWS = pl.DataFrame({"store": [2, 1, 3], "week": [1, 1, 1], "holiday": [True, False, None]})


def test_without_other_tables_rows_come_back_as_they_are() -> None:
    joiner = Joiner([])
    assert_frame_equal(joiner.join(ROWS), ROWS)
    assert (joiner.unmatched, joiner.disagreeing) == ({}, {})


def test_later_tables_are_joined_left_in_the_order_of_the_first() -> None:
    stores = pl.DataFrame({"store": [1, 2, 9], "size": [10, 20, 90]})
    weeks = pl.DataFrame({"store": [1, 2, 3], "week": [1, 1, 2], "fuel": [0.1, 0.2, 0.3]})
    joiner = Joiner([(STORES, stores), (WEEKS, weeks)])
    wanted = ROWS.with_columns(size=pl.Series([20, 10, None]), fuel=pl.Series([0.2, 0.1, None]))
    assert_frame_equal(joiner.join(ROWS), wanted)
    assert joiner.unmatched == {
        "stores": Count(rows=1, examples=[{"store": 3}]),
        "weeks": Count(rows=1, examples=[{"store": 3, "week": 1}]),
    }


def test_of_a_column_that_stands_in_two_tables_the_firsts_value_stays_and_is_compared() -> None:
    weeks = pl.DataFrame({"store": [1, 2, 3], "week": [1, 1, 1], "holiday": [True, True, True]})
    joiner = Joiner([(WEEKS, weeks)])
    assert_frame_equal(joiner.join(ROWS), ROWS)
    example = {"store": 1, "week": 1, "kept": False, "other": True}
    assert joiner.disagreeing == {"weeks.holiday": Count(rows=1, examples=[example])}


def test_batches_are_counted_together_and_three_examples_of_different_keys_are_kept() -> None:
    joiner = Joiner([(STORES, pl.DataFrame({"store": [1], "week": [2]}))])
    for store in ([1, 4, 4, 5], [1, 5, 6, 7], [1]):
        joiner.join(pl.DataFrame({"store": store, "week": [9] * len(store)}))
    assert joiner.unmatched["stores"].rows == 6
    assert joiner.unmatched["stores"].examples == [{"store": 4}, {"store": 5}, {"store": 6}]
    assert joiner.disagreeing["stores.week"] == Count(
        rows=3, examples=[{"store": 1, "kept": 9, "other": 2}]
    )


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_join_column_that_is_missing_is_refused_with_its_side(side: str) -> None:
    rows, other = ROWS, pl.DataFrame({"store": [1], "size": [1]})
    if side == "left":
        rows, place = rows.rename({"store": "stor"}), "the tables before it"
    else:
        other, place = other.rename({"store": "stor"}), "stores.csv"
    with pytest.raises(DataError) as caught:
        Joiner([(STORES, other)]).join(rows)
    assert caught.value.what == "the join column 'store' is missing"
    assert caught.value.where == f"{place}, joined by tables.stores.join_on"
    assert caught.value.mend.startswith("did you mean 'stor'? Known: ")


def test_keys_that_stand_twice_in_the_joined_table_are_refused_with_the_first_of_them() -> None:
    stores = pl.DataFrame({"store": [5, 2, 1, 2, 5, 4, 3, 3, 4, 5], "size": range(10)})
    with pytest.raises(DataError) as caught:
        Joiner([(STORES, stores)])
    assert caught.value.args == (
        "4 keys stand on more than one row: store=2; store=3; store=4",
        "stores.csv",
        "keep one row for each (store), or declare more columns in join_on",
    )


def test_no_key_is_shown_where_the_files_hold_personal_data() -> None:
    stores = pl.DataFrame({"store": ["Martín", "Martín"], "size": [1, 2]})
    with pytest.raises(DataError, match=r"^1 key stands on more than one row\n") as caught:
        Joiner([(STORES, stores)], guarded=True)
    assert "Mart" not in str(caught.value)


@settings(deadline=None)
@given(
    rows=st.lists(st.integers(0, 5) | st.none(), max_size=20),
    others=st.lists(st.integers(0, 5), unique=True),
    cut=st.integers(0, 20),
)
def test_a_join_never_changes_the_number_or_order_of_rows_however_they_are_batched(
    rows: list[int | None], others: list[int], cut: int
) -> None:
    left = pl.DataFrame(
        {"store": rows, "row": range(len(rows))}, schema_overrides={"store": pl.Int64}
    )
    right = pl.DataFrame(
        {"store": others, "size": others}, schema_overrides={"store": pl.Int64, "size": pl.Int64}
    )
    joiner = Joiner([(STORES, right)])
    joined = pl.concat([joiner.join(left.head(cut)), joiner.join(left.slice(cut))])
    assert joined["row"].to_list() == list(range(len(rows)))
    assert joined["size"].to_list() == [s if s in others else None for s in rows]
    assert joiner.unmatched["stores"].rows == sum(store not in others for store in rows)


def test_the_other_value_of_a_named_column_is_kept_beside_null_without_a_partner() -> None:
    weeks = pl.DataFrame({"store": [1, 2], "week": [1, 1], "holiday": [True, True]})
    joiner = Joiner([(WEEKS, weeks)], beside=["weeks.holiday"])
    other = pl.Series("weeks.holiday", [True, True, None])
    assert_frame_equal(joiner.join(ROWS), ROWS.with_columns(other))
    assert joiner.disagreeing["weeks.holiday"].rows == 1
