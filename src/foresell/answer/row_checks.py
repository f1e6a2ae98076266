"""Columns of a request looked at as wholes: whether every value of one is plainly right.

What is plainly right here is right by the contract, with the same value; the reverse does not hold.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import GenericAlias
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, core_schema

from foresell.answer.given_values import is_writable, plain_value
from foresell.answer.requests import RequestForm
from foresell.contracts.compiled.request_fields import RequestField
from foresell.contracts.compiled.request_model import value_type

Values = Sequence[Any]
Check = Callable[[Values], Values | None]
RowCheck = Callable[[Mapping[str, Any]], dict[str, Values] | None]

_LEAST, _MOST = -(2**63), 2**63 - 1  # of a whole number
_DIGITS = 36  # decimal ones of a product that 32 bits hold, with room to spare


def column_check(field: RequestField) -> Check:
    """Return the check of one column: its values in the contract's type, None if one is odd."""
    # The very type of the model of a row: what it takes of a value, it takes of each of many.
    column: Any = GenericAlias(list, (value_type(field),))
    adapter: TypeAdapter[list[Any]] = TypeAdapter(column)
    domain = None if field.domain is None else frozenset(field.domain)
    holds = _holds(field)

    def there(given: Values) -> Values | None:
        try:
            values = adapter.validate_python(given)
        except ValidationError:
            if field.kind != "integer" or float not in set(map(type, given)):
                return None
            plain = [plain_value(value, "integer") for value in given]
            return there(plain) if float not in set(map(type, plain)) else None
        if domain is not None and not domain.issuperset(values):
            return None
        return values if holds is None or holds(values) else None

    def check(given: Values) -> Values | None:
        if None not in given:
            return there(given)
        found = there([value for value in given if value is not None])
        if field.required or found is None:
            return None
        values = iter(found)
        return [None if value is None else next(values) for value in given]

    return check


def row_check(fields: Sequence[RequestField]) -> RowCheck:
    """Return the check of one row: each value as a column of one, None if one is odd.

    What it takes `column_check` takes with the same values, one field at a time.
    """
    validator = SchemaValidator(
        core_schema.typed_dict_schema({
            one.name: core_schema.typed_dict_field(_field_schema(one)) for one in fields
        })
    )
    nothing = {one.name: () if one.required else (None,) for one in fields}
    domains = [
        (one.name, frozenset([*one.domain, *nothing[one.name]]))
        for one in fields
        if one.domain is not None
    ]
    held = [(one.name, holds) for one in fields if (holds := _holds(one)) is not None]

    def check(row: Mapping[str, Any]) -> dict[str, Values] | None:
        try:
            found = validator.validate_python(row)
        except ValidationError:
            return None
        for name, domain in domains:
            if found[name] not in domain:
                return None
        values: dict[str, Values] = {name: [value] for name, value in found.items()}
        for name, holds in held:
            if found[name] is not None and not holds(values[name]):
                return None
        return values

    return check


def _field_schema(field: RequestField) -> core_schema.CoreSchema:
    """Return what one field of a row may hold; None where it may be left out and is."""
    kind = TypeAdapter(value_type(field)).core_schema
    if field.required:
        return kind
    return core_schema.with_default_schema(core_schema.nullable_schema(kind), default=None)


def _holds(field: RequestField) -> Callable[[Values], bool] | None:
    """Return whether a column of a frame can hold values of the right type; None: it always can."""
    if field.kind == "string":
        return _is_text
    low, high = _bounds(field)
    if field.kind != "integer" or _LEAST <= low <= high <= _MOST:
        return None
    return lambda values: not values or (min(values) >= _LEAST and max(values) <= _MOST)


def _is_text(values: Values) -> bool:
    """Tell whether texts can be written."""
    whole = "".join(values)
    return whole.isascii() or is_writable(whole)


def _bounds(field: RequestField) -> tuple[float, float]:
    """Return between what numbers the contract lets a field be; infinite where it does not say."""
    if field.kind == "boolean":
        return 0, 1
    if field.kind not in {"integer", "number"}:
        return -math.inf, math.inf
    limits = field.limits
    return (
        limits.get("ge", limits.get("gt", -math.inf)),
        limits.get("le", limits.get("lt", math.inf)),
    )


def within_reach(form: RequestForm) -> Callable[[Mapping[str, Values]], bool]:
    """Return whether it is plain that everything derived of the values has an answer.

    Numbers so near to 1 that no product or ratio of them can leave 32 bits; others may have an
    answer too, which takes a look at what is derived of them.
    """
    rules = form.derivable
    most = max([2, *(len(one.of) for one in rules.columns), len(rules.relative_to)])
    large = 10.0 ** (_DIGITS // most)
    divisors = {one.of[1] for one in rules.columns if one.how == "ratio"}
    numbers = {name for one in rules.columns for name in one.of} | {*rules.relative_to}
    checks = {
        field.name: _near_one(
            field, large, above=field.name in rules.relative_to, divides=field.name in divisors
        )
        for field in form.fields
        if field.name in numbers
    }
    asked = [(name, check) for name, check in checks.items() if check is not None]
    return lambda values: all(check(values[name]) for name, check in asked)


def _near_one(
    field: RequestField, large: float, *, above: bool, divides: bool
) -> Callable[[Values], bool] | None:
    """Return whether values are not farther from 0 than ``large``; None where they never are.

    ``above``: and none is unknown, or below ``1 / large``. ``divides``: and none is nearer to 0.
    """
    low, high = _bounds(field)
    whole = field.kind in {"integer", "boolean"}
    apart = low >= 1 / large or (whole and low >= 0 and "gt" in field.limits)
    near_0 = (above and not (apart and field.required)) or (divides and not (apart or whole))
    if field.kind == "date":
        return lambda _: False  # a day is no number yet
    if -large <= low <= high <= large and not near_0:
        return None

    def near(given: Values) -> bool:
        there = given if None not in given else [value for value in given if value is not None]
        if above and (len(there) < len(given) or min(there, default=0) < 1 / large):
            return False
        if not there:
            return True
        least = min(there)
        small = divides and least < 1 / large and any(0 < abs(one) < 1 / large for one in there)
        return not small and bool(-large <= least and max(there) <= large)

    return near
