"""What charts are about: a series, a node of a level, or a plain sum; and the lines of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.charts.pointed import FUTURE, HISTORY, TEST
from foresell.dashboard.forecast.beside import Beside
from foresell.dashboard.forecast.blocks import Block, Rows, Vector, stretched, summed, taken
from foresell.dashboard.forecast.indexed import EDGES, INNER, Index, counted_alone, label_of
from foresell.spec.hierarchy import level_name
from foresell.spec.ordered_sums import ordered_sum

Kind = Literal["series", "node", "sum"]
_PLACE = "__place"
_SAME = 1e-6  # of a sum: how far that of the file may be from that of the version's rows
_ENOUGH = 0.9  # of the rows forecast for a date: what a sum of truths must hold to be shown


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """What one chart is about.

    ``rows``: the places of the series that are summed, one for a series. ``named``: what tells it
    from others in a file, by column. ``sums``: of a node, its rows of the levels' file, by date;
    None where there is no band of its own.
    """

    kind: Kind
    label: str
    rows: Rows
    named: Mapping[str, object]
    sums: pl.DataFrame | None = None


def series_subject(index: Index, row: int) -> Subject:
    """Return one series."""
    keys = list(index.spec.keys)
    values = index.texts.select(keys).row(row)
    return Subject(
        kind="series",
        label=label_of(keys, values),
        rows=np.array([row], dtype=np.int64),
        named=dict(zip(keys, index.described.select(keys).row(row), strict=True)),
    )


def sum_subject(index: Index, rows: Rows, beside: Beside, label: str) -> Subject:
    """Return the sum of ``rows``: a series where it is one, a node where they are all of it."""
    if len(rows) == 1:
        return series_subject(index, int(rows[0]))
    levels = index.spec.hierarchy.levels if index.spec.hierarchy is not None else ()
    for columns in levels:
        nodes = index.texts.select(columns)[rows].unique() if columns else None
        if nodes is not None and nodes.height != 1:
            continue
        if len(rows) == _node_size(index, columns, rows):
            return node_subject(index, columns, rows, beside)
    named = {"sum_of": f"{len(rows)} series"}
    return Subject(kind="sum", label=label, rows=rows, named=named)


def _node_size(index: Index, columns: Sequence[str], rows: Rows) -> int:
    """Return how many series the node has that the first of ``rows`` is in."""
    if not columns or not len(rows):
        return index.n_series
    own = index.texts.select(columns).row(int(rows[0]))
    same = [pl.col(name) == value for name, value in zip(columns, own, strict=True)]
    return index.texts.filter(*same).height


def node_subject(index: Index, columns: Sequence[str], rows: Rows, beside: Beside) -> Subject:
    """Return a node of a declared level, whole; ``rows``: all of its series."""
    label = "All series"
    named: dict[str, object] = {"level": level_name(columns)}
    if columns:
        texts = index.texts.select(columns).row(int(rows[0]))
        label = label_of(columns, texts)
        named |= dict(zip(columns, index.described.select(columns).row(int(rows[0])), strict=True))
    sums = beside.levels
    if sums is not None:
        sums = sums.filter(
            pl.col("level") == level_name(columns),
            *(_equals(name, named[name]) for name in columns),
        ).sort(index.spec.time)
        sums = sums if _coherent(index, rows, sums) else None
    return Subject(kind="node", label=label, rows=rows, named=named, sums=sums)


def _equals(name: str, value: object) -> pl.Expr:
    """Return whether a column has a value, that may be unknown."""
    return pl.col(name).eq_missing(pl.lit(value))


def level_subjects(
    index: Index, columns: Sequence[str], matched: Rows, beside: Beside, most: int
) -> tuple[list[Subject], int]:
    """Return the nodes of a level that some of ``matched`` are in, the largest first, whole.

    At most ``most`` of them, and how many there are.
    """
    table = index.texts.select(
        *columns,
        pl.int_range(pl.len(), dtype=pl.Int64).alias(_PLACE),
        pl.Series("__size", index.measured.size).fill_nan(0.0),
    )
    met = table[matched].select(columns).unique()
    nodes = (
        table
        .join(met, on=list(columns), how="semi")
        .group_by(columns, maintain_order=True)
        .agg(pl.col(_PLACE), ordered_sum(pl.col("__size")))
        .sort("__size", descending=True, maintain_order=True)
    )
    made = [
        node_subject(index, columns, places.to_numpy(), beside)
        for places in nodes.head(most)[_PLACE]
    ]
    return made, nodes.height


def _coherent(index: Index, rows: Rows, sums: pl.DataFrame) -> bool:
    """Tell whether the sums of a file are those of the version's own rows, date by date."""
    own = published_sum(index, "prediction", rows)
    days = [
        index.grid.day(index.published.first + at)
        for at in np.flatnonzero(np.isfinite(own)).tolist()
    ]
    if sums.is_empty() or sums[index.spec.time].to_list() != days:
        return False
    told = sums["prediction"].to_numpy()
    return bool(np.allclose(own[np.isfinite(own)], told, rtol=_SAME, atol=_SAME))


def published_sum(index: Index, column: str, rows: Rows) -> Vector:
    """Return (steps,) the sum of what is forecast of ``rows``: of the rows answered by default."""
    values, asked = index.published.columns[column], index.asked
    if len(rows) != index.n_series:
        values, asked = values[rows], asked[rows]
    return summed(np.where(asked, values, np.nan), np.arange(len(values), dtype=np.int64))


def lines_of(index: Index, beside: Beside, subject: Subject, span: tuple[int, int]) -> pl.DataFrame:
    """Return what a chart draws, a row a period of ``span``: `foresell.charts.explored.COLUMNS`.

    Null where nothing is known.
    ``span``: the first period and the one after the last. ``part``: ``history`` up to what the
    judged model knew, ``test`` up to the last observed period, then ``forecast``, where ``y`` is
    what came true since. Quantiles of a series are its own; a node has those of its level and, in
    the test, none; a plain sum has none at all.
    """
    alone = subject.kind == "series"
    future = index.last + 1
    cut = index.cut if index.cut is not None else index.last
    y = stretched(_sum(index.history, index.spec.target, subject.rows), index.history.first, span)
    after = np.arange(*span) >= future
    y[after] = stretched(came_true(index, beside, subject)[0], index.published.first, span)[after]
    columns: dict[str, Vector] = {"y": y}
    for name in ("prediction", *EDGES):
        test = _test(index, beside, subject, name) if alone or name == "prediction" else None
        columns[name] = _joined(test, _ahead(index, subject, name), index, span, alone=alone)
    columns["baseline"] = stretched(
        _baseline(index, beside, subject.rows), index.judged.first, span
    )
    days = [index.grid.day(period) for period in range(*span)]
    part = [
        FUTURE if period >= future else TEST if period > cut else HISTORY for period in range(*span)
    ]
    return pl.DataFrame(
        {"date": days, "part": part, **columns}, schema_overrides={"date": pl.Date}
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def _sum(block: Block, column: str, rows: Rows) -> Vector:
    """Return (periods,) a column of a block summed over ``rows``."""
    return summed(block.columns[column], rows)


def _baseline(index: Index, beside: Beside, rows: Rows) -> Vector:
    """Return (periods of the test,) what the baseline said, of the rows that were judged.

    NaN where it lacks one of them: the sum would be of fewer rows than the forecast beside it.
    """
    if beside.blind is None:
        return np.full(index.judged.width, np.nan)
    told = taken(beside.blind.columns["prediction"], rows)
    wanted = np.isfinite(taken(index.judged.columns["prediction"], rows))
    total = summed(told, np.arange(len(told), dtype=np.int64))
    total[(wanted & ~np.isfinite(told)).any(axis=0)] = np.nan
    return total


def counted_cells(index: Index, subject: Subject) -> NDArray[np.bool_]:
    """Return (series, steps) which forecasts the numbers of a subject count; more may be drawn."""
    asked, said = index.asked[subject.rows], index.published.columns["prediction"][subject.rows]
    if subject.kind == "series":
        return counted_alone(asked, said)
    counted: NDArray[np.bool_] = asked & np.isfinite(said)
    return counted


def _test(index: Index, beside: Beside, subject: Subject, name: str) -> Vector | None:
    """Return (periods of the test,) what the judged model said; None where nobody knows."""
    if name in {"prediction", *INNER}:
        return _sum(index.judged, name, subject.rows)
    return _sum(beside.outer, name, subject.rows) if beside.outer is not None else None


def _ahead(index: Index, subject: Subject, name: str) -> Vector | None:
    """Return (steps,) the forecast itself, or one of its quantiles; None where there is none."""
    if subject.kind == "series":
        return _sum(index.published, name, subject.rows)
    if name == "prediction":
        return published_sum(index, name, subject.rows)
    if subject.sums is None:
        return None
    first = index.grid.period(subject.sums[index.spec.time][0]) - index.published.first
    values = subject.sums[name].to_numpy()
    return stretched(values, first, (0, index.published.width))


def _joined(
    test: Vector | None, ahead: Vector | None, index: Index, span: tuple[int, int], *, alone: bool
) -> Vector:
    """Return what was said of the test, and after the last observed period what is forecast.

    ``alone``: it is one series, whose forecast may begin before: where it was last observed.
    """
    out = np.full(max(0, span[1] - span[0]), np.nan)
    if test is not None:
        out = stretched(test, index.judged.first, span)
    if ahead is not None:
        told = stretched(ahead, index.published.first, span)
        late = np.arange(*span) > index.last
        mine = np.isfinite(told) & (late | (alone & ~np.isfinite(out)))
        out[mine] = told[mine]
    return out


def came_true(index: Index, beside: Beside, subject: Subject) -> tuple[Vector, Vector]:
    """Return (steps,) the truth of what is forecast, and the forecast of the very same rows.

    NaN where it is not known, or not enough: a sum of truths is of the rows that the sum of
    forecasts beside it counts, and is there where nearly all of them are known.
    """
    width, first = index.published.width, index.published.first
    if beside.truth is None or not width:
        return np.full(width, np.nan), np.full(width, np.nan)
    truth, said = beside.truth, index.published.columns["prediction"][subject.rows]
    values = np.full(said.shape, np.nan)
    low, high = max(first, truth.first), min(first + width, truth.after)
    if low < high:
        own = truth.columns[index.spec.target][subject.rows]
        values[:, low - first : high - first] = own[:, low - truth.first : high - truth.first]
    if subject.kind == "series":
        return values[0], np.where(np.isfinite(values[0]), said[0], np.nan)
    counted = counted_cells(index, subject)
    known = counted & np.isfinite(values)
    every = np.arange(len(known), dtype=np.int64)
    total, told = (summed(np.where(known, part, np.nan), every) for part in (values, said))
    few = known.sum(axis=0) < _ENOUGH * counted.sum(axis=0)
    total[few] = told[few] = np.nan
    return total, told


def usual_span(index: Index) -> tuple[int, int]:
    """Return the periods that are shown when nobody asks for others: twice what is forecast.

    At least a quarter of a year before the test.
    """
    ahead = index.end - (index.cut if index.cut is not None else index.last) - 1
    quarter = 91 // index.grid.every
    start = (index.cut if index.cut is not None else index.last) + 1 - max(2 * ahead, quarter)
    return max(0, start), index.end
