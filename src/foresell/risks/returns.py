"""Returns of months, safe where a month is zero."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foresell.risks.candidates import Values

WHY_LEFT_OUT = "a month is not positive, and its logarithm is not there"


@dataclass(frozen=True, kw_only=True)
class Returns:
    """Logarithmic returns, log(month / month before), ascending.

    ``values``: (n,), all finite. ``places``: of the later month of each, in the series.
    ``left_out``: places of the later months of the pairs that have no return.
    """

    values: Values
    places: tuple[int, ...]
    left_out: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Whether the last month has a return, so that the next one follows on it."""
        last = max((*self.places, *self.left_out), default=-1)
        return bool(self.places) and self.places[-1] == last


def safe_returns(months: Sequence[float]) -> Returns:
    """Return the returns of every pair of months that are both above 0; the others are left out.

    A return from or to zero is infinite. Replacing the zero by a small number would make the
    return, and so the risk, whatever that number says; leaving the pair out invents nothing.

    >>> found = safe_returns([100.0, 0.0, 50.0, 100.0])
    >>> found.values.round(4).tolist(), found.places, found.left_out
    ([0.6931], (3,), (1, 2))
    """
    values = np.asarray(months, dtype=np.float64)
    usable = (values[1:] > 0) & (values[:-1] > 0)
    logs = np.log(values, out=np.zeros_like(values), where=values > 0)
    return Returns(
        values=np.diff(logs)[usable],
        places=tuple(int(place) + 1 for place in np.flatnonzero(usable)),
        left_out=tuple(int(place) + 1 for place in np.flatnonzero(~usable)),
    )


def autocorrelation(values: Values) -> float | None:
    """Return the correlation of each return with the one before; None for fewer than three.

    >>> autocorrelation(np.array([1.0, -1.0, 1.0, -1.0]))
    -0.75
    """
    centred = values - values.mean() if len(values) else values
    below = float((centred**2).sum())
    if len(values) < 3 or below <= 0:
        return None
    return float((centred[1:] * centred[:-1]).sum()) / below
