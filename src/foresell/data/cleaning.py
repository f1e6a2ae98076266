"""Declared changes to rows that passed the gate. Each is counted; none is guessed.

What is learnt from data (a statistic that fills, the fences of outliers) is learnt from training
rows only; the caller says which those are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import numpy as np
import polars as pl

from foresell.data.panel import Matrix
from foresell.errors import SpecError
from foresell.spec.cleaning import Cleaning, Fill, NegativeTarget
from foresell.spec.ordered_sums import one_piece
from foresell.spec.project import ProjectSpec

FLAG = "is_negative_target"
OUTLIER = "is_outlier"


@dataclass(frozen=True, kw_only=True)
class Fences:
    """Between which two values, both allowed, a value of a column is no outlier."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What cleaning does to a row, once everything is learnt that has to be.

    ``fills``: the value that stands in for a null, by column. ``fences`` by column; ``action`` says
    what becomes of a row outside them. ``target`` is flagged below zero where ``flag_negative``.
    """

    target: str
    fills: Mapping[str, Any] = field(default_factory=dict)
    fences: Mapping[str, Fences] = field(default_factory=dict)
    action: Literal["drop", "flag"] = "flag"
    flag_negative: bool = False


def check_cleaning(project: ProjectSpec) -> None:
    """Refuse a fill of the target, or a rule for a column that nothing learns from.

    Raises:
        SpecError: what the sentence above names.
    """
    cleaning = project.cleaning
    where = f"project {project.name!r}, cleaning"
    if project.target in cleaning.fill:
        raise SpecError(
            f"the target {project.target!r} would be filled in, and scores use the raw target",
            f"{where}.fill",
            "take it out; a row without a target is not learnt from",
        )
    outliers = cleaning.outliers.columns if cleaning.outliers is not None else ()
    for part, names in (("fill", tuple(cleaning.fill)), ("outliers", outliers)):
        for name in names:
            if name not in project.columns:
                raise SpecError(
                    f"{name!r} is no column with a role", f"{where}.{part}", "name a declared one"
                )


def constant_fill(fill: Fill, kind: pl.DataType, name: str) -> Any:
    """Return the declared value of ``fill`` as one of type ``kind``.

    Raises:
        SpecError: it is of another type.
    """
    value = fill.value
    if kind == pl.Boolean() or isinstance(value, bool):
        fits = kind == pl.Boolean() and isinstance(value, bool)
    elif kind.is_numeric():
        fits = isinstance(value, int if kind.is_integer() else int | float)
    else:
        fits = isinstance(value, str)
    try:
        if fits:
            return date.fromisoformat(str(value)) if kind == pl.Date() else value
    except ValueError:  # a text that is no date
        pass
    raise SpecError(
        f"the value {value!r} is not of the type of {name!r}, {kind}",
        "cleaning.fill",
        "write a value of that type; a date as YYYY-MM-DD",
    )


def learnt_fill(values: pl.Series, statistic: Literal["median", "mean", "mode"]) -> Any:
    """Return the ``statistic`` of ``values``, the training rows' own, in their type.

    Nulls are left out; the order of values does not matter. A median or mean of whole numbers is
    rounded, half to even; of several modes the smallest is taken. None where every value is null.

    Raises:
        SpecError: there is no such statistic of values of that type.
    """
    known = one_piece(values.drop_nulls().sort())
    if known.is_empty():
        return None
    if statistic == "mode":
        return known.mode().min()
    if not known.dtype.is_numeric():
        raise SpecError(
            f"there is no {statistic} of {values.name!r}, whose type is {values.dtype}",
            "cleaning.fill",
            "use statistic: mode, or a value",
        )
    found = known.median() if statistic == "median" else known.mean()
    return found if known.dtype.is_float() else round(float(str(found)))


def learnt_fences(values: pl.Series, factor: float) -> Fences | None:
    """Return the fences of ``values``, the training rows' own; None where every value is null.

    The quartiles are interpolated linearly, and ``factor`` interquartile ranges lie between each
    and its fence.
    """
    low, high = values.quantile(0.25, "linear"), values.quantile(0.75, "linear")
    if low is None or high is None:
        return None
    return Fences(low=low - factor * (high - low), high=high + factor * (high - low))


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """The rows, and how many values or rows each step changed: by step, then by column.

    The steps are ``fill``, ``outliers`` (rows dropped or flagged) and ``negative_target``.
    """

    rows: pl.DataFrame
    filled: Mapping[str, int]
    outlying: int
    negative: int


def clean_rows(frame: pl.DataFrame, recipe: Recipe, trained: pl.Series) -> Cleaned:
    """Apply ``recipe``: fill, outliers, negative target, in this order; order of rows kept.

    ``trained``: (n rows,) true for a training row. A dropped row is always one of those: a row that
    is evaluated stays. A null is never an outlier.
    """
    filled = {name: frame[name].null_count() for name in recipe.fills}
    rows = frame.with_columns(
        pl.col(name).fill_null(pl.lit(value, dtype=frame.schema[name]))
        for name, value in recipe.fills.items()
        if value is not None
    )
    outside = rows.select(outlying(recipe.fences)).to_series()
    if recipe.action == "drop":
        outside &= trained
        rows = rows.filter(~outside)
    elif recipe.fences:
        rows = rows.with_columns(outside.alias(OUTLIER))
    below = (pl.col(recipe.target) < 0).fill_null(value=False)
    negative = int(rows.select(below.sum()).item())
    if recipe.flag_negative:
        rows = rows.with_columns(below.alias(FLAG))
    return Cleaned(rows=rows, filled=filled, outlying=int(outside.sum()), negative=negative)


def outlying(fences: Mapping[str, Fences]) -> pl.Expr:
    """Return whether a row lies outside any of ``fences``; false for a null."""
    outside = [
        ~pl.col(name).is_between(fence.low, fence.high).fill_null(value=True)
        for name, fence in fences.items()
    ]
    # A column of the frame's height, where there is no fence: every row is inside.
    return pl.any_horizontal(*outside) if outside else pl.repeat(value=False, n=pl.len())


def learnable(target: Matrix, policy: NegativeTarget) -> Matrix:
    """Return the target that models learn from: clipped at zero where the policy is ``clip``.

    Scores never use this; they use the raw target.
    """
    return np.maximum(target, 0.0) if policy == "clip" else target


def learns(cleaning: Cleaning) -> Sequence[str]:
    """Return the columns of which something must be learnt before rows can be cleaned."""
    fitted = [name for name, fill in cleaning.fill.items() if fill.statistic is not None]
    return (*fitted, *(cleaning.outliers.columns if cleaning.outliers is not None else ()))
