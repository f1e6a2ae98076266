"""Correlations against SciPy's."""

import math

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from foresell.eda.correlations import correlations


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_each_pair_is_what_scipy_says_of_the_rows_that_have_both(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame({
        "y": rng.normal(size=60),
        "a": np.where(rng.random(60) < 0.3, np.nan, rng.integers(0, 5, 60)),
        "b": np.where(rng.random(60) < 0.3, np.nan, rng.exponential(size=60)),
    }).fill_nan(None)
    series = np.sort(rng.integers(0, 4, 60))
    found = correlations(frame, ["y", "a", "b"], series)

    assert {(row["a"], row["b"]) for row in found.iter_rows(named=True)} == {
        ("y", "a"),
        ("y", "b"),
        ("a", "b"),
    }
    for row in found.iter_rows(named=True):
        both = frame.with_columns(series=series).drop_nulls([row["a"], row["b"]])
        x, y = both[row["a"]].to_numpy(), both[row["b"]].to_numpy()
        own = [
            both.select((pl.col(name) - pl.col(name).mean().over("series")).alias("off"))["off"]
            for name in (row["a"], row["b"])
        ]
        assert row["n"] == len(x)
        assert math.isclose(row["pearson"], pearsonr(x, y)[0], abs_tol=1e-9)
        assert math.isclose(row["spearman"], spearmanr(x, y)[0], abs_tol=1e-9)
        assert math.isclose(row["within"], pearsonr(*own)[0], abs_tol=1e-9)


def test_what_does_not_vary_within_series_has_no_correlation_there() -> None:
    series = np.repeat([0, 1, 2], 5)
    frame = pl.DataFrame({"y": np.arange(15.0), "size": np.repeat([0.1, 0.7, 1.3], 5)})
    row = correlations(frame, ["y", "size"], series).row(0, named=True)

    assert row["within"] is None
    assert row["pearson"] > 0.9


def test_a_constant_and_a_column_of_three_values_or_fewer_have_none() -> None:
    frame = pl.DataFrame({"y": [1.0, 2.0, 4.0], "a": [0.1] * 3, "b": [1.0, 2.0, None]})
    found = correlations(frame, ["y", "a", "b"])

    assert found.select("pearson", "spearman").rows() == [(None, None)] * 3


def test_the_pairs_of_the_target_come_first_and_the_strongest_of_them() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=200)
    frame = pl.DataFrame({"y": y, "weak": y + rng.normal(0, 9, 200), "strong": -y})
    found = correlations(frame, ["y", "weak", "strong"])

    assert found.select("a", "b").rows() == [("y", "strong"), ("y", "weak"), ("weak", "strong")]
