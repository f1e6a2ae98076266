"""LightGBM on plain arrays, saved as its own text."""

from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np

from foresell.errors import CandidateError
from foresell.models.parts import told
from foresell.models.trees.growing import Growth, Numbers, Table

_LOSSES = {"absolute": "l1", "squared": "l2", "quantile": "quantile"}


@dataclass(frozen=True)
class LightGBM:
    """Grown trees as LightGBM's own bytes (text)."""

    content: bytes

    @cached_property
    def _booster(self) -> lgb.Booster:
        return lgb.Booster(model_str=self.text())

    def predict(self, table: Table) -> Numbers:
        """Return (n rows,) predictions in the unit of the label."""
        return np.asarray(self._booster.predict(table, num_threads=1), dtype=np.float64)

    def contributions(self, table: Table) -> Numbers:
        """Return (n rows, c columns + 1) contributions; the last is the value without any."""
        found = self._booster.predict(table, pred_contrib=True, num_threads=1)
        return np.asarray(found, dtype=np.float64)

    def dump(self) -> bytes:
        """Return LightGBM's own text."""
        return self.content

    def text(self) -> str:
        """Return LightGBM's own text."""
        return self.content.decode()


def read(content: bytes) -> LightGBM:
    """Return the trees whose `LightGBM.dump` is ``content``."""
    return LightGBM(content)


def grow(table: Table, label: Numbers, weight: Numbers, growth: Growth) -> LightGBM:
    """Return trees grown on the rows of ``table``.

    Raises:
        CandidateError: LightGBM refuses the settings or the rows; its words are in it.
    """
    parameters = {
        "objective": _LOSSES[growth.loss],
        "alpha": growth.level,
        "learning_rate": growth.learning_rate,
        "num_leaves": growth.leaves,
        "min_data_in_leaf": growth.leaf_rows,
        "feature_fraction": growth.columns_share,
        "bagging_fraction": growth.rows_share,
        "bagging_freq": 1,
        "lambda_l2": growth.l2,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "seed": growth.seed,
    }
    try:
        data = lgb.Dataset(table, label, weight=weight, free_raw_data=True)
        booster = lgb.train(parameters, data, num_boost_round=growth.trees)
    except (lgb.basic.LightGBMError, ValueError, TypeError) as error:
        raise CandidateError(*told("LightGBM", error)) from error
    return LightGBM(str(booster.model_to_string()).encode())
