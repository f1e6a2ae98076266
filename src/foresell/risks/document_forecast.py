"""The forecast and its backtest as the JSON file holds them."""

from typing import Any

from foresell.risks.assessment import Assessment
from foresell.risks.backtest import Backtest
from foresell.risks.candidates import LEVELS
from foresell.risks.months import add_months
from foresell.risks.rounding import rounded
from foresell.risks.scores import improvement

Part = dict[str, Any]

_CRITERION = (
    "orders by AICc, compared only at equal differencing, on the months known at each origin; "
    "differencing, and SARIMA against the naive ones, by RMSE over a rolling-origin backtest"
)


def forecast_part(found: Assessment) -> Part:
    """Return the months to come with their bands, and which candidate made them."""
    outlook = found.outlook
    if outlook.answer is None or outlook.edges is None:
        return {"available": False, "reason": outlook.reason}
    start = found.series.months[-1].start
    months = []
    for place, value in enumerate(outlook.values):
        edges = {
            f"{side}_{level}": rounded(float(values[level][place]))
            for level in LEVELS
            for side, values in (("lower", outlook.edges.lower), ("upper", outlook.edges.upper))
        }
        month = f"{add_months(start, place + 1):%Y-%m}"
        months.append({
            "month": month,
            "step": place + 1,
            "prediction": rounded(float(value)),
            **edges,
        })
    return {
        "available": True,
        "method": outlook.method,
        "chosen_by": "least RMSE of the backtest" if outlook.judged else outlook.unjudged,
        "model": _told(outlook.answer.told),
        "passed_over": outlook.passed_over,
        "nonnegative": bool(found.nonnegative),
        "nonnegative_because": found.nonnegative or None,
        "degrees_of_freedom": outlook.answer.freedom,
        "months": months,
    }


def sarima_part(found: Assessment) -> Part:
    """Return how the best SARIMA was chosen and did, or why there is none."""
    judged = found.outlook.judged
    if judged is None:
        return {"available": False, "reason": found.outlook.unjudged}
    name = judged.best_sarima
    if name is None:
        reasons = {**judged.trial.not_tried, **judged.failed}
        why = "; ".join(f"{one}: {text}" for one, text in reasons.items() if "sarima" in one)
        return {"available": False, "reason": why}
    own, naive = judged.judged[name], judged.judged["naive"]
    return {
        "available": True,
        "name": name,
        "gives_the_forecast": name == found.outlook.method,
        "criterion": _CRITERION,
        "orders_by_origin": [str(told["orders"]) for told in own.told],
        "improvement_over_naive": {
            metric: improvement(own.scores[metric], naive.scores[metric])
            for metric in ("rmse", "mae")
        },
    }


def backtest_part(found: Assessment) -> Part:
    """Return every candidate's scores on the same months, and the months themselves."""
    judged = found.outlook.judged
    if judged is None:
        return {"available": False, "reason": found.outlook.unjudged}
    labels = found.series.labels
    return {
        "available": True,
        "origins": [labels[origin - 1] for origin in judged.trial.origins],
        "horizon": judged.trial.steps,
        "n": len(judged.rows),
        "best": judged.best,
        "candidates": _candidates(judged),
        "rows": _rows(found, judged),
    }


def _candidates(judged: Backtest) -> list[Part]:
    """Return one entry a candidate, those that have no answer among them."""
    naive = judged.judged["naive"].scores
    entries: list[Part] = [
        {
            "name": name,
            "available": True,
            **one.scores,
            "coverage_80": rounded(one.coverage[80]),
            "coverage_95": rounded(one.coverage[95]),
            "improvement_over_naive": {
                metric: improvement(one.scores[metric], naive[metric]) for metric in ("rmse", "mae")
            },
        }
        for name, one in judged.judged.items()
    ]
    reasons = {**judged.trial.not_tried, **judged.failed}
    entries += [
        {"name": name, "available": False, "reason": reason} for name, reason in reasons.items()
    ]
    return entries


def _rows(found: Assessment, judged: Backtest) -> list[Part]:
    """Return every month that was forecast: the truth, all candidates, the bands of the chosen."""
    labels, chosen = found.series.labels, judged.judged[found.outlook.method or judged.best]
    return [
        {
            "origin": labels[row.origin - 1],
            "month": labels[row.place],
            "step": row.step,
            "actual": rounded(row.truth),
            "predictions": {
                name: rounded(float(one.values[place])) for name, one in judged.judged.items()
            },
            **{
                f"{side}_{level}": rounded(float(edges[level][place]))
                for level in LEVELS
                for side, edges in (("lower", chosen.lower), ("upper", chosen.upper))
            },
        }
        for place, row in enumerate(judged.rows)
    ]


def _told(told: dict[str, object]) -> Part:
    """Return how an answer was made, its numbers rounded."""
    return {
        name: rounded(value) if isinstance(value, float) else value for name, value in told.items()
    }
