"""Small flat files of numbers beside what a stage makes: for people and programs to compare."""

from collections.abc import Mapping, Sequence
from typing import Any

from foresell.pipeline.writing import json_bytes
from foresell.spec.ports import Store

TEST = "test.json"
METRICS = "metrics.json"
_SCORES = ("wape", "wmae", "mae", "rmse", "mase", "bias_share", "r2", "coverage_80", "coverage_95")


def write_test(out: Store, test: Mapping[str, Any]) -> None:
    """Keep what a test has told as ``test.json``, and its numbers alone as ``metrics.json``."""
    out.write_bytes(TEST, json_bytes(test))
    out.write_bytes(METRICS, json_bytes(score_metrics(test["protocols"])))


def score_metrics(protocols: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the numbers of every protocol, by its name: champion, best baseline, value added.

    ``protocols``: what the stage ``evaluate`` tells of each in ``test.json``. A score without a
    value (no season, no weight) is left out, so that every leaf is a number. ``value_added``: by
    the metric that was compared, the part of the best baseline's error that the champion saves.

    >>> verdict = {"comparisons": [{"metric": "mae", "value_added": 0.25}]}
    >>> told = {"rows": 9, "scores": {"mae": 3.0, "mase": None}, "best_baseline": {"mae": 4.0}}
    >>> score_metrics({"held-out": {**told, "verdict": verdict}})["held_out"]["value_added"]
    {'mae': 0.25}
    """
    return {
        name.replace("-", "_"): {
            "rows": told["rows"],
            "champion": _numbers(told["scores"], _SCORES),
            "best_baseline": _numbers(told["best_baseline"], _SCORES),
            "value_added": {
                one["metric"]: one["value_added"]
                for one in told["verdict"]["comparisons"]
                if one["value_added"] is not None
            },
        }
        for name, told in protocols.items()
    }


def _numbers(told: Mapping[str, Any], names: Sequence[str]) -> dict[str, float]:
    """Return those of ``names`` that ``told`` has a number for."""
    return {name: told[name] for name in names if told.get(name) is not None}


def risk_metrics(told: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of one gauged segment, from its document; those it has.

    ``rows``, ``months``; ``next_month``: the prediction, in the unit of the target; ``rmse`` of the
    best candidate of the backtest; ``volatility``: of the next month's logarithmic return;
    ``var_95``, ``cvar_95`` and so on: the share of the last month's value that may be lost.

    >>> risk_metrics({"data": {"rows": 3}, "series": {"n_months": 2}})
    {'rows': 3, 'months': 2}
    """
    backtest, at_risk = told.get("backtest", {}), told.get("value_at_risk", {})
    ahead = told.get("forecast", {}).get("months", [])[:1]
    best = [one for one in backtest.get("candidates", []) if one["name"] == backtest.get("best")]
    found = {
        "rows": told["data"].get("rows"),
        "months": told["series"].get("n_months"),
        "next_month": ahead[0]["prediction"] if ahead else None,
        "rmse": best[0].get("rmse") if best else None,
        "volatility": told.get("volatility", {}).get("monthly"),
    }
    for one in at_risk.get("levels", []):
        for kind in ("var", "cvar"):
            found[f"{kind}_{one['level']}"] = one.get(f"{kind}_share")
    return {name: number for name, number in found.items() if number is not None}
