"""What the backtest lets us expect of a period, and how odd what came is beside it.

A backtest of few weeks tells how far weeks differ only roughly, so the spread is moderated: as if
some weeks more had been seen, of a usual spread (G. K. Smyth, "Linear models and empirical Bayes
methods", 2004). Weeks that follow each other are alike, which makes a mean of several less sure:
their correlation is estimated, and drawn to a small one where there are few.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtr

Vector = NDArray[np.float64]

PRIOR_PERIODS = 4.0  # how many weeks the usual spread counts for
_ALIKE, _ALIKE_PERIODS = 0.2, 8.0  # the correlation of neighbours that few weeks are drawn to
_MOST_ALIKE = 0.8
_FOR_A_SLOPE = 8  # periods below which no trend by distance is looked for
_STEADY = 0.05  # spread of periods of a table, whose backtest has none, beside that of its rows
_MANY = 30.0


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What is expected of a number of a period.

    ``level`` at the first step, ``slope`` for each step's logarithm; ``spread``: the standard
    deviation of one period around that; ``alike``: the correlation of neighbours; ``worth``: how
    many independent periods the level rests on; ``freedom``: of Student's t.
    """

    level: float
    slope: float = 0.0
    spread: float
    alike: float = _ALIKE
    worth: float
    freedom: float

    def at(self, steps: Vector) -> Vector:
        """Return what is expected so far ahead, (n,); NaN steps count as the first."""
        ahead = np.log(np.maximum(np.nan_to_num(steps, nan=1.0), 1.0))
        found: Vector = self.level + self.slope * ahead
        return found


@dataclass(frozen=True, kw_only=True)
class Oddity:
    """How far periods lie from what was expected: ``apart`` in the number's own unit, their mean.

    ``above`` and ``below``: the chance of so much or more on that side, were all as in the
    backtest. ``periods``: how many were looked at.
    """

    apart: float
    above: float
    below: float
    periods: int


def learned(values: Sequence[float], steps: Sequence[float], prior: float) -> Expectation | None:
    """Return what periods of a backtest let us expect; None without any.

    ``values`` and ``steps``: (n,) in the order of time. ``prior``: the usual spread. A number that
    grows with the distance is expected to, as far as the backtest shows it beyond doubt: by so much
    of the slope as exceeds two standard errors.
    """
    found = np.asarray(values, dtype=float)
    if not len(found):
        return None
    ahead = np.log(np.maximum(np.nan_to_num(np.asarray(steps, dtype=float), nan=1.0), 1.0))
    slope = _slope(found, ahead)
    level = float(np.mean(found - slope * ahead))
    apart = found - level - slope * ahead
    alike = _correlation(apart)
    worth = max(1.0, len(found) * (1 - alike) / (1 + alike))
    free = max(0.0, len(found) - 1.0 - float(slope > 0))
    spread = (PRIOR_PERIODS * prior**2 + float(apart @ apart)) / (PRIOR_PERIODS + free)
    return Expectation(
        level=level,
        slope=slope,
        spread=float(np.sqrt(spread)),
        alike=alike,
        worth=worth,
        freedom=PRIOR_PERIODS + worth - 1.0,
    )


def around_zero(values: Sequence[float], prior: float) -> Expectation | None:
    """Return the expectation of no bias: what the backtest was off counts as spread.

    A backtest has one origin, whose whole forecast may be off to one side; another one's is to
    either.
    """
    found = np.asarray(values, dtype=float)
    if not len(found):
        return None
    alike = _correlation(found)
    worth = max(1.0, len(found) * (1 - alike) / (1 + alike))
    spread = (PRIOR_PERIODS * prior**2 + float(found @ found)) / (PRIOR_PERIODS + len(found))
    return Expectation(
        level=0.0,
        spread=float(np.sqrt(spread)),
        alike=alike,
        worth=_MANY * worth,  # no bias is a promise, nothing that was estimated
        freedom=PRIOR_PERIODS + worth - 1.0,
    )


def of_rows(above: pl.Series, below: pl.Series, rows: float, *, log: bool) -> Expectation | None:
    """Return what is expected of a ratio of sums over ``rows`` rows of a table.

    ``above`` and ``below``: (n,) of each judged row; the number is sum(above) / sum(below), or its
    logarithm. Its spread is that of a ratio of means (W. G. Cochran, *Sampling Techniques*, 3rd
    ed., section 2.11), with some for periods, which a table's backtest does not tell apart. None
    where it cannot be said.
    """
    over, under = above.to_numpy().astype(float), below.to_numpy().astype(float)
    if len(over) < 2 or under.sum() <= 0 or (log and over.sum() <= 0):
        return None
    ratio = float(over.sum() / under.sum())
    unit = abs(ratio) * float(under.mean()) if log else float(under.mean())
    spread = float(np.std(over - ratio * under, ddof=1)) / unit / np.sqrt(max(rows, 1.0))
    return Expectation(
        level=float(np.log(ratio)) if log else ratio,
        spread=float(np.hypot(spread, _STEADY if log else _STEADY * abs(ratio) / 2)),
        worth=max(1.0, len(over) / max(rows, 1.0)),
        freedom=_MANY,
    )


def oddity(values: Vector, steps: Vector, expected: Expectation) -> Oddity:
    """Return how odd a run of periods is: (n,) of their number, in the order of time, n at least 1.

    The variance of their mean is that of neighbours that are alike (an autoregression of order 1).
    """
    apart = float(np.mean(values - expected.at(steps)))
    lags = np.arange(1, len(values))
    alike = 1 + 2 * float(np.sum((1 - lags / len(values)) * expected.alike**lags))
    sure = expected.spread * np.sqrt(alike / len(values) + 1 / expected.worth)
    t = apart / sure if sure > 0 else 0.0 if apart == 0 else np.copysign(np.inf, apart)
    return Oddity(
        apart=apart,
        above=float(stdtr(expected.freedom, -t)),
        below=float(stdtr(expected.freedom, t)),
        periods=len(values),
    )


def _slope(values: Vector, ahead: Vector) -> float:
    """Return by how much a number grows with the logarithm of the step, as far as it is sure."""
    centred = ahead - ahead.mean()
    square = float(centred @ centred)
    if len(values) < _FOR_A_SLOPE or square <= 0:
        return 0.0
    slope = float(centred @ values) / square
    rest = values - values.mean() - slope * centred
    doubt = 2 * float(np.sqrt(rest @ rest / (len(values) - 2) / square))
    return slope * max(0.0, 1 - (doubt / slope) ** 2) if slope > 0 else 0.0


def _correlation(apart: Vector) -> float:
    """Return the correlation of neighbours, drawn to a small one where there are few."""
    count, square = len(apart), float(apart @ apart)
    own = float(apart[1:] @ apart[:-1]) / square + 1 / count if square > 0 and count > 2 else _ALIKE
    drawn = (count * own + _ALIKE_PERIODS * _ALIKE) / (count + _ALIKE_PERIODS)
    return float(np.clip(drawn, 0.0, _MOST_ALIKE))
