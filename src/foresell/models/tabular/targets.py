"""The targets of a table's rows as models learn them, and what they alone would answer."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.cleaning import learnable
from foresell.data.row_weights import row_weights
from foresell.spec.project import ProjectSpec

Vector = NDArray[np.float64]
MEAN, MEDIAN = "mean", "median"
BASELINES = (MEAN, MEDIAN)


def targets(frame: pl.DataFrame, project: ProjectSpec) -> tuple[Vector, Vector]:
    """Return (n rows,) the target that models learn from, and how much each row counts.

    The target in its unit, clipped at zero where the project says so; a row counts once where no
    column has the role ``weight``, and not at all where that one is null; one below 0 is a
    DataError. No target is null.
    """
    target = frame[project.target].cast(pl.Float64).to_numpy()
    learnt: Vector = learnable(target, project.cleaning.negative_target)
    weights = row_weights(frame, project)
    return learnt, np.ones(frame.height) if weights is None else weights.to_numpy()


def floored(said: Vector, *, nonnegative: bool) -> Vector:
    """Return (n,) answers as they are given: none below 0 where the project says so.

    >>> floored(np.array([-1.0, 2.0]), nonnegative=True).tolist()
    [0.0, 2.0]
    """
    return np.maximum(said, 0.0) if nonnegative else said


def baselines_of(target: Vector, weight: Vector) -> dict[str, float]:
    """Return what each baseline says of any row, from targets (n,) and how much each counts.

    >>> baselines_of(np.array([1.0, 2.0, 9.0]), np.ones(3))
    {'mean': 4.0, 'median': 2.0}
    """
    if not len(target) or weight.sum() <= 0:
        return dict.fromkeys(BASELINES, 0.0)
    order = np.argsort(target, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    low = int(np.searchsorted(reached, 0.5 - 1e-12))
    high = int(np.searchsorted(reached, 0.5 + 1e-12))
    middle = float(target[order][[low, high]].mean())
    return {MEAN: float(np.average(target, weights=weight)), MEDIAN: middle}
