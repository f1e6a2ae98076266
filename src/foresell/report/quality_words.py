"""Numbers and names of the quality report, as a reader says them."""

from collections.abc import Mapping
from typing import Any

from foresell.charts.signs import minus
from foresell.report.tables import METRICS
from foresell.report.wording import NBSP, amount, percent

BASELINE, RIVAL = "baseline_", "rival_"
_TITLES = {
    "bias_share": METRICS["bias"].title,
    "error": "calibration error",
    "share": "as a share of the truth",
    "p50_ms": "p50",
    "p95_ms": "p95",
    "p99_ms": "p99",
    "max_ms": "slowest",
    "psi": "PSI",
}
_LONG = 12  # characters of a hash or the like that are shown


def label(name: str) -> str:
    """Return what a number is called.

    >>> label("wape"), label("baseline_wape"), label("judged_cutoff")
    ('WAPE', 'WAPE of the best baseline', 'judged cutoff')
    """
    if name.startswith(BASELINE):
        return f"{label(name.removeprefix(BASELINE))} of the best baseline"
    if name.startswith(RIVAL):
        return f"best baseline by {label(name.removeprefix(RIVAL))}"
    if name in METRICS:
        return METRICS[name].title
    return _TITLES.get(name, name.replace("_", " ") if name.islower() else name)


def shown(number: Mapping[str, Any]) -> str:
    r"""Return the value of a number, with its unit.

    >>> shown({"value": 0.0872, "unit": "share"}), shown({"value": 4.1, "unit": "ms"})
    ('8.7\xa0%', '4.1\xa0ms')
    >>> shown({"value": True, "unit": ""}), shown({"value": 3331, "unit": ""})
    ('yes', '3,331')
    """
    value, unit = number["value"], str(number["unit"])
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if unit == "date":
        return str(value)[:16].replace("T", " ")
    if isinstance(value, str):
        return value if len(value) < 5 * _LONG else f"{value[:_LONG]}\u2060…"
    return _number(value, unit)


def beside(numbers: Mapping[str, Mapping[str, Any]], metric: str) -> str:
    r"""Return the error of the best baseline by a metric and its name, empty where there is none.

    ``numbers``: those of the section of errors, by name.

    >>> told = {"baseline_rmse": {"value": 1899.1, "unit": "USD"}}
    >>> beside({**told, "rival_rmse": {"value": "mean", "unit": ""}}, "rmse")
    '1,899\xa0USD, mean'
    """
    if f"{BASELINE}{metric}" not in numbers:
        return ""
    said = shown(numbers[f"{BASELINE}{metric}"])
    rival = numbers.get(f"{RIVAL}{metric}")
    return said if rival is None else f"{said}, {rival['value']}"


def _number(value: float, unit: str) -> str:
    """Return a number with its unit."""
    if unit == "id":
        return str(value)
    if unit == "share":
        return percent(value)
    if unit in {"ms", "s"}:
        return f"{value:,.0f}{NBSP}{unit}" if value >= 100 else f"{value:.3g}{NBSP}{unit}"
    if isinstance(value, int) and not unit:
        return minus(f"{value:,}")
    return amount(value, unit)


def short(sha256: str) -> str:
    """Return how a hash begins."""
    return sha256[:_LONG]
