import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.errors import UsageError
from foresell.evaluate.value_added import value_added_by
from tests.unit.evaluate.test_leaderboard import KEYS, PROJECT, TRUTH, forecast

errors = st.lists(st.floats(-1e6, 1e6), min_size=TRUTH.height, max_size=TRUTH.height)


def off_by(*wrong: float) -> pl.DataFrame:
    return TRUTH.select(*KEYS, prediction=pl.col("y") + pl.Series(wrong))


def test_every_part_has_its_rows_errors_and_the_share_that_is_saved() -> None:
    own, other = off_by(1, -1, 1, 0, 0), off_by(2, 2, 0, 0, -1)

    parts = value_added_by(TRUTH, own, other, PROJECT)

    expected = pl.DataFrame(
        [
            ("all", "all rows", 5, 34.0, 3.0, 5.0),
            ("horizon", "1-3", 5, 34.0, 3.0, 5.0),
            ("holiday", "no", 4, 26.0, 3.0, 5.0),
            ("holiday", "yes", 1, 8.0, 0.0, 0.0),
            ("type", "X", 2, 10.0, 2.0, 4.0),
            ("type", "Y", 3, 24.0, 1.0, 1.0),
            ("volume_quartile", "q1", 2, 10.0, 2.0, 4.0),
            ("volume_quartile", "no_history", 3, 24.0, 1.0, 1.0),
            ("store", "1", 5, 34.0, 3.0, 5.0),
            ("item", "a", 2, 10.0, 2.0, 4.0),
            ("item", "b", 3, 24.0, 1.0, 1.0),
            ("series", "1, a", 2, 10.0, 2.0, 4.0),
            ("series", "1, b", 3, 24.0, 1.0, 1.0),
        ],
        schema=["by", "value", "n", "actual", "error", "baseline_error"],
        orient="row",
    ).with_columns(
        saved=pl.col("baseline_error") - pl.col("error"),
        wape=pl.col("error") / pl.col("actual"),
        baseline_wape=pl.col("baseline_error") / pl.col("actual"),
        value_added=pl.when(pl.col("baseline_error") > 0).then(
            1 - pl.col("error") / pl.col("baseline_error")
        ),
    )
    assert_frame_equal(parts, expected)


@settings(max_examples=25, deadline=None)
@given(own=errors, other=errors)
def test_the_values_of_each_key_and_the_series_add_up_to_all_rows(
    own: list[float], other: list[float]
) -> None:
    parts = value_added_by(TRUTH, off_by(*own), off_by(*other), PROJECT)

    whole = parts.filter(pl.col("by") == "all").row(0, named=True)
    for by in ("store", "item", "series", "holiday", "type", "horizon", "volume_quartile"):
        sums = parts.filter(pl.col("by") == by).select(pl.col("n", "actual", "saved").sum())
        assert sums["n"][0] == whole["n"]
        assert sums["actual"][0] == pytest.approx(whole["actual"], rel=1e-12)
        assert sums["saved"][0] == pytest.approx(whole["saved"], rel=1e-9, abs=1e-6)


def test_a_series_that_was_dropped_is_refused_and_not_left_out_of_the_sums() -> None:
    without = forecast().filter(pl.col("item") != "b")

    with pytest.raises(UsageError, match="leaves 3 of 5 rows without a finite answer"):
        value_added_by(TRUTH, without, forecast(), PROJECT)
    with pytest.raises(UsageError, match="'baseline' leaves 3 of 5 rows"):
        value_added_by(TRUTH, forecast(), without, PROJECT)
