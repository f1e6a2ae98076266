"""Prediction intervals: conformal quantiles of scale-normalised misses, by group.

A miss is the target minus the forecast on rows that no part of the forecast was fitted on. It is
divided by the size it was expected to have on its side, below or above (`Spread`, and what the
caller knows of the sides), pooled by horizon bucket x volume tercile x holiday, and its quantiles,
with the finite-sample correction, are put back around new forecasts. A group with too few misses
borrows those of the next coarser one, so that one short series never fails. What is missed on
average is kept only as far as no stretch of time denies it, see `repeated_bias`.
Sources: J. Lei et al., "Distribution-free predictive inference for regression", JASA 113 (2018);
H. Papadopoulos et al., "Normalized nonconformity measures", 2008.
"""

import json
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.spec.forecast import QUANTILES

Vector = NDArray[np.float64]
Codes = NDArray[np.int64]

MIN_GROUP = 200
MIN_WITNESS = 30  # misses of a stretch of time for its median to count
LONE_WITNESS = 0.5  # of a bias that one stretch of time alone shows
GROUP_WITNESSES = 3  # stretches of time for a group to have a bias of its own
VOLUMES = 3
DEFAULT_SIZE = 0.25  # of the scale: a miss where none was ever seen
SMALLEST = 0.005  # of the scale: what a miss of nothing counts as, so that its log exists


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How large a miss is expected: ``scale * exp(design @ weights)``; clipped to fitted bounds."""

    weights: tuple[float, ...]
    low: float
    high: float


def fit_spread(design: Matrix, misses: Vector, scale: Vector, ridge: float = 1.0) -> Spread:
    """Fit the log of relative misses, linearly. First column of ``design`` is the constant 1.

    ``design``: (n, p) without unit; ``misses``, ``scale``: (n,) in one unit, ``scale`` above 0.
    No row: a spread of a quarter of the scale.
    """
    if not len(misses):
        return Spread(
            weights=(float(np.log(DEFAULT_SIZE)), *[0.0] * (design.shape[1] - 1)),
            low=-6.0,
            high=3.0,
        )
    logs = np.log(np.abs(misses) / scale + SMALLEST)
    penalty = ridge * np.eye(design.shape[1])
    penalty[0, 0] = 1e-9
    weights = np.linalg.solve(design.T @ design + penalty, design.T @ logs)
    fitted = design @ weights
    return Spread(
        weights=tuple(float(weight) for weight in weights),
        low=float(np.quantile(fitted, 0.001)),
        high=float(np.quantile(fitted, 0.999)),
    )


def spread_of(spread: Spread, design: Matrix, scale: Vector) -> Vector:
    """Return (n,) the expected size of a miss, above 0, in the unit of ``scale``."""
    # Not ``design @ weights``: a product of matrices rounds a row by its place among the others.
    logs = np.clip((design * np.array(spread.weights)).sum(axis=1), spread.low, spread.high)
    size: Vector = scale * np.exp(logs)
    return size


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Quantiles of normalised misses by group.

    ``table``: (buckets, volumes, 2 for holiday, levels), rising along the levels. ``volumes``: the
    two inner terciles of the series' scale.
    """

    table: Matrix
    volumes: tuple[float, ...]

    def to_json(self) -> str:
        """Return the calibration as JSON text; equal calibrations give equal text."""
        return json.dumps({"table": self.table.tolist(), "volumes": list(self.volumes)})


def calibration_from_json(text: str) -> Calibration:
    """Return the calibration whose ``to_json`` is ``text``."""
    read = json.loads(text)
    return Calibration(
        table=np.array(read["table"], dtype=np.float64),
        volumes=tuple(float(edge) for edge in read["volumes"]),
    )


def conformal_quantiles(misses: Vector, levels: tuple[float, ...] = QUANTILES) -> Vector:
    """Return (levels,) quantiles of ``misses`` with the finite-sample correction, rising.

    With n misses, level q above one half is the ``ceil((n + 1) q)``-th smallest, below it the
    ``floor((n + 1) q)``-th, so that a new exchangeable miss lies beyond it no more often than
    promised, as far as n allows; the middle is the median. Of no miss: zeros.

    >>> conformal_quantiles(np.arange(1.0, 10.0), (0.1, 0.5, 0.9)).tolist()
    [1.0, 5.0, 9.0]
    """
    count = len(misses)
    if not count:
        return np.zeros(len(levels))
    ordered = np.sort(misses)
    picked = []
    for level in levels:
        rank = (count + 1) * level
        if abs(level - 0.5) < 1e-9:
            picked.append((ordered[(count - 1) // 2] + ordered[count // 2]) / 2)
            continue
        place = np.ceil(rank - 1e-9) if level > 0.5 else np.floor(rank + 1e-9)
        picked.append(ordered[int(np.clip(place, 1, count)) - 1])
    return np.maximum.accumulate(np.array(picked))


def volume_codes(scale: Vector, volumes: tuple[float, ...]) -> Codes:
    """Return (n,) the volume tercile of each row: 0 smallest ... 2 largest."""
    return np.searchsorted(np.array(volumes), scale, side="right").astype(np.int64)


def repeated_bias(misses: Vector, witness: Codes) -> float:
    """Return the median miss as far as no witness speaks against it.

    ``misses`` and ``witness``: (n,) each; a witness is a stretch of time. The median of all, moved
    towards 0 until it lies within two standard errors of every witness's own median or nearer to 0;
    0 where a witness's median is of the other sign beyond that. Half of it where fewer than two
    witnesses have the 30 misses it takes to say anything; 0 of no miss. So a bias that lasts is
    kept, and one that belongs to some weeks, which all series share, is not carried into others.
    Source: ranks of the order statistics that enclose a median, W. R. Thompson, Annals of
    Mathematical Statistics 7 (1936).

    >>> weeks = np.repeat([64, 77], 30)
    >>> [repeated_bias(np.repeat(shown, 30), weeks) for shown in ([3.0, 2.0], [3.0, -2.0])]
    [2.0, 0.0]
    """
    if not len(misses):
        return 0.0
    middle = float(np.median(misses))
    asked = _witnesses(witness)
    if len(asked) < 2:
        return LONE_WITNESS * middle
    sign = np.sign(middle)
    farthest = [_median_at_most(sign * misses[witness == number]) for number in asked]
    return float(sign * max(min(abs(middle), *farthest), 0.0))


def _witnesses(witness: Codes) -> Codes:
    """Return the witnesses with enough misses to be asked."""
    numbers, count = np.unique(witness, return_counts=True)
    return numbers[count >= MIN_WITNESS]


def _median_at_most(misses: Vector) -> float:
    """Return the median of ``misses`` and two of its standard errors, by order statistics."""
    count = len(misses)
    place = int(np.ceil((count - 1) / 2 + np.sqrt(count)))
    return float(np.sort(misses)[min(place, count - 1)])


def fit_calibration(
    misses: Vector, size: Matrix, scale: Vector, groups: tuple[Codes, Codes, Codes], buckets: int
) -> Calibration:
    """Return the calibration of ``misses`` (n,) per ``size``, (n, 2): expected below and above.

    ``groups``: horizon bucket (0 ... ``buckets - 1``), holiday (0 or 1) and stretch of time (any
    number) of each row. A group of fewer than 200 falls back to its bucket and volume, then its
    bucket, then everything; with no misses at all the normal distribution stands in. Quantiles are
    moved so that their middle is the `repeated_bias` of all misses, and of the group beside it
    where three stretches of time speak of it. On misses that are exchangeable over time every level
    covers what it says; a bias that one stretch alone shows is half covered for.
    """
    ratio = np.where(misses > 0, misses / size[:, 1], misses / size[:, 0])
    edges = np.quantile(scale, [1 / 3, 2 / 3]) if len(scale) else np.zeros(2)
    volumes = tuple(float(edge) for edge in edges)
    volume = volume_codes(scale, volumes)
    bucket, holiday, block = groups
    table = np.zeros((buckets, VOLUMES, 2, len(QUANTILES)))
    if not len(misses):
        table[:] = [NormalDist().inv_cdf(level) for level in QUANTILES]
        return Calibration(table=table, volumes=volumes)
    shared = repeated_bias(ratio, block)
    for place in np.ndindex(buckets, VOLUMES, 2):
        member = bucket == place[0]
        choices = (
            member & (volume == place[1]) & (holiday == place[2]),
            member & (volume == place[1]),
            member,
        )
        rows = next((rows for rows in choices if rows.sum() >= MIN_GROUP), None)
        rows = np.ones(len(misses), dtype=bool) if rows is None else rows
        found = conformal_quantiles(ratio[rows])
        middle = found[QUANTILES.index(0.5)]
        table[place] = found - middle + shared
        if len(_witnesses(block[rows])) >= GROUP_WITNESSES:
            table[place] += repeated_bias(ratio[rows] - shared, block[rows])
    return Calibration(table=table, volumes=volumes)


def calibrated_quantiles(
    calibration: Calibration, point: Vector, size: Matrix, groups: tuple[Codes, Codes, Codes]
) -> Matrix:
    """Return (n, levels) quantiles around ``point`` (n,), rising along the levels.

    ``size``: (n, 2) as in `fit_calibration`. ``groups``: horizon bucket, volume tercile and holiday
    of each row.
    """
    found = calibration.table[groups]
    quantiles: Matrix = point[:, None] + np.where(
        found > 0, found * size[:, 1:], found * size[:, :1]
    )
    return quantiles
