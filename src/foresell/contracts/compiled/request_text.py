"""The request model as the text of a Python module that needs pydantic and nothing of foresell."""

from datetime import date
from typing import Any

from foresell.contracts.compiled.request_fields import (
    RequestField,
    class_name,
    request_conditions,
    request_fields,
)
from foresell.contracts.compiled.spelling import PYTHON, quoted, spelt
from foresell.contracts.condition import Condition
from foresell.contracts.contract import Contract
from foresell.contracts.rules import Rule

_TYPES = {
    "string": "Text",
    "integer": "Integer",
    "number": "Number",
    "boolean": "Boolean",
    "date": "Day",
}
_HEAD = """import math
import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def day(value):
    if type(value) is date:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return date.fromisoformat(value)
    raise ValueError("should be a day as YYYY-MM-DD")


def held(value):
    if not -(2**63) <= value < 2**63:
        raise ValueError("should be an integer of 64 bits")
    return value


def one_of(*allowed):
    def check(value):
        if value not in allowed:
            raise ValueError(f"should be one of {', '.join(map(str, allowed))}")
        return value

    return AfterValidator(check)


def nearest(value):
    return float(round(value)) if math.isfinite(value) else value


def ceiling(value):
    return math.ceil(value) if math.isfinite(value) else value


def floor(value):
    return math.floor(value) if math.isfinite(value) else value


Text = Annotated[str, Field(strict=True)]
Integer = Annotated[int, Field(strict=True), AfterValidator(held)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Boolean = Annotated[bool, Field(strict=True)]
Day = Annotated[date, BeforeValidator(day)]
"""


def request_module(contract: Contract) -> str:
    """Return the text of a module whose class accepts what `request_model` accepts."""
    fields = request_fields(contract, None)
    rules = request_conditions(contract, fields)
    told = contract.schema[0].description or contract.name or contract.id
    body = "".join(_field_text(field) for field in fields)
    required = {field.name for field in fields if field.required}
    return (
        f'"""Contract {contract.id} {contract.version}, compiled by foresell: do not edit."""\n\n'
        f"{_HEAD}\n\nclass {class_name(contract)}(BaseModel):\n    {_docstring(told)}\n\n"
        f'    model_config = ConfigDict(extra="forbid")\n\n{body}{_rules_text(rules, required)}'
    )


def _docstring(text: str) -> str:
    """Return ``text`` as a docstring on one line."""
    return '"""' + " ".join(text.split()).replace("\\", "/").replace('"', "'") + '"""'


def _field_text(field: RequestField) -> str:
    """Return one field."""
    kind = _TYPES[field.kind]
    if field.domain is not None:
        kind = f"Annotated[{kind}, one_of({', '.join(map(_literal, field.domain))})]"
    if field.limits:
        limits = ", ".join(f"{name}={_literal(limit)}" for name, limit in field.limits.items())
        kind = f"Annotated[{kind}, Field({limits})]"
    if field.required:
        return f"    {field.attribute}: {kind} = Field(alias={quoted(field.name)}{_told(field)})\n"
    optional = f"{kind} | None"
    told = f"default=None, alias={quoted(field.name)}{_told(field)}"
    return f"    {field.attribute}: {optional} = Field({told})\n"


def _told(field: RequestField) -> str:
    """Return what is said of a field to people."""
    extra: dict[str, Any] = {"unit": field.unit} if field.unit else {}
    if field.domain is not None:
        extra["enum"] = list(field.domain)
    told = {
        "description": field.description,
        "examples": list(field.examples),
        "json_schema_extra": extra,
    }
    return "".join(f", {name}={value!r}" for name, value in told.items() if value)


def _rules_text(rules: tuple[Rule, ...], required: set[str]) -> str:
    """Return the check of the rules over several columns."""
    if not rules:
        return ""
    body = "".join(
        f"        if {spelt(rule.limit, PYTHON, required)}:\n{_noted(rule)}"
        for rule in rules
        if isinstance(rule.limit, Condition)
    )
    return (
        '\n    @model_validator(mode="after")\n    def row_rules(self):\n'
        "        row, broken = self.model_dump(by_alias=True), []\n"
        f"{body}        if broken:\n"
        '            raise ValueError("; ".join(broken))\n        return self\n'
    )


def _noted(rule: Rule) -> str:
    """Return the line that notes a broken rule."""
    return f"            broken.append({quoted(rule.says)})\n"


def _literal(value: object) -> str:
    """Return a constant as Python writes it."""
    if isinstance(value, date):
        return f"date.fromisoformat('{value}')"
    return quoted(value) if isinstance(value, str) else repr(value)
