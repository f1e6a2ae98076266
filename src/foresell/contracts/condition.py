"""A rule over several columns of a row, as a small tree that every compiled form reads.

The tree holds what a *broken* row looks like. Its meaning is the same in every backend:

- SQL's three-valued logic: a comparison with a null is unknown, and a row is broken only where the
  whole is known to be true. ``NOT`` has been moved down to the comparisons, so a backend may treat
  an unknown comparison as false.
- Whole numbers are compared as 64-bit integers. All arithmetic is in double precision, and so is
  a comparison in which one side is a number that is not whole.
- ``/`` divides; by zero it is unknown. Two integers are never divided: SQL engines differ there.
- ``ROUND(x, n)`` rounds ``x * 10^n`` to the nearest integer, half to even, and divides again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add, and_, eq, ge, gt, le, lt, mul, ne, or_, sub
from typing import Any, Literal

import polars as pl

from foresell.contracts.document import LogicalType

Comparison = Literal["=", "<>", "<", "<=", ">", ">="]
Function = Literal[
    "+",
    "-",
    "*",
    "/",
    "abs",
    "round",
    "ceil",
    "floor",
    "coalesce",
    "year",
    "month",
    "quarter",
    "day",
]
Value = int | float | str | bool | date
COMPARISONS: Mapping[Comparison, Callable[[Any, Any], Any]] = {
    "=": eq,
    "<>": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {"+": add, "-": sub, "*": mul}


@dataclass(frozen=True)
class ColumnTerm:
    """The value of a column in the row."""

    name: str
    kind: LogicalType


@dataclass(frozen=True)
class Constant:
    """A value that stands in the rule itself; never null, never NaN."""

    value: Value
    kind: LogicalType


@dataclass(frozen=True)
class Call:
    """A function of terms; null where its first argument is, except ``coalesce``.

    ``+ - * /`` have two arguments, ``round`` a term and a constant number of digits, ``coalesce`` a
    column and a constant, ``year month quarter day`` a date.
    """

    function: Function
    arguments: tuple["Term", ...]
    kind: LogicalType

    @property
    def whole(self) -> bool:
        """Whether the value is an exact integer, not a double."""
        if self.function == "coalesce":
            return all(map(is_whole, self.arguments))
        return self.function in {"year", "month", "quarter", "day"}


Term = ColumnTerm | Constant | Call


@dataclass(frozen=True)
class Compare:
    """A comparison of two terms of one type, or of two numbers; unknown where one is null."""

    word: Comparison
    left: Term
    right: Term

    @property
    def doubles(self) -> bool:
        """Whether both sides are compared in double precision."""
        return self.left.kind in _NUMBERS and not (is_whole(self.left) and is_whole(self.right))


@dataclass(frozen=True)
class IsNull:
    """Whether a column is null, or is not where ``negated``; never unknown."""

    term: ColumnTerm
    negated: bool


@dataclass(frozen=True)
class Member:
    """Whether a term is one of some constants, or is none where ``negated``; unknown for a null."""

    term: Term
    values: tuple[Constant, ...]
    negated: bool

    @property
    def doubles(self) -> bool:
        """Whether the values are compared in double precision."""
        return self.term.kind in _NUMBERS and not all(map(is_whole, (self.term, *self.values)))


@dataclass(frozen=True)
class Joined:
    """Several tests that must all hold (``and``), or of which one must (``or``)."""

    word: Literal["and", "or"]
    parts: tuple["Test", ...]


Test = Compare | IsNull | Member | Joined
_NUMBERS: tuple[LogicalType, ...] = ("integer", "number")


@dataclass(frozen=True)
class Condition:
    """What a broken row looks like. ``sql``: the same in PostgreSQL's words, for people."""

    test: Test
    sql: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, each once, in the order in which they appear."""
        return tuple(dict.fromkeys(_columns(self.test)))


def is_whole(term: Term) -> bool:
    """Tell whether a term is an exact 64-bit integer."""
    return term.whole if isinstance(term, Call) else term.kind == "integer"


def _columns(node: Test | Term) -> Iterator[str]:
    """Yield the columns below a node, in order."""
    match node:
        case ColumnTerm():
            yield node.name
        case Call():
            for argument in node.arguments:
                yield from _columns(argument)
        case Compare():
            yield from _columns(node.left)
            yield from _columns(node.right)
        case IsNull() | Member():
            yield from _columns(node.term)
        case Joined():
            for part in node.parts:
                yield from _columns(part)
        case _:
            return


def condition_expr(condition: Condition) -> pl.Expr:
    """Return an expression: true, never null, where a row is broken."""
    return _test(condition.test).fill_null(value=False)


def _test(test: Test) -> pl.Expr:
    """Return a test as an expression, null where it is unknown."""
    match test:
        case Compare():
            sides = [_term(side, double=test.doubles) for side in (test.left, test.right)]
            compared: pl.Expr = COMPARISONS[test.word](*sides)
            return compared
        case IsNull():
            term = _term(test.term, double=False)
            return term.is_not_null() if test.negated else term.is_null()
        case Member():
            values = [float(v.value) if test.doubles else v.value for v in test.values]  # type: ignore[arg-type]
            found = _term(test.term, double=test.doubles).is_in(values)
            return ~found if test.negated else found
        case Joined():
            return reduce(and_ if test.word == "and" else or_, map(_test, test.parts))


def _term(term: Term, *, double: bool) -> pl.Expr:
    """Return a term as an expression, as a double where asked for."""
    match term:
        case ColumnTerm():
            value = pl.col(term.name)
            return value.cast(pl.Float64) if double and term.kind == "integer" else value
        case Constant():
            return pl.lit(float(term.value)) if double else pl.lit(term.value)  # type: ignore[arg-type]
        case Call():
            made = _call(term, double=double)
            return made.cast(pl.Float64) if double and term.whole else made


def _call(call: Call, *, double: bool) -> pl.Expr:
    """Return a function of terms as an expression."""
    if call.function == "coalesce":
        return pl.coalesce(*(_term(term, double=double) for term in call.arguments))
    number = call.arguments[0].kind in _NUMBERS
    first, *rest = (_term(term, double=number) for term in call.arguments)
    match call.function:
        case "/":
            return _quotient(first, rest[0], call.arguments[1])
        case "round":
            scale = round_scale(call)
            return (first * scale).round(0, mode="half_to_even") / scale
        case "+" | "-" | "*":
            made: pl.Expr = ARITHMETIC[call.function](first, rest[0])
            return made
        case "abs" | "ceil" | "floor":
            rounded: pl.Expr = getattr(first, call.function)()
            return rounded
        case "year" | "month" | "quarter" | "day":
            part: pl.Expr = getattr(first.dt, call.function)()
            return part.cast(pl.Int64)


def _quotient(first: pl.Expr, second: pl.Expr, divisor: Term) -> pl.Expr:
    """Return a quotient, null where the divisor is 0, which a constant never is."""
    if isinstance(divisor, Constant):
        return first / second
    return pl.when(second != 0).then(first / second)


def round_scale(call: Call) -> float:
    """Return 10 to the digits of a ``round``: exact in double precision up to 15 digits."""
    digits = call.arguments[1]
    return float(10 ** int(digits.value)) if isinstance(digits, Constant) else 1.0  # type: ignore[arg-type]
