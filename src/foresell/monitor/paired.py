"""Whether one model beats another on the same rows by more than chance: a bootstrap by blocks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

DRAWS = 2_000
SURE = 0.95  # of the draws
LEAST_BLOCKS = 5  # four out of four happen once in sixteen by chance


def chances(
    rows: pl.DataFrame, blocks: Mapping[str, Sequence[str]], seed: int
) -> dict[str, float | None]:
    """Return, for each way of parting rows, in which share of draws the new squared error is less.

    ``rows``: ``y``, ``new`` and ``old`` (predictions, none missing), in an order that follows from
    their content, and the columns that part them. ``blocks``: by a name, the columns whose equal
    values make rows one block, for rows of one week or of one order err alike; no columns: each row
    is one. Each draw takes as many blocks as there are, with replacement, by ``seed``. None where
    there are fewer than `LEAST_BLOCKS`. Equal predictions are not better.

    Source: Kuensch, *The jackknife and the bootstrap for general stationary observations*, 1989;
    Field and Welsh, *Bootstrapping clustered data*, 2007.

    >>> told = pl.DataFrame({"week": range(6), "y": [1.0] * 6, "new": [1.0] * 6, "old": [2.0] * 6})
    >>> chances(told, {"week": ["week"], "all": []}, seed=1)
    {'week': 1.0, 'all': 1.0}
    """
    truth, new, old = (rows[name].to_numpy() for name in ("y", "new", "old"))
    more = (new - truth) ** 2 - (old - truth) ** 2
    return {name: _chance(_sums(more, rows, by), seed) for name, by in blocks.items()}


def _sums(
    more: "np.ndarray[Any, np.dtype[np.float64]]", rows: pl.DataFrame, by: Sequence[str]
) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return the sum of ``more`` over each block, in the order in which blocks come first."""
    if not by:
        return more
    place = rows.select(pl.struct(by).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    return np.bincount(place, weights=more).astype(np.float64)


def _chance(sums: "np.ndarray[Any, np.dtype[np.float64]]", seed: int) -> float | None:
    """Return the share of draws whose sum is below zero."""
    if len(sums) < LEAST_BLOCKS:
        return None
    drawn = np.random.default_rng(seed)
    below = sum(
        float(sums[drawn.integers(0, len(sums), len(sums))].sum()) < 0 for _ in range(DRAWS)
    )
    return below / DRAWS
