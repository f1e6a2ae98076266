"""Rows on which a graph that is a little wrong is found out.

Real rows; the same with raw values such that a derived number stands exactly at a threshold of the
trees, or at one of its neighbours of 32 bits; with texts that nobody has seen; with gaps.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.features.rows import RowColumn, derive, factor
from foresell.models.forests import Forest
from foresell.models.tabular.plain import SIZE, PlainLearner, PlainPart

REAL, THRESHOLDS, UNSEEN, MISSING = "real", "thresholds", "unseen", "missing"
KINDS = (REAL, MISSING, UNSEEN, THRESHOLDS)
_NOBODY = "a text that no row has"
_FARTHEST = 1e30
_MIXED = ("product", "ratio", "months", "step", "turned")  # what `_solved` solves
_GAPS = 0.3  # of the values of a row
_SIDES = np.array([-np.inf, np.inf], dtype=np.float32)

Vector = NDArray[np.float64]


def probe_rows(
    plain: PlainLearner, name: str, rows: pl.DataFrame, seed: int
) -> dict[str, pl.DataFrame]:
    """Return raw rows by kind, made of the real ``rows`` (n,).

    ``name``: the candidate, ensemble or `SIZE` whose thresholds are met. What the target is
    relative to stays known and above 0, since no pipeline answers without: of a kind no row may be
    left. Without texts none is unseen, without thresholds none stands at one (`why_none`).
    """
    draw = np.random.default_rng(seed)
    found = {REAL: rows, MISSING: _with_gaps(plain, rows, draw)}
    if plain.texts:
        found[UNSEEN] = _unseen(plain, rows, draw)
    if known := _thresholds(plain, name):
        found[THRESHOLDS] = _at_thresholds(plain, known, rows, draw)
    return {kind: _answerable(plain, made) for kind, made in found.items()}


def why_none(kind: str, made: Mapping[str, pl.DataFrame]) -> str:
    """Return why there is no row of a kind among those ``made`` by `probe_rows`.

    >>> why_none(UNSEEN, {})
    'no column holds text'
    """
    if kind in made:
        return "the pipeline answers none of those made"
    return "no column holds text" if kind == UNSEEN else "nothing is split at a threshold"


def _parts(plain: PlainLearner, name: str) -> list[PlainPart]:
    """Return the parts that an answer is made of."""
    if name == SIZE and plain.size is not None:
        return [plain.size]
    return [plain.parts[part] for part in plain.weights(name)]


def _thresholds(plain: PlainLearner, name: str) -> dict[str, Vector]:
    """Return the thresholds of each derived number that some tree splits, and those of steps.

    Those at or near the ends of what 32 bits hold only tell the known from the unknown.
    """
    found: dict[str, list[Vector]] = {}
    for column, values in _splits(plain, name):
        found.setdefault(column, []).append(values)
    for step in (column for column in plain.columns if column.how == "step"):
        found.setdefault(step.of[0], []).append(np.array(step.weights))
    together = {
        column.name: np.unique(np.concatenate(found[column.name]))
        for column in plain.columns
        if column.is_number and column.name in found
    }
    near = {column: values[np.abs(values) < _FARTHEST] for column, values in together.items()}
    return {column: values for column, values in near.items() if len(values)}


def _splits(plain: PlainLearner, name: str) -> Iterator[tuple[str, Vector]]:
    """Yield derived columns and thresholds, forest by forest."""
    read: list[tuple[Forest, Sequence[str]]] = [
        (part.core, part.encoding.of)
        for part in _parts(plain, name)
        if isinstance(part.core, Forest)
    ]
    if plain.places is not None:
        read.append((plain.places.forest, plain.places.inputs))
    for forest, columns in read:
        for place in np.unique(forest.column):
            yield columns[place], forest.threshold[forest.column == place]


def _at_thresholds(
    plain: PlainLearner,
    known: Mapping[str, Vector],
    rows: pl.DataFrame,
    draw: np.random.Generator,
) -> pl.DataFrame:
    """Return rows whose derived numbers stand at thresholds or beside; raw numbers as float64.

    Half of the plain numbers of a row are put so, and then, in every second row, one number that is
    made of others, by its last free column.
    """
    raw = _numbers(plain, rows)
    made = [column for column in plain.columns if column.name in known]
    for column in (column for column in made if column.how == "number"):
        put = draw.integers(0, 2, rows.height) == 0
        raw[column.of[0]] = np.where(
            put, _drawn(known, column, rows.height, draw), raw[column.of[0]]
        )
    mixed = [column for column in made if column.how in _MIXED]
    if mixed:
        which = draw.integers(0, 2 * len(mixed), rows.height)
        for number, column in enumerate(mixed):
            name, values = _solved(column, _drawn(known, column, rows.height, draw), raw)
            raw[name] = np.where((which == number) & np.isfinite(values), values, raw[name])
    return rows.with_columns(pl.Series(name, values) for name, values in raw.items())


def _numbers(plain: PlainLearner, rows: pl.DataFrame) -> dict[str, Vector]:
    """Return the raw numbers as float64, NaN where unknown."""
    return {
        name: rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()
        for name in plain.raw
        if name not in plain.texts
    }


def _drawn(
    known: Mapping[str, Vector], column: RowColumn, rows: int, draw: np.random.Generator
) -> Vector:
    """Return (rows,) thresholds: as they are, as 32 bits, and the 32 bits on either side."""
    exact = draw.choice(known[column.name], rows)
    rounded = exact.astype(np.float32)
    beside = np.nextafter(rounded, draw.choice(_SIDES, rows))
    way = draw.integers(0, 3, rows)
    return np.select([way == 0, way == 1], [exact, rounded.astype(np.float64)], beside)


def _solved(column: RowColumn, wanted: Vector, raw: Mapping[str, Vector]) -> tuple[str, Vector]:
    """Return a raw column, and the values that make a derived one come out as ``wanted``."""
    first, last = column.of[0], column.of[-1]
    with np.errstate(all="ignore"):  # what has no solution is left out by the caller
        if column.how == "product":
            others = np.prod([raw[name] for name in column.of[:-1]], axis=0)
            return last, wanted / others
        if column.how == "ratio":
            return first, wanted * raw[last]
        if column.how == "months":
            return last, wanted - raw[first] * 12
        if column.how == "step":  # every threshold lies between 0 and 1: stand at the edge itself
            return first, np.full(len(wanted), column.weights[0])
        along, across = column.weights
        return first, (wanted - raw[last] * across) / along


def _unseen(plain: PlainLearner, rows: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
    """Return rows half of whose texts nobody has, or are empty."""
    for name in plain.texts:
        way = pl.Series(draw.integers(0, 4, rows.height))
        text = pl.when(way == 0).then(pl.lit(_NOBODY)).when(way == 1).then(pl.lit(""))
        rows = rows.with_columns(text.otherwise(pl.col(name)).alias(name))
    return rows


def _with_gaps(plain: PlainLearner, rows: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
    """Return rows some of whose values are unknown."""
    for name in plain.raw:
        if name not in plain.relative_to:
            gap = pl.Series(draw.uniform(size=rows.height) < _GAPS)
            rows = rows.with_columns(pl.when(~gap).then(pl.col(name)).alias(name))
    return rows


def _answerable(plain: PlainLearner, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that a pipeline answers: their factor above 0, no number beyond 32 bits."""
    numbers = derive(rows, [column for column in plain.columns if column.is_number])
    within = ~numbers.select(pl.any_horizontal(pl.all().is_infinite())).to_series()
    if plain.relative_to:
        found = factor(rows, plain.relative_to)
        within &= (found > 0) & found.is_finite()
    return rows.filter(within.fill_null(value=False))
