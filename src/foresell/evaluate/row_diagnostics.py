"""Where the errors of single rows sit: by the size of the prediction, by quantile."""

import numpy as np
import polars as pl

from foresell.spec.forecast import QUANTILES, quantile_columns
from foresell.spec.ordered_sums import one_piece, ordered_mean, ordered_std, ordered_sum

BINS = 10
SCHEMA = {
    "bin": pl.Int64,
    "n": pl.Int64,
    "prediction": pl.Float64,
    "y": pl.Float64,
    "error_of_mean": pl.Float64,
    "low": pl.Float64,
    "middle": pl.Float64,
    "high": pl.Float64,
}


def by_prediction(rows: pl.DataFrame, bins: int = BINS) -> pl.DataFrame:
    """Return the rows in ``bins`` quantile bins of the prediction, lowest first.

    ``rows``: ``y`` and ``prediction``, both finite, any order. Equal predictions are in one bin, so
    there may be fewer. Columns: ``bin``; ``n`` rows; ``prediction`` and ``y``, the means;
    ``error_of_mean``, the standard error of mean y (null of one row); ``low``, ``middle`` and
    ``high``: the 10th, 50th and 90th percentile of the errors, prediction less truth.
    """
    if rows.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    cuts = np.quantile(rows["prediction"].to_numpy(), np.arange(1, bins) / bins)
    places = np.searchsorted(cuts, rows["prediction"].to_numpy(), side="left")
    error = pl.col("prediction") - pl.col("y")
    told = (
        rows
        .select("y", "prediction")
        .sort("prediction", "y")
        .with_columns(bin=pl.Series(np.sort(places), dtype=pl.Int64))
        .group_by("bin", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("n"),
            ordered_mean(pl.col("prediction")),
            ordered_mean(pl.col("y")),
            (ordered_std(pl.col("y")) / pl.len().sqrt()).alias("error_of_mean"),
            error.quantile(0.1, "linear").alias("low"),
            error.median().alias("middle"),
            error.quantile(0.9, "linear").alias("high"),
        )
        .sort("bin")
    )
    return told.with_columns(bin=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)).select(list(SCHEMA))


def calibration_error(bins: pl.DataFrame) -> float | None:
    """Return the mean of |mean y - mean prediction| over the bins, weighted by their rows.

    ``bins`` as `by_prediction` returns them; None where there is none. In the unit of the target.

    >>> rows = pl.DataFrame({"y": [1.0, 3.0, 5.0, 9.0], "prediction": [2.0, 2.0, 6.0, 6.0]})
    >>> calibration_error(by_prediction(rows, bins=2))
    0.5
    """
    if bins.is_empty():
        return None
    gaps = (bins["y"] - bins["prediction"]).abs()
    return float(one_piece(gaps * bins["n"]).sum()) / int(bins["n"].sum())


def quantile_calibration(rows: pl.DataFrame, bucket: str = "all") -> pl.DataFrame:
    """Return ``level``, ``bucket``, ``observed``: the share of truth below each quantile.

    ``rows``: ``y`` and `quantile_columns`. Truth equal to the quantile counts half, as in
    `foresell.evaluate.diagnostics.calibration`. No rows where a quantile is missing.
    """
    schema = {"level": pl.Float64, "bucket": pl.String, "observed": pl.Float64}
    if rows.is_empty() or not set(quantile_columns()) <= set(rows.columns):
        return pl.DataFrame(schema=schema)
    y = pl.col("y")
    sides = {
        name: (y < pl.col(name)).cast(pl.Int64) + (y <= pl.col(name)).cast(pl.Int64)
        for name in quantile_columns()
    }
    shares = rows.select((ordered_mean(both) / 2).alias(name) for name, both in sides.items())
    found = {"level": list(QUANTILES), "bucket": bucket, "observed": list(shares.row(0))}
    return pl.DataFrame(found, schema=schema)


def over_folds(folds: pl.DataFrame) -> pl.DataFrame:
    """Return ``candidate``, ``rmse`` over the held-out rows of all folds, least first, then name.

    ``folds``: ``candidate``, ``fold``, ``rmse`` and, where it is known, ``n`` rows; folds count
    alike where it is not. Unit of the target; null where a fold's error is not known.

    >>> folds = pl.DataFrame({"candidate": "a", "fold": [0, 1], "rmse": [3.0, 4.0], "n": [1, 1]})
    >>> over_folds(folds)["rmse"].round(3).to_list()
    [3.536]
    """
    n = pl.col("n") if "n" in folds.columns else pl.lit(1)
    sized = folds.select("candidate", "fold", "rmse", n=n.cast(pl.Float64)).sort(
        "candidate", "fold"
    )
    mean = ordered_sum(pl.col("n") * pl.col("rmse") ** 2) / ordered_sum(pl.col("n"))
    known = pl.col("rmse").is_finite().fill_null(value=False).all()
    pooled = sized.group_by("candidate", maintain_order=True).agg(
        pl.when(known).then(mean.sqrt()).alias("rmse")
    )
    return pooled.sort("rmse", "candidate", nulls_last=True)
