"""One model beside another on the same rows, and what chance alone would do."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.monitor.paired import SURE, chances

WEEKS = {"weeks": ["week"]}


def rows(seed: int, *, gain: float, weeks: int = 20, shared: float = 0.0) -> pl.DataFrame:
    """Return 20 rows a week; ``gain``: what the new model saves, ``shared``: luck of a week."""
    drawn = np.random.default_rng(seed)
    count = 20 * weeks
    truth = drawn.normal(0, 1, count)
    luck = np.repeat(drawn.normal(0, shared, weeks), 20) if shared else 0.0
    return pl.DataFrame({
        "week": np.repeat(np.arange(weeks), 20),
        "y": truth,
        "new": truth + drawn.normal(0, 1 - gain, count) + luck,
        "old": truth + drawn.normal(0, 1, count),
    })


def test_a_model_that_saves_a_quarter_of_the_error_is_better_beyond_doubt() -> None:
    assert chances(rows(1, gain=0.25), {**WEEKS, "rows": []}, seed=1) == {"weeks": 1.0, "rows": 1.0}


def test_of_equal_models_few_are_called_better() -> None:
    told = [chances(rows(seed, gain=0.0), WEEKS, seed=seed)["weeks"] for seed in range(60)]
    sure = sum(one is not None and one >= SURE for one in told)
    assert 0 <= sure <= 8  # 5 % of 60 are 3; 8 or more come in 1 of 100


def test_one_lucky_week_is_no_proof() -> None:
    lucky = pl.DataFrame({
        "week": np.repeat(np.arange(6), 50),
        "y": 0.0,
        "new": np.repeat([0.5, 1.01, 1.01, 1.01, 1.01, 1.01], 50),
        "old": 1.0,
    })
    told = chances(lucky, {**WEEKS, "rows": []}, seed=1)
    assert told["rows"] == 1.0
    assert 0.5 < (told["weeks"] or 0.0) < SURE


@pytest.mark.parametrize(("weeks", "known"), [(4, False), (5, True)])
def test_fewer_than_five_blocks_say_nothing(weeks: int, known: bool) -> None:
    told = chances(rows(1, gain=0.5, weeks=weeks), WEEKS, seed=1)["weeks"]
    assert (told is not None) is known


@settings(max_examples=10)
@given(seed=st.integers(0, 1000))
def test_equal_predictions_are_never_better(seed: int) -> None:
    same = rows(seed, gain=0.0).with_columns(new=pl.col("old"))
    assert chances(same, {**WEEKS, "rows": []}, seed=seed) == {"weeks": 0.0, "rows": 0.0}
