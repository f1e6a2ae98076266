"""Lags and rolling statistics as of an origin: strictly past, by date on the completed calendar."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.features.levels import Vector


def origin_lags(history: Matrix, lags: Sequence[int]) -> dict[str, Vector]:
    """Return ``lag_K``: (n series,) the value ``K - 1`` periods before the last column.

    Lag 1 is the last period that may be seen. NaN where the series or the calendar has no value.

    >>> origin_lags(np.array([[3.0, 5.0]]), [1, 3])["lag_1"].tolist()
    [5.0]
    """
    none = np.full(history.shape[0], np.nan)
    return {f"lag_{lag}": history[:, -lag] if lag <= history.shape[1] else none for lag in lags}


def rolling(
    history: Matrix, windows: Sequence[int], statistics: Sequence[str]
) -> dict[str, Vector]:
    """Return ``STATISTIC_WINDOW``: (n series,) over the last ``WINDOW`` columns' seen values.

    NaN where nothing was seen in the window; ``std`` is the population's.

    >>> rolling(np.array([[1.0, np.nan, 3.0]]), [3], ["mean"])["mean_3"].tolist()
    [2.0]
    """
    columns: dict[str, Vector] = {}
    for window in windows:
        part = history[:, -window:]
        count = np.isfinite(part).sum(axis=1)
        for name in statistics:
            value = _statistic(name, part, count)
            columns[f"{name}_{window}"] = np.where(count > 0, value, np.nan)
    return columns


def _statistic(name: str, part: Matrix, count: NDArray[np.int64]) -> Vector:
    """Return one statistic of the seen values of each row; any number where there are none."""
    seen = np.isfinite(part)
    size = np.maximum(count, 1)
    mean: Vector = np.where(seen, part, 0.0).sum(axis=1) / size
    if name == "mean":
        found = mean
    elif name == "std":
        spread = np.where(seen, part - mean[:, None], 0.0)
        found = np.sqrt((spread**2).sum(axis=1) / size)
    elif name == "min":
        found = np.where(seen, part, np.inf).min(axis=1)
    elif name == "max":
        found = np.where(seen, part, -np.inf).max(axis=1)
    else:
        ordered = np.sort(part, axis=1)  # NaN sorts last
        rows = np.arange(len(part))
        found = (ordered[rows, (size - 1) // 2] + ordered[rows, size // 2]) / 2
    return found


def last_known(values: Matrix) -> Vector:
    """Return (n series,) the newest value that is not NaN, however old; NaN where there is none."""
    seen = np.isfinite(values)
    newest = values.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    picked = values[np.arange(len(values)), newest]
    return np.where(seen.any(axis=1), picked, np.nan)


def since_seen(history: Matrix) -> Vector:
    """Return (n series,) how many periods ago the last value was seen: 0 at the origin."""
    seen = np.isfinite(history)
    ago = np.argmax(seen[:, ::-1], axis=1).astype(np.float64)
    return np.where(seen.any(axis=1), ago, float(history.shape[1]))
