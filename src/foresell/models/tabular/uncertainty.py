"""How sure an answer about a row is: quantiles of misses of rows that nothing was fitted on.

A miss is the target less the answer. It is divided by a size that it was expected to have, and the
quantiles of these ratios, with the finite-sample correction, are put back around a new answer. They
are taken by group: a declared band (such as prices below and at a cap) x tercile of the expected
size; a group with too few misses takes those of the next coarser one. Three methods, by what there
is; the one used is named in every answer:

- ``conformal_intervals``: misses of the calibration rows, over the size that a model of the
  out-of-fold misses of training rows expects (`log_sizes`, `sizes_of`);
- ``ensemble_quantiles``: out-of-fold misses of training rows, over how far the members of the
  ensemble disagree about the row, where too few rows were kept for calibration;
- ``residual_quantiles``: the same misses as they are, where there are too few members, too.

Sources: J. Lei et al., "Distribution-free predictive inference for regression", JASA 113 (2018);
H. Papadopoulos et al., "Normalized nonconformity measures", 2008; V. Vovk et al., "Mondrian
confidence machine", 2003, for the groups; R. Barber et al., "Predictive inference with the
jackknife+", Annals of Statistics 49 (2021), for out-of-fold misses.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from math import isfinite
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.evaluate.intervals import Codes, Vector, conformal_quantiles
from foresell.spec.forecast import CONFORMAL, ENSEMBLE, QUANTILES, RESIDUAL

Matrix = NDArray[np.float64]
Bands = Mapping[str, Sequence[float]]

FEWEST_CONFORMAL = 39  # misses of which the smallest and the largest hold 95 % between them
FEWEST_MEMBERS = 3  # between two, a disagreement says next to nothing
MIN_GROUP = 200  # of so many misses the correction widens the 80 % band by at most one point
TERCILES = 3
SMALLEST = 0.005  # of the mean miss: what a miss of nothing counts as, so that its log exists
ALL = range(len(QUANTILES))  # levels, by their place
FLOOR = 0.05  # of a band's usual size: members that agree by chance do not divide by nothing


@dataclass(frozen=True, kw_only=True)
class RowUncertainty:
    """One candidate's quantiles of misses per expected size, by group.

    ``table``: (bands + 1, 3 terciles, levels), rising along the levels; its last band is that of
    rows whose band is not known. ``edges``: (bands + 1, 2) the two inner terciles of the size.
    ``floors``: (bands + 1,) the smallest size that counts. ``rows``: misses that it was made of.
    """

    method: str
    table: Matrix
    edges: Matrix
    floors: Vector
    rows: int

    @cached_property
    def lists(self) -> tuple[list[list[list[float]]], list[list[float]], list[float]]:
        """``table``, ``edges`` and ``floors`` in lists: one number is had from them sooner."""
        return self.table.tolist(), self.edges.tolist(), self.floors.tolist()

    def to_json(self) -> dict[str, Any]:
        """Return plain values; equal ones for an equal uncertainty."""
        return {
            "method": self.method,
            "table": self.table.tolist(),
            "edges": self.edges.tolist(),
            "floors": self.floors.tolist(),
            "rows": self.rows,
        }


def uncertainty_from_json(read: Mapping[str, Any]) -> RowUncertainty:
    """Return the uncertainty whose ``to_json`` is ``read``."""
    return RowUncertainty(
        method=str(read["method"]),
        table=np.array(read["table"], dtype=np.float64),
        edges=np.array(read["edges"], dtype=np.float64),
        floors=np.array(read["floors"], dtype=np.float64),
        rows=int(read["rows"]),
    )


def interval_method(calibration_rows: int, members: int) -> str:
    """Return the method that so many calibration rows and fitted members allow.

    >>> interval_method(465, 8), interval_method(38, 3), interval_method(0, 2)
    ('conformal_intervals', 'ensemble_quantiles', 'residual_quantiles')
    """
    if calibration_rows >= FEWEST_CONFORMAL:
        return CONFORMAL
    return ENSEMBLE if members >= FEWEST_MEMBERS else RESIDUAL


def band_count(bands: Bands) -> int:
    """Return how many groups the declared bands make: the product of their numbers of parts.

    >>> band_count({}), band_count({"price": (50, 100), "size": (1,)})
    (1, 6)
    """
    return int(np.prod([len(edges) + 1 for edges in bands.values()], dtype=np.int64))


def band_codes(frame: pl.DataFrame, bands: Bands) -> Codes:
    """Return (n,) the band of each raw row, 0 ... ``band_count(bands)``; the last is "not known".

    A value at an edge is in the upper band. Rows with a null or NaN in a banded column are the
    last.

    >>> rows = pl.DataFrame({"price": [99.0, 100.0, None]})
    >>> band_codes(rows, {"price": (100,)}).tolist()
    [0, 1, 2]
    """
    values = {name: frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in bands}
    return band_codes_of(values, frame.height, bands)


def band_codes_of(numbers: Mapping[str, Vector], rows: int, bands: Bands) -> Codes:
    """Return (rows,) the band of each raw row, as `band_codes` has it; ``numbers``: by column."""
    code = np.zeros(rows, dtype=np.int64)
    known = np.ones(rows, dtype=bool)
    for name, edges in bands.items():
        values = numbers[name]
        known &= np.isfinite(values)
        cut = np.searchsorted(np.array(edges, dtype=np.float64), values, side="right")
        code = code * (len(edges) + 1) + cut
    codes: Codes = np.where(known, code, band_count(bands))
    return codes


def band_code_of(numbers: Mapping[str, float], bands: Bands) -> int:
    """Return the band of one raw row, as `band_codes` has it; ``numbers``: by column."""
    code = 0
    for name, edges in bands.items():
        value = numbers[name]
        if not isfinite(value):
            return band_count(bands)
        code = code * (len(edges) + 1) + bisect_right(edges, value, key=float)
    return code


def log_sizes(misses: Vector, factor: Vector) -> Vector:
    """Return (n,) what a model of the expected size learns: the log of ``|misses| / factor``.

    ``misses``: (n,) out-of-fold ones of training rows; ``factor``: (n,) above 0, what the target is
    learnt relative to (ones where it is not). A miss of nothing counts as half a percent of the
    mean one. Where nothing was missed at all, sizes are equal: zeros.
    """
    relative = np.abs(misses) / factor
    smallest = SMALLEST * float(relative.mean()) if len(relative) else 0.0
    if smallest <= 0:
        return np.zeros(len(relative))
    logs: Vector = np.log(relative + smallest)
    return logs


def sizes_of(logs: Vector, factor: Vector) -> Vector:
    """Return (n,) the expected size of a miss, above 0, from predicted logs of `log_sizes`."""
    sizes: Vector = np.exp(logs) * factor
    return sizes


def member_spread(members: Sequence[Vector]) -> Vector:
    """Return (n,) the standard deviation between what the members say of each row.

    >>> member_spread([np.array([1.0, 5.0]), np.array([3.0, 5.0])]).tolist()
    [1.0, 0.0]
    """
    # Member by member: a sum along an axis rounds a lone row as no row among others.
    mean = reduce(np.add, members) / len(members)
    squares = reduce(np.add, [np.square(one - mean) for one in members])
    spread: Vector = np.sqrt(squares / len(members))
    return spread


def fit_uncertainty(
    misses: Vector, size: Vector, band: Codes, bands: int, method: str = CONFORMAL
) -> RowUncertainty:
    """Return the quantiles of ``misses`` (n,) per ``size`` (n,), by group.

    ``size``: for ``conformal_intervals`` of `sizes_of`, for ``ensemble_quantiles`` of
    `member_spread`, for ``residual_quantiles`` ones; 0 or more, in the unit of the target, and of
    one kind here and in `row_quantiles`. ``band``: of `band_codes`; ``bands``: `band_count`. Of no
    miss: all zeros, the answer itself.

    If rows are exchangeable, a new row lies below a level above one half at least as often as the
    level says, in its group too, and at most ``1 / (n + 1)`` more often where misses have no ties.
    """
    table = np.zeros((bands + 1, TERCILES, len(QUANTILES)))
    edges, floors = np.zeros((bands + 1, TERCILES - 1)), np.ones(bands + 1)
    everywhere = np.ones(len(misses), dtype=bool)
    for code in range(bands + 1):
        mine = band == code
        mine = mine if mine.sum() >= FEWEST_CONFORMAL and code < bands else everywhere
        floors[code] = _floor(size[mine])
    ratio = misses / np.maximum(size, floors[band])
    for code in range(bands + 1):
        mine = band == code
        mine = mine if mine.sum() >= FEWEST_CONFORMAL and code < bands else everywhere
        edges[code] = _terciles(size[mine])
        part = np.searchsorted(edges[code], size, side="right")
        cells = [mine & (part == number) for number in range(TERCILES)]
        for number, cell in enumerate(cells):
            rows = cell if cell.sum() >= MIN_GROUP else mine
            table[code, number] = conformal_quantiles(ratio[rows])
    return RowUncertainty(method=method, table=table, edges=edges, floors=floors, rows=len(misses))


def row_quantiles(
    known: RowUncertainty,
    point: Vector,
    size: Vector,
    band: Codes,
    levels: Sequence[int] = ALL,
    *,
    nonnegative: bool = False,
) -> Matrix:
    """Return (n, levels) quantiles around ``point`` (n,), rising along the levels.

    ``size`` and ``band`` as in `fit_uncertainty`. ``levels``: which of `QUANTILES`, by their place.
    ``nonnegative``: nothing lies below 0, neither they nor the answer that they lie around.
    """
    point = np.maximum(point, 0.0) if nonnegative else point
    part = (size[:, None] >= known.edges[band]).sum(axis=1)
    table = known.table if levels is ALL else known.table[..., levels]
    found = point[:, None] + table[band, part] * np.maximum(size, known.floors[band])[:, None]
    quantiles: Matrix = np.maximum(found, 0.0) if nonnegative else found
    return quantiles


def quantiles_of_row(
    known: RowUncertainty,
    point: float,
    size: float,
    band: int,
    levels: Sequence[int] = ALL,
    *,
    nonnegative: bool = False,
) -> list[float]:
    """Return (levels,) the quantiles of one row, as `row_quantiles` has them, bit for bit.

    The same steps on numbers without arrays, which for one row cost ten times as much.
    """
    table, edges, floors = known.lists
    ratios = table[band][sum(size >= edge for edge in edges[band])]
    scale = max(size, floors[band])
    if not nonnegative:
        return [point + ratios[level] * scale for level in levels]
    point = at_least_0(point)
    return [at_least_0(point + ratios[level] * scale) for level in levels]


def at_least_0(value: float) -> float:
    """Return ``value``, 0.0 where it is below or -0.0, as NumPy's maximum has it."""
    return value if value > 0 else 0.0


def _floor(size: Vector) -> float:
    """Return the smallest size that counts: a share of the usual one; 1 where all are 0."""
    usual = float(np.median(size)) if len(size) else 0.0
    usual = usual if usual > 0 else float(size.mean()) if len(size) else 0.0
    return FLOOR * usual if usual > 0 else 1.0


def _terciles(size: Vector) -> Vector:
    """Return the two inner terciles of ``size``, zeros of nothing."""
    return np.quantile(size, [1 / 3, 2 / 3]) if len(size) else np.zeros(TERCILES - 1)
