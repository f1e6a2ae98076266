"""Columns that hold the target of another period of the same series, or the sum of all so far."""

import numpy as np
from numpy.typing import NDArray

from foresell.data.leak_copies import NEARLY_ALL
from foresell.data.leak_rows import Clue, Numbers, Rows

_GLANCE = 5_000
_LEAST_ROWS, _LEAST_VALUES = 50, 20
_LONGEST = 60  # periods


def find_shift(name: str, rows: Rows, target: str, horizon: int, *, known: bool) -> Clue | None:
    """Return of which other period the column shows the target, or None.

    A later one: a row would know its series' future. An earlier one matters where the column is
    said to be ``known`` in advance: nobody knows the target of a period between now and then.
    """
    values = rows.numbers.get(name)
    if values is None or rows.moment is None:
        return None
    places = _places(rows.moment)
    glance = slice(0, min(_GLANCE, len(values)))
    reach = min(horizon, _LONGEST)
    for distance in (*range(1, reach + 1), *range(-1, -reach if known else 0, -1)):
        if _shows(values[glance], rows.target[glance], places[glance], distance) is None:
            continue
        share = _shows(values, rows.target, places, distance)
        if share is not None:
            word = "later" if distance > 0 else "earlier"
            periods = f"{abs(distance)} period{'s' if abs(distance) > 1 else ''}"
            return Clue(
                columns=(name,),
                kind="shift",
                share=share,
                says=f"shows {target} of {periods} {word} in the same series",
                ahead=distance > 0,
            )
    return None


def find_total(name: str, rows: Rows, target: str) -> Clue | None:
    """Return whether the column is the running total of the target, or None."""
    values = rows.numbers.get(name)
    if values is None or rows.moment is None:
        return None
    places = _places(rows.moment)
    follows = np.zeros(len(places), dtype=np.bool_)
    follows[1:] = places[1:] == places[:-1] + 1
    growth = np.full(len(values), np.nan)
    growth[1:] = np.diff(values)
    growth[~follows] = np.nan
    before = np.full(len(values), np.nan)
    before[1:] = rows.target[:-1]
    slack = rows.unit / 2 + 1e-9 * float(np.nanmax(np.abs(values), initial=0.0))
    for said in (rows.target, before):
        share = _agree(growth, said, slack)
        if share is not None:
            says = f"grows by {target} from one period to the next: its running total"
            return Clue(columns=(name,), kind="total", share=share, says=says)
    return None


def _places(moment: tuple[NDArray[np.int64], NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return one rising number for each series and period; periods of one series lie together."""
    series, period = moment
    longest = int(period.max(initial=0))
    return series * 2 * (longest + _LONGEST + 1) + period


def _shows(
    values: Numbers, target: Numbers, places: NDArray[np.int64], distance: int
) -> float | None:
    """Return on which share of comparable rows the column is the target ``distance`` later."""
    at = np.minimum(np.searchsorted(places, places + distance), len(places) - 1)
    there = np.where(places[at] == places + distance, target[at], np.nan)
    return _agree(values, there, 0.0)


def _agree(values: Numbers, said: Numbers, slack: float) -> float | None:
    """Return the share of rows where two columns agree; None unless it is nearly all, on enough.

    Rows with the commonest value of either say nothing: a series of zeros is like any other.
    """
    both = np.isfinite(values) & np.isfinite(said)
    left, right = values[both], said[both]
    if len(left) < _LEAST_ROWS:
        return None
    near = np.abs(left - right) <= slack + 1e-9 * np.abs(right)
    if float(np.mean(near)) < NEARLY_ALL:
        return None
    telling = near & (left != _commonest(left)) & (right != _commonest(right))
    if telling.sum() < _LEAST_ROWS or len(np.unique(right[telling])) < _LEAST_VALUES:
        return None
    return float(np.mean(near))


def _commonest(values: Numbers) -> float:
    """Return the value that most rows have."""
    held, counts = np.unique(values, return_counts=True)
    return float(held[counts.argmax()])
