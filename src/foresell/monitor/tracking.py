"""Signals of a bias that keeps to one side."""

from collections.abc import Sequence

import numpy as np

_SMOOTHING = 0.2


def tracking_signal(errors: Sequence[float], scale: float) -> list[float | None]:
    """Return the running sum of errors over their usual size, one for each period.

    ``errors``: forecast - truth of whole periods, oldest first; ``scale``: the mean absolute error
    of a whole period in the backtest. Within about 4 of 0 it means nothing; None where there is no
    scale. Source: R. G. Brown, *Smoothing, Forecasting and Prediction of Discrete Time Series*,
    1963.

    >>> tracking_signal([2.0, -1.0, 3.0], 2.0)
    [1.0, 0.5, 2.0]
    """
    sums = np.cumsum(np.asarray(errors, dtype=float))
    if not scale > 0:
        return [None] * len(sums)
    return [float(one) for one in sums / scale]


def trigg(errors: Sequence[float], scale: float) -> list[float | None]:
    """Return the smoothed error over the smoothed absolute error, between -1 and 1, by period.

    Near 1 all forecasts are too high, near -1 too low. It begins with no bias and the size
    ``scale`` of the backtest. Source: D. W. Trigg, "Monitoring a forecasting system", Operational
    Research Quarterly 15 (1964).

    >>> [round(one, 2) for one in trigg([2.0, 2.0, 2.0], 2.0)]
    [0.2, 0.36, 0.49]
    """
    told: list[float | None] = []
    smooth, size = 0.0, max(scale, 0.0)
    for error in errors:
        smooth += _SMOOTHING * (error - smooth)
        size += _SMOOTHING * (abs(error) - size)
        told.append(smooth / size if size > 0 else None)
    return told
