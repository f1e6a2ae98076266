"""Values into bins that the reference alone decides: quantiles of numbers, levels of categories."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

BINS = 10  # of numbers
LEVELS = 20  # of categories that have a bin each; the others share one
LEAST_SHARE = 0.005  # of the reference's values, for a level to have a bin of its own
MISSING, OTHER, UNSEEN = "missing", "other levels", "never seen before"
_LONGEST = 40  # characters of a level that are told


@dataclass(frozen=True, kw_only=True)
class Levels:
    """The bins of categories. ``known``: every level of the reference, those with a bin first."""

    labels: tuple[str, ...]
    known: tuple[str, ...]
    own: int


def quantile_edges(ordered: Floats, parts: int) -> Floats:
    """Return the upper edges of all bins but the last: values of ``ordered`` at its quantiles.

    ``ordered``: in ascending order, one or more. Edges that are equal are merged. A bin holds its
    upper edge; the first and the last are open. Where the least value is an edge, one just below
    it stands before, so that lower values have a bin; where the largest is one, the last bin is
    for higher values.

    >>> quantile_edges(np.arange(1.0, 9.0), 4).tolist()
    [2.0, 4.0, 6.0]
    >>> quantile_edges(np.array([5.0, 5.0, 5.0]), 4).tolist() == [np.nextafter(5.0, 0.0), 5.0]
    True
    """
    places = np.arange(1, parts) * len(ordered)
    edges = np.unique(ordered[-(-places // parts) - 1] + 0.0)
    if edges[0] == ordered[0]:
        edges = np.concatenate([[np.nextafter(edges[0], -np.inf)], edges])
    return edges.astype(np.float64)


def number_labels(edges: Floats) -> tuple[str, ...]:
    """Return what the bins of numbers hold, and missing values last.

    >>> number_labels(np.array([2.0, 4.5]))
    ('to 2', '2 to 4.5', 'over 4.5', 'missing')
    """
    told = [f"{edge:,.0f}" if 1e4 <= abs(edge) < 1e9 else f"{edge:.4g}" for edge in edges]
    between = [f"{low} to {high}" if low != high else high for low, high in zip(told, told[1:])]  # noqa: B905, RUF007
    return (f"to {told[0]}", *between, f"over {told[-1]}", MISSING)


def reference_levels(values: pl.Series) -> Levels:
    """Return the bins of categories: the commonest levels, the others together, unseen, missing."""
    counted = (
        values
        .drop_nulls()
        .alias("level")
        .value_counts(name="n")
        .sort(["n", "level"], descending=[True, False])
    )
    total = max(int(values.len() - values.null_count()), 1)
    common = counted.head(LEVELS).filter(pl.col("n") >= LEAST_SHARE * total).height
    known = tuple(counted["level"].to_list())
    labels = tuple(shortened(level) for level in known[:common])
    return Levels(labels=(*labels, OTHER, UNSEEN, MISSING), known=known, own=common)


def level_codes(values: pl.Series, levels: Levels) -> Counts:
    """Return the bin of every row."""
    bins = [min(place, levels.own) for place in range(len(levels.known))]
    codes = values.replace_strict(
        pl.Series(levels.known, dtype=pl.String),
        pl.Series(bins, dtype=pl.Int64),
        default=levels.own + 1,
        return_dtype=pl.Int64,
    )
    missing = values.is_null()
    return codes.zip_with(~missing, pl.Series([levels.own + 2])).to_numpy().astype(np.int64)


def unseen_levels(
    values: pl.Series, levels: Levels, most: int = 5
) -> tuple[float, tuple[str, ...]]:
    """Return the share of values that are no level of the reference, and the commonest of them."""
    there = values.drop_nulls().alias("level")
    if there.is_empty():
        return 0.0, ()
    known = pl.Series(levels.known, dtype=pl.String)
    strange = there.filter(~there.is_in(known.implode()))
    told = strange.value_counts(name="n").sort(["n", "level"], descending=[True, False])
    return strange.len() / there.len(), tuple(map(shortened, told["level"].head(most)))


def shortened(text: str) -> str:
    r"""Return a level as it is told: printable, and cut.

    >>> shortened("Café\n"), len(shortened("x" * 100))
    ('Café?', 40)
    """
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[: _LONGEST + 1])
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def counted(codes: Counts, periods: Counts, shape: Sequence[int]) -> Counts:
    """Return how many rows lie in each period (rows) and bin (columns)."""
    count, bins = shape
    return np.bincount(periods * bins + codes, minlength=count * bins).reshape(count, bins)
