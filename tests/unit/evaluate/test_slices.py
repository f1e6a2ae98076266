from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import UsageError
from foresell.evaluate.slices import Wanted, take_slice
from foresell.spec.forecast import QUANTILES
from tests.unit.evaluate.test_leaderboard import KEYS, PROJECT, TRUTH, WEEKS, forecast


def banded() -> pl.DataFrame:
    """A forecast one too high, with quantiles from 2 below it to 2 above it."""
    point = pl.col("y") + 1
    levels = {f"q{level}": point + 4 * (level - 0.5) for level in QUANTILES}
    return TRUTH.select(*KEYS, prediction=point, **levels)


def test_a_slice_has_the_rows_that_were_asked_for_beside_the_truth() -> None:
    found = take_slice(TRUTH, banded(), PROJECT, {"item": ["b"]})

    assert found.rows.select("store", "item", "day", "step", "type", "holiday").rows() == [
        (1, "b", WEEKS[3], 1, "Y", False),
        (1, "b", WEEKS[4], 2, "Y", True),
        (1, "b", WEEKS[5], 3, "Y", False),
    ]
    assert found.rows["y"].to_list() == [7.0, 8.0, 9.0]
    assert found.rows["error"].to_list() == [1.0, 1.0, 1.0]
    assert found.rows["in_80"].to_list() == [True, True, True]  # 1.6 to either side
    assert found.series(PROJECT) == 1
    assert (found.scores["n"], found.scores["mae"], found.scores["coverage_80"]) == (3, 1.0, 1.0)


def test_a_slice_of_several_series_is_summed_by_date() -> None:
    found = take_slice(TRUTH, forecast(1.0), PROJECT, {})

    assert found.series(PROJECT) == 2
    assert found.by_date.rows() == [
        (WEEKS[3], 2, 11.0, 13.0, 2.0),
        (WEEKS[4], 1, 8.0, 9.0, 1.0),
        (WEEKS[5], 2, 15.0, 17.0, 2.0),
    ]
    assert "in_80" not in found.rows.columns


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({"item": ["a", "b"]}, 5),
        ({"store": ["1"], "item": ["a"]}, 2),
        ({"holiday": ["yes"]}, 1),
        ({"holiday": [False]}, 4),
        ({"day": ["2024-01-26"]}, 2),
        ({"day": [date(2024, 1, 26)]}, 2),
        ({"step": ["3"], "type": ["X"]}, 1),
    ],
)
def test_values_are_given_as_they_are_or_as_text(where: Wanted, rows: int) -> None:
    assert take_slice(TRUTH, forecast(), PROJECT, where).rows.height == rows


@settings(max_examples=30, deadline=None)
@given(
    items=st.sets(st.sampled_from(["a", "b"]), min_size=1),
    steps=st.sets(st.sampled_from([1, 2, 3]), min_size=1),
)
def test_rows_of_a_slice_are_those_that_have_one_value_of_every_column(
    items: set[str], steps: set[int]
) -> None:
    kept = TRUTH.filter(pl.col("item").is_in(list(items)) & pl.col("step").is_in(list(steps)))
    where: Wanted = {"item": sorted(items), "step": sorted(steps)}

    if kept.is_empty():
        with pytest.raises(UsageError, match="no judged row has"):
            take_slice(TRUTH, forecast(), PROJECT, where)
    else:
        found = take_slice(TRUTH, forecast(), PROJECT, where)
        assert found.rows.select(*KEYS, "y").equals(kept.select(*KEYS, "y"))


@pytest.mark.parametrize(
    ("where", "what", "mend"),
    [
        ({"itm": ["a"]}, "there is no column 'itm'", "did you mean 'item'?"),
        ({"store": ["2"]}, "no judged row has store=2", "known: 1"),
        ({"store": ["one"]}, "no judged row has store=one", "known: 1"),
        ({"holiday": ["maybe"]}, "no judged row has holiday=maybe", "known: no, yes"),
        (
            {"item": ["a"], "holiday": ["yes"]},
            "no judged row has item=a, holiday=yes",
            "leave one condition out",
        ),
    ],
)
def test_a_slice_that_is_not_there_is_refused_with_what_is(
    where: Wanted, what: str, mend: str
) -> None:
    with pytest.raises(UsageError) as refused:
        take_slice(TRUTH, forecast(), PROJECT, where)

    assert refused.value.what == what
    assert refused.value.mend.startswith(mend)
