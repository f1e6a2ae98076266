"""Metrics as a person reads them: their titles, their numbers, how far two of them are apart."""

from foresell.cli.numbers import MISSING, amount, decimals

_TITLES = {
    "bias_share": "bias, share",
    "coverage_80": "in the 80 % band",
    "width_80": "width of that band",
    "r2": "R2",
    "bias": "bias",
}
_SHARES = ("coverage_80", "bias_share")  # shown in percent; differences of them in points
_PLAIN = ("wape", "wql", "r2")


def metric_title(name: str) -> str:
    """Return what a metric is called.

    >>> metric_title("rmse"), metric_title("coverage_80")
    ('RMSE', 'in the 80 % band')
    """
    return _TITLES.get(name, name.upper())


def metric_cell(name: str, value: float | None) -> str:
    """Return the value of a metric.

    >>> metric_cell("coverage_80", 0.8125), metric_cell("rmse", 1234.5), metric_cell("wape", 0.05)
    ('81.2%', '1,234', '0.0500')
    """
    if value is None:
        return MISSING
    if name in _SHARES:
        return f"{value:.1%}" if name == "coverage_80" else f"{value:+.1%}"
    if name in _PLAIN:
        return f"{value:.4f}"
    return f"{value:.3f}" if name == "mase" else amount(value)


def change_cell(name: str, difference: float | None, change: float | None) -> str:
    """Return how far two values of a metric are apart: a share, or points where it is one itself.

    >>> change_cell("rmse", -10.0, -0.05), change_cell("coverage_80", 0.02, None)
    ('-5.0%', '+2.0 points')
    >>> change_cell("rmse", 0.0, 0.0), change_cell("rmse", None, None)
    ('same', '–')
    """
    if difference is None:
        return MISSING
    if difference == 0:
        return "same"
    if change is not None:
        return f"{change:+.1%}" if abs(change) >= 0.0005 else f"{change:+.1e}"
    if name in _SHARES:
        return f"{100 * difference:+.1f} points"
    return f"{difference:+,.{decimals([difference])}f}"
