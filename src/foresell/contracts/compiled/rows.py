"""The condition of a rule in plain Python, over one row: for a request, no frame is needed."""

import math
from collections.abc import Callable, Mapping
from operator import truediv
from typing import Any

from foresell.contracts.condition import (
    ARITHMETIC,
    COMPARISONS,
    Call,
    ColumnTerm,
    Compare,
    Condition,
    Constant,
    IsNull,
    Joined,
    Member,
    Term,
    Test,
    is_whole,
    round_scale,
)


def breaks(condition: Condition, row: Mapping[str, Any]) -> bool:
    """Tell whether ``row`` is broken; None is null.

    Values are of the types of the contract: str, int, float, bool, date.
    """
    return _holds(condition.test, row)


def _holds(test: Test, row: Mapping[str, Any]) -> bool:
    """Tell whether a test is known to be true."""
    match test:
        case Joined():
            several = all if test.word == "and" else any
            return several(_holds(part, row) for part in test.parts)
        case IsNull():
            return (_value(test.term, row, double=False) is None) is not test.negated
        case Compare():
            left = _value(test.left, row, double=test.doubles)
            right = _value(test.right, row, double=test.doubles)
            return not (left is None or right is None) and bool(COMPARISONS[test.word](left, right))
        case Member():
            value = _value(test.term, row, double=test.doubles)
            found = value in [_value(one, row, double=test.doubles) for one in test.values]
            return value is not None and found is not test.negated


def _value(term: Term, row: Mapping[str, Any], *, double: bool) -> Any:
    """Return the value of a term, None where it is null."""
    match term:
        case ColumnTerm():
            value = row[term.name]
        case Constant():
            value = term.value
        case Call():
            value = _call(term, row)
            double = double and is_whole(term)
    return float(value) if double and value is not None else value


def _call(call: Call, row: Mapping[str, Any]) -> Any:
    """Return the value of a function."""
    if call.function == "coalesce":
        double = call.kind in {"integer", "number"} and not is_whole(call)
        first, other = (_value(term, row, double=double) for term in call.arguments)
        return other if first is None else first
    number = call.arguments[0].kind in {"integer", "number"}
    values = [_value(term, row, double=number) for term in call.arguments]
    if None in values or (call.function == "/" and values[1] == 0):
        return None
    return _applied(call, values)


def nearest(value: float) -> float:
    """Return the nearest whole number, half to even; what is not finite stays as it is.

    >>> nearest(2.5), nearest(3.5), nearest(1e300) == 1e300
    (2.0, 4.0, True)
    """
    return float(round(value)) if math.isfinite(value) else value


def _rounded(call: Call, value: float) -> float:
    """Return a number rounded to the digits of the call."""
    scale = round_scale(call)
    return nearest(value * scale) / scale


def _applied(call: Call, values: list[Any]) -> Any:
    """Return the value of a function of values that are there."""
    if call.function == "round":
        return _rounded(call, values[0])
    return _FUNCTIONS[call.function](*values)


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **ARITHMETIC,
    "/": truediv,
    "abs": abs,
    "ceil": lambda value: math.ceil(value) if math.isfinite(value) else value,
    "floor": lambda value: math.floor(value) if math.isfinite(value) else value,
    "year": lambda day: day.year,
    "month": lambda day: day.month,
    "quarter": lambda day: (day.month + 2) // 3,
    "day": lambda day: day.day,
}
