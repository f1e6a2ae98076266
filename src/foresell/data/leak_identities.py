"""Pairs of columns that give the target by arithmetic, on all rows or on part of them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from foresell.data.leak_copies import NEARLY_ALL
from foresell.data.leak_rows import Clue, Numbers, Rows

_GLANCE = 4_000
_LEAST_SHARE, _LEAST_ROWS, _LEAST_VALUES = 0.05, 50, 20
_MOSTLY = 0.95  # of the rows: a column that equals the target there has next to nothing to add
_PEAK = 5.0  # how far above its neighbours the right answer must stand out
_NEIGHBOURS = 5


def find_equal(name: str, rows: Rows, target: str) -> Clue | None:
    """Return whether a column equals the target on part of the rows, by more than chance.

    On nearly all rows it is a copy, which `foresell.data.leak_copies` finds first. A column that
    equals it on more than 95 % of the rows, such as gross against net with a few refunds, tells it.
    """
    values = rows.numbers.get(name)
    if values is None:
        return None
    telling = np.isfinite(values) & (rows.target != 0)
    exact, beside = _hits(values[telling], rows.target[telling], rows.unit)
    share = exact / max(int(telling.sum()), 1)
    if exact < max(_LEAST_ROWS, _PEAK * beside) or share < _LEAST_SHARE:
        return None
    near = np.abs(values[telling] - rows.target[telling]) <= rows.unit / 2
    if len(np.unique(rows.target[telling][near])) < _LEAST_VALUES:
        return None
    return Clue(
        columns=(name,),
        kind="equal",
        share=share,
        says=f"equals {target} on {share:.1%} of the rows where both are known",
        certain=share >= _MOSTLY,
    )


def find_identities(names: Sequence[str], rows: Rows, target: str) -> tuple[Clue, ...]:
    """Return every ``target = a x b`` (or +, -, /) that holds on more rows than chance explains.

    It must hold to within the rounding of the target, and far more often than one unit beside it:
    a pair that only foretells well is off by a little as often as it is right.
    """
    usable = [
        name
        for name in names
        if name in rows.numbers and len(np.unique(rows.numbers[name][:_GLANCE])) > 1
    ]
    glance = np.linspace(0, len(rows.target) - 1, min(_GLANCE, len(rows.target))).astype(np.intp)
    brief = {name: rows.numbers[name][glance] for name in usable}
    found = []
    with np.errstate(all="ignore"):
        for sign, first, second in _operations(usable):
            made = _made(sign, brief[first], brief[second])
            exact, beside = _hits(made, rows.target[glance], rows.unit)
            if exact < max(_LEAST_SHARE / 2 * len(glance), _PEAK / 2 * beside):
                continue
            if clue := _identity(sign, first, second, rows, target):
                found.append(clue)
    return tuple(found)


def _operations(names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the ways to combine any two columns, in declared order first."""
    for one, other in combinations(names, 2):
        yield from ((sign, one, other) for sign in "x+-/")
        yield from ((sign, other, one) for sign in "-/")


def _made(sign: str, left: Numbers, right: Numbers) -> Numbers:
    """Return ``left sign right``; infinite or NaN where that has no value."""
    match sign:
        case "x":
            return left * right
        case "+":
            return left + right
        case "-":
            return left - right
        case _:
            return left / right


def _hits(made: Numbers, target: Numbers, unit: float) -> tuple[int, int]:
    """Return how many rows the target agrees on, and at most how many one unit or more beside."""
    off = (made - target) / (unit * (1 + 1e-6) + 2e-9 * np.abs(target))
    steps = np.rint(off[np.abs(off) <= _NEIGHBOURS + 0.5]).astype(np.int64) + _NEIGHBOURS
    counts = np.bincount(steps, minlength=2 * _NEIGHBOURS + 1)
    exact = int(counts[_NEIGHBOURS])
    counts[_NEIGHBOURS] = 0
    return exact, int(counts.max())


def _identity(sign: str, first: str, second: str, rows: Rows, target: str) -> Clue | None:
    """Return one identity, where it holds on enough rows that say something."""
    left, right = rows.numbers[first], rows.numbers[second]
    neutral = 1.0 if sign in "x/" else 0.0
    made = _made(sign, left, right)
    telling = (left != neutral) & (right != neutral) & (rows.target != 0) & np.isfinite(made)
    exact, beside = _hits(made[telling], rows.target[telling], rows.unit)
    near = np.abs(made - rows.target) <= rows.unit / 2 * (1 + 1e-6) + 1e-9 * np.abs(rows.target)
    share = float(np.mean(near))
    enough = exact >= max(_LEAST_ROWS, near.sum() / 2) and share >= _LEAST_SHARE
    if not enough or exact < _PEAK * beside:
        return None
    if len(np.unique(rows.target[telling & near])) < _LEAST_VALUES:
        return None
    said = int(np.isfinite(left + right).sum())
    whole = near.sum() >= NEARLY_ALL * said
    where = f" on {share:.1%} of rows" if share < 1 else ""
    return Clue(
        columns=(first, second),
        kind="identity",
        share=share,
        says=f"{target} = {first} {sign} {second}{where}",
        certain=bool(whole),
    )
