"""What the folds say: every candidate's held-out forecasts, the weights and the calibration.

Fitting, tuning and calibration are kept apart: boosters and regressions see only targets up to the
fold's cutoff; the weights that give a series' calibration residuals were tuned on the other half of
the series.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.evaluate.intervals import (
    Calibration,
    Spread,
    fit_calibration,
    fit_spread,
    spread_of,
)
from foresell.features.levels import Vector
from foresell.features.pools import Codes
from foresell.models.combination import bucket_of, greedy_weights
from foresell.models.members import own_members
from foresell.models.origins import actual_after, steps_of
from foresell.models.uncertainty import TERMS, holiday_rows, spread_design
from foresell.spec.project import ProjectSpec

Weights = tuple[Mapping[str, float], ...]
GREEDY, MEAN = "ensemble_greedy", "ensemble_mean"
FOLD_COLUMNS = {
    "cutoff": pl.Int64,
    "candidate": pl.String,
    "n": pl.Int64,
    "abs_error": pl.Float64,
    "wape": pl.Float64,
}


@dataclass(frozen=True, kw_only=True)
class FoldRows:
    """Held-out rows with an observed target; everything is (rows,) or (rows, ...).

    ``members``: forecasts by candidate. ``half``: 0 or 1, the half of the series the row's series
    is in. ``design``: see `spread_design`.
    """

    cutoff: Codes
    members: Mapping[str, Vector]
    actual: Vector
    scale: Vector
    bucket: Codes
    holiday: Codes
    half: Codes
    design: Matrix


def series_halves(panel: Panel) -> Codes:
    """Return (n series,) 0 or 1: the half each series is in, whatever other series there are.

    It follows from the text of the key alone.
    """
    keys = panel.keys.cast(pl.String).fill_null("").iter_rows()
    texts = ("\x1f".join(key) for key in keys)
    return np.array(
        [hashlib.sha256(text.encode()).digest()[0] & 1 for text in texts], dtype=np.int64
    )


def fold_rows(
    panel: Panel,
    project: ProjectSpec,
    frame: pl.DataFrame,
    members: Mapping[str, Matrix],
    place: tuple[int, Sequence[int]],
) -> FoldRows:
    """Return the rows of one fold. ``place``: the fold's cutoff and the horizon buckets."""
    cutoff, buckets = place
    steps = steps_of(frame, panel)
    actual = actual_after(panel, cutoff, steps).ravel()
    seen = np.isfinite(actual)
    holiday = holiday_rows(frame, project)
    return FoldRows(
        cutoff=np.full(int(seen.sum()), cutoff, dtype=np.int64),
        members={name: values.ravel()[seen] for name, values in members.items()},
        actual=actual[seen],
        scale=frame["scale"].to_numpy()[seen],
        bucket=np.tile(bucket_of(steps, buckets), panel.n_series)[seen],
        holiday=holiday[seen],
        half=np.repeat(series_halves(panel), steps)[seen],
        design=spread_design(frame, members, holiday)[seen],
    )


def joined(folds: Sequence[FoldRows]) -> FoldRows:
    """Return the rows of all folds, keeping only the members that every fold has."""
    names = [name for name in folds[0].members if all(name in fold.members for fold in folds)]

    def one(field: str) -> NDArray[np.float64]:
        whole: NDArray[np.float64] = np.concatenate([getattr(fold, field) for fold in folds])
        return whole

    return FoldRows(
        cutoff=one("cutoff").astype(np.int64),
        members={name: np.concatenate([fold.members[name] for fold in folds]) for name in names},
        actual=one("actual"),
        scale=one("scale"),
        bucket=one("bucket").astype(np.int64),
        holiday=one("holiday").astype(np.int64),
        half=one("half").astype(np.int64),
        design=one("design"),
    )


def tuned_weights(rows: FoldRows, buckets: int, chosen: NDArray[np.bool_]) -> Weights:
    """Return the greedy weights per horizon bucket, tuned on the ``chosen`` rows.

    A bucket no fold reaches takes the weights of the bucket before it.
    """
    equal = own_members(dict.fromkeys(rows.members, np.zeros((0, 0))))
    weights: list[Mapping[str, float]] = []
    for bucket in range(buckets):
        mine = chosen & (rows.bucket == bucket)
        if not mine.any() and weights:
            weights.append(weights[-1])
            continue
        members = {name: values[mine] for name, values in rows.members.items()}
        weights.append(greedy_weights(members, rows.actual[mine], equal))
    return tuple(weights)


def _blend(rows: FoldRows, weights: Weights) -> Vector:
    """Return (rows,) the members weighed by each row's bucket."""
    out = np.zeros(len(rows.actual))
    for name, values in rows.members.items():
        share = np.array([weight.get(name, 0.0) for weight in weights])
        out += share[rows.bucket] * values
    return out


def with_ensembles(rows: FoldRows, buckets: int) -> tuple[dict[str, Vector], Weights]:
    """Return every candidate's held-out forecasts, ensembles included, and the final weights.

    A row's greedy forecast uses weights tuned on the other half of the series; the weights
    returned are tuned on all of them.
    """
    candidates = dict(rows.members)
    own = own_members(dict.fromkeys(rows.members, np.zeros((0, 0))))
    candidates[MEAN] = np.mean([rows.members[name] for name in own], axis=0)
    greedy = np.zeros(len(rows.actual))
    for half in (0, 1):
        weights = tuned_weights(rows, buckets, rows.half != half)
        greedy = np.where(rows.half == half, _blend(rows, weights), greedy)
    candidates[GREEDY] = greedy
    everything = np.ones(len(rows.actual), dtype=bool)
    return candidates, tuned_weights(rows, buckets, everything)


def fold_table(rows: FoldRows, candidates: Mapping[str, Vector]) -> pl.DataFrame:
    """Return one row per fold cutoff and candidate: ``cutoff, candidate, n, abs_error, wape``.

    ``cutoff`` is a period index. By cutoff, then absolute error.
    """
    lines = []
    for cutoff in sorted(set(rows.cutoff.tolist())):
        mine = rows.cutoff == cutoff
        total = float(np.abs(rows.actual[mine]).sum())
        for name, values in candidates.items():
            error = float(np.abs(rows.actual[mine] - values[mine]).sum())
            lines.append({
                "cutoff": cutoff,
                "candidate": name,
                "n": int(mine.sum()),
                "abs_error": error,
                "wape": error / total if total > 0 else None,
            })
    return pl.DataFrame(lines, schema=FOLD_COLUMNS).sort("cutoff", "abs_error", "candidate")


@dataclass(frozen=True, kw_only=True)
class Uncertainty:
    """One candidate's spread and calibration."""

    spread: Spread
    calibration: Calibration


def fit_uncertainty(rows: FoldRows, forecast: Vector, buckets: int) -> Uncertainty:
    """Return the spread and calibration of one candidate from its held-out rows.

    The spread is fitted on one half of the series to normalise the other's misses, and on all of
    them for use.
    """
    misses = rows.actual - forecast
    size = np.ones(len(misses))
    for half in (0, 1):
        out, there = rows.half == half, rows.half != half
        spread = fit_spread(rows.design[there], misses[there], rows.scale[there])
        size[out] = spread_of(spread, rows.design[out], rows.scale[out])
    return Uncertainty(
        spread=fit_spread(rows.design, misses, rows.scale),
        calibration=fit_calibration(
            misses, size, rows.scale, (rows.bucket, rows.holiday, rows.cutoff), buckets
        ),
    )


def empty_rows() -> FoldRows:
    """Return no rows, for a history too short to hold anything out."""
    none, codes = np.zeros(0), np.zeros(0, dtype=np.int64)
    return FoldRows(
        cutoff=codes,
        members={},
        actual=none,
        scale=none,
        bucket=codes,
        holiday=codes,
        half=codes,
        design=np.zeros((0, len(TERMS))),
    )
