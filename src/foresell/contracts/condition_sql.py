"""From the SQL of a row rule to its tree: a small, safe part of PostgreSQL's language."""

import re
from collections.abc import Mapping
from typing import Literal

from sqlglot import exp, parse
from sqlglot.errors import ParseError, SqlglotError

from foresell.contracts.condition import (
    ColumnTerm,
    Compare,
    Comparison,
    Condition,
    Constant,
    IsNull,
    Joined,
    Member,
    Term,
    Test,
)
from foresell.contracts.condition_terms import ROWS, TermReader, text_of
from foresell.contracts.document import Contract
from foresell.errors import SpecError

_OBJECT = re.compile(r"\$?\{(object|model|table)\}")
_CONTEXT = 60  # characters of a query that are shown
_FORM = "write SELECT COUNT(*) FROM {object} WHERE <what a broken row looks like>"
_COMPARED: Mapping[type[exp.Expr], Comparison] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_OPPOSITE: Mapping[Comparison, Comparison] = {
    "=": "<>",
    "<>": "=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
}


def parse_condition(query: str, contract: Contract, where: str) -> Condition:
    """Parse ``SELECT COUNT(*) FROM {object} WHERE ...``; names of columns are as in the contract.

    Unlike in PostgreSQL, a name without quotes keeps its capitals. ``where`` names the rule.

    Raises:
        SpecError: the query has another form, names a column that is not there (the nearest is
            named), uses what is not allowed (what is, is listed), or mixes types.
    """
    place = f"contract {contract.id!r}, quality rule {where!r}"
    filtered = _filter(query, place)
    reader = TermReader(
        {column.name: column.logical_type for column in contract.columns.values()}, place
    )
    test = _TestReader(reader).test(filtered, negated=False)
    condition = Condition(test=test, sql=filtered.sql(dialect="postgres", comments=False))
    if not condition.columns:
        raise SpecError(f"{condition.sql} reads no column", place, "say what is wrong with a row")
    return condition


def _filter(query: str, place: str) -> exp.Expr:
    """Return what follows WHERE.

    Raises:
        SpecError: the query is no SQL, or not of the one form.
    """
    try:
        statements = parse(_OBJECT.sub(ROWS, query), dialect="postgres")
    except SqlglotError as error:
        raise SpecError(f"the query is no SQL: {_reason(error)}", place, _FORM) from error
    found = statements[0] if len(statements) == 1 else None
    if not isinstance(found, exp.Select):
        raise SpecError(f"the query is {query!r}", place, _FORM)
    given = {name for name, value in found.args.items() if value}
    counted = [one.sql(dialect="postgres") for one in found.expressions]
    source = found.args.get("from_") or found.args.get("from")
    if (
        counted != ["COUNT(*)"]
        or given - {"kind", "expressions", "from_", "from", "where"}
        or "where" not in given
        or source is None
        or source.this.sql(dialect="postgres") != ROWS
    ):
        raise SpecError(f"the query is {query!r}", place, _FORM)
    condition: exp.Expr = found.args["where"].this
    return condition


def _reason(error: SqlglotError) -> str:
    """Return what the parser could not read, in words: near what it stopped."""
    found = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    near = f"{found.get('start_context', '')}{found.get('highlight', '')}"
    if not near:
        return "a quote or a bracket is not closed"
    missing = found["description"].startswith(("Required", "Expecting", "Expected"))
    verb = "something is missing after" if missing else "it cannot be read at the end of"
    return f"{verb} {near.replace(ROWS, '{object}').strip()[-_CONTEXT:]!r}"


class _TestReader:
    """Reads the tests of one rule: remembers how its values are read."""

    def __init__(self, terms: TermReader) -> None:
        self.terms = terms

    def test(self, node: exp.Expr, *, negated: bool) -> Test:
        """Return a condition, the opposite of it where ``negated``."""
        if isinstance(node, exp.Paren):
            return self.test(node.this, negated=negated)
        if isinstance(node, exp.Not):
            return self.test(node.this, negated=not negated)
        if isinstance(node, exp.And | exp.Or):
            both = isinstance(node, exp.And) is not negated
            return self._joined("and" if both else "or", node, negated=negated)
        return self._atom(node, negated=negated)

    def _atom(self, node: exp.Expr, *, negated: bool) -> Test:
        """Return a condition that holds no other one."""
        if isinstance(node, exp.Between):
            return self._between(node, negated=negated)
        if isinstance(node, exp.In):
            return self._member(node, negated=negated)
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return self._null(node, negated=bool(node.args.get("negate")) is not negated)
        word = _COMPARED.get(type(node))
        if word is not None:
            left, right = self.terms.term(node.this), self.terms.term(node.expression)
            return self._compare(_OPPOSITE[word] if negated else word, left, right)
        return self._truth(node, negated=negated)

    def _null(self, node: exp.Is, *, negated: bool) -> IsNull:
        """Return whether a column is null; of anything else it is refused."""
        term = self.terms.term(node.this)
        if not isinstance(term, ColumnTerm):
            raise self.terms.refuse(node)
        return IsNull(term, negated=negated)

    def _joined(self, word: Literal["and", "or"], node: exp.Expr, *, negated: bool) -> Test:
        """Return both sides, a side of the same word opened up."""
        parts: list[Test] = []
        for side in (node.this, node.expression):
            part = self.test(side, negated=negated)
            same = isinstance(part, Joined) and part.word == word
            parts += part.parts if same and isinstance(part, Joined) else (part,)
        return Joined(word, tuple(parts))

    def _between(self, node: exp.Between, *, negated: bool) -> Test:
        """Return a range as two comparisons."""
        if node.args.get("symmetric"):
            raise self.terms.refuse(node)
        term, low, high = (self.terms.term(node.args[name]) for name in ("this", "low", "high"))
        words: tuple[Comparison, Comparison] = ("<", ">") if negated else (">=", "<=")
        sides = (self._compare(words[0], term, low), self._compare(words[1], term, high))
        return Joined("or" if negated else "and", sides)

    def _member(self, node: exp.In, *, negated: bool) -> Member:
        """Return a choice among constants of the term's type; any other is refused."""
        term = self.terms.term(node.this)
        values = [self.terms.term(value) for value in node.expressions]
        constants = tuple(value for value in values if isinstance(value, Constant))
        if not values or len(constants) < len(values):
            raise self.terms.refuse(node)
        for value in constants:
            self.terms.check_alike(term, value)
        return Member(term, constants, negated=negated)

    def _truth(self, node: exp.Expr, *, negated: bool) -> Compare:
        """Return a yes or no that stands by itself.

        Raises:
            SpecError: it is none.
        """
        term = self.terms.term(node)
        if term.kind != "boolean" or isinstance(term, Constant):
            raise SpecError(
                f"{text_of(node)} is of type {term.kind}, and a condition was expected",
                self.terms.place,
                f"compare it with something: {text_of(node)} > 0",
            )
        return Compare("=", term, Constant(not negated, "boolean"))

    def _compare(self, word: Comparison, left: Term, right: Term) -> Compare:
        """Return a comparison.

        Raises:
            SpecError: the types do not fit, or have no order.
        """
        self.terms.check_alike(left, right)
        if word not in {"=", "<>"} and left.kind in {"string", "boolean"}:
            raise SpecError(
                f"{left.kind} values are put in order by {word}",
                self.terms.place,
                "use = or <>: the order of text differs from one database to the next",
            )
        return Compare(word, left, right)
