"""Where a forecast is good and where it is not: the metrics of each part of the judged rows."""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from foresell.evaluate.leaderboard import (
    align,
    metric_schema,
    row_identity,
    rows_of,
    score_columns,
)
from foresell.evaluate.metrics import Score, score
from foresell.evaluate.parting import Segment, by_value, codes_of, texts_of
from foresell.evaluate.row_segments import parts_of, row_segments
from foresell.spec.calendar import Frequency
from foresell.spec.ordered_sums import ordered_sum
from foresell.spec.project import ProjectSpec

TOP_VALUES = 10
_ENDS_DAILY = (7, 14, 28, 56, 91, 182, 364)
_ENDS_WEEKLY = (4, 13, 26, 39, 52, 78, 104)


def segment_scores(
    truth: pl.DataFrame, forecasts: Mapping[str, pl.DataFrame], project: ProjectSpec
) -> pl.DataFrame:
    """Return the metrics of every forecast in every segment.

    ``truth`` and ``forecasts`` as `foresell.evaluate.leaderboard` describes them. Columns:
    ``segment``, ``value`` (text), ``candidate``, then every metric of `Score`. Segments and their
    values in the order of `segments`, candidates by name; a value without rows is left out.
    """
    truth = truth.sort(row_identity(truth, project))
    rows = {
        name: rows_of(align(truth, forecast, project, name))
        for name, forecast in sorted(forecasts.items())
    }
    names: list[tuple[str, str, str]] = []
    scores: list[Score] = []
    for segment in segments(truth, project):
        for place, value in parts_of(segment):
            mask = segment.codes == place
            names += [(segment.name, value, name) for name in rows]
            scores += [score(one.where(mask)) for one in rows.values()]
    titles: dict[str, type[pl.DataType]] = dict.fromkeys(
        ("segment", "value", "candidate"), pl.String
    )
    named = pl.DataFrame(names, schema=titles, orient="row")
    numbers = pl.DataFrame(score_columns(scores), schema=metric_schema())
    return pl.concat([named, numbers], how="horizontal")


def segments(truth: pl.DataFrame, project: ProjectSpec) -> tuple[Segment, ...]:
    """Return how the rows of ``truth`` are parted, ``codes`` in its row order.

    ``horizon`` (`horizon_buckets`); ``holiday`` where the project declares a holiday weight; each
    column in ``project.segments``; ``volume_quartile``: of the series by mean target up to the
    cutoff, ``q1`` the smallest, ``no_history`` for a series with none; each key column: its ten
    largest values by the sum of those means, largest first, the others nowhere. Rows of a table
    are parted by `row_segments`.
    """
    if project.kind == "tabular":
        return row_segments(truth, project)
    found = [_horizon(truth, project)]
    if "holiday" in truth.columns:
        codes = truth["holiday"].cast(pl.Int64).to_numpy()
        found.append(Segment(name="holiday", values=("no", "yes"), codes=codes))
    found += [by_value(truth[column]) for column in project.segments]
    found.append(_volume(truth, project))
    return (*found, *_top_values(truth, project))


def horizon_buckets(steps: int, frequency: Frequency) -> tuple[tuple[int, int], ...]:
    """Return the first and last step of each bucket of a horizon of ``steps`` periods.

    >>> horizon_buckets(39, "W-FRI")
    ((1, 4), (5, 13), (14, 26), (27, 39))
    >>> horizon_buckets(30, "D")
    ((1, 7), (8, 14), (15, 28), (29, 30))
    """
    ends = _ENDS_DAILY if frequency == "D" else _ENDS_WEEKLY
    lasts = [*(end for end in ends if end < steps), steps]
    firsts = [1, *(last + 1 for last in lasts[:-1])]
    return tuple(zip(firsts, lasts, strict=True))


def _horizon(truth: pl.DataFrame, project: ProjectSpec) -> Segment:
    """Part rows by how far ahead they are."""
    steps = truth["step"].cast(pl.Int64).to_numpy()
    longest = max(int(steps.max(initial=1)), project.horizon)
    buckets = horizon_buckets(longest, project.frequency)
    codes = np.searchsorted([last for _, last in buckets], steps).astype(np.int64)
    return Segment(name="horizon", values=tuple(f"{a}-{b}" for a, b in buckets), codes=codes)


def _volume(truth: pl.DataFrame, project: ProjectSpec) -> Segment:
    """Part rows by the quartile of their series; equal volumes are in the same one."""
    series = _series(truth, project)["volume"].to_numpy()
    known = series[np.isfinite(series)]
    cuts = np.quantile(known, (0.25, 0.5, 0.75)) if len(known) else np.zeros(3)
    volume = truth["volume"].to_numpy()
    quartile = np.searchsorted(cuts, volume).astype(np.int64)
    codes = np.where(np.isfinite(volume), quartile, 4)
    names = ("q1", "q2", "q3", "q4", "no_history")
    return Segment(name="volume_quartile", values=names, codes=codes)


def _top_values(truth: pl.DataFrame, project: ProjectSpec) -> Iterator[Segment]:
    """Part rows by the largest values of each key column."""
    for key in project.keys:
        totals = (
            _series(truth, project)
            .group_by(key)
            .agg(ordered_sum(pl.col("volume").fill_nan(0.0).sort()))
            .sort(["volume", key], descending=[True, False])
        )
        largest = totals[key].head(TOP_VALUES)
        yield Segment(name=key, values=texts_of(largest), codes=codes_of(truth[key], largest))


def _series(truth: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return one row for each series (of each fold): keys and volume."""
    names = [name for name in row_identity(truth, project) if name != project.time]
    return truth.select([*names, "volume"]).unique().sort(names)
