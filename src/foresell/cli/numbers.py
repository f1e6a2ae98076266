"""Numbers of a column as a person reads them: one style for all of them."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal

MISSING = "–"
LARGE = 1000  # from here on, forecasts and errors are shown without decimals
SMALL = 10  # below, forecasts and errors have four decimals, so that they differ
_LARGE = 100  # from here on, floats have two decimals
_ENDLESS = 1e15  # floats from here on are no longer exact to the cent
_DIGITS = 4  # significant ones of the largest float below
_TINY = 1e-4  # floats below are written as 1.5e-07
_YEARS = range(1900, 2101)
_NAMED = re.compile(r"(id|key|code|number|nr|zip|phone|year|month|week|quarter|day)$")


def column_cells(name: str, values: Sequence[object]) -> list[str]:
    """Return the cells of the column ``name``; a missing value is a dash, the text 'NA' is not.

    Whole numbers get thousands separators, unless they are names (``store_id``, ``ORDERNUMBER``)
    or years. Floats of a column have the same number of decimals: two where the largest is 100 or
    more, else as many as four digits of the largest need; one too small for them is shown as it is.

    >>> column_cells("sales", [9.19544, 3553.89, None])
    ['9.20', '3,553.89', '–']
    >>> column_cells("orders", [2823]), column_cells("year", [2004])
    (['2,823'], ['2004'])
    """
    there = [value for value in values if value is not None]
    floats = [value for value in there if isinstance(value, float) and math.isfinite(value)]
    decimals = _decimals(floats)
    grouped = not _is_name(name, there)
    return [_cell(value, decimals, grouped=grouped) for value in values]


def amount(value: float | int | None) -> str:
    """Return a forecast or an error as a person reads it.

    >>> amount(1234.5), amount(12.3), amount(0.40312), amount(None)
    ('1,234', '12.30', '0.4031', '–')
    """
    if value is None:
        return MISSING
    return f"{value:,.{decimals([value])}f}"


def amounts(values: Sequence[float | int | None]) -> list[str]:
    """Return the forecasts or errors of a column: four decimals only where all of them are small.

    >>> amounts([0.4031, 1.2, None]), amounts([0.4, 1234.5])
    (['0.4031', '1.2000', '–'], ['0.40', '1,234'])
    """
    if all(value is None or abs(value) < SMALL for value in values):
        return [amount(value) for value in values]
    least = [MISSING if value is None else f"{value:,.2f}" for value in values]
    return [
        amount(value) if value is not None and abs(value) >= LARGE else cell
        for value, cell in zip(values, least, strict=True)
    ]


def share(value: float | int | None) -> str:
    """Return an error as a share of the actuals.

    >>> share(0.08), share(None)
    ('0.0800', '–')
    """
    return MISSING if value is None else f"{value:.4f}"


def decimals(values: "Sequence[float]") -> int:
    """Return how many decimals the numbers of a table are shown with.

    >>> decimals([18234.5]), decimals([32.5, 0.1]), decimals([3.25, 0.1])
    (0, 2, 4)
    """
    largest = max(map(abs, values), default=0.0)
    if largest >= LARGE:
        return 0
    return 2 if largest >= SMALL else 4


def rounded(values: "Sequence[float]", total: float, digits: int) -> list[float]:
    """Return ``values`` rounded so that they sum to ``total`` rounded: those nearest to it give.

    Each is moved by at most one unit of the last decimal that is shown.
    Source: the largest remainder method (Hare-Niemeyer).

    >>> rounded([10.4, 0.4, 0.4], 11.2, 0)
    [11.0, 0.0, 0.0]
    """
    unit = 10.0**-digits
    plainly = [round(value, digits) + 0.0 for value in values]  # no zero with a minus
    missing = round((round(total, digits) - sum(plainly)) / unit)
    step = unit if missing > 0 else -unit
    order = sorted(range(len(values)), key=lambda i: (plainly[i] - values[i]) * step)
    for i in order[: abs(missing)]:
        plainly[i] = round(plainly[i] + step, digits) + 0.0
    return plainly


def _is_name(name: str, values: Sequence[object]) -> bool:
    """Tell whether the whole numbers of a column tell things apart, and count nothing."""
    whole = [value for value in values if isinstance(value, int)]
    return bool(_NAMED.search(name.casefold())) or (
        bool(whole) and all(value in _YEARS for value in whole)
    )


def _decimals(values: Sequence[float]) -> int:
    """Return how many decimals the floats of a column are shown with."""
    largest = max(map(abs, values), default=0.0)
    if largest == 0 or largest >= _LARGE:
        return 2
    if largest < _TINY:
        return 0
    most = _DIGITS - 1 - math.floor(math.log10(largest))
    needed = (len(f"{value:.{most}f}".rstrip("0").partition(".")[2]) for value in values)
    return max(1, *needed)


def _cell(value: object, decimals: int, *, grouped: bool) -> str:
    """Return one value."""
    if value is None:
        return MISSING
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return f"{value:,}" if grouped else str(value)
    if isinstance(value, float):
        return _float(value, decimals)
    return str(value)


def _float(value: float, decimals: int) -> str:
    """Return a float with so many decimals; what they would hide or pretend, in other words."""
    if abs(value) >= _ENDLESS or not math.isfinite(value):
        return f"{value:.6g}"
    shown = f"{value:,.{decimals}f}"
    return f"{value:.4g}" if value and not shown.strip("-0.,") else shown
