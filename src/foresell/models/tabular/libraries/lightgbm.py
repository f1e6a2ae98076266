"""Gradient boosting by LightGBM."""

import lightgbm as lgb

from foresell.models.parts import Settings

ERRORS = (lgb.basic.LightGBMError, ValueError, TypeError)


def lightgbm(settings: Settings, seed: int) -> lgb.LGBMRegressor:
    """Return trees of at most ``leaves``, grown where they help most."""
    return lgb.LGBMRegressor(
        n_estimators=int(settings["trees"]),
        learning_rate=float(settings["learning_rate"]),
        num_leaves=int(settings["leaves"]),
        min_child_samples=int(settings["leaf_rows"]),
        colsample_bytree=float(settings["columns_share"]),
        subsample=float(settings["rows_share"]),
        subsample_freq=1,
        reg_lambda=float(settings["l2"]),
        random_state=seed,
        n_jobs=1,
        deterministic=True,
        force_row_wise=True,
        verbosity=-1,
    )
