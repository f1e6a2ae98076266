"""Rows that a request holds: what they may be, and everything that is wrong with them at once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl
from pydantic import BaseModel, Field, ValidationError, create_model

from foresell.answer.derivable import Derivable, derivable, refusals
from foresell.answer.given_values import plain_value
from foresell.answer.request_words import allowed_words, wrong_words
from foresell.answer.unknown_names import UnknownNames, near
from foresell.contracts.compiled.request_fields import (
    RequestField,
    request_conditions,
    request_fields,
)
from foresell.contracts.compiled.request_model import request_model
from foresell.contracts.compiled.rows import breaks
from foresell.contracts.condition import Condition
from foresell.contracts.contract import Contract
from foresell.contracts.rules import Rule, contract_rules
from foresell.contracts.values import TYPES
from foresell.errors import UsageError, counted
from foresell.spec.project import ProjectSpec

IGNORED = "Accepted and ignored: the model does not use it."
_LONGEST = 60  # characters of a field's name that an error shows
_PAIR = 2  # refused rows: one is told, one more is counted
# What pydantic calls an error, and the rule of the contract that it is.
_RULES = {
    "greater_than_equal": "minimum",
    "less_than_equal": "maximum",
    "greater_than": "exclusiveMinimum",
    "less_than": "exclusiveMaximum",
    "string_too_short": "minLength",
    "string_too_long": "maxLength",
    "string_pattern_mismatch": "pattern",
    "values": "values",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with a row, counted from 1. No value of the row stands in it.

    ``field`` is empty where the row as a whole is none. ``rule`` is the kind of the contract's rule
    (``minimum``, ``values``, ...), its name where it is about several fields, or ``required``,
    ``type``, ``finite``, ``unknown``, ``magnitude`` or ``relative_to``. ``allowed``: what the field
    may be, empty where ``says`` tells it.
    """

    row: int
    field: str
    rule: str
    says: str
    allowed: str = ""

    def __str__(self) -> str:
        """Return it as one line for people, without the row; a name is quoted where it must be."""
        told = self.rule == "values"  # its words list what is allowed
        allowed = f" (allowed: {self.allowed})" if self.allowed and not told else ""
        name = self.field if self.field.isprintable() else repr(self.field)
        return f"{name}{': ' if name else ''}{self.says}{allowed}"


@dataclass(frozen=True, kw_only=True)
class RequestForm:
    """What one row of a request may be. ``fields`` are those that the model uses.

    ``ignored``: the other columns of the contract, which are accepted whatever they hold.
    ``derivable``: what a row must be beyond the contract to have an answer.
    """

    model: type[BaseModel]
    fields: tuple[RequestField, ...]
    ignored: tuple[str, ...]
    conditions: tuple[Rule, ...]
    rules: Mapping[tuple[str, str], Rule]
    derivable: Derivable


@dataclass(frozen=True, kw_only=True)
class Requested:
    """Rows as they were read: ``frame`` has those without a problem, in the contract's types.

    ``ignored``: for each of these the fields that it gave and the model does not use.
    """

    frame: pl.DataFrame
    problems: tuple[Problem, ...]
    ignored: tuple[tuple[str, ...], ...]


def used_columns(project: ProjectSpec) -> tuple[str, ...]:
    """Return the columns that a row to be answered tells, in declared order."""
    if project.kind == "panel":
        return project.with_role("key", "time", "static", "known_future")
    return project.with_role("feature")


def request_form(project: ProjectSpec, contract: Contract) -> RequestForm:
    """Return what a request may hold, from the declaration and the contract alone.

    Of a panel what is planned may be left out: what is usual for the series is taken. So may what a
    series is: it has a say where the series has no history.
    """
    names = used_columns(project)
    told = _with_optional(contract, project.with_role("known_future", "static"))
    fields = request_fields(told, names)
    others = tuple(name for name in contract.columns if name not in names)
    plain = request_model(told, names)
    conditions = request_conditions(told, fields)
    says = "; ".join(rule.says for rule in conditions)
    extra: dict[str, Any] = {
        f"ignored_{at}": (Any, Field(default=None, alias=name, description=IGNORED))
        for at, name in enumerate(others)
    }
    return RequestForm(
        model=create_model(
            plain.__name__,
            __base__=plain,
            __doc__=f"{plain.__doc__}{f' Rules: {says}.' if says else ''}",
            **extra,
        ),
        fields=fields,
        ignored=others,
        conditions=conditions,
        rules={(rule.columns[0], rule.kind): rule for rule in contract_rules(told)},
        derivable=derivable(project, contract),
    )


def parse_rows(text: str, where: str) -> tuple[list[Any], bool]:
    """Return the rows that JSON ``text`` holds, and whether it was a list of them.

    Raises:
        UsageError: it is no JSON, holds a field twice, or is neither an object nor a list of some.
    """
    try:
        found = json.loads(text, object_pairs_hook=_fields_once)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"not JSON: {error.msg}, line {error.lineno}, column {error.colno}",
            where,
            'give one row as {"NAME": VALUE, ...} in double quotes, or a list of rows',
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"not a row: {error}", where, "give each field once, with a plain value"
        ) from error
    if isinstance(found, dict):
        return [found], False
    if isinstance(found, list) and found:
        return found, True
    what = "the list is empty" if isinstance(found, list) else "neither a row nor a list of rows"
    raise UsageError(what, where, 'give one row as {"NAME": VALUE, ...}, or a list of rows')


def read_requests(rows: Sequence[Any], form: RequestForm) -> Requested:
    """Check ``rows`` against ``form``; every problem of every row is told.

    Of very many fields that the contract does not know it is told how many they are.
    """
    names = UnknownNames()
    read = [_read(row, at, form, names) for at, row in enumerate(rows, start=1)]
    frame = pl.DataFrame(
        {one.name: [row.values.get(one.name) for row in read] for one in form.fields},
        schema={one.name: TYPES[one.kind] for one in form.fields},
    )
    found = [*(problem for row in read for problem in row.problems), *_no_answer(read, frame, form)]
    problems = sorted(found, key=lambda problem: problem.row)
    bad = {problem.row for problem in problems}
    good = [at not in bad for at in range(1, len(read) + 1)]
    return Requested(
        frame=frame.filter(pl.Series(good, dtype=pl.Boolean)),
        problems=tuple(problems),
        ignored=tuple(row.ignored for row, fine in zip(read, good, strict=True) if fine),
    )


def refuse_problems(problems: Sequence[Problem], rows: int, where: str, project: str) -> None:
    """Refuse rows with ``problems``; none is fine. ``rows``: how many were given.

    Raises:
        UsageError: it tells all problems of the first row that has any, and how many others have.
    """
    if not problems:
        return
    bad = list(dict.fromkeys(problem.row for problem in problems))
    first = [str(problem) for problem in problems if problem.row == bad[0]]
    whose = "the row is" if rows == 1 else f"row {bad[0]} of {rows:,} is"
    others = f"{counted(len(bad) - 1, 'more row')} {'is' if len(bad) == _PAIR else 'are'} refused"
    also = f"\n  and {others}" if len(bad) > 1 else ""
    raise UsageError(
        f"{whose} refused" + "".join(f"\n  {line}" for line in first) + also,
        where,
        f"mend {'it' if len(bad) == 1 else 'them'}; every field and its limits: "
        f"foresell predict {project} --show-schema",
    )


def _with_optional(contract: Contract, names: Sequence[str]) -> Contract:
    """Return ``contract`` with the columns ``names`` no longer required."""
    if not names:
        return contract
    table = contract.schema[0]
    columns = tuple(
        replace(column, required=False) if column.name in names else column
        for column in table.properties
    )
    return replace(contract, schema=(replace(table, properties=columns),))


def _fields_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON.

    Raises:
        ValueError: a field stands in it twice, and nobody can tell which one is meant.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the field {name[:_LONGEST]!r} stands in it twice")
        found[name] = value
    return found


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One row as it was read: ``values`` by column, but of the fields that are ``wrong``."""

    values: Mapping[str, Any]
    wrong: frozenset[str]
    problems: Sequence[Problem]
    ignored: tuple[str, ...] = ()


def _read(row: Any, at: int, form: RequestForm, names: UnknownNames) -> _Row:
    """Return what one row holds, and what is wrong with it."""
    kinds = {one.name: one.kind for one in form.fields}
    if not isinstance(row, Mapping):
        none = Problem(row=at, field="", rule="type", says="it is no object of fields")
        return _Row(values={}, wrong=frozenset(kinds), problems=[none])
    known = {*kinds, *form.ignored}
    unknown = list(_unknown([str(name) for name in row if name not in known], at, form, names))
    given = {
        name: plain_value(value, kinds[name]) if name in kinds else value
        for name, value in row.items()
        if name in known
    }
    try:
        model = form.model.model_validate(given)
    except ValidationError as error:
        alone = list(_wrong(error, at, form))
        wrong = frozenset(problem.field for problem in alone)
        values = {
            one.name: _plain(given.get(one.name), one)
            for one in form.fields
            if one.name not in wrong
        }
        problems = [*unknown, *alone, *_contradictions(values, at, form)]
        return _Row(values=values, wrong=wrong, problems=problems)
    return _Row(
        values={one.name: getattr(model, one.attribute) for one in form.fields},
        wrong=frozenset(),
        problems=unknown,
        ignored=tuple(name for name in form.ignored if name in row),
    )


def _no_answer(read: Sequence[_Row], frame: pl.DataFrame, form: RequestForm) -> Iterator[Problem]:
    """Yield what keeps rows that the contract allows from having an answer."""
    wrong = {
        one.name: pl.Series([one.name in row.wrong for row in read], dtype=pl.Boolean)
        for one in form.fields
    }
    for refusal in refusals(frame, form.derivable, wrong):
        for at in refusal.rows.arg_true().to_list():
            field = ", ".join(refusal.fields)
            yield Problem(row=at + 1, field=field, rule=refusal.rule, says=refusal.says)


def _wrong(error: ValidationError, at: int, form: RequestForm) -> Iterator[Problem]:
    """Yield what is wrong with single fields, in the order of the model's."""
    by_name = {one.name: one for one in form.fields}
    for found in error.errors(include_url=False, include_context=False):
        if not found["loc"]:
            continue  # a rule over several fields; told by `_contradictions`
        field = by_name[str(found["loc"][0])]
        missing = found["type"] == "missing" or found["input"] is None
        rule = "required" if missing else _RULES.get(found["type"], "type")
        if found["type"] == "finite_number" and not missing:
            rule = "finite"
        yield Problem(
            row=at,
            field=field.name,
            rule=rule,
            says=wrong_words(field, rule, form.rules),
            allowed=allowed_words(field),
        )


def _contradictions(row: Mapping[str, Any], at: int, form: RequestForm) -> Iterator[Problem]:
    """Yield the rules over several fields that ``row``, of right fields only, breaks."""
    for rule in form.conditions:
        told = row.keys() >= set(rule.columns) and isinstance(rule.limit, Condition)
        if told and isinstance(rule.limit, Condition) and breaks(rule.limit, row):
            yield Problem(
                row=at,
                field=", ".join(rule.columns),
                rule=rule.name.removesuffix(": condition"),
                says=f"contradict each other: {rule.says}",
            )


def _plain(value: Any, field: RequestField) -> Any:
    """Return a value that was found right in the type of the contract."""
    if field.kind == "number" and value is not None:
        return float(value)
    return date.fromisoformat(value) if field.kind == "date" and isinstance(value, str) else value


def _unknown(
    found: Sequence[str], at: int, form: RequestForm, names: UnknownNames
) -> Iterator[Problem]:
    """Yield the fields that the contract does not know, with the nearest it does."""
    told, rest = names.told(found)
    for name, guess in told:
        known = (*(one.name for one in form.fields), *form.ignored)
        close = near(name, known) if guess else None
        takes = ", ".join(one.name for one in form.fields)
        hint = f"did you mean {close!r}?" if close else f"the model takes {takes}"
        yield Problem(
            row=at,
            field=name[:_LONGEST],
            rule="unknown",
            says=f"is no column of the contract; {hint}",
        )
    if rest:
        says = f"it holds {counted(rest, 'more field')} that the contract does not know"
        yield Problem(row=at, field="", rule="unknown", says=says)
