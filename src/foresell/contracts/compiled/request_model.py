"""A contract as a pydantic model of one row: what an API accepts, and what it says of the rest."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from foresell.contracts.compiled.request_fields import (
    RequestField,
    class_name,
    request_conditions,
    request_fields,
)
from foresell.contracts.compiled.rows import breaks
from foresell.contracts.condition import Condition
from foresell.contracts.contract import Contract, LogicalType
from foresell.contracts.rules import Rule

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LARGEST = 2**63


def request_model(contract: Contract, columns: Sequence[str] | None = None) -> type[BaseModel]:
    """Return the model of one row of ``contract``.

    ``columns``: those of the request, all that are not personal by default; a rule over several
    columns counts where all of them are in the request. Unknown fields are refused, nothing is
    converted (``"1"``, ``1.0`` and ``true`` are no integer; an integer is a number), numbers are
    finite, days are text in ISO form. A column that may be null may be left out. Keys of the JSON
    are the names of the columns, whatever Python can call the attribute.
    """
    fields = request_fields(contract, columns)
    rules = request_conditions(contract, fields)
    definitions: dict[str, Any] = {field.attribute: _definition(field) for field in fields}
    return create_model(
        class_name(contract),
        __config__=ConfigDict(extra="forbid", title=class_name(contract)),
        __doc__=contract.schema[0].description or contract.name,
        __validators__={"row_rules": model_validator(mode="after")(_row_rules(rules))},  # type: ignore[dict-item]
        **definitions,
    )


def value_type(field: RequestField) -> Any:
    """Return the type of a field's value with its limits; not null, of any size, of any domain."""
    return Annotated[_TYPES[field.kind], Field(**field.limits)]


def _definition(field: RequestField) -> tuple[Any, Any]:
    """Return the type and the description of one field, as `create_model` takes them."""
    kind = value_type(field)  # first, for the JSON Schema
    if field.kind == "integer":
        kind = Annotated[kind, AfterValidator(_held)]
    if field.domain is not None:
        kind = Annotated[kind, AfterValidator(_one_of(field.domain))]
    extra = {"unit": field.unit} if field.unit else {}
    if field.domain is not None:
        extra["enum"] = list(field.domain)  # type: ignore[assignment]
    told: dict[str, Any] = {
        "alias": field.name,
        "description": field.description or None,
        "examples": list(field.examples) or None,
        "json_schema_extra": extra or None,
    }
    if field.required:
        return kind, Field(**told)
    return kind | None, Field(default=None, **told)


def _one_of(domain: tuple[Any, ...]) -> Callable[[Any], Any]:
    """Return the check that a value is a valid one."""
    allowed = ", ".join(map(str, domain))

    def check(value: Any) -> Any:
        if value not in domain:
            raise PydanticCustomError(
                "values", "Input should be one of {allowed}", {"allowed": allowed}
            )
        return value

    return check


def _row_rules(rules: Sequence[Rule]) -> Callable[[BaseModel], BaseModel]:
    """Return the check of the rules over several columns."""

    def check(model: BaseModel) -> BaseModel:
        row = model.model_dump(by_alias=True)
        broken = [
            rule for rule in rules if isinstance(rule.limit, Condition) and breaks(rule.limit, row)
        ]
        if broken:
            says = "; ".join(rule.says for rule in broken)
            columns = list(dict.fromkeys(name for rule in broken for name in rule.columns))
            raise PydanticCustomError(
                "condition",
                "The fields {columns} contradict each other: {says}",
                {"columns": ", ".join(columns), "says": says, "rules": [r.name for r in broken]},
            )
        return model

    return check


def _day(value: Any) -> date:
    """Return a day from ISO text.

    Raises:
        PydanticCustomError: it is no day, or has a time.
    """
    if type(value) is date:
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "Input should be a day as YYYY-MM-DD")


def _held(value: int) -> int:
    """Return an integer that 64 bits hold.

    Raises:
        PydanticCustomError: it is larger.
    """
    if not -_LARGEST <= value < _LARGEST:
        raise PydanticCustomError("int64", "Input should be an integer of 64 bits")
    return value


_TYPES: Mapping[LogicalType, Any] = {
    "string": Annotated[str, Field(strict=True)],
    "integer": Annotated[int, Field(strict=True)],
    "number": Annotated[float, Field(strict=True, allow_inf_nan=False)],
    "boolean": Annotated[bool, Field(strict=True)],
    "date": Annotated[date, BeforeValidator(_day)],
}
