"""Gradient boosting by XGBoost."""

import xgboost as xgb

from foresell.models.parts import Settings

ERRORS = (xgb.core.XGBoostError, ValueError, TypeError)


def xgboost(settings: Settings, seed: int) -> xgb.XGBRegressor:
    """Return trees of at most ``leaves``, grown where they help most.

    XGBoost has no fewest rows of a leaf: with squared errors a row's curvature is its weight, so
    the least weight of a leaf says the same when weights have a mean of 1.
    """
    return xgb.XGBRegressor(
        n_estimators=int(settings["trees"]),
        learning_rate=float(settings["learning_rate"]),
        max_leaves=int(settings["leaves"]),
        max_depth=0,
        grow_policy="lossguide",
        tree_method="hist",
        min_child_weight=float(settings["leaf_rows"]),
        colsample_bytree=float(settings["columns_share"]),
        subsample=float(settings["rows_share"]),
        reg_lambda=float(settings["l2"]),
        random_state=seed,
        n_jobs=1,
        verbosity=0,
    )
