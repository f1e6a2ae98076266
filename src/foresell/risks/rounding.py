"""Numbers as the JSON holds them: ten significant digits, and none that JSON has no word for."""

import math

_DIGITS = 10


def rounded(value: float | None) -> float | None:
    """Return ``value`` to ten significant digits; None for what is no finite number.

    The last digits of a fitted number differ from machine to machine and say nothing.

    >>> rounded(1234.56789012345), rounded(float("nan")), rounded(0.0)
    (1234.56789, None, 0.0)
    """
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}") + 0.0
