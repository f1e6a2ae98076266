"""Rows of a request checked by column: a thousand plain rows cost little more than one.

What is taken here `foresell.answer.requests.read_requests` would take with equal values; whatever
is odd, though it may be right, is left to it. It alone says what is wrong with a row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from foresell.answer.requests import Problem, Requested, RequestForm, read_requests
from foresell.answer.row_checks import (
    Check,
    RowCheck,
    Values,
    column_check,
    row_check,
    within_reach,
)
from foresell.contracts.compiled.rows import breaks
from foresell.contracts.condition import Condition

_REMEMBERED = 4096  # combinations of values whose answer to a rule is kept


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadRows:
    """Rows as they were read, in the types of the contract.

    ``values``: (n rows without a problem,) by column that the model uses. ``given``: how many rows
    there were. ``ignored``: the fields of each that the model does not use; empty where no row has
    any.
    """

    values: Mapping[str, Values]
    given: int
    problems: tuple[Problem, ...] = ()
    ignored: Sequence[tuple[str, ...]] = ()

    @property
    def rows(self) -> int:
        """How many are without a problem."""
        return len(next(iter(self.values.values()), ()))


@dataclass(frozen=True, kw_only=True)
class QuickForm:
    """What of a form can be seen by column.

    ``texts`` and ``days``: the fields of these kinds.
    ``checks``: of each field the values in the contract's type, None where a value is odd.
    ``alone``: the same of the one row that there is, at once.
    ``conditions``: the columns of a rule over several, and whether a combination breaks it.
    ``within``: whether all that is derived of the values has an answer.
    """

    names: tuple[str, ...]
    required: bool
    known: frozenset[str]
    ignored: tuple[str, ...]
    texts: frozenset[str]
    days: frozenset[str]
    checks: Mapping[str, Check]
    alone: RowCheck
    conditions: tuple[tuple[tuple[str, ...], Callable[[tuple[Any, ...]], bool]], ...]
    within: Callable[[Mapping[str, Values]], bool]


def quick_form(form: RequestForm) -> QuickForm:
    """Return what of ``form``, a table's, can be seen by column."""
    return QuickForm(
        names=tuple(one.name for one in form.fields),
        required=all(one.required for one in form.fields),
        known=frozenset([*(one.name for one in form.fields), *form.ignored]),
        ignored=form.ignored,
        texts=frozenset(one.name for one in form.fields if one.kind == "string"),
        days=frozenset(one.name for one in form.fields if one.kind == "date"),
        alone=row_check(form.fields),
        checks={one.name: column_check(one) for one in form.fields},
        conditions=tuple(
            (rule.columns, _broken(rule.limit, rule.columns))
            for rule in form.conditions
            if isinstance(rule.limit, Condition)
        ),
        within=within_reach(form),
    )


def read_rows(rows: Sequence[Any], form: RequestForm, quick: QuickForm) -> ReadRows:
    """Check ``rows`` against ``form``; every problem of every row is told."""
    read = read_plainly(rows, quick) if len(rows) else None
    if read is not None:
        return read
    asked = read_requests(rows, form)
    return _as_read(asked, len(rows))


def _as_read(asked: Requested, given: int) -> ReadRows:
    """Return what `read_requests` said."""
    return ReadRows(
        values={column.name: column.to_list() for column in asked.frame},
        given=given,
        problems=asked.problems,
        ignored=asked.ignored if any(asked.ignored) else (),
    )


def read_plainly(rows: Sequence[Any], quick: QuickForm) -> ReadRows | None:
    """Return the rows if nothing about them is odd."""
    if set(map(type, rows)) != {dict}:
        return None
    ignored: Sequence[tuple[str, ...]] = ()
    if set(map(len, rows)) != {len(quick.names)} or not quick.required:
        # Otherwise rows with as many fields as there are have no other but these.
        if not all(quick.known.issuperset(row) for row in rows):
            return None
        found = [tuple(name for name in quick.ignored if name in row) for row in rows]
        ignored = found if any(found) else ()
    values = quick.alone(rows[0]) if len(rows) == 1 else None
    values = values or _checked(rows, quick)  # a whole number in a row alone may be written 30.0
    if values is None or not quick.within(values):
        return None
    for columns, broken in quick.conditions:
        if any(map(broken, set(zip(*(values[name] for name in columns), strict=True)))):
            return None
    return ReadRows(values=values, given=len(rows), ignored=ignored)


def _checked(rows: Sequence[dict[str, Any]], quick: QuickForm) -> dict[str, Values] | None:
    """Return the values by column, in the contract's types."""
    found: dict[str, Values] = {}
    for name in quick.names:
        try:
            given = [row[name] for row in rows]
        except KeyError:
            given = [row.get(name) for row in rows]
        taken = quick.checks[name](given)
        if taken is None:
            return None
        found[name] = taken
    return found


def _broken(rule: Condition, columns: tuple[str, ...]) -> Callable[[tuple[Any, ...]], bool]:
    """Return whether a combination of values of ``columns`` breaks a rule; some are remembered."""

    @lru_cache(maxsize=_REMEMBERED, typed=True)
    def broken(values: tuple[Any, ...]) -> bool:
        found: bool = breaks(rule, dict(zip(columns, values, strict=True)))
        return found

    return broken
