import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.data.joining import Joined, join_tables
from foresell.errors import DataError
from foresell.spec.sources import Table

SALES = Table(name="sales", file="train.csv")
STORES = Table(name="stores", file="stores.csv", join_on=("store",))
WEEKS = Table(name="weeks", file="features.csv", join_on=("store", "week"))
ROWS = pl.DataFrame({"store": [2, 1, 3], "week": [1, 1, 1], "holiday": [True, False, None]})


def test_one_table_is_returned_as_it_is() -> None:
    joined = join_tables([(SALES, ROWS)])
    assert_frame_equal(joined.frame, ROWS)
    assert (joined.unmatched, joined.disagreeing) == ({}, {})


def test_later_tables_are_joined_left_in_the_order_of_the_first() -> None:
    stores = pl.DataFrame({"store": [1, 2, 9], "size": [10, 20, 90]})
    weeks = pl.DataFrame({"store": [1, 2, 3], "week": [1, 1, 2], "fuel": [0.1, 0.2, 0.3]})
    joined = join_tables([(SALES, ROWS), (STORES, stores), (WEEKS, weeks)])
    wanted = ROWS.with_columns(size=pl.Series([20, 10, None]), fuel=pl.Series([0.2, 0.1, None]))
    assert_frame_equal(joined.frame, wanted)
    assert joined.unmatched == {"stores": 1, "weeks": 1}


def test_of_a_column_that_stands_in_two_tables_the_firsts_value_stays_and_is_compared() -> None:
    weeks = pl.DataFrame({"store": [1, 2, 3], "week": [1, 1, 1], "holiday": [True, True, True]})
    joined = join_tables([(SALES, ROWS), (WEEKS, weeks)])
    assert_frame_equal(joined.frame, ROWS)
    assert joined.disagreeing == {"weeks.holiday": 1}


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_join_column_that_is_missing_is_refused_with_its_side(side: str) -> None:
    rows, other = ROWS, pl.DataFrame({"store": [1], "size": [1]})
    if side == "left":
        rows, place = rows.rename({"store": "stor"}), "the tables before it"
    else:
        other, place = other.rename({"store": "stor"}), "stores.csv"
    with pytest.raises(DataError) as caught:
        join_tables([(SALES, rows), (STORES, other)])
    assert caught.value.what == "the join column 'store' is missing"
    assert caught.value.where == f"{place}, joined by tables.stores.join_on"
    assert caught.value.mend.startswith("did you mean 'stor'? Known: ")


def test_a_key_that_stands_twice_in_the_joined_table_is_refused() -> None:
    stores = pl.DataFrame({"store": [2, 1, 2], "size": [1, 2, 3]})
    with pytest.raises(DataError) as caught:
        join_tables([(SALES, ROWS), (STORES, stores)])
    assert caught.value.args == (
        "1 key(s) stand on more than one row: store=2",
        "stores.csv",
        "keep one row for each (store), or declare more columns in join_on",
    )


@settings(deadline=None)
@given(
    rows=st.lists(st.integers(0, 5) | st.none(), max_size=20),
    others=st.lists(st.integers(0, 5), unique=True),
)
def test_a_join_never_changes_the_number_or_order_of_rows(
    rows: list[int | None], others: list[int]
) -> None:
    left = pl.DataFrame(
        {"store": rows, "row": range(len(rows))}, schema_overrides={"store": pl.Int64}
    )
    right = pl.DataFrame(
        {"store": others, "size": others}, schema_overrides={"store": pl.Int64, "size": pl.Int64}
    )
    joined: Joined = join_tables([(SALES, left), (STORES, right)])
    assert joined.frame["row"].to_list() == list(range(len(rows)))
    assert joined.frame["size"].to_list() == [s if s in others else None for s in rows]
    assert joined.unmatched == {"stores": sum(store not in others for store in rows)}
