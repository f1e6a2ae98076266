from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.hashing import row_hashes

VALUES = st.none() | st.integers(-3, 3)


def test_the_numbers_are_those_of_every_earlier_release() -> None:
    rows = pl.DataFrame({
        "text": ["a", "", None],
        "whole": [1, -1, None],
        "real": [0.5, -0.0, None],
        "day": [date(2020, 1, 1), None, date(1969, 12, 31)],
        "yes": [True, False, None],
    })
    assert row_hashes(rows, rows.columns, seed=7).tolist() == [
        17079175917158232652,
        11175614088763419312,
        5466484543644330946,
    ]


@settings(deadline=None)
@given(rows=st.lists(st.tuples(VALUES, VALUES), min_size=1), seed=st.integers(0, 2**31 - 1))
def test_equal_rows_have_equal_numbers_and_others_have_others(
    rows: list[tuple[int | None, int | None]], seed: int
) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.Int64, "b": pl.Int64}, orient="row")
    hashes = row_hashes(frame, ["a", "b"], seed)
    assert len(set(hashes.tolist())) == len(set(rows))
    assert len(set(zip(rows, hashes.tolist(), strict=True))) == len(set(rows))


def test_a_zero_with_a_sign_is_the_same_zero() -> None:
    rows = pl.DataFrame({"x": [0.0, -0.0]})
    assert len(set(row_hashes(rows, ["x"], seed=1).tolist())) == 1


@pytest.mark.parametrize("kind", [pl.Int64, pl.String, pl.Float64, pl.Date])
def test_the_numbers_are_spread_evenly_whatever_the_type(kind: type[pl.DataType]) -> None:
    column = pl.Series("x", range(20_000), dtype=pl.Int32).cast(kind)
    tenths = np.bincount(row_hashes(column.to_frame(), ["x"], seed=3) // np.uint64(2**64 // 10))
    assert np.all(np.abs(tenths[:10] - 2000) < 200)
