"""The rules of a contract, each written once: everything that is compiled starts from these."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from foresell.contracts.condition import Condition
from foresell.contracts.document import Bound, Column, Contract
from foresell.contracts.pattern import plain_pattern

RowKind = Literal[
    "required",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "values",
    "condition",
]
TableKind = Literal["unique", "primaryKey", "missing"]
Limit = int | float | str | date | tuple[str | int | float, ...] | Condition | None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing the data must satisfy.

    ``name`` is unique within a contract, as in ``"SALES: minimum"``. A row kind judges a row by
    itself; a row with a null in the column breaks ``required`` only. A table kind needs all rows:
    ``unique`` and ``primaryKey`` are broken by every row that shares its value (nulls are never
    equal), ``missing`` by the column as a whole when more than the share ``limit`` is null.

    ``limit`` by kind: a number or a day for ``minimum`` and its kin, a number of characters
    (Unicode code points) for lengths, the plain pattern (`whole` anchors it) for ``pattern``, the
    valid values for ``values``, what a broken row looks like for ``condition``, a share from 0 to 1
    for ``missing``, and None for the rest.
    """

    name: str
    kind: RowKind | TableKind
    columns: tuple[str, ...]
    limit: Limit
    says: str


def contract_rules(contract: Contract) -> tuple[Rule, ...]:
    """Return every rule of ``contract``: column by column, then rows, then keys."""
    rules = [rule for column in contract.columns.values() for rule in _column_rules(column)]
    for quality in contract.schema[0].quality:
        from foresell.contracts.condition_sql import parse_condition  # noqa: PLC0415 - sqlglot

        condition = parse_condition(quality.query, contract, quality.name)
        rules.append(
            Rule(
                name=f"{quality.name}: condition",
                kind="condition",
                columns=condition.columns,
                limit=condition,
                says=quality.description or f"no row where {condition.sql}",
            )
        )
    if contract.key:
        name = ", ".join(contract.key)
        rules.append(
            Rule(
                name=f"{name}: primaryKey",
                kind="primaryKey",
                columns=contract.key,
                limit=None,
                says=f"one row for each ({name})",
            )
        )
    return tuple(rules)


def _column_rules(column: Column) -> Iterator[Rule]:
    """Yield the rules of one column."""
    options = column.options
    found: tuple[tuple[RowKind | TableKind, Limit, str], ...] = (
        ("minimum", _limit(column, options.minimum), "must be at least"),
        ("maximum", _limit(column, options.maximum), "must be at most"),
        ("exclusiveMinimum", _limit(column, options.exclusive_minimum), "must be above"),
        ("exclusiveMaximum", _limit(column, options.exclusive_maximum), "must be below"),
        ("minLength", options.min_length, "must have at least this many characters:"),
        ("maxLength", options.max_length, "must have at most this many characters:"),
        ("pattern", _plain(column), "must match"),
        ("values", _domain(column), "must be one of"),
    )
    if column.required:
        yield _rule(column, "required", None, "must have a value")
    for kind, limit, words in found:
        if limit is not None:
            yield _rule(column, kind, limit, f"{words} {_shown(limit)}")
    if (share := column.most_missing) is not None:
        yield _rule(column, "missing", share, f"may lack at most {100 * share:g} % of its values")
    if column.unique:
        yield _rule(column, "unique", None, "must not repeat a value")


def _shown(limit: Limit) -> str:
    """Return a limit as a person reads it: a whole number without a decimal point, a plain list."""
    if isinstance(limit, tuple):
        return ", ".join(map(_shown, limit))
    return str(int(limit)) if isinstance(limit, float) and limit.is_integer() else str(limit)


def _domain(column: Column) -> tuple[str | int | float, ...] | None:
    """Return the allowed values in the type of the column: all floats where it holds numbers."""
    if column.domain is None or column.logical_type != "number":
        return column.domain
    return tuple(float(value) for value in column.domain)


def _plain(column: Column) -> str | None:
    """Return the pattern as every engine reads it; see `foresell.contracts.pattern.whole`."""
    pattern = column.options.pattern
    return None if pattern is None else plain_pattern(pattern, f"column {column.name!r}")


def _limit(column: Column, bound: Bound | None) -> Limit:
    """Return a limit in the type of its column: a day is written as text in a contract."""
    if column.logical_type == "date" and isinstance(bound, str):
        return date.fromisoformat(bound)
    return bound


def _rule(column: Column, kind: RowKind | TableKind, limit: Limit, words: str) -> Rule:
    """Return one rule of one column."""
    return Rule(
        name=f"{column.name}: {kind}",
        kind=kind,
        columns=(column.name,),
        limit=limit,
        says=f"{column.name} {words}",
    )
