"""Raw rows into the derived frame that every candidate learns from, as a scikit-learn transformer.

All columns but one are computed from a row alone (`foresell.features.rows`). The one that is learnt
is what the target is around a place: a forest of extremely randomised trees over the coordinates
and their turned axes. A training row gets it from a forest that never saw the row or its group, as
scikit-learn's TargetEncoder does it; any other row gets it from the forest of all training rows.

Sources: P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", Machine Learning 63 (2006);
D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", 2001.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import ExtraTreesRegressor

from foresell.contracts.contract import LogicalType
from foresell.data.hashing import row_hashes
from foresell.errors import DataError
from foresell.features.rows import RowColumn, derive, factor, row_columns
from foresell.features.threads import one_thread
from foresell.spec.project import ProjectSpec
from foresell.spec.row_names import PLACE

FACTOR = "__factor"  # what the target is relative to: the last column, which no model sees
CROSSED = 5  # parts in which the training rows get their place
_TREES, _LEAF_ROWS, _COLUMNS_SHARE = 50, 3, 0.5

Vector = NDArray[np.float64]


class Deriver(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What is derived from the raw columns of a row, and learnt of places from training rows.

    ``columns``: of the derived frame, in its order. ``relative_to``: the columns by whose product
    the target is divided before anything learns it; the derived frame ends with it (`FACTOR`,
    Float64). ``places_``: the fitted forest, or None where no place is declared.
    """

    def __init__(
        self, columns: Sequence[RowColumn], relative_to: Sequence[str] = (), seed: int = 0
    ) -> None:
        """Keep what is declared; nothing is fitted yet."""
        self.columns = columns
        self.relative_to = relative_to
        self.seed = seed

    def fit(self, X: pl.DataFrame, y: Vector) -> Self:  # noqa: N803 - as scikit-learn names it
        """Learn the places of the raw rows ``X`` with the targets ``y`` (n,)."""
        frame, factors = derive(X, self.columns), self.factors(X)
        self.places_ = self._places(frame, y / factors) if self._located else None
        return self

    def fit_transform(
        self,
        X: pl.DataFrame,  # noqa: N803 - as scikit-learn names it
        y: Vector,
        groups: Sequence[str] = (),
    ) -> pl.DataFrame:
        """Learn the places and return the derived frame of the same rows, each without itself.

        ``groups``: columns of ``X`` that name rows which belong together and are left out together;
        without them equal rows are. Neither the order of rows nor rows of other groups decide in
        which of `CROSSED` parts a row is left out.
        """
        self.fit(X, y)
        found = self._framed(X)
        if self.places_ is None:
            return found
        raw = sorted({name for column in self.columns for name in column.of})
        part = row_hashes(X, list(groups) or raw, self.seed) % CROSSED
        frame, target = derive(X, self.columns), y / self.factors(X)
        place = np.full(X.height, float(np.mean(target)))
        for number in range(CROSSED):
            out = part == number
            if out.any() and not out.all():
                forest = self._places(frame.filter(~out), target[~out])
                place[out] = self._around(forest, frame.filter(out))
        return self._with_place(found, place)

    def transform(self, X: pl.DataFrame) -> pl.DataFrame:  # noqa: N803 - as scikit-learn names it
        """Return the derived frame of raw rows: (n, columns), with `FACTOR` behind them."""
        found = self._framed(X)
        if self.places_ is None:
            return found
        return self._with_place(found, self._around(self.places_, found))

    def factors(self, frame: pl.DataFrame) -> Vector:
        """Return (n,) what the target of each row is divided by; 1 where nothing is declared.

        Raises:
            DataError: a factor is unknown, zero or negative.
        """
        if not self.relative_to:
            return np.ones(frame.height)
        found = factor(frame, self.relative_to).fill_null(float("nan")).to_numpy()
        if bad := int((~(found > 0) | np.isinf(found)).sum()):
            raise DataError(
                f"the product of {', '.join(self.relative_to)} is unknown or not above 0 in "
                f"{bad:,} of {len(found):,} rows, and the target is learnt relative to it",
                "models.relative_to",
                "let the contract require these columns and bound them above 0, or take "
                "relative_to out",
            )
        return cast("Vector", found)

    @property
    def _located(self) -> bool:
        """Whether a place is declared."""
        return any(column.how == "place" for column in self.columns)

    def _framed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the derived frame, with the factor where one is declared."""
        found = derive(frame, self.columns)
        if not self.relative_to:
            return found
        return found.with_columns(pl.Series(FACTOR, self.factors(frame)))

    def _with_place(self, frame: pl.DataFrame, place: Vector) -> pl.DataFrame:
        """Return the derived frame with the place where it stands among the columns."""
        names = [column.name for column in self.columns]
        last = [FACTOR] if self.relative_to else []
        added = frame.with_columns(pl.Series(PLACE, place, dtype=pl.Float64).cast(pl.Float32))
        return added.select(*names, *last)

    def _places(self, frame: pl.DataFrame, target: Vector) -> Any:
        """Return a forest of ``target`` over the places of a derived frame.

        Rows are brought into one order first, so that it does not matter in which they came.
        """
        table = self._coordinates(frame)
        order = np.lexsort((target, *table.T[::-1]))
        forest = ExtraTreesRegressor(
            _TREES,
            min_samples_leaf=min(_LEAF_ROWS, max(1, len(table) // 2)),
            max_features=_COLUMNS_SHARE,
            random_state=self.seed,
        )
        with one_thread():
            return forest.fit(table[order], target[order])

    def _around(self, forest: Any, frame: pl.DataFrame) -> Vector:
        """Return (n,) what the forest says of the places of a derived frame."""
        found: Vector = forest.predict(self._coordinates(frame))
        return found

    def _coordinates(self, frame: pl.DataFrame) -> NDArray[np.float32]:
        """Return (n, axes) the coordinates and their turned axes."""
        return frame.select(place_inputs(self.columns)).to_numpy().astype(np.float32)


def place_inputs(columns: Sequence[RowColumn]) -> list[str]:
    """Return the derived columns that the forest of places looks at, in its order."""
    of = next((column.of for column in columns if column.how == "place"), ())
    return [
        column.name
        for column in columns
        if column.how == "turned" or (column.how == "number" and column.name in of)
    ]


def deriver(project: ProjectSpec, kinds: Mapping[str, LogicalType]) -> Deriver:
    """Return the deriver that ``project`` declares, not fitted. ``kinds``: as `row_columns`."""
    return Deriver(row_columns(project, kinds), project.models.relative_to, project.seed)
