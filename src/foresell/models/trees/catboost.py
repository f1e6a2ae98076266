"""CatBoost on plain arrays, saved as its own binary format (cbm)."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import catboost as cb
import numpy as np

from foresell.errors import CandidateError
from foresell.models.parts import told
from foresell.models.trees.growing import Growth, Numbers, Table

_LOSSES = {"absolute": "MAE", "squared": "RMSE"}
_OF_THE_MOMENT = ("train_finish_time", "model_guid")  # they differ between equal models


@dataclass(frozen=True)
class CatBoost:
    """Grown trees as CatBoost's own bytes."""

    content: bytes

    @cached_property
    def _model(self) -> cb.CatBoost:
        model = cb.CatBoost()
        model.load_model(blob=self.content)
        return model

    def predict(self, table: Table) -> Numbers:
        """Return (n rows,) predictions in the unit of the label."""
        found = self._model.predict(cb.Pool(table, thread_count=1), thread_count=1)
        return np.asarray(found, dtype=np.float64)

    def contributions(self, table: Table) -> Numbers:
        """Return (n rows, c columns + 1) contributions; the last is the value without any."""
        pool = cb.Pool(table, thread_count=1)
        found = self._model.get_feature_importance(pool, type="ShapValues", thread_count=1)
        return np.asarray(found, dtype=np.float64)

    def dump(self) -> bytes:
        """Return CatBoost's own bytes, without the time and number of the training."""
        return self.content

    def text(self) -> str:
        """Return the trees as CatBoost's own JSON; its numbers are rounded to fewer digits."""
        return _written(self._model, "json").decode()


def read(content: bytes) -> CatBoost:
    """Return the trees whose `CatBoost.dump` is ``content``."""
    return CatBoost(content)


def grow(table: Table, label: Numbers, weight: Numbers, growth: Growth) -> CatBoost:
    """Return trees grown on the rows of ``table``.

    Its trees are all of one depth (``growth.depth``), so leaves and rows of a leaf do not apply.

    Raises:
        CandidateError: CatBoost refuses the settings or the rows; its words are in it.
    """
    parameters = {
        "loss_function": _LOSSES[growth.loss],
        "iterations": growth.trees,
        "learning_rate": growth.learning_rate,
        "depth": growth.depth,
        "rsm": growth.columns_share,
        "bootstrap_type": "Bernoulli",
        "subsample": growth.rows_share,
        "l2_leaf_reg": growth.l2,
        "border_count": 64,
        "thread_count": 1,
        "random_seed": growth.seed,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }
    try:
        model = cb.CatBoost(parameters)
        model.fit(cb.Pool(table, label, weight=weight, thread_count=1))
    except (cb.CatBoostError, ValueError, TypeError) as error:
        raise CandidateError(*told("CatBoost", error)) from error
    facts = model.get_metadata()
    for name in _OF_THE_MOMENT:
        facts[name] = ""
    return CatBoost(_written(model, "cbm"))


def _written(model: cb.CatBoost, form: str) -> bytes:
    """Return the model in one of CatBoost's formats, which it writes to files only."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trees"
        model.save_model(str(path), format=form)
        return path.read_bytes()
