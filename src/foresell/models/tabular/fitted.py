"""Fitted scikit-learn Pipelines as plain parts.

Neither scikit-learn nor a booster is imported: an estimator is told by the name of its class, and
asked for its own arrays or its own text.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from foresell.errors import DataError
from foresell.models.forests import FORESTS as BOOSTED
from foresell.models.tabular.encodings import read_encoding
from foresell.models.tabular.plain import Linear, Places, PlainPart
from foresell.models.tabular.sklearn_forests import FORESTS, summed_trees

_LINEAR = ("LinearRegression", "Ridge")
_OF_THE_MOMENT = ("train_finish_time", "model_guid")  # they differ between equal models


def plain_part(name: str, pipeline: Any) -> PlainPart:
    """Return a fitted ``Pipeline([("columns", ...), ("model", ...)])`` as a plain part.

    Raises:
        DataError: it does something that plain arrays cannot; ``name`` is in it.
    """
    try:
        encoding = read_encoding(pipeline.named_steps["columns"])
        model = pipeline.named_steps["model"]
        kind = type(model).__name__
        if kind in _LINEAR:
            weights = np.asarray(model.coef_, dtype=np.float64).ravel()
            core = Linear(weights=weights, intercept=float(np.ravel(model.intercept_)[0]))
            return PlainPart(encoding=encoding, core=core)
        if kind in FORESTS:
            return PlainPart(encoding=encoding, core=FORESTS[kind](model))
        if kind in _BOOSTERS:
            library, native, text = _BOOSTERS[kind](model)
            forest = BOOSTED[library](text)
            return PlainPart(encoding=encoding, core=forest, library=library, native=native)
    except DataError as error:
        raise DataError(f"{name}: {error.what}", f"export of {name}", error.mend) from error
    known = ", ".join((*_LINEAR, *FORESTS, *_BOOSTERS))
    raise DataError(f"{name}: a {kind} has no plain form", f"export of {name}", f"known: {known}")


def plain_places(deriver: Any) -> Places | None:
    """Return the forest of places of a fitted ``Deriver``, None where it has none."""
    if (model := deriver.places_) is None:
        return None
    from foresell.models.tabular.deriving import place_inputs  # noqa: PLC0415 - scikit-learn

    inputs = tuple(place_inputs(deriver.columns))
    return Places(forest=summed_trees(model), trees=len(model.estimators_), inputs=inputs)


def _lightgbm(model: Any) -> tuple[str, bytes, str]:
    """Return library, own model and text of LightGBM."""
    text = str(model.booster_.model_to_string())
    return "lightgbm", text.encode(), text


def _xgboost(model: Any) -> tuple[str, bytes, str]:
    """Return library, own model and text of XGBoost."""
    native = bytes(model.get_booster().save_raw("json"))
    return "xgboost", native, native.decode()


def _catboost(model: Any) -> tuple[str, bytes, str]:
    """Return library, own model and text of CatBoost, without the time and number of training."""
    facts = model.get_metadata()
    for name in _OF_THE_MOMENT:
        facts[name] = ""
    return "catboost", _written(model, "cbm"), _written(model, "json").decode()


def _written(model: Any, form: str) -> bytes:
    """Return the model in one of CatBoost's formats, which it writes to files only."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trees"
        model.save_model(str(path), format=form)
        return path.read_bytes()


_BOOSTERS: Mapping[str, Callable[[Any], tuple[str, bytes, str]]] = {
    "LGBMRegressor": _lightgbm,
    "XGBRegressor": _xgboost,
    "CatBoostRegressor": _catboost,
}
