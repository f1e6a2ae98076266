"""Gradient boosting by CatBoost."""

import catboost as cb

from foresell.models.parts import Settings

ERRORS = (cb.CatBoostError, ValueError, TypeError)


def catboost(settings: Settings, seed: int) -> cb.CatBoostRegressor:
    """Return trees of ``depth`` levels that split all rows of a level at the same value."""
    return cb.CatBoostRegressor(
        iterations=int(settings["trees"]),
        learning_rate=float(settings["learning_rate"]),
        depth=int(settings["depth"]),
        rsm=float(settings["columns_share"]),
        bootstrap_type="Bernoulli",
        subsample=float(settings["rows_share"]),
        l2_leaf_reg=float(settings["l2"]),
        boosting_type="Plain",
        border_count=128,
        thread_count=1,
        random_seed=seed,
        allow_writing_files=False,
        logging_level="Silent",
    )
