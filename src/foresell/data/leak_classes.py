"""Columns of few values that are the target in classes: DEALSIZE is SALES cut at 3,000 and 7,000.

Classes tell the target when each has an interval of it to itself. By chance that happens to no
column of many rows. Where the intervals touch, as the cuts of one continuous number do, the column
was made from the target. Where they lie apart (kinds of goods at different prices), or a class has
one target value only (a closed shop sells nothing), the world may be made so: that is only told.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, inf, lgamma, log

import numpy as np
from numpy.typing import NDArray

from foresell.data.leak_rows import Clue, Numbers, Rows

Codes = NDArray[np.int64]

MOST_CLASSES = 50
_ROWS_PER_CLASS = 10
_EXCEPTIONS, _EXCEPTIONS_IN_A_CLASS = 0.001, 0.05
_CHANCE = -9 * log(10)  # one in a thousand million, for any order of the classes
_GLANCE = 2_000
_NEIGHBOURS, _TOUCHING = 50, 20.0  # a gap this many times the usual one is no cut
_SHOWN = 4


@dataclass(frozen=True, kw_only=True)
class _Interval:
    """What one class holds of the target: from the smallest to the largest of its values."""

    code: int
    low: float
    high: float


def find_class(name: str, rows: Rows, target: str) -> Clue | None:
    """Return how the classes of a column tell the target, or None where they do not."""
    codes = rows.classes[name]
    held, codes = np.unique(codes, return_inverse=True)
    count = len(held)
    if not 2 <= count <= MOST_CLASSES or count * _ROWS_PER_CLASS > len(codes):
        return None
    glance = np.linspace(0, len(codes) - 1, min(_GLANCE, len(codes))).astype(np.intp)
    if _match(codes[glance], rows.target[glance], count)[0] < 0.98 * len(glance):
        return None
    matched, intervals = _match(codes, rows.target, count)
    off = len(codes) - matched
    if off > _EXCEPTIONS * len(codes) or not _is_rare(codes, count, off, rows):
        return None
    if len(intervals) < count:
        return None
    says, certain = _explain(intervals, codes, rows, target)
    if not says:
        labels = ["missing" if code < 0 else rows.labels[name][code] for code in held]
        says = _levels(intervals, labels, target)
    return Clue(
        columns=(name,), kind="classes", share=matched / len(codes), says=says, certain=certain
    )


def _match(codes: Codes, target: Numbers, count: int) -> tuple[int, list[_Interval]]:
    """Return how many rows lie in an interval of their class at best, and those intervals.

    The classes are laid along the target by their mean rank; equal targets are never parted. A
    class that would keep less than nearly all of its rows has no interval.
    """
    values, at = np.unique(target, return_inverse=True)
    sizes = np.bincount(codes, minlength=count)
    order = np.argsort(np.bincount(codes, weights=at, minlength=count) / np.maximum(sizes, 1))
    best = np.zeros(len(values) + 1)
    sums, cuts = [], []
    for code in order:
        held = np.bincount(at[codes == code], minlength=len(values))
        total = np.concatenate([[0], np.cumsum(held)])
        lead = best - total
        top = np.maximum.accumulate(lead)
        cuts.append(np.maximum.accumulate(np.where(lead >= top, np.arange(len(lead)), 0)))
        sums.append(total)
        best = total + top
    intervals, end = [], len(values)
    for place in range(count - 1, -1, -1):
        code, start = int(order[place]), int(cuts[place][end])
        own = np.flatnonzero(np.diff(sums[place][start : end + 1]))
        kept = sums[place][end] - sums[place][start]
        if own.size and kept >= (1 - _EXCEPTIONS_IN_A_CLASS) * sizes[code]:
            low, high = values[start + own[0]], values[start + own[-1]]
            intervals.append(_Interval(code=code, low=float(low), high=float(high)))
        end = start
    return int(best[-1]), intervals[::-1]


def _is_rare(codes: Codes, count: int, exceptions: int, rows: Rows) -> bool:
    """Tell whether rows dealt out by chance would hardly ever fall into intervals like this.

    Where rows have an order in time, neighbours of one class are one deal: a year is no leak
    because sales grew.
    """
    dealt = codes
    if rows.timed:
        turns = np.ones(len(codes), dtype=np.bool_)
        turns[1:] = codes[1:] != codes[:-1]
        if rows.moment is not None:
            series = rows.moment[0]
            turns[1:] |= series[1:] != series[:-1]
        dealt = codes[turns]
    sizes = np.bincount(dealt, minlength=count)
    ways = lgamma(len(dealt) + 1) - sum(lgamma(size + 1) for size in sizes.tolist())
    spare = min(exceptions, len(dealt))
    allowed = lgamma(len(dealt) + 1) - lgamma(spare + 1) - lgamma(len(dealt) - spare + 1)
    return lgamma(count + 1) - ways + allowed + spare * log(count) < _CHANCE


def _explain(intervals: list[_Interval], codes: Codes, rows: Rows, target: str) -> tuple[str, bool]:
    """Return what the classes do with the target, and whether they were made from it."""
    if all(part.low == part.high for part in intervals):
        return f"gives each value of {target} a name of its own", True
    edges = [
        (below, above, round_number(below.high, above.low)) for below, above in pairwise(intervals)
    ]
    if not any(_touch(below, above, codes, rows.target) for below, above, _ in edges):
        return "", False
    shown = [f"{edge:,.10g}" for _, _, edge in edges]
    if len(shown) > _SHOWN:
        shown = [*shown[:_SHOWN], f"{len(shown) - _SHOWN} more values"]
    listed = " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
    return f"bins {target} at {listed}", True


def _levels(intervals: list[_Interval], labels: list[str], target: str) -> str:
    """Return, in words, that classes lie apart or hold one value."""
    single = [part for part in intervals if part.low == part.high]
    if single:
        part = single[0]
        return f"{target} is always {part.low:,.10g} where it is {labels[part.code]!r}"
    return f"each of its values has a range of {target} to itself, and the ranges lie apart"


def _touch(below: _Interval, above: _Interval, codes: Codes, target: Numbers) -> bool:
    """Tell whether two intervals touch: the gap is like those between values beside it."""
    spaces = []
    for part, nearest_last in ((below, True), (above, False)):
        own = np.unique(target[codes == part.code])
        own = own[(own >= part.low) & (own <= part.high)]
        beside = own[-_NEIGHBOURS:] if nearest_last else own[:_NEIGHBOURS]
        if len(beside) < 2:
            return False
        spaces.append(float(beside[-1] - beside[0]) / (len(beside) - 1))
    return above.low - below.high <= _TOUCHING * max(spaces)


def round_number(below: float, above: float) -> float:
    """Return the roundest number above ``below`` and not above ``above``.

    It has the fewest digits; of several, one that ends with 5, else with an even digit.

    >>> round_number(2999.97, 3002.4), round_number(-0.5, 12), round_number(0.171, 0.19)
    (3000.0, 0.0, 0.18)
    """
    if below < 0 <= above:
        return 0.0
    for power in range(15, -16, -1):
        size = 10.0**power
        first, last = floor(below / size) + 1, floor(above / size)
        if first > last or last - first > 10:
            continue
        digits = range(ceil(first), last + 1)
        pick = min(digits, key=lambda digit: (digit % 10 != 0, digit % 5 != 0, digit % 2 != 0))
        number = float(f"{pick}e{power}")
        if below < number <= above:
            return number
    return above if above < inf else below
