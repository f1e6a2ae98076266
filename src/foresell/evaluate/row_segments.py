"""How judged rows of a table are parted: by text, by declared bands, by prediction, in time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from foresell.evaluate.parting import Segment, by_value
from foresell.spec.project import ProjectSpec

PREDICTED = "__predicted"  # in a truth: what the champion says, by which all forecasts are parted
TERCILE = "predicted_tercile"
_MOST_VALUES = 50
_MOST_MONTHS = 12  # judged rows of more months are parted by year


def row_segments(truth: pl.DataFrame, project: ProjectSpec) -> tuple[Segment, ...]:
    """Return how the rows of ``truth`` (`foresell.evaluate.row_truth`) are parted, in its order.

    Each column in ``project.segments`` (of more than fifty values the fifty with most rows, the
    others nowhere); each in ``project.bands``; ``predicted_tercile`` where the
    truth has `PREDICTED` (``low``, ``middle``, ``high``; equal predictions are in the same one);
    ``month`` where the project has a time column, ``year`` of more than twelve months.
    """
    found = [_by_common_value(truth[name]) for name in project.segments]
    found += [_band(truth[name], edges) for name, edges in project.bands.items()]
    if PREDICTED in truth.columns:
        found.append(_tercile(truth[PREDICTED]))
    if project.timed:
        found.append(_period(truth[project.time]))
    return tuple(found)


def band_names(edges: Sequence[float]) -> tuple[str, ...]:
    """Return what the parts of a band are called.

    >>> band_names((50, 99.5))
    ('below 50', '50 to below 99.5', '99.5 and above')
    """
    shown = [f"{edge:g}" if abs(edge) < 1e6 else f"{edge:.0f}" for edge in edges]
    between = [f"{low} to below {high}" for low, high in pairwise(shown)]
    return (f"below {shown[0]}", *between, f"{shown[-1]} and above")


def _by_common_value(column: pl.Series) -> Segment:
    """Part rows by the values of a column, those that most rows have; ties by value."""
    counts = column.drop_nulls().value_counts(name="__n")
    name = column.name
    common = counts.sort(["__n", name], descending=[True, False]).head(_MOST_VALUES)[name]
    return by_value(pl.select(pl.when(column.is_in(common.implode())).then(column)).to_series())


def _band(column: pl.Series, edges: Sequence[float]) -> Segment:
    """Part rows by the bands of a number; null is nowhere."""
    values = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    codes = np.searchsorted(np.array(edges, dtype=np.float64), values, side="right")
    known = np.where(np.isfinite(values), codes.astype(np.int64), -1)
    return Segment(name=column.name, values=band_names(edges), codes=known)


def _tercile(predicted: pl.Series) -> Segment:
    """Part rows by the third that their prediction is in."""
    values = predicted.to_numpy()
    cuts = np.quantile(values, [1 / 3, 2 / 3]) if len(values) else np.zeros(2)
    codes = np.searchsorted(cuts, values, side="right").astype(np.int64)
    return Segment(name=TERCILE, values=("low", "middle", "high"), codes=codes)


def _period(times: pl.Series) -> Segment:
    """Part rows by month, or by year where there are more than twelve months."""
    months = times.dt.strftime("%Y-%m").alias("month")
    if months.drop_nulls().n_unique() <= _MOST_MONTHS:
        return by_value(months)
    return by_value(times.dt.strftime("%Y").alias("year"))


def parts_of(segment: Segment) -> Iterator[tuple[int, str]]:
    """Yield the place and the name of every part that has a row.

    >>> list(parts_of(by_value(pl.Series("type", ["b", "a"]))))
    [(0, 'a'), (1, 'b')]
    """
    for place in np.unique(segment.codes[segment.codes >= 0]):
        yield int(place), segment.values[place]
