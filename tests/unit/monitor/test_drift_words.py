"""What is said of a column that was measured: the verdict, and why a column is quiet."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from foresell.monitor.drift import Column, measure
from foresell.spec.monitoring import MonitoringSpec


def rows(count: int, seed: int, *, first: date, weeks: int, shift: float = 0.0) -> pl.DataFrame:
    """Rows of some weeks, those of one week alike."""
    drawn = np.random.default_rng(seed)
    levels = drawn.normal(0, 1, weeks)
    place = np.arange(count) % weeks
    return pl.DataFrame({
        "week": [first + timedelta(weeks=int(one)) for one in place],
        "wild": levels[place] + drawn.normal(0, 0.2, count) + shift,
        "calm": drawn.normal(0, 1, count),
    })


COLUMNS = [Column(name="wild", kind="number"), Column(name="calm", kind="number")]
FIRST = date(2024, 1, 1)


def verdicts(reference: pl.DataFrame, current: pl.DataFrame, periods: str | None) -> dict[str, str]:
    drift = measure(reference, current, COLUMNS, MonitoringSpec(), periods=periods)
    return {one.column.name: one.verdict for one in drift.columns}


def test_a_column_that_looks_moved_and_is_quiet_says_that_its_weeks_are_too_few() -> None:
    before = rows(400, 1, first=FIRST, weeks=4)
    now = rows(100, 2, first=FIRST + timedelta(weeks=60), weeks=1, shift=1.5)
    assert verdicts(before, now, "week") == {
        "wild": "quiet: 1 week is too few to tell",
        "calm": "quiet",
    }


@pytest.mark.parametrize(("trending", "verdict"), [(False, "drift"), (True, "moved, as expected")])
def test_a_trending_column_that_moved_is_counted_apart_and_has_one_word(
    trending: bool,
    verdict: str,
) -> None:
    before, now = rows(2_000, 1, first=FIRST, weeks=50), rows(500, 2, first=FIRST, weeks=50)
    limits = MonitoringSpec(trending=("calm",) if trending else ())
    moved = now.with_columns(calm=pl.col("calm") + 2)
    drift = measure(before, moved, COLUMNS[1:], limits, periods=None)
    assert drift.columns[0].verdict == verdict
    assert (drift.drifted, drift.expected) == ((0, 1) if trending else (1, 0))


def test_an_effect_that_is_sure_and_small_says_so() -> None:
    before, now = rows(50_000, 1, first=FIRST, weeks=1), rows(50_000, 2, first=FIRST, weeks=1)
    shifted = now.with_columns(calm=pl.col("calm") + 0.08)
    assert verdicts(before, shifted, None)["calm"] == "quiet: effect too small"
