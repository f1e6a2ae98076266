"""Every series of a panel: how long, how full, how regular, how much it varies."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from foresell.eda.grid import Grid, Numbers, named_keys
from foresell.eda.tables import key_names
from foresell.spec.project import ProjectSpec

ADI, CV2 = 1.32, 0.49  # Syntetos, Boylan and Croston, J. Oper. Res. Soc. 56 (2005), 495-503
VOLATILITY: Mapping[str, float | None] = {  # class -> cv below this
    "steady": 0.25,
    "moderate": 0.5,
    "volatile": 1.0,
    "wild": None,
}
INTERMITTENCY = ("smooth", "erratic", "intermittent", "lumpy")
_NONE = "none"


def series_table(grid: Grid, project: ProjectSpec) -> pl.DataFrame:
    """Return the table ``series``: one row for each, in key order.

    A row without a target counts as a period without one.
    """
    there = np.isfinite(grid.y)
    n = grid.by_series(there.astype(np.float64))
    first, last = _ends(grid)
    total = grid.by_series(grid.y)
    off = np.where(there, grid.y - grid.means[grid.series], np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        std = np.where(n > 1, np.sqrt(grid.by_series(off * off) / (n - 1)), np.nan)
        cv = np.where(grid.means > 0, std / grid.means, np.nan)
        adi, cv2 = _demands(grid, n)
    whole = float(np.nansum(grid.y))
    found = grid.keys.with_columns(
        pl.Series("first", [grid.dates[at] for at in first], dtype=pl.Date),
        pl.Series("last", [grid.dates[at] for at in last], dtype=pl.Date),
        pl.Series("n", n.astype(np.int64)),
        pl.Series("gaps", last - first + 1 - n.astype(np.int64)),
        pl.Series("y", total),
        pl.Series("share", total / whole if whole else np.full(len(n), np.nan)),
        pl.Series("mean", grid.means),
        pl.Series("std", std),
        pl.Series("cv", cv),
        pl.Series("zeros", grid.by_series((grid.y == 0).astype(np.float64)).astype(np.int64)),
        pl.Series("negatives", grid.by_series((grid.y < 0).astype(np.float64)).astype(np.int64)),
        pl.Series("adi", adi),
        pl.Series("cv2", cv2),
    ).with_columns(pl.col("share", "mean", "std", "cv", "adi", "cv2").fill_nan(None))
    return found.with_columns(
        _intermittency(),
        _volatility(),
        pl
        .when(pl.col("n") < project.season)
        .then(pl.lit("short"))
        .when(pl.col("first") > grid.dates[0])
        .then(pl.lit("late"))
        .otherwise(pl.lit("whole"))
        .alias("start"),
    )


def lengths(series: pl.DataFrame, periods: int) -> pl.DataFrame:
    """Return the table ``lengths`` from the table ``series`` of a panel of so many ``periods``."""
    found = (
        series
        .group_by(pl.col("n").alias("periods"))
        .agg(
            pl.len().cast(pl.Int64).alias("series"),
            (pl.col("n") == periods).sum().cast(pl.Int64).alias("complete"),
            (pl.col("gaps") > 0).sum().cast(pl.Int64).alias("gapped"),
        )
        .sort("periods")
    )
    return found.with_columns((pl.col("series").cum_sum() / series.height).alias("cumulative"))


def volatility(series: pl.DataFrame) -> pl.DataFrame:
    """Return the table ``volatility`` from the table ``series``."""
    lows = dict(zip(VOLATILITY, [0.0, *VOLATILITY.values()], strict=False))
    return _classes(series, "volatility", [*VOLATILITY, _NONE]).with_columns(
        pl
        .col("volatility")
        .replace_strict(lows, default=None, return_dtype=pl.Float64)
        .alias("from"),
        pl
        .col("volatility")
        .replace_strict(dict(VOLATILITY), default=None, return_dtype=pl.Float64)
        .alias("below"),
    )


def intermittency(series: pl.DataFrame) -> pl.DataFrame:
    """Return the table ``intermittency`` from the table ``series``."""
    return _classes(series, "intermittency", [*INTERMITTENCY, _NONE])


def cold_starts(
    series: pl.DataFrame, project: ProjectSpec, asked: pl.DataFrame | None
) -> pl.DataFrame:
    """Return the table ``cold_starts``: new series first, then short ones, the shortest first.

    ``asked``: the rows to forecast (keys, time), or None where none are.
    """
    keys = list(key_names(project.keys))
    short = series.filter(pl.col("start") == "short").select(*keys, "first", "n", "y")
    told = short.with_columns(pl.lit("short").alias("kind"))
    if asked is None:
        wanted = told.with_columns(pl.lit(None, dtype=pl.Int64).alias("asked"))
    else:
        count = (
            named_keys(asked, project.keys)
            .select(pl.col(key).cast(series.schema[key]) for key in keys)
            .with_columns(asked[project.time].alias("first"))
            .group_by(keys)
            .agg(pl.len().cast(pl.Int64).alias("asked"), pl.col("first").min())
        )
        new = count.join(series, on=keys, how="anti").with_columns(
            pl.lit("new").alias("kind"), n=pl.lit(0, dtype=pl.Int64), y=pl.lit(0.0)
        )
        known = told.join(count.drop("first"), on=keys, how="left")
        wanted = pl.concat([new, known.with_columns(pl.col("asked").fill_null(0))], how="diagonal")
    return wanted.sort("n", *keys)


def _ends(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return (n series,) the first and the last period of each that has a row."""
    at = np.flatnonzero(np.diff(grid.series, prepend=-1))
    return grid.period[at], grid.period[np.append(at[1:], len(grid.series)) - 1]


def _demands(grid: Grid, n: Numbers) -> tuple[Numbers, Numbers]:
    """Return (n series,) periods for each demand above 0, and the squared cv of these demands."""
    above = np.where(grid.y > 0, grid.y, np.nan)
    count = grid.by_series((grid.y > 0).astype(np.float64))
    count[count == 0] = np.nan
    mean = grid.by_series(above) / count
    off = above - mean[grid.series]
    return n / count, grid.by_series(off * off) / count / (mean * mean)


def _intermittency() -> pl.Expr:
    """Return the class of a series from its ``adi`` and ``cv2``."""
    often, even = pl.col("adi") < ADI, pl.col("cv2") < CV2
    return (
        pl
        .when(pl.col("adi").is_null())
        .then(pl.lit(_NONE))
        .when(often & even)
        .then(pl.lit("smooth"))
        .when(often)
        .then(pl.lit("erratic"))
        .when(even)
        .then(pl.lit("intermittent"))
        .otherwise(pl.lit("lumpy"))
        .alias("intermittency")
    )


def _volatility() -> pl.Expr:
    """Return the class of a series from its ``cv``."""
    named = pl.lit("wild")
    for name, below in reversed(list(VOLATILITY.items())):
        if below is not None:
            named = pl.when(pl.col("cv") < below).then(pl.lit(name)).otherwise(named)
    return pl.when(pl.col("cv").is_null()).then(pl.lit(_NONE)).otherwise(named).alias("volatility")


def _classes(series: pl.DataFrame, column: str, order: list[str]) -> pl.DataFrame:
    """Return how many series are of each class, in ``order``, and what they add up to."""
    n, whole = series.height, float(series["y"].to_numpy().sum())
    found = []
    for name in order:
        own = series.filter(pl.col(column) == name)
        total = float(own["y"].to_numpy().sum())
        if own.height or name != _NONE:
            found.append((
                name,
                own.height,
                own.height / n,
                total,
                total / whole if whole else None,
            ))
    return pl.DataFrame(
        found,
        orient="row",
        schema={
            column: pl.String,
            "series": pl.Int64,
            "series_share": pl.Float64,
            "y": pl.Float64,
            "share": pl.Float64,
        },
    )
