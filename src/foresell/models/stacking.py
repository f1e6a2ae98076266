"""What the folds say: every candidate's held-out forecasts, the weights and the calibration.

Fitting, tuning and calibration are kept apart: boosters and regressions see only targets up to the
fold's cutoff; the weights that give a series' calibration residuals were tuned on the other half of
the series, or on other folds where all series are in one half.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.features.levels import Vector
from foresell.features.pools import Codes
from foresell.models.combination import (
    bucket_of,
    even_weights,
    greedy_weights,
    inverse_error_weights,
)
from foresell.models.members import own_members, with_plan
from foresell.models.origins import actual_after, steps_of
from foresell.models.shape import shape_table
from foresell.models.trees.growing import Table
from foresell.models.uncertainty import TERMS, holiday_rows, spread_design
from foresell.spec.project import ProjectSpec

Weights = tuple[Mapping[str, float], ...]  # of the members, one mapping per horizon bucket
Weigher = Callable[[Mapping[str, Vector], Vector, Sequence[str]], dict[str, float]]
MEAN, INVERSE, GREEDY = "ensemble_mean", "ensemble_inverse_error", "ensemble_greedy"
ENSEMBLES: Mapping[str, Weigher] = {
    MEAN: lambda members, _actual, own: even_weights(members, own),
    INVERSE: inverse_error_weights,
    GREEDY: greedy_weights,
}
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
    is in. ``period``: the period of the target. ``design``: see `spread_design`; ``table``: see
    `shape_table`. ``planned``: the factor of what is planned (`foresell.features.planned`).
    """

    cutoff: Codes
    members: Mapping[str, Vector]
    actual: Vector
    scale: Vector
    bucket: Codes
    holiday: Codes
    half: Codes
    period: Codes
    design: Matrix
    table: Table
    planned: Vector

    @property
    def weighed(self) -> Mapping[str, Vector]:
        """The members as ensembles weigh them, see `with_plan`."""
        return with_plan(self.members, self.planned)

    def taken(self, kept: NDArray[np.bool_]) -> "FoldRows":
        """Return the rows that are ``kept``, (rows,)."""
        members = {name: values[kept] for name, values in self.members.items()}
        others = [entry.name for entry in fields(self) if entry.name != "members"]
        rows = {name: getattr(self, name)[kept] for name in others}
        return FoldRows(members=members, **rows)


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
    seen, count = np.isfinite(actual), panel.n_series
    holiday = holiday_rows(frame, project)
    return FoldRows(
        cutoff=np.full(int(seen.sum()), cutoff, dtype=np.int64),
        members={name: values.ravel()[seen] for name, values in members.items()},
        actual=actual[seen],
        scale=frame["scale"].to_numpy()[seen],
        bucket=np.tile(bucket_of(steps, buckets), panel.n_series)[seen],
        holiday=holiday[seen],
        half=np.repeat(series_halves(panel), steps)[seen],
        period=np.tile(cutoff + np.arange(1, steps + 1), count)[seen],
        design=spread_design(frame, members, holiday)[seen],
        table=shape_table(frame, members)[seen],
        planned=frame["x_planned"].to_numpy().astype(np.float64)[seen],
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
        period=one("period").astype(np.int64),
        design=one("design"),
        table=np.concatenate([fold.table for fold in folds]),
        planned=one("planned"),
    )


def weights_of(ensemble: str, rows: FoldRows, buckets: int, chosen: NDArray[np.bool_]) -> Weights:
    """Return an ensemble's weights per horizon bucket, learnt from the ``chosen`` rows.

    A bucket no fold reaches takes the weights of the bucket before it.
    """
    own, weighed = own_members(rows.members), rows.weighed
    weights: list[Mapping[str, float]] = []
    for bucket in range(buckets):
        mine = chosen & (rows.bucket == bucket)
        if not mine.any() and weights:
            weights.append(weights[-1])
            continue
        members = {name: values[mine] for name, values in weighed.items()}
        weights.append(ENSEMBLES[ensemble](members, rows.actual[mine], own))
    return tuple(weights)


def _blend(rows: FoldRows, weights: Weights) -> Vector:
    """Return (rows,) the members weighed by each row's bucket."""
    out = np.zeros(len(rows.actual))
    for name, values in rows.weighed.items():
        share = np.array([weight.get(name, 0.0) for weight in weights])
        out += share[rows.bucket] * values
    return out


def with_ensembles(rows: FoldRows, buckets: int) -> tuple[dict[str, Vector], dict[str, Weights]]:
    """Return every candidate's held-out forecasts, and the weights of each ensemble for use.

    A row's forecast by an ensemble uses weights learnt from other rows (`weight_crossings`); the
    weights returned are learnt from all of them. Where nothing else could teach some row, only
    the plain mean is an ensemble, which learns nothing.
    """
    candidates, ensembles = dict(rows.members), dict[str, Weights]()
    everything = np.ones(len(rows.actual), dtype=bool)
    crossings = weight_crossings(rows)
    for name in ENSEMBLES if crossings else (MEAN,):
        made = np.zeros(len(rows.actual))
        for out, there in crossings or [(everything, everything)]:
            weights = weights_of(name, rows, buckets, there)
            made = np.where(out, _blend(rows, weights), made)
        candidates[name] = made
        ensembles[name] = weights_of(name, rows, buckets, everything)
    return candidates, ensembles


def weight_crossings(rows: FoldRows) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Return the rows to be weighed, and the rows that teach their weights: of the other half.

    Where all series are in one half, those of other folds in other periods teach; none at all if
    that leaves a fold without.
    """
    halves = [rows.half == half for half in (0, 1)]
    if all(half.any() for half in halves):
        return [(halves[0], halves[1]), (halves[1], halves[0])]
    found = []
    for cutoff in np.unique(rows.cutoff):
        own = rows.cutoff == cutoff
        there = ~own & ~np.isin(rows.period, rows.period[own])
        if not there.any():
            return []
        found.append((own, there))
    return found


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
        period=codes,
        design=np.zeros((0, len(TERMS))),
        table=np.zeros((0, 0), dtype=np.float32),
        planned=none,
    )
