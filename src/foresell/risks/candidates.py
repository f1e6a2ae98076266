"""What every candidate of a monthly forecast answers with, and the two that anybody could make."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEASON = 12
LEVELS = (80, 95)  # percent of the truth that a band is to hold

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What a library warned of: where, in its own words, and how often."""

    where: str
    text: str
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A forecast of some months: (steps,) values and their standard errors, in the target's unit.

    ``freedom``: degrees of freedom of the standard errors, for the Student t of the bands.
    ``told``: how it was made (orders and the like), as the JSON shows it.
    """

    values: Values
    errors: Values
    freedom: int
    told: dict[str, object]
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Bands:
    """Lower and upper edges by percent, (steps,) each."""

    lower: dict[int, Values]
    upper: dict[int, Values]


def naive(history: Values, steps: int) -> Answer:
    """Forecast the last month again; needs two months.

    The error of step h is sqrt(h) times the root mean square of the monthly changes.
    Source: Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., ch. 5.5.

    >>> answer = naive(np.array([1.0, 3.0, 1.0]), 2)
    >>> answer.values.tolist(), answer.errors.round(3).tolist()
    ([1.0, 1.0], [2.0, 2.828])
    """
    changes = np.diff(history)
    size = _root_mean_square(changes)
    ahead = np.arange(1, steps + 1)
    return Answer(
        values=np.full(steps, history[-1]),
        errors=size * np.sqrt(ahead),
        freedom=len(changes),
        told={"rule": "the last month again"},
    )


def seasonal_naive(history: Values, steps: int) -> Answer:
    """Forecast the same month of the year before; needs a year and a month.

    The error grows with the years ahead, sqrt(1 + (h - 1) // 12); source as in `naive`.
    """
    changes = history[SEASON:] - history[:-SEASON]
    size = _root_mean_square(changes)
    ahead = np.arange(steps)
    return Answer(
        values=history[-SEASON:][ahead % SEASON],
        errors=size * np.sqrt(1 + ahead // SEASON),
        freedom=len(changes),
        told={"rule": "the same month of the year before"},
    )


def bands(answer: Answer, *, nonnegative: bool) -> Bands:
    """Return the 80 and 95 % bands of a forecast: Student t with its degrees of freedom.

    ``nonnegative``: no edge is below 0.
    """
    from scipy.stats import t  # noqa: PLC0415 - half a second

    lower, upper = {}, {}
    for level in LEVELS:
        reach = float(t.ppf(0.5 + level / 200, max(answer.freedom, 1))) * answer.errors
        lower[level] = floored(answer.values - reach, nonnegative=nonnegative)
        upper[level] = floored(answer.values + reach, nonnegative=nonnegative)
    return Bands(lower=lower, upper=upper)


def floored(values: Values, *, nonnegative: bool) -> Values:
    """Return ``values``, none below 0 where sales cannot be."""
    return np.maximum(values, 0.0) if nonnegative else values


def summed_up(troubles: Sequence[Trouble]) -> tuple[Trouble, ...]:
    """Return each trouble once, with how often it came, in the order in which they came first.

    >>> summed_up([Trouble(where="a", text="b"), Trouble(where="a", text="b", count=2)])[0].count
    3
    """
    counts: dict[tuple[str, str], int] = {}
    for one in troubles:
        counts[one.where, one.text] = counts.get((one.where, one.text), 0) + one.count
    return tuple(
        Trouble(where=where, text=text, count=count) for (where, text), count in counts.items()
    )


def _root_mean_square(changes: Values) -> float:
    """Return the size of ``changes``, not less than nothing."""
    return math.sqrt(float(np.mean(changes**2)))
