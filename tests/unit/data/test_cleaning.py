from typing import get_args

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.data.cleaning import flag_negative, group_rows, learnable
from foresell.spec.project import Aggregate, Cleaning, Grouping, NegativeTarget
from tests.unit.data.conftest import MakeProject

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
    grouped = group_rows(ROWS, Grouping(by=("shop",), columns={"units": verb}))
    assert grouped["units"].to_list() == wanted


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


@pytest.mark.parametrize("policy", ["keep", "clip"])
def test_rows_are_flagged_only_where_the_policy_says_so(
    policy: NegativeTarget, weekly: MakeProject
) -> None:
    project = weekly(cleaning=Cleaning(negative_target=policy))
    assert_frame_equal(flag_negative(ROWS, project), ROWS)


def test_the_flag_is_true_below_zero_and_false_for_zero_and_null(weekly: MakeProject) -> None:
    rows = pl.DataFrame({"units": [-0.01, 0.0, None, 1.0]})
    flagged = flag_negative(rows, weekly(cleaning=Cleaning(negative_target="flag")))
    assert flagged["is_negative_target"].to_list() == [True, False, False, False]


@pytest.mark.parametrize(("policy", "low"), [("keep", -2.0), ("flag", -2.0), ("clip", 0.0)])
def test_models_learn_from_a_clipped_target_only_under_clip(
    policy: NegativeTarget, low: float
) -> None:
    target = np.array([[-2.0, np.nan, 3.0]])
    np.testing.assert_array_equal(learnable(target, policy), [[low, np.nan, 3.0]])
    np.testing.assert_array_equal(target, [[-2.0, np.nan, 3.0]])
