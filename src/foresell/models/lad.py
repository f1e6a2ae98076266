"""Least absolute deviations on the seasonal base, the growths and the levels.

A linear model of the target per scale whose weights decay with the horizon: what the recent past
says counts at short steps, what the year before says at long ones. Small series are told by their
group more than large ones are, so series of like size (a band) have weights of their own; within a
band every row counts alike.
Source: E. J. Schlossmacher, "An iterative technique for absolute deviations curve fitting", JASA 68
(1973).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.features.levels import Vector
from foresell.models.parts import Lesson

ROUNDS = 12
RIDGE = 5.0  # over the number of periods learnt from: those of one have their surprises in common
PRIOR = {"base": 0.4, "pooled": 0.4, "level_shape": 0.2, "growth_series": 0.28}
KEY_GROWTH = 0.4  # prior weight of the key columns' growths, together
BANDS, BAND_ROWS = 8, 4_000  # at most so many bands, and at least so many rows in each

Term = Callable[[pl.DataFrame, Vector], Vector]


def _feature(frame: pl.DataFrame, name: str) -> Vector:
    """Return a column of a direct frame as float64."""
    return frame[name].to_numpy().astype(np.float64)


# The terms every frame has: functions of a direct frame and of half its base and pooled base, both
# (n rows,), per scale. Each stands in the regression twice: plain, and decaying with the step.
TERMS: Mapping[str, Term] = {
    "base": lambda frame, _: _feature(frame, "x_base"),
    "pooled": lambda frame, _: _feature(frame, "x_pooled"),
    "level_shape": lambda frame, _: _feature(frame, "x_level_shape"),
}
# The terms of columns whose names depend on the project, by how those names start; the function is
# given the name of the column.
TERMS_BY_PREFIX: Mapping[str, Callable[[pl.DataFrame, Vector, str], Vector]] = {
    "x_growth_": lambda frame, half, name: half * _feature(frame, name),
    "x_known_": lambda frame, half, name: (
        half * (_feature(frame, name) - _feature(frame, name.replace("known", "source", 1)))
    ),
}


@dataclass(frozen=True, kw_only=True)
class Lad:
    """A fitted regression: the decay's length in steps, the terms' names and their weights.

    ``edges``: the scales at which a band ends and the next begins, rising, in the unit of the
    target. ``weights``: of each band, one for each term.
    """

    decay: float
    terms: tuple[str, ...]
    edges: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]

    def forecast(self, frame: pl.DataFrame) -> Vector:
        """Return (n rows,) forecasts in the unit of the target, finite."""
        forecast: Vector = self.contributions(frame).sum(axis=1)
        return forecast

    def contributions(self, frame: pl.DataFrame) -> Matrix:
        """Return (n rows, terms), unit of the target: what each term adds to the forecast."""
        made, scale = lad_terms(frame, self.decay), frame["scale"].to_numpy()
        weights = np.array(self.weights)[bands_of(scale, self.edges)]
        nothing = np.zeros(frame.height)
        table = np.column_stack([made.get(name, nothing) for name in self.terms])
        added: Matrix = table * weights * scale[:, None]
        return added

    def files(self) -> dict[str, bytes]:
        """Return ``lad.json``; equal fits give equal bytes."""
        return {"lad.json": self.to_json().encode()}

    def to_json(self) -> str:
        """Return the regression as JSON text; equal fits give equal text."""
        return json.dumps({
            "decay": self.decay,
            "terms": list(self.terms),
            "edges": list(self.edges),
            "weights": [list(weights) for weights in self.weights],
        })


def lad_from_json(text: str) -> Lad:
    """Return the regression whose ``to_json`` is ``text``."""
    read = json.loads(text)
    return Lad(
        decay=float(read["decay"]),
        terms=tuple(read["terms"]),
        edges=tuple(float(edge) for edge in read["edges"]),
        weights=tuple(tuple(float(weight) for weight in band) for band in read["weights"]),
    )


def read_lad(files: Mapping[str, bytes]) -> Lad:
    """Return the regression whose `Lad.files` are ``files``."""
    return lad_from_json(files["lad.json"].decode())


def lad_terms(frame: pl.DataFrame, decay: float) -> dict[str, Vector]:
    """Return the terms of the regression for each row of a direct frame, unknowns as 0."""
    half = (frame["x_base"] + frame["x_pooled"]).to_numpy().astype(np.float64) / 2
    near = np.exp(-(_feature(frame, "x_step") - 1) / decay)
    plain = {name: term(frame, half) for name, term in TERMS.items()}
    for name in frame.columns:
        for prefix, by_name in TERMS_BY_PREFIX.items():
            if name.startswith(prefix):
                plain[name.removeprefix("x_")] = by_name(frame, half, name)
    terms = {}
    for name, values in plain.items():
        filled = np.nan_to_num(values, nan=0.0)
        terms[name] = filled
        terms[f"near_{name}"] = filled * near
    return terms


def fit_part(lesson: Lesson) -> Lad:
    """Return the regression a lesson teaches."""
    return fit_lad(lesson.frames, lesson.targets, lesson.horizon, lesson.periods)


def bands_of(scale: Vector, edges: Sequence[float]) -> NDArray[np.int64]:
    """Return (n,) the band of each scale: 0 below the first edge, and so on.

    >>> bands_of(np.array([1.0, 2.0, 9.0]), [2.0, 5.0]).tolist()
    [0, 1, 2]
    """
    return np.searchsorted(np.array(edges), scale, side="right").astype(np.int64)


def fit_lad(
    frames: Sequence[pl.DataFrame], targets: Sequence[Vector], horizon: int, periods: int
) -> Lad:
    """Fit on the rows of ``frames`` whose ``targets`` (unit of the target) are not NaN.

    Iteratively reweighted least squares in bands of as many rows each, with a ridge towards the
    seasonal base with some of its growth, which falls with the ``periods`` that have a target. No
    row: that prior itself.
    """
    decay = max(horizon / 3, 1.0)
    names: tuple[str, ...] = ()
    parts: list[Matrix] = []
    sides: list[Matrix] = []
    for frame, target in zip(frames, targets, strict=True):
        keep = np.isfinite(target)
        rows = frame.filter(pl.Series(keep))
        terms = lad_terms(rows, decay)
        names = tuple(terms)
        scale = rows["scale"].to_numpy()
        parts.append(np.column_stack(list(terms.values())))
        sides.append(np.column_stack([target[keep] / scale, scale]))
    prior = np.array([_prior(name, names) for name in names])
    side = np.concatenate(sides) if sides else np.zeros((0, 2))
    count = int(np.clip(len(side) // BAND_ROWS, 1, BANDS))
    shares = np.arange(1, count) / count
    edges = tuple(float(edge) for edge in np.unique(np.quantile(side[:, 1], shares)))
    band = bands_of(side[:, 1], edges)
    table = np.concatenate(parts) if parts else np.zeros((0, len(names)))
    weights = [
        _solve(table[band == place], side[band == place, 0], prior, RIDGE / max(periods, 1))
        for place in range(len(edges) + 1)
    ]
    return Lad(
        decay=decay,
        terms=names,
        edges=edges,
        weights=tuple(tuple(float(weight) for weight in one) for one in weights),
    )


def _prior(name: str, names: Sequence[str]) -> float:
    """Return the weight the ridge pulls a term to."""
    keys = [other for other in names if other.startswith("growth_key_")]
    return KEY_GROWTH / len(keys) if name in keys else PRIOR.get(name, 0.0)


def _solve(terms: Matrix, target: Vector, prior: Vector, ridge: float) -> Vector:
    """Return the weights by iteratively reweighted least squares; the prior where no row is."""
    weights: Vector = prior.copy()
    penalty = ridge * np.eye(len(prior))
    for _ in range(ROUNDS if len(target) else 0):
        miss = np.abs(target - terms @ weights)
        pull = 1 / np.maximum(miss, 0.01) / len(target)
        weighted = terms * pull[:, None]
        weights = np.linalg.solve(
            weighted.T @ terms + penalty, weighted.T @ target + penalty @ prior
        ).astype(np.float64)
    return weights
