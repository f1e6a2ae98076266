"""A contract as a JSON Schema of one row (draft 2020-12)."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from foresell.contracts.condition import Condition
from foresell.contracts.contract import Column, Contract, LogicalType
from foresell.contracts.pattern import whole
from foresell.contracts.rules import Rule, contract_rules

_TYPES: Mapping[LogicalType, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}
_SAME = frozenset({
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minLength", "maxLength", "pattern"),
})


def json_schema(contract: Contract) -> dict[str, Any]:
    """Return the schema of one row: unknown properties are refused, optional ones may be null.

    What JSON Schema has no word for (limits of days, rules over several columns, keys, how much
    may be missing) stands in ``x-foresell`` as text and data: nobody else checks it.
    """
    rules = contract_rules(contract)
    columns = contract.columns.values()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:foresell:{contract.id}:{contract.version}",
        "title": contract.schema[0].name,
        "description": contract.schema[0].description,
        "type": "object",
        "additionalProperties": False,
        "required": [column.name for column in columns if column.required],
        "properties": {column.name: _property(column, rules) for column in columns},
        "x-foresell": {
            "contract": contract.id,
            "version": contract.version,
            "digest": contract.digest,
            "rules": [_told(rule) for rule in rules if not _said(rule)],
        },
    }


def json_schema_text(contract: Contract) -> str:
    """Return the schema as text; equal contracts give equal text."""
    return json.dumps(json_schema(contract), indent=2, ensure_ascii=False) + "\n"


def _said(rule: Rule) -> bool:
    """Tell whether JSON Schema itself says the rule."""
    return rule.kind in {"required", "values"} or (
        rule.kind in _SAME and not isinstance(rule.limit, date)
    )


def _property(column: Column, rules: tuple[Rule, ...]) -> dict[str, Any]:
    """Return the schema of one value."""
    made = dict(_TYPES[column.logical_type])
    for rule in rules:
        if rule.columns == (column.name,) and rule.kind in _SAME and _said(rule):
            made[rule.kind] = whole(str(rule.limit)) if rule.kind == "pattern" else rule.limit
    if column.domain is not None:
        made["enum"] = [*column.domain, *([] if column.required else [None])]
    if not column.required:
        made["type"] = [made["type"], "null"]
    told = {
        "title": column.business_name,
        "description": column.description,
        "examples": list(column.examples),
        "x-unit": column.unit,
        "x-classification": column.classification,
    }
    return made | {name: value for name, value in told.items() if value}


def _told(rule: Rule) -> dict[str, Any]:
    """Return a rule as data."""
    told = {"name": rule.name, "kind": rule.kind, "columns": list(rule.columns), "says": rule.says}
    if isinstance(rule.limit, Condition):
        return told | {"broken": rule.limit.sql}
    limit = rule.limit.isoformat() if isinstance(rule.limit, date) else rule.limit
    return told | ({} if limit is None else {"limit": limit})
