"""Least absolute deviations on the seasonal base, the growths and the levels.

A linear model of the target per scale whose weights decay with the horizon: what the recent past
says counts at short steps, what the year before says at long ones. Rows weigh by their scale, so
that what is minimised is the sum of absolute errors in the target's own unit.
Source: E. J. Schlossmacher, "An iterative technique for absolute deviations curve fitting", JASA 68
(1973).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from foresell.data.panel import Matrix
from foresell.features.levels import Vector

ROUNDS = 12
RIDGE = 5e-2
PRIOR = {"base": 0.4, "pooled": 0.4, "level_shape": 0.2, "growth_series": 0.28}
KEY_GROWTH = 0.4  # prior weight of the key columns' growths, together


@dataclass(frozen=True, kw_only=True)
class Lad:
    """A fitted regression: the decay's length in steps, the terms' names and their weights."""

    decay: float
    terms: tuple[str, ...]
    weights: tuple[float, ...]

    def to_json(self) -> str:
        """Return the regression as JSON text; equal fits give equal text."""
        return json.dumps({
            "decay": self.decay,
            "terms": list(self.terms),
            "weights": list(self.weights),
        })


def lad_from_json(text: str) -> Lad:
    """Return the regression whose ``to_json`` is ``text``."""
    read = json.loads(text)
    return Lad(
        decay=float(read["decay"]),
        terms=tuple(read["terms"]),
        weights=tuple(float(weight) for weight in read["weights"]),
    )


def _terms(frame: pl.DataFrame, decay: float) -> dict[str, Vector]:
    """Return the terms of the regression for each row of a direct frame, unknowns as 0."""
    half = (frame["x_base"] + frame["x_pooled"]).to_numpy().astype(np.float64) / 2
    near = np.exp(-(frame["x_step"].to_numpy().astype(np.float64) - 1) / decay)
    plain = {
        name: frame[f"x_{name}"].to_numpy().astype(np.float64)
        for name in ("base", "pooled", "level_shape")
    }
    for name in frame.columns:
        if name.startswith("x_growth_"):
            plain[name.removeprefix("x_")] = half * frame[name].to_numpy()
        if name.startswith("x_known_"):
            change = frame[name] - frame[f"x_source_{name.removeprefix('x_known_')}"]
            plain[name.removeprefix("x_")] = half * change.to_numpy()
    terms = {}
    for name, values in plain.items():
        filled = np.nan_to_num(values, nan=0.0)
        terms[name] = filled
        terms[f"near_{name}"] = filled * near
    return terms


def fit_lad(frames: Sequence[pl.DataFrame], targets: Sequence[Vector], horizon: int) -> Lad:
    """Fit on the rows of ``frames`` whose ``targets`` (unit of the target) are not NaN.

    Iteratively reweighted least squares with a small ridge towards the seasonal base with some of
    its growth. No row: that prior itself.
    """
    decay = max(horizon / 3, 1.0)
    names: tuple[str, ...] = ()
    parts: list[Matrix] = []
    sides: list[Matrix] = []
    for frame, target in zip(frames, targets, strict=True):
        keep = np.isfinite(target)
        rows = frame.filter(pl.Series(keep))
        terms = _terms(rows, decay)
        names = tuple(terms)
        scale = rows["scale"].to_numpy()
        parts.append(np.column_stack(list(terms.values())))
        sides.append(np.column_stack([target[keep] / scale, scale]))
    prior = np.array([_prior(name, names) for name in names])
    side = np.concatenate(sides) if sides else np.zeros((0, 2))
    weights = _solve(np.concatenate(parts), side[:, 0], side[:, 1], prior) if len(side) else prior
    return Lad(decay=decay, terms=names, weights=tuple(float(weight) for weight in weights))


def _prior(name: str, names: Sequence[str]) -> float:
    """Return the weight the ridge pulls a term to."""
    keys = [other for other in names if other.startswith("growth_key_")]
    return KEY_GROWTH / len(keys) if name in keys else PRIOR.get(name, 0.0)


def _solve(terms: Matrix, target: Vector, scale: Vector, prior: Vector) -> Vector:
    """Return the weights by iteratively reweighted least squares."""
    importance = scale / scale.sum()
    weights = prior.copy()
    penalty = RIDGE * np.eye(len(prior))
    for _ in range(ROUNDS):
        miss = np.abs(target - terms @ weights)
        pull = importance / np.maximum(miss, 0.01)
        weighted = terms * pull[:, None]
        weights = np.linalg.solve(
            weighted.T @ terms + penalty, weighted.T @ target + penalty @ prior
        )
    return weights


def predict_lad(lad: Lad, frame: pl.DataFrame) -> Vector:
    """Return (n rows,) forecasts in the unit of the target, finite."""
    terms = _terms(frame, lad.decay)
    total = np.zeros(frame.height)
    for name, weight in zip(lad.terms, lad.weights, strict=True):
        if name in terms:
            total += weight * terms[name]
    forecast: Vector = total * frame["scale"].to_numpy()
    return forecast
