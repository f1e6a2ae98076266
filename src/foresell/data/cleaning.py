"""Declared changes to rows that passed the gate. Each is counted; none is guessed."""

import numpy as np
import polars as pl

from foresell.data.panel import Matrix
from foresell.spec.project import Grouping, NegativeTarget, ProjectSpec

FLAG = "is_negative_target"
_VERBS = {
    "sum": lambda values: pl.when(values.count() > 0).then(values.sum()),  # nothing is not zero
    "mean": pl.Expr.mean,
    "max": pl.Expr.max,
    "min": pl.Expr.min,
    "first": pl.Expr.first,
}


def group_rows(frame: pl.DataFrame, grouping: Grouping) -> pl.DataFrame:
    """Sum rows up to one per combination of ``grouping.by``, sorted by it.

    (n rows, c columns) -> (groups, by + aggregated columns). Booleans are averaged as 0 and 1; a
    null is left out of a sum or mean; a group of nulls stays null.
    """
    by = list(grouping.by)
    return (
        frame
        .sort(frame.columns)  # so that a floating sum never depends on the order of rows
        .group_by(by, maintain_order=True)
        .agg(_VERBS[verb](pl.col(name)) for name, verb in grouping.columns.items())
        .sort(by)
    )


def flag_negative(frame: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Add the boolean ``is_negative_target`` where the policy is ``flag``; else change nothing."""
    if project.cleaning.negative_target != "flag":
        return frame
    return frame.with_columns((pl.col(project.target) < 0).fill_null(value=False).alias(FLAG))


def learnable(target: Matrix, policy: NegativeTarget) -> Matrix:
    """Return the target that models learn from: clipped at zero where the policy is ``clip``.

    Scores never use this; they use the raw target.
    """
    return np.maximum(target, 0.0) if policy == "clip" else target
