"""What a request may hold, field by field: the pydantic model and its text are made of it."""

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from foresell.contracts.contract import Column, Contract, LogicalType
from foresell.contracts.pattern import whole
from foresell.contracts.rules import Rule, contract_rules
from foresell.errors import UsageError, nearest

_LIMITS: Mapping[str, str] = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
}


@dataclass(frozen=True, kw_only=True)
class RequestField:
    """One field of a request.

    ``name`` is that of the column and of the JSON key; ``attribute`` a name Python can have.
    ``limits`` are arguments of pydantic's ``Field``, ``domain`` the valid values if they are few.
    """

    name: str
    attribute: str
    kind: LogicalType
    required: bool
    limits: Mapping[str, Any]
    domain: tuple[Any, ...] | None
    description: str
    examples: tuple[Any, ...]
    unit: str


def request_fields(contract: Contract, columns: Sequence[str] | None) -> tuple[RequestField, ...]:
    """Return the fields of a request for ``columns``, all that are not personal by default.

    Raises:
        UsageError: a name is no column of the contract; the nearest is named.
    """
    known = contract.columns
    names = (
        [n for n, column in known.items() if not column.personal] if columns is None else columns
    )
    for name in names:
        if name not in known:
            raise UsageError(
                f"{name!r} is no column of the contract", contract.id, nearest(name, known)
            )
    rules = contract_rules(contract)
    taken: set[str] = set()
    fields = []
    for name in names:
        attribute = _attribute(name, taken)
        taken.add(attribute)
        fields.append(_field(known[name], attribute, rules))
    return tuple(fields)


def request_conditions(contract: Contract, fields: Sequence[RequestField]) -> tuple[Rule, ...]:
    """Return the rules over several columns that a request with ``fields`` can be held to."""
    names = {field.name for field in fields}
    return tuple(
        rule
        for rule in contract_rules(contract)
        if rule.kind == "condition" and names.issuperset(rule.columns)
    )


def class_name(contract: Contract) -> str:
    """Return the name of the model's class: ``weekly_sales`` is ``WeeklySales``."""
    words = re.findall(r"[A-Za-z0-9]+", contract.schema[0].name)
    return "".join(word[0].upper() + word[1:] for word in words) or "Row"


def _attribute(name: str, taken: set[str]) -> str:
    """Return a name that Python and pydantic allow for a field."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name).lstrip("_")
    odd = not plain.isidentifier() or keyword.iskeyword(plain) or plain.startswith("model_")
    if odd or hasattr(BaseModel, plain):
        plain = f"column_{plain}"
    while plain in taken:
        plain += "_"
    return plain


def _field(column: Column, attribute: str, rules: Sequence[Rule]) -> RequestField:
    """Return the field of one column."""
    own = {rule.kind: rule.limit for rule in rules if rule.columns == (column.name,)}
    limits = {_LIMITS[kind]: limit for kind, limit in own.items() if kind in _LIMITS}
    if "pattern" in limits:
        limits["pattern"] = whole(str(limits["pattern"]))
    return RequestField(
        name=column.name,
        attribute=attribute,
        kind=column.logical_type,
        required=column.required,
        limits=limits,
        domain=column.domain,
        description=column.description,
        examples=column.examples,
        unit=column.unit,
    )
