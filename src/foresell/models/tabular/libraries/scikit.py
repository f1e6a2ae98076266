"""Regressions, forests and boosting by scikit-learn."""

from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import Ridge

from foresell.models.parts import Settings

ERRORS = (ValueError, TypeError)
_TIE = 1e-3  # a penalty of so little tells columns apart that say the same, and does nothing else


def linear(_: Settings, __: int) -> Ridge:
    """Return least squares.

    Columns that are sums of others (the axes of a place, every category of one column) would let
    weights of any size cancel each other; the least penalty keeps them small.
    """
    return Ridge(alpha=_TIE, solver="svd")


def ridge(settings: Settings, _: int) -> Ridge:
    """Return ridge regression: ``penalty`` on the squares of weights of standardised columns."""
    return Ridge(alpha=float(settings["penalty"]), solver="svd")


def random_forest(settings: Settings, seed: int) -> RandomForestRegressor:
    """Return a random forest; each tree draws ``rows_share`` of the rows, with replacement."""
    share = float(settings["rows_share"])
    return RandomForestRegressor(
        int(settings["trees"]),
        min_samples_leaf=int(settings["leaf_rows"]),
        max_features=float(settings["columns_share"]),
        max_samples=share if share < 1 else None,
        random_state=seed,
        n_jobs=1,
    )


def gradient_boosting(settings: Settings, seed: int) -> GradientBoostingRegressor:
    """Return gradient boosting of trees split at exact values, of ``depth`` levels each."""
    return GradientBoostingRegressor(
        n_estimators=int(settings["trees"]),
        learning_rate=float(settings["learning_rate"]),
        max_depth=int(settings["depth"]),
        min_samples_leaf=int(settings["leaf_rows"]),
        max_features=float(settings["columns_share"]),
        subsample=float(settings["rows_share"]),
        random_state=seed,
    )


def hist_gradient_boosting(settings: Settings, seed: int) -> HistGradientBoostingRegressor:
    """Return gradient boosting over at most 255 bins of each column; it draws no rows.

    ``columns_share`` are drawn anew at each split. Categories come to it as columns of 0 and 1: its
    own treatment of them cannot be told in ONNX.
    """
    return HistGradientBoostingRegressor(
        max_iter=int(settings["trees"]),
        learning_rate=float(settings["learning_rate"]),
        max_leaf_nodes=int(settings["leaves"]),
        min_samples_leaf=int(settings["leaf_rows"]),
        max_features=float(settings["columns_share"]),
        l2_regularization=float(settings["l2"]),
        early_stopping=False,
        random_state=seed,
    )
