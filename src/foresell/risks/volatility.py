"""Volatility of returns: GARCH(1,1) where it can be fitted, else EWMA, and why.

Both are one recursion: the variance of the next return is
``omega + alpha * (return - mean)**2 + beta * variance``; EWMA is the one with no mean, no omega,
alpha = 1 - lambda and beta = lambda.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from foresell.risks.candidates import Trouble, Values

MONTHS = 12
DECAY = 0.97
DECAY_SOURCE = (
    "J.P. Morgan/Reuters, RiskMetrics Technical Document, 4th ed., 1996: "
    "0.97 for monthly data, 0.94 for daily"
)
LEAST_EWMA = 6  # returns


@dataclass(frozen=True, kw_only=True)
class Recursion:
    """Where the variance stands, and how it goes on; returns as shares (logarithmic).

    ``variance``: of the next return.
    """

    mean: float
    variance: float
    omega: float
    alpha: float
    beta: float

    @property
    def persistence(self) -> float:
        """How much of a shock is left a month later."""
        return self.alpha + self.beta

    def after(self, seen: float) -> "Recursion":
        """Return where the variance stands once the next return was seen.

        >>> Recursion(mean=0.0, variance=4.0, omega=1.0, alpha=0.1, beta=0.5).after(2.0).variance
        3.4
        """
        surprise = (seen - self.mean) ** 2
        variance = self.omega + self.alpha * surprise + self.beta * self.variance
        return replace(self, variance=variance)

    def path(self, steps: int) -> Values:
        """Return (steps,) expected variances of the returns to come.

        >>> Recursion(mean=0.0, variance=4.0, omega=1.0, alpha=0.25, beta=0.25).path(3).tolist()
        [4.0, 3.0, 2.5]
        """
        variances = [self.variance]
        for _ in range(steps - 1):
            variances.append(self.omega + self.persistence * variances[-1])
        return np.array(variances)


@dataclass(frozen=True, kw_only=True)
class Gauged:
    """The volatility of a series of returns.

    ``method``: ``garch`` or ``ewma``. ``reason``: why GARCH was not possible, or "". ``errors``:
    standard errors of the parameters by name, for GARCH. ``troubles``: what `arch` warned of.
    """

    method: str
    recursion: Recursion
    reason: str = ""
    errors: Mapping[str, float | None] | None = None
    troubles: tuple[Trouble, ...] = ()


def ewma(returns: Values, decay: float = DECAY) -> Recursion:
    """Return the exponentially weighted variance after ``returns`` (n,), of mean zero.

    It starts at the mean square of all of them and goes through them once, in their order.

    >>> round(ewma(np.array([1.0, 3.0]), decay=0.5).variance, 6)
    6.0
    """
    start = float(np.mean(returns**2))
    state = Recursion(mean=0.0, variance=start, omega=0.0, alpha=1 - decay, beta=decay)
    for seen in returns:
        state = state.after(float(seen))
    return state


def yearly(monthly: float) -> float:
    """Return the volatility of a year from that of a month, for returns that are independent.

    >>> yearly(0.1) == 0.1 * math.sqrt(12)
    True
    """
    return monthly * math.sqrt(MONTHS)
