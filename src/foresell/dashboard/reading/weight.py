"""How many bytes a thing holds, looked at and not copied."""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from types import FunctionType, MappingProxyType, MethodType, ModuleType

import numpy as np
import polars as pl

_WHOLE, _FIRST, _LATER = 256, 64, 16  # parts of which all, or only so many, are looked at
_LOOKS = 100_000  # at parts of one thing; of those after that only what is at hand is counted
_LEAVES = (str, bytes, bytearray, memoryview, np.ndarray, pl.DataFrame, pl.Series)
_APART = (type, ModuleType)  # shared by everybody: they belong to no one thing


def weight_of(thing: object, *, apart: type | None = None) -> int:
    """Return about how many bytes ``thing`` holds, with all that it leads to, each once.

    Frames say it themselves. Of a long list some parts are looked at, spread over all of it, and
    stand for the rest. ``apart``: instances of this are not its own, nor what they lead to.

    >>> weight_of(b"0" * 1_000_000) // 1_000
    1000
    >>> weight_of(pl.DataFrame({"y": pl.Series([0.0] * 1_000)})) >= 8_000
    True
    """
    skipped = _APART if apart is None else (*_APART, apart)
    seen: set[int] = set()
    found, looks = 0.0, 0
    left: list[tuple[object, float]] = [(thing, 1.0)]
    while left:
        one, times = left.pop()
        if id(one) in seen or isinstance(one, skipped):
            continue
        seen.add(id(one))
        looks += 1
        found += times * _own(one)
        if looks <= _LOOKS:
            left += _parts(one, times)
    return round(found)


def _own(one: object) -> int:
    """Return how many bytes one thing holds without its parts."""
    if isinstance(one, pl.DataFrame | pl.Series):
        return int(one.estimated_size())
    if isinstance(one, np.ndarray):  # a view holds all that it is a view of
        return max(int(one.nbytes), int(getattr(one.base, "nbytes", 0)))
    return sys.getsizeof(one, 0)


def _parts(one: object, times: float) -> Iterator[tuple[object, float]]:
    """Yield what one thing leads to, and how often each counts."""
    inside = _inside(one)
    most = _FIRST if times <= 1.0 else _LATER
    if len(inside) > _WHOLE:
        some = inside[:: -(-len(inside) // most)]  # rounded up: no more than that
        inside, times = some, times * len(inside) / len(some)
    yield from ((part, times) for part in inside)


def _inside(one: object) -> Sequence[object]:
    """Return what one thing leads to."""
    if isinstance(one, _LEAVES):
        return ()
    if isinstance(one, dict | MappingProxyType):
        return [*one.keys(), *one.values()]
    if isinstance(one, list | tuple | set | frozenset | deque):
        return list(one)
    return _called(one) if callable(one) else _fields(one)


def _called(one: object) -> list[object]:
    """Return what something that is called brings along: a chart holds the rows it is drawn of."""
    if isinstance(one, partial):
        return [one.func, one.args, one.keywords]
    if isinstance(one, MethodType):
        return [one.__self__]
    return _captured(one) if isinstance(one, FunctionType) else _fields(one)


def _captured(one: FunctionType) -> list[object]:
    """Return what a function captured, and what its parameters are where nobody says."""
    found: list[object] = [one.__defaults__, one.__kwdefaults__]
    for cell in one.__closure__ or ():
        with suppress(ValueError):  # nothing is in it yet
            found.append(cell.cell_contents)
    return found


def _fields(one: object) -> list[object]:
    """Return the values of the fields of an object, in slots or not."""
    found = list(getattr(one, "__dict__", {}).values())
    for kind in type(one).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names = (slots,) if isinstance(slots, str) else slots
        found += [getattr(one, name, None) for name in names]
    return found
