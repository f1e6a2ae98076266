"""Ridge regression on the terms of the least absolute deviation, in closed form.

It learns the residual of the reference forecast per scale, like the boosters. Terms are
standardised; rows weigh by their scale. The penalty falls with the number of periods that were
learnt from: rows of one period have their surprises in common, so few periods say little however
many series they are of. The residual is clipped, since squares listen to outliers most.
Source: A. E. Hoerl, R. W. Kennard, "Ridge regression", Technometrics 12 (1970).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from foresell.data.panel import Matrix
from foresell.errors import CandidateError
from foresell.features.levels import Vector
from foresell.models.lad import lad_terms
from foresell.models.parts import Lesson, told
from foresell.models.seasonal import reference

PENALTY = 40.0  # of a standardised term, over the number of periods; rows weigh 1 together
CLIP = 0.5  # of the residual, per scale
FARTHEST = 10.0  # standard deviations: a value beyond counts as just there


@dataclass(frozen=True, kw_only=True)
class Ridge:
    """A fitted regression: how terms are standardised, their weights, and the intercept."""

    decay: float
    terms: tuple[str, ...]
    center: tuple[float, ...]
    width: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def forecast(self, frame: pl.DataFrame) -> Vector:
        """Return (n rows,) the reference forecast and the learnt residual, unit of the target."""
        forecast: Vector = reference(frame) + self.contributions(frame).sum(axis=1)
        return forecast

    def contributions(self, frame: pl.DataFrame) -> Matrix:
        """Return (n rows, terms + 1), unit of the target: what each term adds to the residual.

        The last is the residual without any.
        """
        terms = ridge_terms(frame, self.decay)
        table = np.column_stack([terms[name] for name in self.terms])
        center, width = np.array(self.center), np.array(self.width)
        added = _standard(table, center, width) * np.array(self.weights)
        whole = np.column_stack([added, np.full(frame.height, self.intercept)])
        contributions: Matrix = whole * frame["scale"].to_numpy()[:, None]
        return contributions

    def files(self) -> dict[str, bytes]:
        """Return ``ridge.json``; equal fits give equal bytes."""
        about = {
            "decay": self.decay,
            "intercept": self.intercept,
            "terms": list(self.terms),
            "center": list(self.center),
            "width": list(self.width),
            "weights": list(self.weights),
        }
        return {"ridge.json": json.dumps(about, indent=1).encode()}


def read_ridge(files: Mapping[str, bytes]) -> Ridge:
    """Return the regression whose `Ridge.files` are ``files``."""
    read = json.loads(files["ridge.json"])
    return Ridge(
        decay=float(read["decay"]),
        intercept=float(read["intercept"]),
        terms=tuple(read["terms"]),
        center=tuple(map(float, read["center"])),
        width=tuple(map(float, read["width"])),
        weights=tuple(map(float, read["weights"])),
    )


def fit_part(lesson: Lesson) -> Ridge:
    """Return the regression a lesson teaches. Settings: ``penalty`` and ``clip`` (per scale).

    Raises:
        CandidateError: too few rows have a known target, or the penalty leaves no solution.
    """
    decay = max(lesson.horizon / 3, 1.0)
    penalty = float(lesson.settings.get("penalty", PENALTY)) / max(lesson.periods, 1)
    clip = float(lesson.settings.get("clip", CLIP))
    names: tuple[str, ...] = ()
    tables, labels, weights = [], [], []
    for frame, target in zip(lesson.frames, lesson.targets, strict=True):
        keep = np.isfinite(target)
        rows = frame.filter(pl.Series(keep))
        terms, scale = ridge_terms(rows, decay), rows["scale"].to_numpy()
        names = tuple(terms)
        tables.append(np.column_stack(list(terms.values())))
        labels.append(np.clip((target[keep] - reference(rows)) / scale, -clip, clip))
        weights.append(scale)
    if sum(map(len, labels)) <= 2 * len(names):
        raise CandidateError(*told("ridge", "fewer rows than twice its terms"))
    share = np.concatenate(weights)
    share /= share.sum()
    return _solved(names, np.concatenate(tables), np.concatenate(labels), share, (penalty, decay))


def _solved(
    names: tuple[str, ...],
    table: Matrix,
    label: Vector,
    share: Vector,
    penalty_and_decay: tuple[float, float],
) -> Ridge:
    """Return the regression with the least weighted squares and penalty.

    Raises:
        CandidateError: there is none.
    """
    penalty, decay = penalty_and_decay
    center, width = _moments(table, share)
    table = _standard(table, center, width)
    middle = float(share @ label)
    weighted = table * share[:, None]
    try:
        solution = np.linalg.solve(
            weighted.T @ table + penalty * np.eye(len(names)), weighted.T @ (label - middle)
        )
    except np.linalg.LinAlgError as error:
        raise CandidateError(*told("ridge", error)) from error
    return Ridge(
        decay=decay,
        terms=names,
        center=tuple(center.tolist()),
        width=tuple(width.tolist()),
        weights=tuple(solution.tolist()),
        intercept=middle,
    )


def ridge_terms(frame: pl.DataFrame, decay: float) -> dict[str, Vector]:
    """Return the terms of the regression: (n rows,) each, without unit, all finite."""
    return lad_terms(frame, decay)


def _moments(table: Matrix, share: Vector) -> tuple[Vector, Vector]:
    """Return the weighted mean and standard deviation of each column, the latter above 0."""
    center: Vector = share @ table
    spread = share @ (table - center) ** 2
    return center, np.sqrt(np.maximum(spread, 1e-12))


def _standard(table: Matrix, center: Vector, width: Vector) -> Matrix:
    """Return the table standardised in place of a copy; unknown is the mean."""
    scaled = np.clip((table - center) / width, -FARTHEST, FARTHEST)
    return np.nan_to_num(scaled, copy=False, nan=0.0)
