"""XGBoost on plain arrays, saved as its own JSON."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xgboost as xgb

from foresell.errors import CandidateError
from foresell.models.parts import told
from foresell.models.trees.growing import Growth, Numbers, Table

_LOSSES = {"absolute": "reg:absoluteerror", "squared": "reg:squarederror"}


@dataclass(frozen=True)
class XGBoost:
    """Grown trees as XGBoost's own bytes (JSON)."""

    content: bytes

    @cached_property
    def _booster(self) -> xgb.Booster:
        booster = xgb.Booster({"nthread": 1})
        booster.load_model(bytearray(self.content))
        return booster

    def predict(self, table: Table) -> Numbers:
        """Return (n rows,) predictions in the unit of the label."""
        found = self._booster.predict(xgb.DMatrix(table, nthread=1))
        return np.asarray(found, dtype=np.float64)

    def contributions(self, table: Table) -> Numbers:
        """Return (n rows, c columns + 1) contributions; the last is the value without any."""
        found = self._booster.predict(xgb.DMatrix(table, nthread=1), pred_contribs=True)
        return np.asarray(found, dtype=np.float64)

    def dump(self) -> bytes:
        """Return XGBoost's own JSON."""
        return self.content

    def text(self) -> str:
        """Return XGBoost's own JSON."""
        return self.content.decode()


def read(content: bytes) -> XGBoost:
    """Return the trees whose `XGBoost.dump` is ``content``."""
    return XGBoost(content)


def grow(table: Table, label: Numbers, weight: Numbers, growth: Growth) -> XGBoost:
    """Return trees grown on the rows of ``table``.

    XGBoost has no fewest rows of a leaf: for these losses a row's curvature is its weight, so the
    least weight of a leaf says the same when weights have a mean of 1.

    Raises:
        CandidateError: XGBoost refuses the settings or the rows; its words are in it.
    """
    parameters = {
        "objective": _LOSSES[growth.loss],
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "max_depth": 0,
        "max_leaves": growth.leaves,
        "eta": growth.learning_rate,
        "min_child_weight": growth.leaf_rows,
        "colsample_bytree": growth.columns_share,
        "subsample": growth.rows_share,
        "lambda": growth.l2,
        "nthread": 1,
        "verbosity": 0,
        "seed": growth.seed,
    }
    try:
        data = xgb.QuantileDMatrix(table, label=label, weight=weight, nthread=1)
        booster = xgb.train(parameters, data, num_boost_round=growth.trees)
    except (xgb.core.XGBoostError, ValueError, TypeError) as error:
        raise CandidateError(*told("XGBoost", error)) from error
    return XGBoost(bytes(booster.save_raw("json")))
