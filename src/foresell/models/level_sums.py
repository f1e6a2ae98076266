"""Sums of forecast rows and how sure they are: all of a node's series, some of them, or strangers.

The band of a level (`foresell.models.level_bands`) is that of whole nodes. Who sums fewer series
has less of what evens out in a whole node, and a series without history has taught no band at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from foresell.features.levels import Vector
from foresell.models.combination import bucket_of
from foresell.models.level_bands import LevelBand, band_quantiles
from foresell.spec.forecast import COMBINED, CONFORMAL, QUANTILES, quantile_columns
from foresell.spec.ordered_sums import one_piece, ordered_sum

WHOLE = 0.95  # of a node's usual size, and of a sum: what the level's own band may speak for


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known beside the rows that are summed.

    ``time``: the date column. ``buckets``: last step of each horizon bucket. ``method``: how the
    learner's intervals came about. ``series``: one row for each series that was seen in the last
    year: the columns of the levels, and ``__usual``, the mean size of what it then sold.
    """

    time: str
    buckets: Sequence[int]
    method: str
    series: pl.DataFrame


def level_sums(
    rows: pl.DataFrame, columns: Sequence[str], band: LevelBand, known: Known
) -> pl.DataFrame:
    """Return the sums of ``rows`` by ``columns`` and date, sorted by them.

    ``rows``: ``columns``, date, ``__step`` (from 1), ``__usual`` (0 or null for a series that was
    not seen for a year), ``prediction``, quantiles and ``interval_method`` of each forecast.
    Returns ``columns``, date, ``prediction``, quantiles, ``interval_method`` and ``rows``, how many
    were summed.

    A sum of one row has that row's quantiles. Else its half-width is, on either side, the root of
    the sum of three squares: the node's band, for as much of it as is summed; the half-widths of
    its series as if they missed independently (their root of squares), times the root of the share
    of the node that is not there; and the half-widths of series without a past, added up, as if
    they missed together. The share is that of the usual sizes. So the sum of a whole node has the
    level's own band.
    """
    on = [*columns, known.time]
    ordered = rows.with_columns(pl.col("__usual").fill_null(0.0))
    sums = ordered.group_by(on, maintain_order=True).agg(
        ordered_sum(pl.col("prediction")),
        ordered_sum(pl.col("prediction").abs()).alias("__whole"),
        ordered_sum(pl.col("prediction").abs().filter(pl.col("__usual") > 0)).alias("__size"),
        ordered_sum(pl.col("__usual")),
        pl.col("__step", "interval_method").first(),
        pl.len().cast(pl.Int64).alias("rows"),
        *_widths(),
    )
    sums = sums.sort(on).with_columns(_node(sums.sort(on), columns, known))
    there = sums["__there"].to_numpy()
    node, method = _band(sums, band, known)
    own, new = (
        sums.select(f"__{kind}{name}" for name in quantile_columns()).to_numpy()
        for kind in ("own_", "new_")
    )
    width = np.sqrt(node**2 + (1 - there)[:, None] * own**2 + new**2)
    quantiles = sums["prediction"].to_numpy()[:, None] + np.sign(np.array(QUANTILES) - 0.5) * width
    alone = sums["rows"].to_numpy() == 1
    single = sums.select(f"__only_{name}" for name in quantile_columns()).to_numpy()
    quantiles = np.where(alone[:, None], single, quantiles)
    if not (rows.select(quantile_columns()).to_numpy() < 0).any():
        quantiles = np.maximum(quantiles, 0.0)  # rows that cannot be negative have no negative sum
    whole = (there >= WHOLE) & ((sums["__size"] >= WHOLE * sums["__whole"]).to_numpy())
    several = np.where(whole, method, COMBINED)
    return sums.select(
        *on,
        "prediction",
        *(pl.Series(name, quantiles[:, i]) for i, name in enumerate(quantile_columns())),
        pl.Series("interval_method", np.where(alone, sums["interval_method"], several).tolist()),
        "rows",
    )


def _widths() -> list[pl.Expr]:
    """Return the half-widths of several rows: ``__own_`` and ``__new_`` by quantile, and one's own.

    Of seen series the root of the sum of squares, of others the sum; nothing for the middle.
    """
    seen, made = pl.col("__usual") > 0, []
    for level, name in zip(QUANTILES, quantile_columns(), strict=True):
        side = (pl.col(name) - pl.col("prediction")) * float(np.sign(level - 0.5))
        width = side.clip(lower_bound=0.0)
        made += [
            ordered_sum(width.filter(seen).pow(2)).sqrt().alias(f"__own_{name}"),
            ordered_sum(width.filter(~seen)).alias(f"__new_{name}"),
            pl.col(name).first().alias(f"__only_{name}"),
        ]
    return made


def _node(sums: pl.DataFrame, columns: Sequence[str], known: Known) -> list[pl.Series]:
    """Return ``__there``, the share of its node a sum holds, and ``__share``, of all the node's.

    Both from 0 to 1, by date; the second estimates what the node is of everything that is forecast.
    """
    whole = float(one_piece(known.series["__usual"]).sum())
    if columns:
        nodes = known.series.group_by(columns, maintain_order=True)
        usual = nodes.agg(ordered_sum(pl.col("__usual")).alias("__node"))
        found = sums.select(columns).join(
            usual, on=list(columns), how="left", nulls_equal=True, maintain_order="left"
        )
        node = found["__node"].fill_null(0.0).to_numpy()
    else:
        node = np.full(sums.height, whole)
    there = _ratio(sums["__usual"].to_numpy(), node)
    asked = sums.select(ordered_sum(pl.col("__usual")).over(known.time)).to_series().to_numpy()
    all_there = _ratio(asked, np.full(sums.height, whole))
    size = _over(sums["__size"].to_numpy(), there)
    total = sums.select(ordered_sum(pl.col("__size")).over(known.time)).to_series().to_numpy()
    share = _ratio(size, _over(total, all_there))
    return [pl.Series("__there", there), pl.Series("__share", share)]


def _over(part: Vector, whole: Vector) -> Vector:
    """Return ``part`` / ``whole``, 0 where ``whole`` is."""
    found: Vector = np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)
    return found


def _ratio(part: Vector, whole: Vector) -> Vector:
    """Return ``part`` as a share of ``whole``, from 0 to 1."""
    return np.clip(_over(part, whole), 0.0, 1.0)


def _band(
    sums: pl.DataFrame, band: LevelBand, known: Known
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], list[str]]:
    """Return (n, levels) the half-widths of the level's own band, and its method for each sum."""
    steps = sums["__step"].to_numpy()
    bucket = bucket_of(int(steps.max()), known.buckets)[steps - 1]
    made = band_quantiles(
        band,
        np.zeros(sums.height),
        sums["__size"].to_numpy(),
        sums["__share"].to_numpy(),
        (steps.astype(np.float64), bucket),
    )
    own = [band.methods[place] for place in bucket]
    method = own if known.method == CONFORMAL else [known.method] * len(own)
    return np.abs(made), method
