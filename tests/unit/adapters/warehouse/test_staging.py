"""Rows into staging: every bit as it was, whatever stands in a text."""

import struct
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.warehouse.staging import as_csv, stage
from foresell.errors import DataError
from tests.migrated import connected
from tests.warehouse_loads import Warehouse

floats = st.floats(width=64) | st.sampled_from([-0.0, 5e-324, 1.7976931348623157e308])
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
rows_of_any_kind = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
        st.none() | floats,
        st.none() | st.booleans(),
        st.none() | texts | st.sampled_from(["", "\\N", '"', "a,b", "\\.", "x\r\ny", " "]),
    ),
    max_size=6,
)
SCHEMA = {
    "store_id": pl.Int64,
    "week_date": pl.Date,
    "weekly_sales": pl.Float64,
    "isholiday": pl.Boolean,
    "store_type": pl.String,
}


def bits(value: object) -> object:
    """What tells -0.0 from 0.0; every NaN is one."""
    if isinstance(value, float):
        return "nan" if value != value else struct.pack("d", value)  # noqa: PLR0124 - NaN
    return value


def test_staged_rows_come_out_as_the_bits_that_went_in(warehouse: Warehouse, emptied: str) -> None:
    @settings(max_examples=30)
    @given(rows=rows_of_any_kind, batch=texts.filter(bool))
    def check(rows: list[tuple[object, ...]], batch: str) -> None:
        frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
        with connected(emptied) as connection:
            assert stage(connection, batch, "sales", [frame, frame.head(0)]) == len(rows)
            found = connection.execute(
                "SELECT store_id, week_date, weekly_sales, isholiday, store_type, batch, cpi "
                "FROM retailds.stg_sales_weekly ORDER BY ctid"
            ).fetchall()
            connection.rollback()
        assert [tuple(map(bits, row)) for row in found] == [
            (*map(bits, row), batch, None) for row in rows
        ]

    check()


def test_a_whole_number_arrives_where_floats_are_kept() -> None:
    frame = pl.DataFrame({"store_id": [1], "weekly_sales": [2]})

    assert list(as_csv(frame, "b", "sales")) == [b"b,1,,,2.0,,,,,,,,,,,,,\n"]


def test_a_value_that_fits_no_column_is_refused() -> None:
    frame = pl.DataFrame({"store_id": ["one"]})

    with pytest.raises(DataError, match="does not fit the warehouse"):
        list(as_csv(frame, "b", "sales"))
