"""Returns, volatility, value at risk and its test as the JSON file holds them."""

import math
from typing import Any

import numpy as np

from foresell.risks.assessment import Assessment
from foresell.risks.months import add_months
from foresell.risks.returns import WHY_LEFT_OUT, autocorrelation
from foresell.risks.rounding import rounded
from foresell.risks.value_at_risk import LEVELS, Losses, kupiec
from foresell.risks.volatility import DECAY, DECAY_SOURCE, LEAST_EWMA, Gauged, Recursion, yearly

Part = dict[str, Any]


def returns_part(found: Assessment) -> Part:
    """Return what was made of the months, and which pairs were left out."""
    returns, labels = found.returns, found.series.labels
    left_out = {
        "left_out": [labels[place] for place in returns.left_out],
        "left_out_because": WHY_LEFT_OUT if returns.left_out else None,
    }
    if not len(returns.values):
        return {"available": False, "reason": "no two months in a row are positive", **left_out}
    spread = float(np.std(returns.values, ddof=1)) if len(returns.values) > 1 else None
    return {
        "available": True,
        "kind": "log(month / month before)",
        "n": len(returns.values),
        **left_out,
        "mean": rounded(float(returns.values.mean())),
        "standard_deviation": rounded(spread),
        "autocorrelation": rounded(autocorrelation(returns.values)),
        "values": [
            {"month": labels[place], "return": rounded(float(value))}
            for place, value in zip(returns.places, returns.values, strict=True)
        ],
    }


def volatility_part(found: Assessment) -> Part:
    """Return the volatility of the next month and the months after it, monthly and annualised."""
    gauged = found.gauged
    if gauged is None or found.smoothed is None:
        return {"available": False, "reason": _no_volatility(found)}
    next_month = math.sqrt(gauged.recursion.variance)
    return {
        "available": True,
        "method": gauged.method,
        "unit": "standard deviation of the logarithmic return",
        "monthly": rounded(next_month),
        "annualised": rounded(yearly(next_month)),
        "path": _path(found, gauged.recursion),
        "garch": _garch(gauged),
        "ewma": {
            "available": True,
            "lambda": DECAY,
            "lambda_source": DECAY_SOURCE,
            "monthly": rounded(math.sqrt(found.smoothed.variance)),
            "annualised": rounded(yearly(math.sqrt(found.smoothed.variance))),
        },
    }


def losses_part(found: Assessment) -> Part:
    """Return value at risk and expected shortfall of the next month, in returns and in the unit."""
    if not found.losses or found.gauged is None:
        return {"available": False, "reason": _no_volatility(found)}
    last = found.series.months[-1]
    return {
        "available": True,
        "method": found.gauged.method,
        "month": f"{add_months(last.start, 1):%Y-%m}",
        "mean_return": rounded(found.gauged.recursion.mean),
        "distribution": "normal returns; months therefore log-normal",
        "sign": "a loss is positive: how far the next month falls below the last one",
        "levels": [_level(one) for one in found.losses],
        "amounts": _amounts(found),
    }


def kupiec_part(found: Assessment) -> Part:
    """Return whether past months broke the value at risk as often as promised."""
    rolled = found.rolled
    if rolled is None:
        reason = f"{len(found.returns.values)} returns leave no month to test on"
        return {"available": False, "reason": reason}
    months = len(rolled.returns)
    levels: list[Part] = []
    for level in LEVELS:
        need = math.ceil(100 / (100 - level))
        entry: Part = {"level": level, "failures": rolled.failures(level), "months": months}
        if months < need:
            reason = f"{months} months are too few to expect one failure; {need} are needed"
            levels.append({"available": False, "reason": reason, **entry})
            continue
        tested = kupiec(rolled.failures(level), months, level)
        levels.append({
            "available": True,
            **entry,
            "expected": rounded(tested.expected),
            "likelihood_ratio": rounded(tested.ratio),
            "p_value": rounded(tested.p_value),
            "rejected": tested.rejected,
        })
    return {"available": True, "test": "proportion of failures", "fits": rolled.methods,
            "levels": levels}  # fmt: skip


def _no_volatility(found: Assessment) -> str:
    """Return why there is no volatility."""
    count = len(found.returns.values)
    if count < LEAST_EWMA:
        return f"{count} returns are too few; EWMA needs {LEAST_EWMA}, GARCH more"
    return "the returns are all equal: there is no volatility to gauge"


def _path(found: Assessment, recursion: Recursion) -> list[Part]:
    """Return the volatility of each month ahead, and of all months up to it together."""
    variances = recursion.path(found.asked.garch_horizon)
    together = np.sqrt(np.cumsum(variances))
    start = found.series.months[-1].start
    return [
        {
            "month": f"{add_months(start, place + 1):%Y-%m}",
            "step": place + 1,
            "monthly": rounded(math.sqrt(variance)),
            "annualised": rounded(yearly(math.sqrt(variance))),
            "cumulative": rounded(float(together[place])),
        }
        for place, variance in enumerate(map(float, variances))
    ]


def _garch(gauged: Gauged) -> Part:
    """Return the parameters of GARCH, or why there are none."""
    if gauged.method != "garch":
        return {"available": False, "reason": gauged.reason}
    state = gauged.recursion
    level = math.sqrt(state.omega / (1 - state.persistence))
    return {
        "available": True,
        "mean_model": "constant",
        "distribution": "normal",
        "converged": True,
        "fitted_on": "returns divided by their standard deviation, then scaled back",
        "parameters": {
            name: rounded(getattr(state, name)) for name in ("mean", "omega", "alpha", "beta")
        },
        "standard_errors": {name: rounded(error) for name, error in (gauged.errors or {}).items()},
        "persistence": rounded(state.persistence),
        "long_run_monthly": rounded(level),
        "long_run_annualised": rounded(yearly(level)),
    }


def _level(one: Losses) -> Part:
    """Return the losses of one level, as returns."""
    return {
        "level": one.level,
        "var_return": rounded(one.var),
        "cvar_return": rounded(one.cvar),
        "var_share": rounded(one.var_share),
        "cvar_share": rounded(one.cvar_share),
    }


def _amounts(found: Assessment) -> Part:
    """Return the same losses in the unit of the target, from the last month on."""
    last = found.series.months[-1]
    if last.value <= 0:
        reason = f"the last month, {last.label}, is not positive: nothing can fall from it"
        return {"available": False, "reason": reason}
    return {
        "available": True,
        "unit": found.project.unit,
        "from_month": last.label,
        "from_value": rounded(last.value),
        "levels": [
            {
                "level": one.level,
                "var": rounded(one.var_share * last.value),
                "cvar": rounded(one.cvar_share * last.value),
            }
            for one in found.losses
        ],
    }
