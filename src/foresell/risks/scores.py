"""How far forecasts of months are off, safe where months are zero."""

from collections.abc import Mapping

import numpy as np

from foresell.evaluate.metrics import (
    Rows,
    absolute_percentage_error,
    mean_squared_error,
    symmetric_percentage_error,
)
from foresell.risks.candidates import Values
from foresell.risks.rounding import rounded

LEAST = 1e-9  # of the target's unit: a truth nearer to zero has no percentage

Scores = Mapping[str, float | int | None]


def scores(truth: Values, forecast: Values) -> Scores:
    """Return RMSE and MAE (in the target's unit), MAPE and sMAPE (shares) of aligned months.

    ``n``: months. A truth of zero has no percentage error: it is left out of MAPE, and a pair of
    zeros out of sMAPE; ``mape_n``, ``mape_excluded``, ``smape_n`` and ``smape_excluded`` count
    them. A number that cannot be said is None.

    >>> found = scores(np.array([0.0, 4.0]), np.array([0.0, 3.0]))
    >>> found["mae"], found["mape"], found["mape_excluded"], found["smape_excluded"]
    (0.5, 0.25, 1, 1)
    """
    rows = Rows(truth=truth, prediction=forecast)
    mape, excluded = absolute_percentage_error(rows, LEAST)
    paired = rows.where(np.abs(truth) + np.abs(forecast) > 0)
    squared = mean_squared_error(rows)
    return {
        "n": len(truth),
        "rmse": None if squared is None else rounded(float(np.sqrt(squared))),
        "mae": rounded(float(np.abs(forecast - truth).mean())) if len(truth) else None,
        "mape": rounded(mape),
        "mape_n": len(truth) - excluded,
        "mape_excluded": excluded,
        "smape": rounded(symmetric_percentage_error(paired)),
        "smape_n": len(paired.truth),
        "smape_excluded": len(truth) - len(paired.truth),
    }


def improvement(own: float | None, other: float | None) -> float | None:
    """Return by what share an error is smaller than another; negative where it is larger.

    None where one is not known, or the other is already zero.

    >>> improvement(75.0, 100.0), improvement(1.0, 0.0)
    (0.25, None)
    """
    if own is None or not other:
        return None
    return rounded(1 - own / other)
