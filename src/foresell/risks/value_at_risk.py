"""How much the next month may lose: value at risk, expected shortfall, and the test of both.

A loss is positive. Returns are normal around the mean with the volatility of the month; in currency
the next month is the last one times exp(return), a log-normal number.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from foresell.risks.candidates import Values
from foresell.risks.volatility import Gauged

LEVELS = (95, 99)  # percent
_NORMAL = NormalDist()
_REJECTED = 0.05


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What is lost in the worst months of one level.

    ``var``: the loss that is exceeded in (100 - level) % of months; ``cvar``: the mean loss of
    those. Both as a logarithmic return with its sign turned, and as a share of the last month.
    """

    level: int
    var: float
    cvar: float
    var_share: float
    cvar_share: float


def losses(mean: float, volatility: float, level: int) -> Losses:
    """Return value at risk and expected shortfall of one month's return at ``level`` percent.

    Source: McNeil, Frey & Embrechts, *Quantitative Risk Management*, 2nd ed., ch. 2.3 (normal);
    the share is the mean of a log-normal below its quantile.

    >>> found = losses(0.0, 0.1, 95)
    >>> round(found.var, 4), round(found.cvar, 4), round(found.var_share, 4)
    (0.1645, 0.2063, 0.1517)
    """
    tail = 1 - level / 100
    edge = _NORMAL.inv_cdf(tail)
    below = math.exp(mean + volatility**2 / 2) * _NORMAL.cdf(edge - volatility) / tail
    return Losses(
        level=level,
        var=-(mean + volatility * edge),
        cvar=-mean + volatility * _NORMAL.pdf(edge) / tail,
        var_share=1 - math.exp(mean + volatility * edge),
        cvar_share=1 - below,
    )


@dataclass(frozen=True, kw_only=True)
class Kupiec:
    """The proportion-of-failures test: were there as many failures as promised?

    ``ratio``: the likelihood ratio; ``p_value``: how often chance alone makes one as large;
    ``rejected``: below 5 %.
    """

    failures: int
    months: int
    expected: float
    ratio: float
    p_value: float
    rejected: bool


def kupiec(failures: int, months: int, level: int) -> Kupiec:
    """Return the test of ``failures`` in ``months`` (1 or more) of a VaR of ``level`` percent.

    Source: P. Kupiec, "Techniques for verifying the accuracy of risk measurement models", Journal
    of Derivatives 3 (1995).

    >>> found = kupiec(5, 100, 95)
    >>> found.ratio, found.p_value, found.rejected
    (0.0, 1.0, False)
    >>> kupiec(15, 100, 95).rejected
    True
    """
    tail = 1 - level / 100
    share = failures / months

    def likelihood(rate: float) -> float:
        missed = failures * math.log(rate) if failures else 0.0
        held = (months - failures) * math.log(1 - rate) if failures < months else 0.0
        return missed + held

    ratio = max(0.0, 2 * (likelihood(share) - likelihood(tail)))
    ratio = 0.0 if math.isclose(share, tail) else ratio
    p_value = math.erfc(math.sqrt(ratio / 2))  # chi-squared with one degree of freedom
    return Kupiec(
        failures=failures,
        months=months,
        expected=months * tail,
        ratio=ratio,
        p_value=p_value,
        rejected=p_value < _REJECTED,
    )


@dataclass(frozen=True, kw_only=True)
class Rolled:
    """One month ahead, month by month, from what was known before.

    ``returns``, ``means`` and ``volatilities``: (n,). ``methods``: how often each was refitted.
    """

    returns: Values
    means: Values
    volatilities: Values
    methods: dict[str, int]

    def failures(self, level: int) -> int:
        """Return in how many months the loss was more than the value at risk."""
        edge = _NORMAL.inv_cdf(1 - level / 100)
        return int((self.returns < self.means + edge * self.volatilities).sum())


def roll(
    returns: Values, first: int, every: int, gauge: Callable[[Values], Gauged | None]
) -> Rolled | None:
    """Return the forecasts of each return from ``first`` on, from the returns before it.

    The model is fitted anew after ``every`` months; between, its recursion goes on with the
    returns seen. None where there is no return to forecast, or none could be.
    """
    means, volatilities = [], []
    methods: dict[str, int] = {}
    state = None
    for place in range(first, len(returns)):
        if (place - first) % every == 0 or state is None:
            found = gauge(returns[:place])
            if found is None:
                return None
            state = found.recursion
            methods[found.method] = methods.get(found.method, 0) + 1
        means.append(state.mean)
        volatilities.append(math.sqrt(state.variance))
        state = state.after(float(returns[place]))
    if not means:
        return None
    return Rolled(
        returns=returns[first:],
        means=np.array(means),
        volatilities=np.array(volatilities),
        methods=methods,
    )
