"""Columns of many values that are the target by another name: copies, scales, ranks, codes."""

from bisect import bisect_right

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.leak_classes import MOST_CLASSES
from foresell.data.leak_rows import Clue, Numbers, Rows

NEARLY_ALL = 0.999
_LEAST_ROWS, _LEAST_VALUES = 50, 30
_GLANCE = 2_000
_HEAVY = 0.05  # a value that this share of the rows has says nothing about order
_LEAST_SHARE = 0.05
_REPEATED_ROWS, _REPEATED_VALUES = 100, 30


def find_copy(name: str, rows: Rows, target: str) -> Clue | None:
    """Return how a numeric column rises and falls with the target, or None where it does not.

    Nearly all rows, put in the order of the column, must be in the order of the target too (or the
    other way round). Noise far smaller than the distance between two targets breaks that, so that
    a column that only foretells well is no copy. A column that itself only tells the time is none.
    """
    values = rows.numbers.get(name)
    if values is None:
        return None
    x, y = _telling(values, rows.target)
    if len(x) < max(_LEAST_ROWS, _LEAST_SHARE * len(values)):
        return None
    if min(len(np.unique(x)), len(np.unique(y))) < _LEAST_VALUES:
        return None
    sign = _way(x, y)
    if not sign:
        return None
    present = np.isfinite(values)
    equal = np.abs(values[present] - rows.target[present]) <= rows.unit / 2
    if float(np.mean(equal)) >= NEARLY_ALL:
        says = f"equals {target}"
    elif _tells_the_time(values, rows):
        return None
    else:
        says = _form(x, y, rows.unit, name, target) or (
            f"{'rises' if sign > 0 else 'falls'} with {target}, row for row: a scale, a rank or a "
            "rounding of it"
        )
    share = float(np.mean(present))
    if share < NEARLY_ALL:
        says += f", where it is known ({share:.1%} of rows)"
    return Clue(columns=(name,), kind="copy", share=share, says=says)


def _telling(values: Numbers, target: Numbers) -> tuple[Numbers, Numbers]:
    """Return the rows whose values, and targets, are not those of very many rows."""
    telling = np.isfinite(values)
    telling[telling] &= ~(_heavy(values[telling]) | _heavy(target[telling]))
    return values[telling], target[telling]


def _way(x: Numbers, y: Numbers) -> float:
    """Return 1 where ``y`` rises with ``x`` on nearly all rows, -1 where it falls, else 0."""
    glance = np.linspace(0, len(x) - 1, min(_GLANCE, len(x))).astype(np.intp)
    for sign in (1.0, -1.0):
        if _in_order(sign * x[glance], y[glance]) >= 0.98 and _in_order(sign * x, y) >= NEARLY_ALL:
            return sign
    return 0.0


def find_code(name: str, rows: Rows, target: str) -> Clue | None:
    """Return whether each value of a column has one target value, on many repeated values.

    Where each target value has one value of the column, too, it is the target in code. Where not,
    the column may be what the target hangs on (a price list): that is only told.
    """
    codes = rows.classes[name]
    pairs = pl.DataFrame({"code": codes, "target": rows.target}).filter(pl.col("code") >= 0)
    heavy = _heavy(pairs["target"].to_numpy())
    pairs = pairs.filter(~pl.Series(heavy))
    if pairs.height < _REPEATED_ROWS or pairs["code"].n_unique() <= MOST_CLASSES:
        return None
    if not _determines(pairs, "code", "target"):
        return None
    share = pairs.height / len(codes)
    if _determines(pairs, "target", "code"):
        says = f"names each value of {target} by a code of its own"
        return Clue(columns=(name,), kind="code", share=share, says=says)
    says = f"each of its values has one value of {target}"
    return Clue(columns=(name,), kind="code", share=share, says=says, certain=False)


def _determines(pairs: pl.DataFrame, one: str, other: str) -> bool:
    """Tell whether each repeated value of ``one`` has a single value of ``other``."""
    groups = pairs.group_by(one).agg(pl.len().alias("rows"), pl.col(other).n_unique().alias("held"))
    repeated = groups.filter(pl.col("rows") > 1)
    count = int(repeated["rows"].sum())
    if count < _REPEATED_ROWS or repeated.height < _REPEATED_VALUES:
        return False
    return int(repeated.filter(pl.col("held") == 1)["rows"].sum()) >= NEARLY_ALL * count


def _heavy(values: Numbers) -> NDArray[np.bool_]:
    """Return where a value stands that many rows have: zero, a cap, a default."""
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray(counts[at] > max(_HEAVY * len(values), 1))


def _in_order(x: Numbers, y: Numbers) -> float:
    """Return the share of rows in the longest run, by ``x``, along which ``y`` never falls."""
    tails: list[float] = []
    for value in y[np.lexsort((y, x))].tolist():
        if not tails or value >= tails[-1]:
            tails.append(value)
        else:
            tails[bisect_right(tails, value)] = value
    return len(tails) / len(x)


def _tells_the_time(values: Numbers, rows: Rows) -> bool:
    """Tell whether the column rises with time alone: then the target does, and that is a trend."""
    if not rows.timed:
        return False
    when = np.arange(len(values)) if rows.moment is None else rows.moment[1]
    known = np.isfinite(values)
    x, at = values[known], when[known].astype(np.float64)
    glance = np.linspace(0, len(x) - 1, min(_GLANCE, len(x))).astype(np.intp)
    return max(_in_order(at[glance], x[glance]), _in_order(-at[glance], x[glance])) >= NEARLY_ALL


def _form(x: Numbers, y: Numbers, unit: float, name: str, target: str) -> str:
    """Return the line or the logarithm that ties the two, as a sentence; empty where none does."""
    if line := _line(x, y, 1.5 * unit):
        slope, start = line
        shift = f" {'+' if start > 0 else '-'} {abs(start):,.6g}" if abs(start) > unit else ""
        return f"gives {target} = {slope:,.6g} x {name}{shift}"
    if float(y.min()) > 0 and _line(np.log(y), x, 1e-4 * float(np.ptp(x))):
        return f"is the logarithm of {target}"
    return ""


def _line(x: Numbers, y: Numbers, tolerance: float) -> tuple[float, float] | None:
    """Return slope and start of the line that nearly all points lie on, or None."""
    order = np.argsort(x)
    low, high = order[len(order) // 20], order[-1 - len(order) // 20]
    if x[low] == x[high]:
        return None
    slope = float((y[high] - y[low]) / (x[high] - x[low]))
    start = float(y[low] - slope * x[low])
    near = np.abs(y - (start + slope * x)) <= tolerance + 1e-9 * np.abs(y)
    return (slope, start) if float(np.mean(near)) >= NEARLY_ALL else None
