from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.errors import DataError
from foresell.models.tabular.learner_files import read_judged
from foresell.models.tabular.selecting import error_of
from foresell.models.tabular.targets import baselines_of, targets
from tests.unit.models.tabular.row_toys import lines, project

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@given(values=numbers)
def test_rows_that_count_alike_have_the_plain_mean_and_median(values: list[float]) -> None:
    target = np.array(values)
    found = baselines_of(target, np.full(len(target), 0.3))
    assert found["mean"] == pytest.approx(target.mean(), abs=1e-6)
    assert found["median"] == pytest.approx(float(np.median(target)))


@given(values=numbers, times=st.lists(st.integers(1, 4), min_size=30, max_size=30))
def test_a_weight_says_as_much_as_the_row_written_so_often(
    values: list[float], times: list[int]
) -> None:
    target, often = np.array(values), np.array(times[: len(values)])
    written = np.repeat(target, often)
    found = baselines_of(target, often.astype(np.float64))
    assert found == pytest.approx(baselines_of(written, np.ones(len(written))), abs=1e-6)
    rmse, mae = error_of(target, often.astype(np.float64))
    assert rmse == pytest.approx(float(np.sqrt((written**2).mean())))
    assert mae == pytest.approx(float(np.abs(written).mean()))
    assert mae <= rmse * (1 + 1e-9) + 1e-150  # below, squares are nothing


def test_of_nothing_every_baseline_is_zero() -> None:
    assert baselines_of(np.zeros(0), np.zeros(0)) == {"mean": 0.0, "median": 0.0}
    assert baselines_of(np.ones(2), np.zeros(2)) == {"mean": 0.0, "median": 0.0}


def test_targets_count_once_where_no_column_says_and_not_at_all_where_it_is_null() -> None:
    frame = lines(2).with_columns(counts=pl.Series([1.0, None, 2.0, 0.0, 1.0, 1.0]))
    plain = project()
    assert targets(frame, plain)[1].tolist() == [1.0] * 6
    weighed = replace(plain, columns={**plain.columns, "counts": "weight"})
    assert targets(frame, weighed)[1].tolist() == [1.0, 0.0, 2.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("wrong", [-0.5, float("inf"), float("nan")])
def test_a_weight_below_zero_is_refused_by_name(wrong: float) -> None:
    plain = project()
    weighed = replace(plain, columns={**plain.columns, "counts": "weight"})
    frame = lines(1).with_columns(counts=pl.Series([1.0, wrong, None]))
    with pytest.raises(DataError) as caught:
        targets(frame, weighed)
    assert caught.value.what == "the weight 'counts' is below 0 or not finite in 1 of 3 rows"


def test_judged_files_that_are_not_whole_are_refused() -> None:
    with pytest.raises(DataError, match=r"no folds\.parquet among \['learner\.json'\]"):
        read_judged({"learner.json": b"{}"})
