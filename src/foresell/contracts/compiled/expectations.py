"""A contract as a Great Expectations suite: JSON that the real library loads and runs on pandas."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from foresell.contracts.compiled.spelling import PANDAS, spelt
from foresell.contracts.condition import Condition
from foresell.contracts.contract import Contract
from foresell.contracts.pattern import whole
from foresell.contracts.rules import Rule, contract_rules

_BETWEEN = "expect_column_values_to_be_between"
_LENGTHS = "expect_column_value_lengths_to_be_between"
_LIMITS: Mapping[str, tuple[str, str, bool]] = {
    "minimum": (_BETWEEN, "min_value", False),
    "maximum": (_BETWEEN, "max_value", False),
    "exclusiveMinimum": (_BETWEEN, "min_value", True),
    "exclusiveMaximum": (_BETWEEN, "max_value", True),
    "minLength": (_LENGTHS, "min_value", False),
    "maxLength": (_LENGTHS, "max_value", False),
}


def suite(contract: Contract, name: str) -> dict[str, Any]:
    """Return the suite as ``ExpectationSuite(**suite)`` takes it, one expectation a rule.

    ``meta.rule`` of an expectation is the name of the rule. The frame it runs on holds days as
    ``datetime64``, missing values as null (an integer column is ``Int64``), and every column that
    is not personal.

    A rule over several columns looks for broken rows with pandas' query language and expects their
    first required column to be null, which it never is: so every broken row is reported. Where no
    column is required, it expects no such row.
    """
    personal = {column.name for column in contract.columns.values() if column.personal}
    held = [rule for rule in contract_rules(contract) if not personal.intersection(rule.columns)]
    return {
        "name": name,
        "expectations": [
            *(
                _expectation("expect_column_to_exist", {"column": column}, f"{column}: exists", "")
                for column in contract.columns
                if column not in personal
            ),
            *(
                _expectation(kind, arguments, rule.name, rule.says)
                for rule in held
                for kind, arguments in _expected(rule, contract)
            ),
        ],
        "meta": {
            "contract": contract.id,
            "version": contract.version,
            "digest": contract.digest,
        },
    }


def raw_suite(contract: Contract) -> str:
    """Return the suite of the raw rows as JSON text; equal contracts give equal text."""
    return _text(suite(contract, f"{contract.name or contract.id}.raw"))


def feature_suite(features: Contract) -> str:
    """Return the suite of a feature contract (`feature_contract`) as JSON text."""
    return _text(suite(features, f"{features.name.removesuffix('_features')}.features"))


def _text(made: dict[str, Any]) -> str:
    """Return a suite as JSON text."""
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _expectation(kind: str, arguments: dict[str, Any], rule: str, says: str) -> dict[str, Any]:
    """Return one expectation."""
    made = {"type": kind, "kwargs": arguments, "meta": {"rule": rule}, "severity": "critical"}
    return made | ({"description": says} if says else {})


def _expected(rule: Rule, contract: Contract) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is expected of one rule: one expectation, with its arguments."""
    column = {"column": rule.columns[0]}
    if rule.kind in _LIMITS:
        kind, argument, strict = _LIMITS[rule.kind]
        limit = f"{rule.limit.isoformat()}T00:00:00" if isinstance(rule.limit, date) else rule.limit
        strictly = {f"strict_{argument[:3]}": True} if strict else {}
        yield kind, column | {argument: limit} | strictly
    elif isinstance(rule.limit, Condition):
        yield _none_broken(rule.limit, contract)
    elif rule.kind in {"required", "missing"}:
        share = rule.limit if isinstance(rule.limit, int | float) else 0
        mostly = {"mostly": round(1 - share, 12)} if rule.kind == "missing" else {}
        yield "expect_column_values_to_not_be_null", column | mostly
    elif rule.kind == "pattern":
        yield "expect_column_values_to_match_regex", column | {"regex": _whole(str(rule.limit))}
    elif isinstance(rule.limit, tuple):
        yield "expect_column_values_to_be_in_set", column | {"value_set": list(rule.limit)}
    elif len(rule.columns) == 1:
        yield "expect_column_values_to_be_unique", column
    else:
        apart = {"column_list": list(rule.columns), "ignore_row_if": "any_value_is_missing"}
        yield "expect_compound_columns_to_be_unique", apart


def _whole(plain: str) -> str:
    """Return the pattern of whole values for Python, whose ``$`` lets a line end follow."""
    return f"{whole(plain).removesuffix('$')}\\Z"


def _none_broken(condition: Condition, contract: Contract) -> tuple[str, dict[str, Any]]:
    """Return the expectation that no row is broken as ``condition`` says."""
    broken = {"row_condition": spelt(condition, PANDAS), "condition_parser": "pandas"}
    anchor = next((column.name for column in contract.columns.values() if column.required), None)
    if anchor is None:
        return "expect_table_row_count_to_equal", {"value": 0} | broken
    return "expect_column_values_to_be_null", {"column": anchor} | broken
