"""SARIMA by statsmodels: orders by AICc at one differencing, candidates one differencing each.

The likelihoods of two models can be compared only where both speak of the same numbers, so AICc
decides among orders at equal differencing, on the months known at the origin; which differencing is
best is left to the backtest (`foresell.risks.backtest`).

Parameters are fitted on the differenced months, and the whole model then filters the months
themselves, so that forecasts and their errors come in the target's unit.
Source: Box, Jenkins, Reinsel & Ljung, *Time Series Analysis*, 5th ed., ch. 9; Hurvich & Tsai,
"Regression and time series model selection in small samples", Biometrika 76 (1989), for AICc.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from statsmodels.tsa.statespace.sarimax import SARIMAX

from foresell.errors import CandidateError
from foresell.risks.candidates import SEASON, Answer, Trouble, Values, summed_up

DIFFERENCINGS = ((0, 0), (1, 0), (0, 1), (1, 1))  # of months, of years
_LEAST = 8  # months left after differencing
_LONG = 60  # months from which on second orders are tried
_TRIES = 200  # steps of the optimiser


@dataclass(frozen=True, kw_only=True)
class Orders:
    """(p, d, q)(P, D, Q)12, with a constant or without."""

    order: tuple[int, int, int]
    seasonal: tuple[int, int, int]
    constant: bool

    @property
    def parameters(self) -> int:
        """How many numbers are fitted, the variance among them."""
        (p, _, q), (sp, _, sq) = self.order, self.seasonal
        return p + q + sp + sq + int(self.constant) + 1

    @property
    def text(self) -> str:
        """The orders as the literature writes them."""
        inner = ",".join(map(str, self.order))
        outer = ",".join(map(str, self.seasonal))
        return f"({inner})({outer})12" + (" with a constant" if self.constant else "")

    def told(self) -> dict[str, object]:
        """Return the orders as the JSON shows them."""
        return {
            "orders": self.text,
            "order": list(self.order),
            "seasonal_order": [*self.seasonal, SEASON],
            "constant": self.constant,
        }


def sarima_name(differencing: tuple[int, int]) -> str:
    """Return what the candidate of one differencing is called.

    >>> sarima_name((1, 0))
    'sarima_d1_D0'
    """
    return f"sarima_d{differencing[0]}_D{differencing[1]}"


def possible_orders(differencing: tuple[int, int], months: int) -> tuple[Orders, ...]:
    """Return the orders that ``months`` of history can carry, least parameters first.

    At least eight months and twice as many as there are parameters must be left after differencing;
    a seasonal term needs two years of what is left.
    """
    d, yearly = differencing
    left = months - d - SEASON * yearly
    most = 2 if months >= _LONG else 1
    seasonal = (0, 1) if left >= 2 * SEASON else (0,)
    means = (True,) if d + yearly == 0 else (False, True) if d == 0 else (False,)
    found = [
        Orders(order=(p, d, q), seasonal=(sp, yearly, sq), constant=constant)
        for p in range(most + 1)
        for q in range(most + 1)
        for sp in seasonal
        for sq in (seasonal if yearly or left >= 3 * SEASON else (0,))
        for constant in means
        if p + q <= 2 and sp + sq <= 1
    ]
    fits = [one for one in found if left >= max(_LEAST, 2 * one.parameters)]
    return tuple(sorted(fits, key=lambda one: (one.parameters, one.text)))


def forecast_sarima(history: Values, steps: int, differencing: tuple[int, int]) -> Answer:
    """Return the forecast of the orders with the least AICc at one differencing.

    Raises:
        CandidateError: the history is too short or never changes, or no fit came to an end.
    """
    name = sarima_name(differencing)
    orders = possible_orders(differencing, len(history))
    if not orders:
        raise CandidateError(
            f"{len(history)} months are too few after differencing", name, "give it more months"
        )
    scale = float(np.std(np.diff(history)))
    if not scale > 0:
        raise CandidateError("the months never change", name, "there is nothing to fit")
    tried = [_fitted(history / scale, one, name) for one in orders]
    troubles = summed_up([trouble for _, _, own in tried for trouble in own])
    found = [
        (aicc, one, parameters)
        for one, (aicc, parameters, _) in zip(orders, tried, strict=True)
        if parameters is not None and np.isfinite(aicc)
    ]
    if not found:
        raise CandidateError(
            f"none of {len(orders)} orders could be fitted: "
            + "; ".join(trouble.text for trouble in troubles),
            name,
            "give it more months",
        )
    aicc, best, parameters = min(found, key=lambda one: one[0])
    values, errors, own = _ahead(history / scale, best, parameters, steps, name)
    if not (np.isfinite(values).all() and np.isfinite(errors).all()):
        raise CandidateError("its forecast is not finite", f"{name} {best.text}", "more months")
    left = len(history) - best.order[1] - SEASON * best.seasonal[1]
    return Answer(
        values=values * scale,
        errors=errors * scale,
        freedom=left - best.parameters,
        told={**best.told(), "aicc": float(aicc), "orders_tried": len(orders)},
        troubles=summed_up([*troubles, *own]),
    )


def _fitted(
    history: Values, orders: Orders, name: str
) -> tuple[float, Values | None, tuple[Trouble, ...]]:
    """Return AICc and parameters of ``orders`` on the differenced history; None where it failed.

    A fit that the optimiser did not bring to an end counts as failed, and its warning is told.
    """
    where = f"{name} {orders.text}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            fitted = _model(history, orders, differenced=True).fit(disp=False, maxiter=_TRIES)
        except (ValueError, np.linalg.LinAlgError) as error:
            return np.inf, None, (*_told(caught, where), Trouble(where=where, text=str(error)))
    troubles = _told(caught, where)
    if not fitted.mle_retvals["converged"]:
        return np.inf, None, troubles
    size = fitted.nobs
    spare = size - orders.parameters - 1
    correction = 2 * orders.parameters * (orders.parameters + 1) / spare if spare > 0 else np.inf
    return float(fitted.aic + correction), np.asarray(fitted.params), troubles


def _ahead(
    history: Values, orders: Orders, parameters: Values, steps: int, name: str
) -> tuple[Values, Values, tuple[Trouble, ...]]:
    """Return forecasts and their standard errors, (steps,) each, by the whole model."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        filtered = _model(history, orders, differenced=False).filter(parameters)
        ahead = filtered.get_forecast(steps)
    troubles = _told(caught, f"{name} {orders.text}")
    return np.asarray(ahead.predicted_mean), np.asarray(ahead.se_mean), troubles


def _model(history: Values, orders: Orders, *, differenced: bool) -> SARIMAX:
    """Return the model of ``history``, of its differences or of itself."""
    return SARIMAX(
        history,
        order=orders.order,
        seasonal_order=(*orders.seasonal, SEASON),
        trend="c" if orders.constant else "n",
        simple_differencing=differenced,
    )


def _told(caught: Sequence[warnings.WarningMessage], where: str) -> tuple[Trouble, ...]:
    """Return warnings as text, on one line each."""
    return summed_up([
        Trouble(where=where, text=re.sub(r"\s+", " ", str(one.message)).strip()) for one in caught
    ])
