"""The candidates of a table by name: who makes each, with what settings, and what it can read.

Everything is named in literal tables; a candidate's library is imported only where it is used.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from foresell.models.candidates import kind_of
from foresell.models.parts import Setting, Settings, resolve

# How the numbers of a derived frame reach an estimator: as they are, unknown ones among them;
# with the median in place of unknown ones; or these, standardised in 64 bits.
Reading = Literal["plain", "filled", "standardised"]

_SCIKIT = "foresell.models.tabular.libraries.scikit"
# How each is made: (settings, seed) -> an estimator, not fitted.
ESTIMATORS: Mapping[str, str] = {
    "linear": f"{_SCIKIT}:linear",
    "ridge": f"{_SCIKIT}:ridge",
    "random_forest": f"{_SCIKIT}:random_forest",
    "gradient_boosting": f"{_SCIKIT}:gradient_boosting",
    "hist_gradient_boosting": f"{_SCIKIT}:hist_gradient_boosting",
    "xgboost": "foresell.models.tabular.libraries.xgboost:xgboost",
    "lightgbm": "foresell.models.tabular.libraries.lightgbm:lightgbm",
    "catboost": "foresell.models.tabular.libraries.catboost:catboost",
}
READINGS: Mapping[str, Reading] = {
    "linear": "standardised",
    "ridge": "standardised",
    "random_forest": "filled",
    "gradient_boosting": "filled",
    "hist_gradient_boosting": "plain",
    "xgboost": "plain",
    "lightgbm": "plain",
    "catboost": "plain",
}
_FEW = 5_000  # rows: below it steps are smaller, and leaves of a random forest larger
_DRAWN: Settings = {"columns_share": 0.6, "rows_share": 0.7}


def settled(name: str, settings: Settings, rows: int) -> dict[str, Setting]:
    """Return all settings of a candidate: those given, the rest by how many rows teach it.

    Few rows (2,000) are taught in small steps to 330 trees of 8 leaves, many (15,000 and more) to
    600 of 31: more would learn the accidents of a small table by heart, fewer would leave a large
    one unread. Chosen by the folds of the training rows of sales_orders and california_housing: a
    strong penalty on leaves lets them be small.

    >>> settled("ridge", {}, 2000), settled("lightgbm", {"trees": 9}, 1800)["leaves"]
    ({'penalty': 1.0}, 7)
    """
    return {**_own(kind_of(name), rows), **settings}


def _own(kind: str, rows: int) -> dict[str, Setting]:
    """Return a candidate's own settings for so many rows."""
    trees, leaves = _between(250 + rows // 25, 300, 600), _between(rows // 250, 6, 31)
    few = rows < _FEW
    depth = _between(rows // 2_000, 3, 6)
    grown: dict[str, Setting] = {"trees": trees, "learning_rate": 0.02 if few else 0.03, **_DRAWN}
    leafy: dict[str, Setting] = {**grown, "leaves": leaves, "leaf_rows": 5, "l2": 30.0}
    own: Mapping[str, Mapping[str, Setting]] = {
        "linear": {},
        "ridge": {"penalty": 1.0},
        "random_forest": {
            "trees": 100,
            "leaf_rows": 12 if few else 5,
            "columns_share": 0.4,
            "rows_share": 1.0,
        },
        # it tries every value of a column: half as many trees of twice the rate, on fewer columns
        # and rows, take a fifth of the time and err no more on the folds
        "gradient_boosting": {
            "trees": trees // 2,
            "learning_rate": 0.06,
            "columns_share": 0.3,
            "rows_share": 0.5,
            "depth": depth,
            "leaf_rows": 10,
        },
        "hist_gradient_boosting": {
            name: value for name, value in leafy.items() if name != "rows_share"
        },
        "xgboost": leafy,
        "lightgbm": leafy,
        "catboost": {**grown, "depth": depth + 1, "l2": 10.0},
    }
    return dict(own[kind])


def _between(value: int, low: int, high: int) -> int:
    """Return ``value``, not below ``low`` and not above ``high``."""
    return max(low, min(value, high))


def estimator(name: str, settings: Settings, seed: int) -> Any:
    """Return the estimator of a candidate, not fitted; ``settings``: of `settled`.

    A library that is not installed is a CandidateError.
    """
    make: Callable[[Settings, int], Any] = resolve(ESTIMATORS[kind_of(name)])
    return make(settings, seed)


def errors_of(name: str) -> tuple[type[Exception], ...]:
    """Return what the library of a candidate raises when it refuses settings or rows."""
    module, _, _ = ESTIMATORS[kind_of(name)].partition(":")
    found: Any = resolve(f"{module}:ERRORS")
    return tuple(found)
