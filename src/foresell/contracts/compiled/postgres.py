"""A contract as a PostgreSQL table: types, NOT NULL, a named CHECK a rule, keys, comments."""

import hashlib
from collections.abc import Mapping
from datetime import date

from jinja2 import Environment, PackageLoader, StrictUndefined

from foresell.contracts.condition import (
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
    Value,
    is_whole,
    round_scale,
)
from foresell.contracts.contract import Column, Contract, LogicalType
from foresell.contracts.pattern import whole
from foresell.contracts.rules import Limit, Rule, contract_rules

_TYPES: Mapping[LogicalType, str] = {
    "string": "TEXT",
    "integer": "BIGINT",
    "number": "DOUBLE PRECISION",
    "boolean": "BOOLEAN",
    "date": "DATE",
}
_COMPARED: Mapping[str, str] = {
    "minimum": ">=",
    "maximum": "<=",
    "exclusiveMinimum": ">",
    "exclusiveMaximum": "<",
}
_LONGEST = 63  # bytes of a name; PostgreSQL cuts what is longer, and two names may become one


def create_table(contract: Contract, table: str | None = None) -> str:
    """Return the statements that make the table of ``contract`` and describe it.

    ``table``: its name, that of the schema object by default; all names are quoted. A personal
    column is part of the table: what is loaded decides whether it has values. ``NaN`` and
    infinities, which are no values in a contract, are refused by a CHECK. How much of a column may
    be missing is a rule about a delivery, not a row: it stands in the comment of the column.
    """
    name = table or contract.schema[0].name
    rules = contract_rules(contract)
    columns = contract.columns.values()
    parts = [_column(column) for column in columns]
    parts += [_finite(column) for column in columns if column.logical_type == "number"]
    parts += [text for rule in rules if (text := _constraint(rule, name))]
    comments = [_table_comment(contract, name)]
    comments += [text for column in columns if (text := _comment(column, name, rules))]
    pages = Environment(  # a statement, not a page: names and texts are quoted below
        loader=PackageLoader("foresell.contracts"),
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    template = pages.get_template("table.sql.jinja")
    return template.render(table=quoted(name), parts=parts, comments=comments)


def check_sql(rule: Rule) -> str | None:
    """Return what must not be false in a row, for a rule that a CHECK can hold; else None."""
    column = quoted(rule.columns[0])
    match rule.kind:
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return f"{column} {_COMPARED[rule.kind]} {_limit(rule.limit)}"
        case "minLength" | "maxLength":
            return (
                f"char_length({column}) {'>=' if rule.kind == 'minLength' else '<='} {rule.limit}"
            )
        case "pattern":
            return f"{column} ~ {_text(whole(str(rule.limit)))}"
        case "values" if isinstance(rule.limit, tuple):
            return f"{column} IN ({', '.join(_limit(value) for value in rule.limit)})"
        case "condition" if isinstance(rule.limit, Condition):
            return f"({broken_sql(rule.limit)}) IS NOT TRUE"
        case _:
            return None


def broken_sql(condition: Condition) -> str:
    """Return what a broken row looks like, names quoted and every conversion written out."""
    return _test(condition.test)


def _column(column: Column) -> str:
    """Return one column and its type."""
    required = " NOT NULL" if column.required else ""
    return f"{quoted(column.name)} {_TYPES[column.logical_type]}{required}"


def finite_sql(column: str) -> str:
    """Return what keeps NaN, which is above infinity here, and infinities out of a column."""
    return f"{quoted(column)} > '-Infinity' AND {quoted(column)} < 'Infinity'"


def _finite(column: Column) -> str:
    """Return the check that a column of numbers holds no NaN and no infinity."""
    name = quoted(constraint_name(f"{column.name}: finite"))
    return f"CONSTRAINT {name} CHECK ({finite_sql(column.name)})"


def _constraint(rule: Rule, table: str) -> str | None:
    """Return the constraint of a rule, None where a column's own NOT NULL or no row holds it."""
    if rule.kind in {"unique", "primaryKey"}:
        word = "PRIMARY KEY" if rule.kind == "primaryKey" else "UNIQUE"
        columns = ", ".join(map(quoted, rule.columns))
        return f"CONSTRAINT {quoted(constraint_name(f'{table}.{rule.name}'))} {word} ({columns})"
    check = check_sql(rule)
    return check and f"CONSTRAINT {quoted(constraint_name(rule.name))} CHECK ({check})"


def _table_comment(contract: Contract, table: str) -> str:
    """Return the description of the table, with the version of the contract."""
    told = contract.schema[0].description or contract.description.get("purpose", "")
    text = f"{told} Contract {contract.id} {contract.version}, rules {contract.digest[:12]}."
    return f"COMMENT ON TABLE {quoted(table)} IS {_text(text.strip())};"


def _comment(column: Column, table: str, rules: tuple[Rule, ...]) -> str | None:
    """Return the description of a column: words, unit, and what may be missing."""
    missing = [
        rule.says for rule in rules if rule.kind == "missing" and column.name in rule.columns
    ]
    told = (column.description, column.unit and f"Unit: {column.unit}.", *missing)
    text = " ".join(part for part in told if part)
    place = f"{quoted(table)}.{quoted(column.name)}"
    return f"COMMENT ON COLUMN {place} IS {_text(text)};" if text else None


def quoted(name: str) -> str:
    """Return a quoted name."""
    return '"' + name.replace('"', '""') + '"'


def constraint_name(name: str) -> str:
    """Return the name of a constraint, cut to what PostgreSQL keeps, still its own; not quoted."""
    if len(name.encode()) > _LONGEST:
        own = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = name.encode()[: _LONGEST - 9].decode(errors="ignore") + "~" + own
    return name


def _text(text: str) -> str:
    """Return a quoted text; backslashes mean themselves (standard_conforming_strings is on)."""
    return "'" + text.replace("'", "''") + "'"


def _limit(limit: Limit) -> str:
    """Return a limit as a constant."""
    return _constant(limit) if isinstance(limit, int | float | str | date) else str(limit)


def _constant(value: Value, *, double: bool = False) -> str:
    """Return a constant, as a double where asked for."""
    if double:
        return f"CAST({float(value)!r} AS DOUBLE PRECISION)"  # type: ignore[arg-type]
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            return _text(value)
        case int() | float():
            return f"({value!r})" if value < 0 else repr(value)
        case date():
            return f"DATE '{value.isoformat()}'"


def _test(test: Test) -> str:
    """Return a test, between parentheses where it is joined."""
    match test:
        case Joined():
            return "(" + f" {test.word.upper()} ".join(map(_test, test.parts)) + ")"
        case IsNull():
            return f"{_term(test.term)} IS {'NOT ' if test.negated else ''}NULL"
        case Compare():
            left, right = (_term(side, double=test.doubles) for side in (test.left, test.right))
            return f"{left} {test.word} {right}"
        case Member():
            values = ", ".join(_term(one, double=test.doubles) for one in test.values)
            word = "NOT IN" if test.negated else "IN"
            return f"{_term(test.term, double=test.doubles)} {word} ({values})"


def _term(term: Term, *, double: bool = False) -> str:
    """Return a value, as a double where asked for."""
    match term:
        case ColumnTerm():
            cast = double and term.kind == "integer"
            return f"CAST({quoted(term.name)} AS DOUBLE PRECISION)" if cast else quoted(term.name)
        case Constant():
            return _constant(term.value, double=double)
        case Call():
            text = _call(term)
            return f"CAST({text} AS DOUBLE PRECISION)" if double and is_whole(term) else text


def _call(call: Call) -> str:
    """Return a function; arithmetic in doubles, division by zero null."""
    if call.function == "coalesce":
        double = call.kind in {"integer", "number"} and not is_whole(call)
        return f"COALESCE({', '.join(_term(term, double=double) for term in call.arguments)})"
    number = call.arguments[0].kind in {"integer", "number"}
    first, *rest = (_term(term, double=number) for term in call.arguments)
    match call.function:
        case "/":
            return f"({first} / NULLIF({rest[0]}, 0))"
        case "round":
            scale = _constant(round_scale(call), double=True)
            return f"(ROUND({first} * {scale}) / {scale})"
        case "abs" | "ceil" | "floor":
            return f"{call.function.upper()}({first})"
        case "year" | "month" | "quarter" | "day":
            return f"CAST(EXTRACT({call.function.upper()} FROM {first}) AS BIGINT)"
        case _:
            return f"({first} {call.function} {rest[0]})"
