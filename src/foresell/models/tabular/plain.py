"""A tabular learner as plain arrays: what it derives, how it encodes, its trees and weights.

Nothing here needs scikit-learn or a booster. The ONNX graphs, the explanations and the files of a
bundle are all made from this one form; `plain_answers` is its arithmetic in numpy, the yardstick of
the graphs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.errors import UsageError, nearest
from foresell.features.rows import RowColumn, derive, factor
from foresell.models.forests import Forest, answers
from foresell.spec.row_names import PLACE

if TYPE_CHECKING:
    from foresell.models.tabular.learner import TabularLearner
    from foresell.models.tabular.uncertainty import RowUncertainty

FACTOR = "__factor"  # the last column of a derived frame; `foresell.models.tabular.deriving`
SIZE = "size"  # the name of the part that says how large a miss is to be expected

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Categories:
    """The encoded columns of one derived text column.

    ``values``: the known texts; ``places``: of each, its column in the encoded table. Rare texts
    may share one. A text that is not known is 0 in all of them.
    """

    column: str
    values: tuple[str, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How a derived frame becomes the table that a part reads: numbers first, then 0 and 1.

    ``fill``: what an unknown number is taken for, None where the part knows what to do with NaN;
    ``center`` and ``width``: subtracted and divided by, None where numbers stay as they are; one
    for each of ``numbers``. ``names``: the encoded columns; ``of``: the derived column of each.
    ``exact``: whether the table holds 64 bits; otherwise 32, as trees read it.
    """

    numbers: tuple[str, ...]
    fill: Vector | None
    center: Vector | None
    width: Vector | None
    categories: tuple[Categories, ...]
    names: tuple[str, ...]
    of: tuple[str, ...]
    exact: bool


@dataclass(frozen=True, kw_only=True)
class Linear:
    """An answer is ``intercept`` plus the sum of encoded columns times ``weights`` (columns,)."""

    weights: Vector
    intercept: float


@dataclass(frozen=True, kw_only=True)
class PlainPart:
    """One fitted part: it answers per factor of the row.

    ``library``: the booster that grew the trees, with its own model as ``native``, which
    ``foresell.models.trees.LIBRARY.read`` reads; both None for any other part.
    """

    encoding: Encoding
    core: Forest | Linear
    library: str | None = None
    native: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Places:
    """What the target is around a place: the sum of a forest's trees, over how many there are.

    ``inputs``: the derived columns the trees look at, in order. The sum is divided after it was
    made, as scikit-learn does it, so that every bit is the same.
    """

    forest: Forest
    trees: int
    inputs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Means:
    """What explanations compare a row with: means over the training rows.

    ``encoded``: of each encoded column, (columns,) by linear part. ``factors``: of each column the
    target is relative to.
    """

    encoded: Mapping[str, Vector]
    factors: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class PlainLearner:
    """A fitted tabular learner, whole. Fields as in `foresell.models.tabular.learner`.

    ``means``: of the training rows, by `foresell.models.tabular.contributions.with_means`.
    """

    columns: tuple[RowColumn, ...]
    places: Places | None
    relative_to: tuple[str, ...]
    parts: Mapping[str, PlainPart]
    ensembles: Mapping[str, Mapping[str, float]]
    baselines: Mapping[str, float]
    chosen: str
    size: PlainPart | None
    uncertainty: "Mapping[str, RowUncertainty]"
    interval_method: str
    means: Means | None = None

    @property
    def raw(self) -> tuple[str, ...]:
        """The raw columns that are read, each once, in the order of their first use."""
        named = [*(name for column in self.columns for name in column.of), *self.relative_to]
        return tuple(dict.fromkeys(named))

    @property
    def texts(self) -> tuple[str, ...]:
        """The raw columns that hold texts; all others hold numbers."""
        return tuple(column.of[0] for column in self.columns if not column.is_number)

    def weights(self, name: str) -> Mapping[str, float]:
        """Return the weight of each part in the answer of a candidate or an ensemble.

        Raises:
            UsageError: there is none of that name; the nearest is named.
        """
        if name in self.parts:
            return {name: 1.0}
        if name not in self.ensembles:
            raise UsageError(
                f"no model is called {name!r}",
                "the models of this bundle",
                nearest(name, [*self.parts, *self.ensembles]),
            )
        return {part: weight for part, weight in self.ensembles[name].items() if weight}


def plain_learner(learner: "TabularLearner") -> PlainLearner:
    """Return a fitted learner as plain arrays, without the means of its training rows.

    A part that does something that plain arrays cannot is a DataError that names it.
    """
    from foresell.models.tabular.fitted import plain_part, plain_places  # noqa: PLC0415 - a circle

    return PlainLearner(
        columns=tuple(learner.deriver.columns),
        places=plain_places(learner.deriver),
        relative_to=tuple(learner.deriver.relative_to),
        parts={name: plain_part(name, part) for name, part in learner.parts.items()},
        ensembles={name: dict(weights) for name, weights in learner.ensembles.items()},
        baselines=dict(learner.baselines),
        chosen=learner.chosen,
        size=learner.size,
        uncertainty=dict(learner.uncertainty),
        interval_method=learner.interval_method,
    )


def derived_frame(plain: PlainLearner, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the derived frame of raw rows as a fitted ``Deriver`` makes it.

    (n rows, columns), with `FACTOR` (Float64, NaN where unknown) behind them where the target is
    relative to something.
    """
    found = derive(frame, plain.columns)
    if (places := plain.places) is not None:
        table = found.select(places.inputs).to_numpy().astype(np.float32)
        around = answers(places.forest, table) / places.trees
        found = found.with_columns(pl.Series(PLACE, around.astype(np.float32)))
    found = found.select(column.name for column in plain.columns)
    if not plain.relative_to:
        return found
    factors = factor(frame, plain.relative_to).fill_null(float("nan"))
    return found.with_columns(factors.alias(FACTOR))


def encode(encoding: Encoding, derived: pl.DataFrame) -> NDArray[Any]:
    """Return (n rows, encoded columns) of a derived frame; 64 bits if ``exact``, else 32."""
    kind = np.float64 if encoding.exact else np.float32
    table: NDArray[Any] = np.zeros((derived.height, len(encoding.names)), dtype=kind)
    if encoding.numbers:
        table[:, : len(encoding.numbers)] = _numbers(encoding, derived)
    for known in encoding.categories:
        place = _places(known, derived[known.column])
        rows = np.flatnonzero(place >= 0)
        table[rows, place[rows]] = 1
    return table


def _numbers(encoding: Encoding, derived: pl.DataFrame) -> NDArray[Any]:
    """Return (n rows, numbers), filled and standardised where the encoding says so."""
    kind = np.float64 if encoding.exact else np.float32
    numbers: NDArray[Any] = derived.select(encoding.numbers).to_numpy().astype(kind)
    if encoding.fill is not None:
        numbers = np.where(np.isnan(numbers), encoding.fill.astype(kind), numbers)
    if encoding.center is not None and encoding.width is not None:
        numbers = (numbers - encoding.center.astype(kind)) / encoding.width.astype(kind)
    return numbers


def _places(known: Categories, texts: pl.Series) -> NDArray[np.int64]:
    """Return (n,) the encoded column of each text, -1 for one that is not known."""
    found = texts.replace_strict(
        list(known.values), list(known.places), default=-1, return_dtype=pl.Int64
    )
    return found.to_numpy()


def part_answers(part: PlainPart, derived: pl.DataFrame) -> Vector:
    """Return (n rows,) what a part says of a derived frame, per factor of the row."""
    table = encode(part.encoding, derived)
    if isinstance(part.core, Linear):
        said: Vector = table.astype(np.float64) @ part.core.weights + part.core.intercept
        return said
    return answers(part.core, table)


def plain_answers(plain: PlainLearner, name: str, frame: pl.DataFrame) -> Vector:
    """Return (n rows,) the answers of a candidate, an ensemble, a baseline or `SIZE`.

    ``frame``: raw rows. In the unit of the target; NaN where a row's factor is unknown.
    """
    if name in plain.baselines:
        return np.full(frame.height, plain.baselines[name])
    derived = derived_frame(plain, frame)
    factors = _factors(plain, derived)
    if name == SIZE and plain.size is not None:
        return np.asarray(np.exp(part_answers(plain.size, derived)) * factors)
    total = np.zeros(frame.height)
    for part, weight in plain.weights(name).items():
        total += weight * part_answers(plain.parts[part], derived)
    return np.asarray(total * factors)


def _factors(plain: PlainLearner, derived: pl.DataFrame) -> Vector:
    """Return (n rows,) what the answers of the parts are multiplied by."""
    return derived[FACTOR].to_numpy() if plain.relative_to else np.ones(derived.height)
