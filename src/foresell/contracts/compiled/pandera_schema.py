"""A contract as a Pandera schema for Polars: the object, and the module that makes it elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from foresell.contracts.compiled.spelling import POLARS, quoted, spelt
from foresell.contracts.condition import Condition, condition_expr
from foresell.contracts.contract import Column, Contract, LogicalType
from foresell.contracts.pattern import whole
from foresell.contracts.rules import Rule, contract_rules

_TYPES: Mapping[LogicalType, type[pl.DataType]] = {
    "string": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "boolean": pl.Boolean,
    "date": pl.Date,
}
_CHECKS: Mapping[str, str] = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "pattern": "str_matches",
    "values": "isin",
}
_LENGTHS: Mapping[str, str] = {"minLength": "min_value", "maxLength": "max_value"}


def pandera_schema(contract: Contract) -> pa.DataFrameSchema:
    """Return the schema; the ``check`` of a failure case is the name of the rule that was broken.

    A personal column may be absent: as a rule it was dropped when the data was read.

    Use ``validate(frame, lazy=True)`` on a collected frame: of a LazyFrame, Pandera checks types
    only. A failure case of a table rule names each row that shares its value; that of ``missing``
    the first row.
    """
    rules = contract_rules(contract)
    tables = [rule for rule in rules if _of_table(rule)]
    return pa.DataFrameSchema(
        {column.name: _column(column, rules) for column in contract.columns.values()},
        checks=[pa.Check(_test(rule), error=rule.name, description=rule.says) for rule in tables],
        name=contract.schema[0].name,
        description=contract.schema[0].description or None,
        metadata={"contract": contract.id, "version": contract.version, "digest": contract.digest},
    )


def pandera_module(contract: Contract) -> str:
    """Return the text of a Python module whose ``schema`` equals `pandera_schema`."""
    rules = contract_rules(contract)
    columns = "".join(_column_text(column, rules) for column in contract.columns.values())
    checks = "".join(_table_text(rule) for rule in rules if _of_table(rule))
    metadata = {"contract": contract.id, "version": contract.version, "digest": contract.digest}
    return (
        f'"""Contract {contract.id} {contract.version}, compiled by foresell: do not edit."""\n\n'
        "from datetime import date  # noqa: F401 - where limits are days\n\n"
        "import pandera.polars as pa\nimport polars as pl\n\n\n"
        f"{_HELPERS}\n\nschema = pa.DataFrameSchema(\n    {{\n{columns}    }},\n"
        f"    checks=[\n{checks}    ],\n    name={quoted(contract.schema[0].name)},\n"
        f"    metadata={metadata!r},\n)\n"
    )


def _of_table(rule: Rule) -> bool:
    """Tell whether a rule needs more than one column, or more than one row."""
    return rule.kind in {"condition", "unique", "primaryKey", "missing"}


def _column(column: Column, rules: Sequence[Rule]) -> pa.Column:
    """Return one column with the rules of its own."""
    checks = [_check(rule) for rule in _own(column, rules)]
    if column.logical_type == "number":
        checks.append(pa.Check(_finite, error=f"{column.name}: finite"))
    return pa.Column(
        _TYPES[column.logical_type],
        checks,
        nullable=not column.required,
        required=not column.personal,
        description=column.description or None,
        title=column.business_name or None,
    )


def _own(column: Column, rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules that are checks of one column."""
    return [
        rule
        for rule in rules
        if rule.columns == (column.name,) and rule.kind in {*_CHECKS, *_LENGTHS}
    ]


def _check(rule: Rule) -> pa.Check:
    """Return one rule of one column as Pandera's own check."""
    if rule.kind in _LENGTHS:
        bound: dict[str, Any] = {_LENGTHS[rule.kind]: rule.limit}
        return pa.Check.str_length(**bound, error=rule.name)
    made: pa.Check = getattr(pa.Check, _CHECKS[rule.kind])(_argument(rule), error=rule.name)
    return made


def _argument(rule: Rule) -> Any:
    """Return the limit as the check takes it."""
    if rule.kind == "pattern":
        return whole(str(rule.limit))
    return list(rule.limit) if isinstance(rule.limit, tuple) else rule.limit


def _finite(data: PolarsData) -> pl.LazyFrame:
    """Tell which values are finite; a null is none to judge."""
    return data.lazyframe.select(pl.col(data.key or "*").is_finite().fill_null(value=True))


def _test(rule: Rule) -> Callable[[PolarsData], pl.LazyFrame]:
    """Return the test of a rule over several columns or rows: true where it holds.

    It also holds where a column of it is absent: that a column must be there is asked elsewhere.
    """
    holds = _holds(rule)

    def test(data: PolarsData) -> pl.LazyFrame:
        there = data.lazyframe.collect_schema().names()
        asked = holds if set(rule.columns) <= set(there) else pl.lit(value=True)
        return data.lazyframe.select(asked.alias(rule.name))

    return test


def _holds(rule: Rule) -> pl.Expr:
    """Return the expression that is true where a rule holds."""
    if isinstance(rule.limit, Condition):
        return ~condition_expr(rule.limit)
    if isinstance(rule.limit, float):  # how much may be missing
        return (pl.col(rule.columns[0]).is_null().mean() <= rule.limit).fill_null(value=True)
    shared = pl.struct(rule.columns).is_duplicated()
    return ~shared | pl.any_horizontal(pl.col(rule.columns).is_null())


_HELPERS = """def finite(data):
    return data.lazyframe.select(pl.col(data.key).is_finite().fill_null(True))


def holds(expression, *columns):
    def test(data):
        there = data.lazyframe.collect_schema().names()
        asked = expression if set(columns) <= set(there) else pl.lit(True)
        return data.lazyframe.select(asked.alias("holds"))

    return test


def apart(*columns):
    shared = pl.struct(columns).is_duplicated()
    return ~shared | pl.any_horizontal(pl.col(columns).is_null())
"""


def _column_text(column: Column, rules: Sequence[Rule]) -> str:
    """Return one column of the module."""
    checks = [_check_text(rule) for rule in _own(column, rules)]
    if column.logical_type == "number":
        checks.append(f"pa.Check(finite, error={quoted(f'{column.name}: finite')})")
    listed = "".join(f"                {check},\n" for check in checks)
    return (
        f"        {quoted(column.name)}: pa.Column(\n"
        f"            pl.{_TYPES[column.logical_type].__name__},\n"
        + (f"            [\n{listed}            ],\n" if checks else "")
        + f"            nullable={not column.required},\n"
        f"            required={not column.personal},\n        ),\n"
    )


def _check_text(rule: Rule) -> str:
    """Return one check of one column of the module."""
    error = f"error={quoted(rule.name)}"
    if rule.kind in _LENGTHS:
        return f"pa.Check.str_length({_LENGTHS[rule.kind]}={rule.limit}, {error})"
    argument = _argument(rule)
    text = f"date.fromisoformat('{argument}')" if isinstance(argument, date) else repr(argument)
    return f"pa.Check.{_CHECKS[rule.kind]}({text}, {error})"


def _table_text(rule: Rule) -> str:
    """Return one check of the whole frame of the module."""
    if isinstance(rule.limit, Condition):
        test = f"~({spelt(rule.limit, POLARS)}).fill_null(False)"
    elif rule.kind == "missing":
        column = quoted(rule.columns[0])
        test = f"(pl.col({column}).is_null().mean() <= {rule.limit!r}).fill_null(True)"
    else:
        test = f"apart({', '.join(map(quoted, rule.columns))})"
    columns = ", ".join(map(quoted, rule.columns))
    return f"        pa.Check(holds({test}, {columns}), error={quoted(rule.name)}),\n"
