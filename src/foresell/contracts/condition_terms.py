"""The values in a rule over a row: from the nodes of SQL to terms of the tree, types checked."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, cast

from sqlglot import exp

from foresell.contracts.condition import Call, ColumnTerm, Constant, Function, Term
from foresell.contracts.document import LogicalType
from foresell.errors import SpecError, nearest

ROWS = "broken_rows_of"  # stands for {object} while the query is parsed; no person sees it
_LARGEST = 2**63 - 1
_MOST_DIGITS = 15
_NUMBERS: tuple[LogicalType, ...] = ("integer", "number")
_ALLOWED = (
    "allowed are columns, numbers, 'text', DATE 'YYYY-MM-DD', TRUE, FALSE, + - * /, comparisons, "
    "AND, OR, NOT, column IS [NOT] NULL, [NOT] IN (constants), [NOT] BETWEEN, "
    "COALESCE(column, constant), ABS, ROUND, CEIL, FLOOR and "
    "EXTRACT(YEAR | MONTH | QUARTER | DAY FROM date)"
)
_SIGNS: Mapping[type[exp.Expr], Function] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_ROUNDED: Mapping[type[exp.Expr], Function] = {
    exp.Abs: "abs",
    exp.Ceil: "ceil",
    exp.Floor: "floor",
    exp.Round: "round",
}
_PARTS: Mapping[str, Function] = {
    "YEAR": "year",
    "MONTH": "month",
    "QUARTER": "quarter",
    "DAY": "day",
}


class TermReader:
    """Reads the values of one rule: remembers the columns and the place of the rule for errors."""

    def __init__(self, columns: Mapping[str, LogicalType], place: str) -> None:
        self.columns = columns
        self.place = place

    def term(self, node: exp.Expr) -> Term:
        """Return a value; what may not stand here is refused."""
        if isinstance(node, exp.Paren):
            return self.term(node.this)
        readers: dict[type[exp.Expr], Callable[[Any], Term]] = {
            exp.Column: self._column,
            exp.Literal: self._constant,
            exp.Boolean: self._constant,
            exp.Cast: self._constant,
            exp.Neg: self._negative,
            exp.Coalesce: self._coalesce,
            exp.Extract: self._part,
            **dict.fromkeys(_SIGNS, self._arithmetic),
            **dict.fromkeys(_ROUNDED, self._rounded),
        }
        read = readers.get(type(node))
        if read is None:
            raise self.refuse(node)
        return read(node)

    def _column(self, node: exp.Column) -> ColumnTerm:
        """Return a column.

        Raises:
            SpecError: there is none of that name.
        """
        if node.table or not isinstance(node.this, exp.Identifier):
            raise self.refuse(node)
        if node.name not in self.columns:
            raise SpecError(
                f"{node.name!r} is no column of the contract",
                self.place,
                f"{nearest(node.name, self.columns)}; text stands between single quotes",
            )
        return ColumnTerm(node.name, self.columns[node.name])

    def _constant(self, node: exp.Expr) -> Constant:
        """Return a constant.

        Raises:
            SpecError: a number that no column can hold, a day that does not exist, another cast.
        """
        if isinstance(node, exp.Boolean):
            return Constant(bool(node.this), "boolean")
        if isinstance(node, exp.Cast):
            return self._date(node)
        if node.is_string:
            return Constant(str(node.this), "string")
        text = str(node.this)
        number = int(text) if text.isdigit() else float(text)
        if not math.isfinite(number) or (isinstance(number, int) and number > _LARGEST):
            raise SpecError(f"the number {text} is too large", self.place, "use a smaller one")
        return Constant(number, "integer" if isinstance(number, int) else "number")

    def _date(self, node: exp.Cast) -> Constant:
        """Return a day written as DATE '...'.

        Raises:
            SpecError: it is another cast, or no day.
        """
        if not (node.to.is_type("date") and node.this.is_string):
            raise self.refuse(node)
        text = str(node.this.this)
        try:
            return Constant(date.fromisoformat(text), "date")
        except ValueError as error:
            raise SpecError(f"{text!r} is no day", self.place, "write DATE 'YYYY-MM-DD'") from error

    def _arithmetic(self, node: exp.Expr) -> Call:
        """Return a sum, difference, product or quotient.

        Raises:
            SpecError: a side is no number, or two integers are divided.
        """
        sign = _SIGNS[type(node)]
        sides = tuple(self._number(side) for side in (node.this, node.expression))
        whole = all(side.kind == "integer" for side in sides)
        if whole and sign == "/":
            raise SpecError(
                f"{text_of(node)} divides two integers, which some databases cut off",
                self.place,
                f"write 1.0 * {text_of(node)}, or multiply instead",
            )
        divisor = sides[1]
        if sign == "/" and isinstance(divisor, Constant) and divisor.value == 0:
            raise SpecError(f"{text_of(node)} divides by 0", self.place, "divide by something else")
        return Call(sign, sides, "integer" if whole else "number")

    def _negative(self, node: exp.Neg) -> Term:
        """Return the negative of a number."""
        term = self._number(node.this)
        if isinstance(term, Constant):
            return Constant(-cast("float", term.value), term.kind)
        return Call("*", (Constant(-1, "integer"), term), term.kind)

    def _rounded(self, node: exp.Expr) -> Call:
        """Return ABS, CEIL, FLOOR or ROUND.

        Raises:
            SpecError: of no number, or to digits that are no constant from 0 to 15.
        """
        function, term = _ROUNDED[type(node)], self._number(node.this)
        extra = {name for name, value in node.args.items() if value} - {"this", "decimals"}
        if extra:
            raise self.refuse(node)
        if function != "round":
            return Call(function, (term,), term.kind if function == "abs" else "number")
        given = node.args.get("decimals")
        digits = self.term(given) if given is not None else Constant(0, "integer")
        if digits not in [Constant(i, "integer") for i in range(_MOST_DIGITS + 1)]:
            raise SpecError(
                f"{text_of(node)} rounds to {text_of(given)} digits",
                self.place,
                f"use a number from 0 to {_MOST_DIGITS}",
            )
        return Call("round", (term, digits), "number")

    def _coalesce(self, node: exp.Coalesce) -> Call:
        """Return a column with a constant in place of null; any other form is refused."""
        term = self.term(node.this)
        others = [self.term(other) for other in node.expressions]
        if (
            len(others) != 1
            or not isinstance(term, ColumnTerm)
            or not isinstance(others[0], Constant)
        ):
            raise self.refuse(node)
        self.check_alike(term, others[0])
        whole = term.kind == others[0].kind
        return Call("coalesce", (term, others[0]), term.kind if whole else "number")

    def _part(self, node: exp.Extract) -> Call:
        """Return a part of a date; any other is refused."""
        part, term = str(node.this.name).upper(), self.term(node.expression)
        if part not in _PARTS or term.kind != "date":
            raise self.refuse(node)
        return Call(_PARTS[part], (term,), "integer")

    def _number(self, node: exp.Expr) -> Term:
        """Return a term that is a number.

        Raises:
            SpecError: it is none.
        """
        term = self.term(node)
        if term.kind not in _NUMBERS:
            raise SpecError(
                f"{text_of(node)} is of type {term.kind}, and a number was expected",
                self.place,
                "calculate with columns of type integer or number",
            )
        return term

    def refuse(self, node: exp.Expr) -> SpecError:
        """Return the error for what is not allowed."""
        return SpecError(f"{text_of(node)} is not allowed in a rule", self.place, _ALLOWED)

    def check_alike(self, left: Term, right: Term) -> None:
        """Refuse two terms that cannot be compared.

        Raises:
            SpecError: their types differ, and not both are numbers.
        """
        kinds = {left.kind, right.kind}
        if len(kinds) == 1 or kinds == set(_NUMBERS):
            return
        hint = "compare values of one type"
        if kinds == {"date", "string"}:
            hint = "write a date as DATE 'YYYY-MM-DD'"
        raise SpecError(f"a {left.kind} is compared with a {right.kind}", self.place, hint)


def text_of(node: exp.Expr | None) -> str:
    """Return a node as it would be written."""
    if node is None:
        return ""
    return node.sql(dialect="postgres", comments=False).replace(ROWS, "{object}")
