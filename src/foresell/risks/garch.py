"""GARCH(1,1) with a constant mean, fitted by `arch`.

Source: T. Bollerslev, "Generalized autoregressive conditional heteroskedasticity", Journal of
Econometrics 31 (1986); the library: K. Sheppard, *arch*.
"""

import re
import warnings

import numpy as np
from arch.univariate import GARCH, ConstantMean, Normal

from foresell.errors import CandidateError
from foresell.risks.candidates import Trouble, Values, summed_up
from foresell.risks.volatility import Gauged, Recursion

LEAST = 20  # returns
_STATIONARY = 0.999  # at or above, a shock never ends
_WHERE = "garch"


def fit_garch(returns: Values) -> Gauged:
    """Return GARCH(1,1) fitted to ``returns`` (n,), logarithmic, as shares.

    They are fitted as multiples of their standard deviation, so that the optimiser sees the same
    numbers whatever the scale, and the answer is scaled back.

    Raises:
        CandidateError: fewer than twenty returns, the optimiser did not come to an end, or what it
            found is not stationary.
    """
    if len(returns) < LEAST:
        raise CandidateError(
            f"{len(returns)} returns are too few for GARCH, which needs {LEAST} or more",
            _WHERE,
            "give it more months",
        )
    scale = float(np.std(returns))
    model = ConstantMean(
        returns / scale, volatility=GARCH(p=1, o=0, q=1), distribution=Normal(), rescale=False
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = model.fit(disp="off", show_warning=True, options={"maxiter": 500, "ftol": 1e-10})
        errors = np.asarray(fitted.std_err, dtype=np.float64)
        state = fitted.forecast(horizon=1, reindex=False)
    troubles = summed_up([
        Trouble(where=_WHERE, text=re.sub(r"\s+", " ", str(one.message)).strip()) for one in caught
    ])
    mean, omega, alpha, beta = (float(value) for value in fitted.params)
    if fitted.convergence_flag != 0:
        raise CandidateError(
            f"the optimiser did not converge (flag {fitted.convergence_flag})",
            _WHERE,
            "give it more months",
        )
    if alpha + beta >= _STATIONARY:
        raise CandidateError(
            f"not stationary: alpha + beta is {alpha + beta:.4f}, so that a shock never ends",
            _WHERE,
            "give it more months",
        )
    recursion = Recursion(
        mean=mean * scale,
        variance=float(state.variance.to_numpy()[-1, 0]) * scale**2,
        omega=omega * scale**2,
        alpha=alpha,
        beta=beta,
    )
    factors = (scale, scale**2, 1.0, 1.0)
    known = {
        name: float(error * factor) if np.isfinite(error) else None
        for name, error, factor in zip(
            ("mean", "omega", "alpha", "beta"), errors, factors, strict=True
        )
    }
    return Gauged(method="garch", recursion=recursion, errors=known, troubles=troubles)
