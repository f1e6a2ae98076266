"""The row a what-if begins with is a real one, and the same whatever order the rows came in."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.dashboard.what_if.start import MOST, number_of, rounded, start_row, usual
from tests.what_if_sites import SNAPSHOT, looked_at, toy_bundle

FEATURES = ["day", "pieces", "price", "gift", "colour"]
ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.floats(-100, 100)),
        st.sampled_from(["a", "b", None]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40)
@given(rows=ROWS, order=st.randoms(use_true_random=False))
def test_the_usual_row_is_one_of_the_rows_whatever_their_order(
    rows: list[object], order: object
) -> None:
    frame = pl.DataFrame(
        rows, schema={"n": pl.Float64, "t": pl.String, "b": pl.Boolean}, orient="row"
    ).sort("n", "t", "b", nulls_last=True)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=3).sort("n", "t", "b", nulls_last=True)
    assert frame.row(usual(frame)) == shuffled.row(usual(shuffled))


def test_the_usual_row_is_the_one_in_the_middle_of_everything() -> None:
    assert SNAPSHOT[usual(SNAPSHOT.select(FEATURES)), "pieces"] in {3, 4}


def test_a_drawn_row_is_a_real_one_and_the_same_for_the_same_number(tmp_path: Path) -> None:
    looked = looked_at(tmp_path, toy_bundle())
    served = looked.slot.current
    assert served is not None
    real = SNAPSHOT.select(FEATURES).to_dicts()
    drawn = [start_row(looked.visit(), served, number) for number in (1, 2, 3, 4, 5, 1)]
    assert all(row in real for row in drawn)
    assert drawn[0] == drawn[-1]
    assert len({str(row) for row in drawn}) > 1


@settings(max_examples=40)
@given(text=st.text(max_size=12))
def test_the_number_of_a_row_is_never_anything_else(text: str) -> None:
    assert 0 <= number_of(text) <= MOST


@settings(max_examples=60)
@given(
    value=st.floats(-1e9, 1e9),
    ends=st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)).map(sorted),
)
def test_a_number_of_the_row_has_six_figures_and_stays_within_what_was_seen(
    value: float, ends: list[float]
) -> None:
    low, high = min(ends[0], value), max(ends[1], value)
    found = rounded({"n": value, "t": "x", "i": 1_234_567, "none": None}, {"n": (low, high)})
    assert found["n"] == pytest.approx(value, rel=5.1e-6)
    assert low <= found["n"] <= high
    assert {**found, "n": 0} == {"n": 0, "t": "x", "i": 1_234_567, "none": None}
    freely = rounded({"n": value}, {})["n"]
    assert freely == (round(value) if abs(value) >= 1e5 else float(f"{value:.6g}"))
