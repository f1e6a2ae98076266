"""What a team would try first: the libraries themselves on the raw columns, plain and tuned.

One-hot texts, numbers as they are. A tuned one tries as many settings as foresell would (the
project's own ``tuning.trials``), on three folds of whole groups, with Optuna's sampler, and is
fitted again on all rows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
import polars as pl
from catboost import CatBoostRegressor
from lightgbm import LGBMRegressor
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

Vector = NDArray[np.float64]
Make = Callable[..., Any]
Trial = optuna.Trial | optuna.trial.FixedTrial
Suggest = Callable[[Trial], dict[str, Any]]
FOLDS = 3


def _rate(trial: Trial) -> float:
    return trial.suggest_float("learning_rate", 0.02, 0.2, log=True)


def _leaves(trial: Trial) -> int:
    return trial.suggest_int("leaves", 7, 63, log=True)


def _lightgbm(trial: Trial) -> dict[str, Any]:
    return {
        "learning_rate": _rate(trial),
        "num_leaves": _leaves(trial),
        "n_estimators": trial.suggest_int("trees", 100, 1000, log=True),
        "min_child_samples": trial.suggest_int("leaf_rows", 5, 50, log=True),
        "colsample_bytree": trial.suggest_float("columns", 0.4, 1.0),
        "reg_lambda": trial.suggest_float("l2", 0.01, 10, log=True),
    }


def _hist(trial: Trial) -> dict[str, Any]:
    return {
        "learning_rate": _rate(trial),
        "max_leaf_nodes": _leaves(trial),
        "max_iter": trial.suggest_int("trees", 100, 1000, log=True),
        "min_samples_leaf": trial.suggest_int("leaf_rows", 5, 50, log=True),
        "l2_regularization": trial.suggest_float("l2", 0.01, 10, log=True),
    }


def _catboost(trial: Trial) -> dict[str, Any]:
    return {
        "learning_rate": _rate(trial),
        "depth": trial.suggest_int("depth", 4, 8),
        "iterations": trial.suggest_int("trees", 100, 1000, log=True),
        "l2_leaf_reg": trial.suggest_float("l2", 1, 10, log=True),
    }


def _gradient(trial: Trial) -> dict[str, Any]:
    return {
        "learning_rate": _rate(trial),
        "max_depth": trial.suggest_int("depth", 2, 6),
        "n_estimators": trial.suggest_int("trees", 50, 400, log=True),
        "min_samples_leaf": trial.suggest_int("leaf_rows", 5, 50, log=True),
        "subsample": trial.suggest_float("rows", 0.5, 1.0),
    }


def _make_lightgbm(seed: int, **settings: Any) -> Any:
    return LGBMRegressor(random_state=seed, n_jobs=2, verbose=-1, **settings)


def _make_catboost(seed: int, **settings: Any) -> Any:
    return CatBoostRegressor(
        random_seed=seed, thread_count=2, verbose=0, allow_writing_files=False, **settings
    )


def _make_hist(seed: int, **settings: Any) -> Any:
    return HistGradientBoostingRegressor(random_state=seed, **settings)


def _make_gradient(seed: int, **settings: Any) -> Any:
    return GradientBoostingRegressor(random_state=seed, **settings)


PLAIN: Mapping[str, Make] = {"gradient boosting, plain": _make_gradient}
TUNED: Mapping[str, tuple[Make, Suggest]] = {
    "LightGBM, tuned": (_make_lightgbm, _lightgbm),
    "CatBoost, tuned": (_make_catboost, _catboost),
    "histogram gradient boosting, tuned": (_make_hist, _hist),
}
TUNED_SMALL: Mapping[str, tuple[Make, Suggest]] = {  # too slow for many thousand rows
    "gradient boosting, tuned": (_make_gradient, _gradient),
    **TUNED,
}


def model(make: Make, texts: Sequence[str], seed: int, settings: Mapping[str, Any]) -> Pipeline:
    """Return an unfitted peer on raw columns; ``texts`` become one column a value."""
    coded = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer([("texts", coded, list(texts))], remainder="passthrough")
    columns.set_output(transform="pandas")
    return Pipeline([("columns", columns), ("model", make(seed, **settings))])


def tuned_settings(
    peer: tuple[Make, Suggest], rows: pl.DataFrame, target: Vector, groups: Vector, trials: int
) -> dict[str, Any]:
    """Return the settings with the least squared error on folds of ``rows``, after ``trials``."""
    make, suggest = peer
    frame, texts = rows.to_pandas(), _texts(rows)
    folds = list(GroupKFold(FOLDS, shuffle=True, random_state=0).split(frame, groups=groups))

    def error(trial: Trial) -> float:
        settings, found = suggest(trial), 0.0
        for known, out in folds:
            fitted = model(make, texts, 0, settings).fit(frame.iloc[known], target[known])
            found += float(np.sum((fitted.predict(frame.iloc[out]) - target[out]) ** 2))
        return found

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(error, n_trials=trials)
    return suggest(optuna.trial.FixedTrial(study.best_params))


def answers(
    make: Make,
    settings: Mapping[str, Any],
    known: tuple[pl.DataFrame, Vector],
    asked: pl.DataFrame,
    seed: int,
) -> Vector:
    """Return what a peer, fitted on the rows and targets ``known``, says of ``asked``."""
    rows, target = known
    fitted = model(make, _texts(rows), seed, settings).fit(rows.to_pandas(), target)
    return np.asarray(fitted.predict(asked.to_pandas()), dtype=np.float64)


def _texts(rows: pl.DataFrame) -> list[str]:
    return [name for name, kind in rows.schema.items() if kind == pl.String]
