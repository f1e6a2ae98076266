"""GARCH where it can be fitted, else EWMA, and why."""

import numpy as np

from foresell.errors import CandidateError
from foresell.risks.candidates import Values
from foresell.risks.garch import fit_garch
from foresell.risks.volatility import LEAST_EWMA, Gauged, ewma

_EQUAL = 1e-9  # of the largest return: those that differ by less are equal, but for rounding


def gauge(returns: Values) -> Gauged | None:
    """Return the volatility after ``returns``: GARCH, else EWMA; None for fewer than six."""
    if len(returns) < LEAST_EWMA or np.ptp(returns) <= _EQUAL * np.abs(returns).max():
        return None
    try:
        return fit_garch(returns)
    except CandidateError as error:
        return Gauged(method="ewma", recursion=ewma(returns), reason=error.what)
