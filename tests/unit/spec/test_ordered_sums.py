import json
import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.spec.ordered_sums import one_piece, ordered_mean, ordered_std, ordered_sum

ROOT = Path(__file__).parents[3]
THREADS = (1, 2, 8)
numbers = st.lists(st.floats(-1e6, 1e6) | st.none(), min_size=0, max_size=20)


def summed(threads: int) -> dict[str, list[str]]:
    """Return the digests of `tests.summing` by name, of an interpreter with so many threads."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.summing"],
        cwd=ROOT,
        env={"POLARS_MAX_THREADS": str(threads)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    digests: dict[str, list[str]] = json.loads(done.stdout)
    return digests


@pytest.fixture(scope="module")
def found() -> Mapping[str, set[str]]:
    """What came out by name, of one, two and eight threads together."""
    runs = [summed(threads) for threads in THREADS]
    return {name: {one for run in runs for one in run[name]} for name in runs[0]}


def test_the_same_rows_have_the_same_sums_however_often_and_on_however_many_threads(
    found: Mapping[str, set[str]],
) -> None:
    several = {name: len(digests) for name, digests in found.items()}
    assert several == dict.fromkeys(several, 1)
    assert len(several) == 18


@settings(max_examples=40, deadline=None)
@given(groups=st.lists(numbers, min_size=1, max_size=4))
def test_sums_and_means_are_those_of_each_groups_known_values(
    groups: list[list[float | None]],
) -> None:
    rows = pl.DataFrame(
        [(place, value) for place, values in enumerate(groups) for value in values],
        schema={"group": pl.Int64, "value": pl.Float64},
        orient="row",
    )
    sums = rows.group_by("group").agg(
        ordered_sum(pl.col("value")),
        mean=ordered_mean(pl.col("value")),
        std=ordered_std(pl.col("value")),
    )

    for place, total, mean, std in sums.rows():
        known = [value for value in groups[place] if value is not None]
        assert total == pytest.approx(math.fsum(known), rel=1e-12, abs=1e-6)
        assert mean == (pytest.approx(np.mean(known), rel=1e-12, abs=1e-6) if known else None)
        told = np.std(known, ddof=1) if len(known) > 1 else None
        assert std == (None if told is None else pytest.approx(told, rel=1e-9, abs=1e-6))
    assert set(sums["group"]) == {place for place, values in enumerate(groups) if values}


@pytest.mark.parametrize("keep", [pl.lit(value=False), pl.col("value") > 9])
def test_the_sum_of_nothing_is_zero_and_not_its_negative(keep: pl.Expr) -> None:
    rows = pl.DataFrame({"group": ["a"], "value": [1.5]})

    by_group = rows.group_by("group").agg(ordered_sum(pl.col("value").filter(keep)))["value"][0]
    at_once = rows.filter(keep).select(ordered_sum(pl.col("value"))).item()

    assert [str(by_group), str(at_once)] == ["0.0", "0.0"]


@pytest.mark.parametrize(
    "kind",
    [pl.Boolean, pl.Int8, pl.Int32, pl.Int64, pl.UInt8, pl.UInt32, pl.Float32],
)
def test_a_sum_and_a_mean_have_the_type_and_value_that_those_of_polars_have(
    kind: pl.DataType,
) -> None:
    rows = pl.DataFrame({"group": [1, 1, 1, 2], "value": pl.Series([1, 0, 1, None]).cast(kind)})
    value, by = pl.col("value"), rows.group_by("group", maintain_order=True)

    ours = by.agg(ordered_sum(value), mean=ordered_mean(value))

    assert ours.equals(by.agg(value.sum(), mean=value.mean()))
    assert ours.schema == by.agg(value.sum(), mean=value.mean()).schema
    assert rows.select(ordered_sum(value)).equals(rows.select(value.sum()))


def test_one_piece_has_the_values_it_was_given_in_one_chunk() -> None:
    parts = pl.Series("y", [1.5, None]).append(pl.Series("y", [2.5]))

    assert one_piece(parts).equals(pl.Series("y", [1.5, None, 2.5]), check_names=True)
    assert one_piece(parts).n_chunks() == 1
