from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.row_splits import (
    FIRST_WINDOW,
    RowSplit,
    row_splits,
    split_by_groups,
    split_in_time,
    trained_rows,
)
from foresell.errors import SpecError
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

START = date(2024, 1, 1)
LINES = st.lists(st.integers(1, 9), min_size=60, max_size=90)


def project(seed: int = 7, **cut: Any) -> ProjectSpec:
    return ProjectSpec(
        name="orders",
        title="Orders",
        kind="tabular",
        tables=(Table(name="orders", file="orders.csv"),),
        columns={"order": "group", "day": "time", "line": "feature", "paid": "target"},
        split=SplitSpec(**({"test_share": 0.2, "folds": 4} | cut)),
        seed=seed,
    )


def orders(lines: list[int], first: int = 0) -> pl.DataFrame:
    """Orders with so many lines, two orders a day."""
    rows = [
        (first + order, line, START + timedelta(days=(first + order) // 2))
        for order, count in enumerate(lines)
        for line in range(count)
    ]
    kinds = {"order": pl.Int64, "line": pl.Int64, "day": pl.Date}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def table(frame: pl.DataFrame, cut: RowSplit) -> pl.DataFrame:
    return frame.with_columns(cut.split, cut.fold)


LATER: dict[str, Any] = {"test_share": 0.0, "test_from": "2024-01-25"}


@settings(deadline=None, max_examples=25)
@given(lines=LINES, seed=st.integers(0, 99), timed=st.booleans())
def test_a_group_is_on_one_side_and_in_one_fold(lines: list[int], seed: int, timed: bool) -> None:
    frame, declared = orders(lines), project(seed, **(LATER if timed else {}))
    (cut,) = row_splits(frame, declared, ["order"])
    found = table(frame, cut).group_by("order").agg(pl.col("split", "fold").n_unique())
    assert found.select(pl.col("split", "fold").max()).row(0) == (1, 1)
    outside = table(frame, cut).filter(pl.col("split") != "train")["fold"]
    assert outside.null_count() == outside.len()


@settings(deadline=None, max_examples=25)
@given(lines=LINES, seed=st.integers(0, 99))
def test_shares_are_exact_up_to_one_group(lines: list[int], seed: int) -> None:
    frame, declared = orders(lines), project(seed)
    cut = split_by_groups(frame, declared, ["order"])
    sides = {side: int(cut.side(side).sum()) for side in ("train", "calibration", "test")}
    largest = max(lines)
    assert 0 <= sides["test"] - 0.2 * frame.height < largest
    left = frame.height - sides["test"]
    assert 0 <= sides["calibration"] - 0.2 * left < largest
    folds = [int(judged.sum()) for _, _, judged in cut.windows()]
    assert len(folds) == 4
    assert max(abs(rows - sides["train"] / 4) for rows in folds) <= largest


@settings(deadline=None, max_examples=25)
@given(lines=LINES, seed=st.integers(0, 99), shuffle=st.integers(0, 99))
def test_the_order_of_rows_and_what_else_they_hold_decide_nothing(
    lines: list[int], seed: int, shuffle: int
) -> None:
    frame = orders(lines).with_columns(paid=pl.lit(1.0))
    mixed = frame.sample(fraction=1, shuffle=True, seed=shuffle).with_columns(paid=pl.lit(9.0))
    for declared in (project(seed), project(seed, **LATER)):
        (one,), (other,) = (row_splits(rows, declared, ["order"]) for rows in (frame, mixed))
        names = ["order", "line", "split", "fold"]
        sort = ["order", "line"]
        assert (
            table(frame, one)
            .select(names)
            .sort(sort)
            .equals(table(mixed, other).select(names).sort(sort))
        )


def test_when_a_table_doubles_about_one_group_in_fifty_changes_its_side() -> None:
    moved = []
    for seed in range(40):
        few, more = orders([5] * 300), orders([5] * 300, first=300)
        before = split_by_groups(few, project(seed), ["order"]).split
        after = split_by_groups(pl.concat([few, more]), project(seed), ["order"]).split
        moved.append(float((before != after.head(few.height)).to_numpy().mean()))
    assert 0.0 < float(np.mean(moved)) < 0.04
    assert max(moved) < 0.12


def test_another_seed_draws_other_groups() -> None:
    frame = orders([1] * 5000)
    one, other = (split_by_groups(frame, project(seed), ["order"]).side("test") for seed in (1, 2))
    assert float((one & other).mean()) == pytest.approx(0.04, abs=0.01)


def test_in_time_the_sides_follow_one_another_and_no_day_is_cut() -> None:
    frame = orders([2, 5, 3] * 20)
    cut = split_in_time(frame, project(**LATER), ["order"])
    days = (
        table(frame, cut).group_by("split").agg(first=pl.col("day").min(), last=pl.col("day").max())
    )
    found = {side: (first, last) for side, first, last in days.rows()}
    assert found["test"] == (date(2024, 1, 25), date(2024, 1, 30))
    assert found["train"][0] == START
    assert found["train"][1] < found["calibration"][0] <= found["calibration"][1]
    assert found["calibration"][1] == date(2024, 1, 24)
    by_day = table(frame, cut).group_by("day").agg(pl.struct("split", "fold").n_unique())
    assert by_day["split"].to_list() == [1] * 30


def test_windows_expand_in_time_and_every_fold_is_judged_by_what_came_before_it() -> None:
    frame = orders([3] * 80)
    cut = split_in_time(frame, project(**LATER), ["order"])
    windows = cut.windows()
    assert [number for number, _, _ in windows] == [0, 1, 2, 3]
    assert cut.fold.min() == FIRST_WINDOW
    for _, known, judged in windows:
        last = frame.filter(pl.Series(known))["day"].max()
        first = frame.filter(pl.Series(judged))["day"].min()
        assert (last, first) == (first - timedelta(days=1), first)  # type: ignore[operator]
    assert [int(known.sum()) for _, known, _ in windows] == sorted({
        int(known.sum()) for _, known, _ in windows
    })


def test_by_groups_every_fold_is_judged_by_all_the_others() -> None:
    cut = split_by_groups(orders([3] * 80), project(), ["order"])
    train = cut.side("train")
    for _, known, judged in cut.windows():
        assert np.array_equal(known | judged, train)
        assert not (known & judged).any()


def test_a_group_stands_where_its_first_row_does() -> None:
    frame = orders([2] * 60).with_columns(
        day=pl
        .when((pl.col("order") == 10) & (pl.col("line") == 1))
        .then(pl.lit(date(2024, 1, 29)))
        .otherwise("day")
    )
    cut = split_in_time(frame, project(**LATER), ["order"])
    assert table(frame, cut).filter(pl.col("order") == 10)["split"].to_list() == ["train"] * 2


def test_both_splits_are_made_where_both_are_declared_the_drawn_one_first() -> None:
    frame = orders([2] * 80)
    both = row_splits(frame, project(test_from="2024-02-05"), ["order"])
    assert [cut.timed for cut in both] == [False, True]


@settings(deadline=None, max_examples=25)
@given(lines=LINES, seed=st.integers(0, 99), dropped=st.floats(0.0, 0.5))
def test_no_row_that_cleaning_learnt_from_is_judged_after_it_dropped_some(
    lines: list[int], seed: int, dropped: float
) -> None:
    declared = project(seed, test_from="2024-01-28", folds=2)
    frame = orders(lines)
    tell = trained_rows(frame, declared, ["order"])
    taught = tell(frame)
    gone = taught & pl.Series(np.random.default_rng(seed).random(frame.height) < dropped)
    rest = frame.filter(~gone)
    for cut in row_splits(rest, declared, ["order"]):
        assert set(cut.split.filter(tell(rest)).unique()) <= {"train"}


def test_what_tells_training_rows_looks_at_a_row_alone() -> None:
    frame = orders([2] * 80)
    tell = trained_rows(frame, project(), ["order"])
    whole = tell(frame)
    assert whole.to_list() == split_by_groups(frame, project(), ["order"]).side("train").tolist()
    assert tell(frame.tail(7)).to_list() == whole.tail(7).to_list()


@pytest.mark.parametrize(
    ("lines", "cut", "said"),
    [
        ([3], {}, "no row would be to learn from: of 1 group of rows"),
        ([1] * 4, {}, "2 folds of 4 would be empty: 2 groups of rows can be learnt from"),
        ([1] * 10, {"calibration_share": 0.99}, "no row would be to learn from"),
        (
            [1] * 80,
            {**LATER, "test_from": "2025-01-01"},
            "a test from 2025-01-01 on would be empty",
        ),
        ([1] * 80, {**LATER, "test_from": "2023-01-01"}, "would be every row"),
        ([1] * 80, {**LATER, "test_from": "2024-01-03"}, "folds of 4 would be empty"),
    ],
)
def test_a_side_or_a_fold_that_would_be_empty_is_refused(
    lines: list[int], cut: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecError) as caught:
        row_splits(orders(lines), project(**cut), ["order"])
    assert said in caught.value.what


def test_rows_without_a_day_cannot_be_cut_in_time() -> None:
    frame = orders([1] * 80).with_columns(
        day=pl.when(pl.col("order") == 3).then(None).otherwise("day")
    )
    with pytest.raises(SpecError, match=r"^1 row of 80 have no day"):
        split_in_time(frame, project(**LATER), ["order"])


def test_without_a_declared_day_nothing_is_cut_in_time() -> None:
    with pytest.raises(SpecError, match="no day or no date column is declared"):
        split_in_time(orders([1] * 80), project(), ["order"])


def test_without_calibration_rows_all_others_are_learnt_from() -> None:
    cut = split_by_groups(orders([1] * 50), project(calibration_share=0.0), ["order"])
    assert sorted(cut.split.unique()) == ["test", "train"]
