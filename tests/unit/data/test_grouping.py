from typing import get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.data.grouping import group_rows, join_groups, partial_groups
from foresell.spec.cleaning import Aggregate, Grouping

ROWS = pl.DataFrame({
    "shop": ["b", "a", "b", "a", "c"],
    "units": [1.0, 2.0, None, -4.0, None],
    "promo": [True, False, False, False, True],
    "town": ["Ulm", "Kiel", "Ulm", "Kiel", "Bonn"],
})


def test_rows_are_summed_up_by_the_declared_verbs_and_sorted() -> None:
    columns: dict[str, Aggregate] = {"units": "sum", "promo": "mean", "town": "first"}
    assert_frame_equal(
        group_rows(ROWS, Grouping(by=("shop",), columns=columns)),
        pl.DataFrame({
            "shop": ["a", "b", "c"],
            "units": [-2.0, 1.0, None],
            "promo": [0.0, 0.5, 1.0],
            "town": ["Kiel", "Ulm", "Bonn"],
        }),
    )


@pytest.mark.parametrize(
    ("verb", "wanted"),
    [
        ("sum", [-2.0, 1.0, None]),
        ("mean", [-1.0, 1.0, None]),
        ("max", [2.0, 1.0, None]),
        ("min", [-4.0, 1.0, None]),
    ],
)
def test_a_null_is_left_out_of_every_verb(verb: Aggregate, wanted: list[float | None]) -> None:
    grouping = Grouping(by=("shop",), columns={"units": verb})
    assert group_rows(ROWS, grouping)["units"].to_list() == wanted
    parts = [partial_groups(part, grouping) for part in ROWS.iter_slices(2)]
    assert join_groups(parts, grouping)["units"].to_list() == wanted


@settings(deadline=None, max_examples=40)
@given(
    values=st.lists(
        st.tuples(st.sampled_from("ab"), st.floats(-1e9, 1e9).map(lambda value: value + 0.0)),
        min_size=1,
    ),
    seed=st.integers(0, 99),
)
def test_the_order_of_rows_changes_no_bit_of_any_verb(
    values: list[tuple[str, float]], seed: int
) -> None:
    rows = pl.DataFrame(values, schema=["shop", "units"], orient="row")
    shuffled = rows.sample(fraction=1, shuffle=True, seed=seed)
    for verb in get_args(Aggregate):
        grouping = Grouping(by=("shop",), columns={"units": verb})
        one, other = group_rows(rows, grouping), group_rows(shuffled, grouping)
        assert one["units"].to_numpy().tobytes() == other["units"].to_numpy().tobytes()


@settings(deadline=None, max_examples=40)
@given(
    values=st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.none() | st.integers(-9, 9),
            st.none() | st.booleans(),
            st.none() | st.floats(-1e6, 1e6),
        ),
        min_size=1,
        max_size=40,
    ),
    size=st.integers(1, 10),
)
def test_parts_put_together_are_what_all_rows_at_once_are(
    values: list[tuple[str, int | None, bool | None, float | None]], size: int
) -> None:
    kinds = {"shop": pl.String, "n": pl.Int64, "yes": pl.Boolean, "x": pl.Float64}
    rows = pl.DataFrame(values, schema=kinds, orient="row")
    for verb in ("sum", "mean", "max", "min"):
        grouping = Grouping(by=("shop",), columns=dict.fromkeys(("n", "yes", "x"), verb))
        parts = [partial_groups(part, grouping) for part in rows.iter_slices(size)]
        assert_frame_equal(
            join_groups(parts, grouping), group_rows(rows, grouping), rel_tol=1e-9, abs_tol=1e-9
        )
