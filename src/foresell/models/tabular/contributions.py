"""What each raw column adds to the answers of a tabular candidate: SHAP for every one of them.

Trees by TreeSHAP over the covers of their leaves, linear parts by weight times distance from the
mean of the training rows, which is their exact Shapley value with columns taken as independent. An
ensemble is the weighted sum of its parts. What a derived column adds is shared equally among the
raw columns it is made of.
Source: S. M. Lundberg and S.-I. Lee, "A unified approach to interpreting model predictions", 2017.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.errors import DataError
from foresell.features.rows import RowColumn
from foresell.features.threads import one_thread
from foresell.models.forests import Forest
from foresell.models.tabular.plain import (
    Linear,
    Means,
    PlainLearner,
    PlainPart,
    Vector,
    derived_frame,
    encode,
    part_answers,
)
from foresell.models.tabular.relative_shares import times_factors

TOLERANCE = 1e-6  # of the larger of 1 and the answer
METHODS = ("constant", "linear_shap", "tree_shap", "weighted_shap")

Heard = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Answers taken apart, in the unit of the target.

    ``base``: what is said before any column is known. ``values``: (rows, columns). ``base`` and the
    values of a row sum to its answer. ``method``: one of `METHODS`.
    """

    base: float
    columns: tuple[str, ...]
    values: NDArray[np.float64]
    method: str

    @property
    def answers(self) -> Vector:
        """Return (rows,) the answers, as the parts add up to them."""
        found: Vector = self.base + self.values.sum(axis=1)
        return found


def with_means(plain: PlainLearner, frame: pl.DataFrame) -> PlainLearner:
    """Return ``plain`` with the means of ``frame``, the raw rows that it was fitted on.

    The order of rows changes nothing.
    """
    derived = derived_frame(plain, frame)
    linear = {name: part for name, part in plain.parts.items() if isinstance(part.core, Linear)}
    encoded = {name: _mean(encode(part.encoding, derived)) for name, part in linear.items()}
    factors = {
        name: float(_mean(frame[name].cast(pl.Float64).drop_nulls().to_numpy()[:, None])[0])
        for name in plain.relative_to
    }
    return replace(plain, means=Means(encoded=encoded, factors=factors))


def contributions(
    plain: PlainLearner, name: str, frame: pl.DataFrame, heard: Heard | None = None
) -> Contributions:
    """Return what every raw column adds to the answers of ``name`` for the raw rows ``frame``.

    ``name``: a candidate, an ensemble or a baseline, which looks at no column. Columns are those of
    `PlainLearner.raw`, in that order. ``heard`` is told how many rows of how many are done, for
    forests that take long. The values sum to `foresell.models.tabular.plain.plain_answers` within
    1e-6 of the larger of 1 and the answer.

    A name that is not there is a UsageError; parts that do not sum, trees without covers and rows
    whose factor is unknown are each a DataError.
    """
    columns = plain.raw
    if name in plain.baselines:
        values = np.zeros((frame.height, len(columns)))
        return Contributions(
            base=plain.baselines[name], columns=columns, values=values, method="constant"
        )
    weights = plain.weights(name)
    derived = derived_frame(plain, frame)
    base, ratio = 0.0, np.zeros((frame.height, len(plain.columns)))
    said = np.zeros(frame.height)
    with one_thread():
        for part, weight in weights.items():
            own_base, own = _part_values(plain, part, derived, heard or _unheard)
            base, ratio = base + weight * own_base, ratio + weight * own
            said += weight * part_answers(plain.parts[part], derived)
    shared = shared_equally(plain.columns, columns, ratio)
    base, values, said = _in_unit(plain, frame, base, shared, said)
    methods = {_method(plain.parts[part]) for part in weights}
    method = methods.pop() if len(weights) == 1 else "weighted_shap"
    found = Contributions(base=base, columns=columns, values=values, method=method)
    _refuse_gap(name, found.answers, said)
    return found


def shared_equally(
    derived: Sequence[RowColumn], raw: Sequence[str], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (rows, raw columns): what each derived column adds, in equal parts to what it is of.

    >>> columns = [RowColumn(name="a x b", of=("a", "b"), how="product")]
    >>> shared_equally(columns, ["a", "b"], np.array([[3.0]])).tolist()
    [[1.5, 1.5]]
    """
    total = np.zeros((len(values), len(raw)))
    for place, column in enumerate(derived):
        for name in column.of:
            total[:, raw.index(name)] += values[:, place] / len(column.of)
    return total


def _unheard(done: int, rows: int) -> None:
    """Hear of progress and say nothing."""


def _method(part: PlainPart) -> str:
    """Return how a part is taken apart."""
    return "linear_shap" if isinstance(part.core, Linear) else "tree_shap"


def _mean(table: NDArray[np.floating]) -> Vector:
    """Return the mean of each column, added in one order whatever that of the rows; NaN is left."""
    ordered = np.sort(table.astype(np.float64), axis=0)
    return np.array([np.mean(values[~np.isnan(values)]) for values in ordered.T])


def _part_values(
    plain: PlainLearner, name: str, derived: pl.DataFrame, heard: Heard
) -> tuple[float, NDArray[np.float64]]:
    """Return the base of a part and what each derived column adds, (rows, columns), per factor."""
    part = plain.parts[name]
    table = encode(part.encoding, derived)
    if isinstance(part.core, Forest):
        from foresell.models.tabular.tree_shap import tree_shap  # noqa: PLC0415 - imports LightGBM

        found = tree_shap(part.core, table, heard)
        base, encoded = found.base, found.values
    else:
        means = _means(plain).encoded[name]
        base = float(part.core.intercept + means @ part.core.weights)
        encoded = (table.astype(np.float64) - means) * part.core.weights
    names = [column.name for column in plain.columns]
    values = np.zeros((derived.height, len(names)))
    for place, column in enumerate(part.encoding.of):
        values[:, names.index(column)] += encoded[:, place]
    return base, values


def _means(plain: PlainLearner) -> Means:
    """Return the means of the training rows.

    Raises:
        DataError: there are none.
    """
    if plain.means is None:
        raise DataError(
            "the model does not hold the means of its training rows",
            "explanation of an answer",
            "train again (foresell run PROJECT)",
        )
    return plain.means


def _in_unit(
    plain: PlainLearner,
    frame: pl.DataFrame,
    base: float,
    shared: NDArray[np.float64],
    said: Vector,
) -> tuple[float, NDArray[np.float64], Vector]:
    """Return base, values and answers in the unit of the target: times the factor of each row.

    Raises:
        DataError: the factor of a row is unknown.
    """
    if not plain.relative_to:
        return base, shared, said
    factors = {
        name: frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in plain.relative_to
    }
    if unknown := [name for name, values in factors.items() if np.isnan(values).any()]:
        raise DataError(
            f"{unknown[0]} is unknown, and the target is learnt relative to it",
            "explanation of an answer",
            "give every row a value",
        )
    by_column = dict(zip(plain.raw, shared.T, strict=True))
    whole, parts = times_factors(base, by_column, factors, _means(plain).factors)
    product = np.prod(np.stack(list(factors.values())), axis=0)
    return whole, np.stack([parts[name] for name in plain.raw], axis=1), said * product


def _refuse_gap(name: str, total: Vector, said: Vector) -> None:
    """Refuse parts that do not sum to the answer.

    Raises:
        DataError: the largest gap.
    """
    gap = np.abs(total - said) / np.maximum(1.0, np.abs(said))
    if gap.size and not gap.max() <= TOLERANCE:
        raise DataError(
            f"the parts of {name!r} miss its answer by {gap.max():.2g} of it",
            "explanation of an answer",
            "this is a mistake in foresell: please report it with the project file",
        )


def explained_candidates(plain: PlainLearner) -> Mapping[str, str]:
    """Return every name that `contributions` takes, with its kind."""
    return {
        **dict.fromkeys(plain.parts, "candidate"),
        **dict.fromkeys(plain.ensembles, "ensemble"),
        **dict.fromkeys(plain.baselines, "baseline"),
    }
