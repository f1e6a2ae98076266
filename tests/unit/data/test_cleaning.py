from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.data.cleaning import (
    Fences,
    Recipe,
    check_cleaning,
    clean_rows,
    constant_fill,
    learnable,
    learns,
    learnt_fences,
    learnt_fill,
)
from foresell.errors import SpecError
from foresell.spec.cleaning import Cleaning, Fill, NegativeTarget, Outliers
from tests.unit.data.conftest import MakeProject

ROWS = pl.DataFrame({"units": [-2.0, 0.0, None, 50.0, 60.0], "price": [None, 1.0, None, 3.0, 4.0]})
TRAINED = pl.Series([True, True, True, True, False])


def test_nothing_is_changed_where_nothing_is_declared() -> None:
    cleaned = clean_rows(ROWS, Recipe(target="units"), TRAINED)
    assert_frame_equal(cleaned.rows, ROWS)
    assert (cleaned.filled, cleaned.outlying, cleaned.negative) == ({}, 0, 1)


def test_a_null_is_filled_in_training_and_evaluated_rows_alike_and_counted() -> None:
    cleaned = clean_rows(ROWS, Recipe(target="units", fills={"price": 2.5}), TRAINED)
    assert cleaned.rows["price"].to_list() == [2.5, 1.0, 2.5, 3.0, 4.0]
    assert cleaned.filled == {"price": 2}


def test_a_column_of_which_nothing_is_known_stays_null() -> None:
    cleaned = clean_rows(ROWS, Recipe(target="units", fills={"price": None}), TRAINED)
    assert_frame_equal(cleaned.rows, ROWS)


def test_a_dropped_outlier_is_a_training_row_and_a_null_is_none() -> None:
    recipe = Recipe(target="units", fences={"units": Fences(low=-2, high=10)}, action="drop")
    cleaned = clean_rows(ROWS, recipe, TRAINED)
    assert cleaned.rows["units"].to_list() == [-2.0, 0.0, None, 60.0]
    assert cleaned.outlying == 1


def test_a_flagged_outlier_is_any_row_outside_and_every_row_stays() -> None:
    recipe = Recipe(target="units", fences={"units": Fences(low=-1, high=50)})
    cleaned = clean_rows(ROWS, recipe, TRAINED)
    assert cleaned.rows["is_outlier"].to_list() == [True, False, False, False, True]
    assert_frame_equal(cleaned.rows.drop("is_outlier"), ROWS)


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.none() | st.floats(-1e6, 1e6), st.booleans()), min_size=1, max_size=30
    ),
    low=st.floats(-10, 0),
    high=st.floats(0, 10),
)
def test_the_outlier_rule_never_removes_a_row_that_is_evaluated(
    rows: list[tuple[float | None, bool]], low: float, high: float
) -> None:
    frame = pl.DataFrame(rows, schema={"units": pl.Float64, "trained": pl.Boolean}, orient="row")
    recipe = Recipe(target="units", fences={"units": Fences(low=low, high=high)}, action="drop")
    cleaned = clean_rows(frame, recipe, frame["trained"])
    evaluated = pl.col("trained").not_()
    assert_frame_equal(cleaned.rows.filter(evaluated), frame.filter(evaluated))
    assert cleaned.rows.height + cleaned.outlying == frame.height


def test_the_flag_of_a_negative_target_is_false_for_zero_and_null() -> None:
    cleaned = clean_rows(ROWS, Recipe(target="units", flag_negative=True), TRAINED)
    assert cleaned.rows["is_negative_target"].to_list() == [True, False, False, False, False]
    assert cleaned.negative == 1


@pytest.mark.parametrize(
    ("values", "statistic", "wanted"),
    [
        ([3.0, None, 1.0, 2.0, 100.0], "median", 2.5),
        ([3.0, None, 1.0], "mean", 2.0),
        ([1, 2], "median", 2),
        ([1, 1, 3], "mean", 2),
        (["b", "a", None, "b", "a"], "mode", "a"),
        ([date(2020, 1, 2), date(2020, 1, 1)], "mode", date(2020, 1, 1)),
        ([None, None], "median", None),
    ],
)
def test_a_statistic_is_of_the_type_of_its_column_and_leaves_out_nulls(
    values: list[Any], statistic: Any, wanted: object
) -> None:
    assert learnt_fill(pl.Series("x", values), statistic) == wanted


@settings(deadline=None)
@given(values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20), seed=st.integers(0, 9))
def test_a_statistic_does_not_depend_on_the_order_of_rows(values: list[float], seed: int) -> None:
    column = pl.Series("x", values)
    other = column.shuffle(seed=seed)
    for statistic in ("median", "mean", "mode"):
        assert learnt_fill(column, statistic) == learnt_fill(other, statistic)
    assert learnt_fences(column, 1.5) == learnt_fences(other, 1.5)


def test_a_mean_of_texts_is_refused() -> None:
    with pytest.raises(SpecError, match=r"^there is no mean of 'town', whose type is String"):
        learnt_fill(pl.Series("town", ["a"]), "mean")


def test_fences_are_those_of_a_box_plot() -> None:
    column = pl.Series("x", [1.0, 2.0, 3.0, 4.0, 5.0, None])
    assert learnt_fences(column, 1.5) == Fences(low=-1.0, high=7.0)
    assert learnt_fences(pl.Series("x", [None], dtype=pl.Float64), 1.5) is None


@pytest.mark.parametrize(
    ("value", "kind", "wanted"),
    [
        (0, pl.Float64(), 0),
        (0, pl.Int64(), 0),
        (1.5, pl.Float64(), 1.5),
        ("none", pl.String(), "none"),
        (False, pl.Boolean(), False),
        ("2020-02-29", pl.Date(), date(2020, 2, 29)),
    ],
)
def test_a_declared_value_is_taken_in_the_type_of_its_column(
    value: Any, kind: pl.DataType, wanted: object
) -> None:
    assert constant_fill(Fill(value=value), kind, "x") == wanted


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1.5, pl.Int64()),
        ("0", pl.Float64()),
        (True, pl.Int64()),
        (1, pl.Boolean()),
        (0, pl.String()),
        ("2020-02-30", pl.Date()),
    ],
)
def test_a_declared_value_of_another_type_is_refused(value: Any, kind: pl.DataType) -> None:
    with pytest.raises(SpecError, match=f"^the value .* is not of the type of 'x', {kind}"):
        constant_fill(Fill(value=value), kind, "x")


def test_the_target_is_never_filled_in(weekly: MakeProject) -> None:
    with pytest.raises(SpecError, match=r"^the target 'units' would be filled in"):
        check_cleaning(weekly(cleaning=Cleaning(fill={"units": Fill(value=0)})))


@pytest.mark.parametrize(
    "cleaning", [Cleaning(fill={"x": Fill(value=0)}), Cleaning(outliers=Outliers(columns=("x",)))]
)
def test_a_rule_for_a_column_without_a_role_is_refused(
    cleaning: Cleaning, weekly: MakeProject
) -> None:
    with pytest.raises(SpecError, match=r"^'x' is no column with a role"):
        check_cleaning(weekly(cleaning=cleaning))


def test_something_must_be_learnt_for_statistics_and_fences_only() -> None:
    fill = {"a": Fill(value=0), "b": Fill(statistic="mean")}
    assert learns(Cleaning(fill=fill)) == ("b",)
    assert learns(Cleaning(outliers=Outliers(columns=("c",)))) == ("c",)
    assert learns(Cleaning()) == ()


@pytest.mark.parametrize(("policy", "low"), [("keep", -2.0), ("flag", -2.0), ("clip", 0.0)])
def test_models_learn_from_a_clipped_target_only_under_clip(
    policy: NegativeTarget, low: float
) -> None:
    target = np.array([[-2.0, np.nan, 3.0]])
    np.testing.assert_array_equal(learnable(target, policy), [[low, np.nan, 3.0]])
    np.testing.assert_array_equal(target, [[-2.0, np.nan, 3.0]])
