"""Rules whose columns bear other names, as where a contract is kept in somebody else's tables."""

from collections.abc import Mapping
from dataclasses import replace

from foresell.contracts.condition import (
    Call,
    ColumnTerm,
    Compare,
    Condition,
    IsNull,
    Joined,
    Member,
    Term,
    Test,
)
from foresell.contracts.rules import Rule


def renamed_rule(rule: Rule, names: Mapping[str, str]) -> Rule:
    """Return ``rule`` over columns of other names; its own name and words stay.

    ``names``: by column of the rule, its other name; each column of the rule is there.
    """
    limit = rule.limit
    if isinstance(limit, Condition):
        limit = replace(limit, test=_test(limit.test, names))
    return replace(rule, columns=tuple(names[column] for column in rule.columns), limit=limit)


def _test(test: Test, names: Mapping[str, str]) -> Test:
    """Return a test over the other names."""
    match test:
        case Compare():
            return replace(test, left=_term(test.left, names), right=_term(test.right, names))
        case IsNull():
            return replace(test, term=_column(test.term, names))
        case Member():
            return replace(test, term=_term(test.term, names))
        case Joined():
            return replace(test, parts=tuple(_test(part, names) for part in test.parts))


def _term(term: Term, names: Mapping[str, str]) -> Term:
    """Return a term over the other names."""
    match term:
        case ColumnTerm():
            return _column(term, names)
        case Call():
            return replace(term, arguments=tuple(_term(one, names) for one in term.arguments))
        case _:
            return term


def _column(term: ColumnTerm, names: Mapping[str, str]) -> ColumnTerm:
    """Return a column by its other name."""
    return replace(term, name=names[term.name])
