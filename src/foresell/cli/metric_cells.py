"""Metrics as a person reads them: their titles, their numbers, how far two of them are apart."""

from foresell.cli.numbers import MISSING, amounts

_TITLES = {
    "bias_share": "bias, share",
    "coverage_80": "in the 80 % band",
    "width_80": "width of that band",
    "r2": "R2",
    "bias": "bias",
}
_SHARES = ("coverage_80", "bias_share")  # shown in percent; differences of them in points
_PLAIN = ("wape", "wql", "r2")
_LEAST = 0.0005  # a change from here on is seen in percent with one decimal


def metric_title(name: str) -> str:
    """Return what a metric is called.

    >>> metric_title("rmse"), metric_title("coverage_80")
    ('RMSE', 'in the 80 % band')
    """
    return _TITLES.get(name, name.upper())


def metric_cells(name: str, *values: float | None) -> list[str]:
    """Return the values of a metric, as many decimals in all of them.

    >>> metric_cells("coverage_80", 0.8125, None), metric_cells("rmse", 16.19, 9.4682)
    (['81.2%', '–'], ['16.19', '9.47'])
    """
    if name in _SHARES:
        form = ".1%" if name == "coverage_80" else "+.1%"
    elif name in _PLAIN:
        form = ".4f"
    elif name == "mase":
        form = ".3f"
    else:
        return amounts(values)
    return [MISSING if value is None else _signless(f"{value:{form}}") for value in values]


def change_cell(
    name: str, before: float | None, after: float | None, change: float | None = None
) -> str:
    """Return how far two values of a metric are apart: ``change``, which is a share, if there is.

    Without one in points where the metric is a share itself, else in its unit, with as many
    decimals as `metric_cells` gives its values; what these would hide has one digit.

    >>> change_cell("rmse", 200.0, 190.0, -0.05), change_cell("coverage_80", 0.8, 0.82)
    ('-5.0%', '+2.0 points')
    >>> change_cell("bias", 14.2956, 13.2947), change_cell("bias_share", 0.0040, 0.0038)
    ('-1.00', '-0.02 points')
    >>> change_cell("rmse", 7.0, 7.0, 0.0), change_cell("rmse", None, 7.0)
    ('same', '–')
    """
    if before is None or after is None:
        return MISSING
    difference = after - before
    if difference == 0:
        return "same"
    if change is not None:
        return f"{change:+.1%}" if abs(change) >= _LEAST else f"{change:+.1e}"
    if name in _SHARES:
        return f"{_shown(f'{100 * difference:+.1f}', 100 * difference)} points"
    if name in _PLAIN:
        return _shown(f"{difference:+.4f}", difference)
    cell = amounts([before, after, difference])[-1]
    return _shown(cell if difference < 0 else f"+{cell}", difference)


def _shown(cell: str, value: float) -> str:
    """Return ``cell``, or ``value`` with one digit where nothing but zeros is left of it."""
    return cell if cell.strip("+-0.,") else f"{value:+.1g}"


def _signless(cell: str) -> str:
    """Return ``cell``; a zero without a minus.

    >>> _signless("-0.0%"), _signless("-0.1%")
    ('0.0%', '-0.1%')
    """
    return cell if cell.strip("+-0.,%") else cell.lstrip("+-")
