"""The form: what may be put in, what stands there, and what is wrong with it."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from foresell.answer.request_words import allowed_words
from foresell.charts.signs import minus
from foresell.contracts.compiled.request_fields import RequestField
from foresell.contracts.contract import LogicalType

Control = Literal["text", "decimal", "numeric", "date", "choice"]
_CONTROLS: Mapping[LogicalType, Control] = {
    "string": "text",
    "integer": "numeric",
    "number": "decimal",
    "boolean": "choice",
    "date": "date",
}
_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,4})?")
_WHOLE = re.compile(r"[+-]?\d{1,400}")
_BOOLEANS = {"true": "yes", "false": "no"}
_ENDS = ("ge", "gt", "le", "lt")
_COMMAS = 10_000
LONGEST = 200  # characters of a value that is given back into its field


@dataclass(frozen=True, kw_only=True)
class Option:
    """One of the values that may be chosen. ``value`` "" is none of them."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Input:
    """One field of the form.

    ``name``: in the address, ``id``: on the page. ``value``: what stands there; ``was``: what stood
    there at first, where that is something else. ``options``: of a choice; ``suggestions``: values
    that are known, beside which any other may be put in. ``errors``: what is wrong with the value.
    ``beside``: another way to put in the field before it. ``becomes``: the values that result.
    """

    name: str
    id: str
    label: str
    value: str
    control: Control
    unit: str = ""
    hint: str = ""
    options: Sequence[Option] = ()
    suggestions: Sequence[str] = ()
    was: str = ""
    errors: Sequence[str] = ()
    beside: bool = False
    becomes: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Fields that belong together. ``says``: what they are for."""

    legend: str
    inputs: Sequence[Input]
    says: str = ""


def typed(text: str, kind: LogicalType) -> Any:
    """Return what a text of the form is, as JSON has it.

    A text that is no value of its ``kind`` is returned as it is: the server says what is wrong.

    >>> typed("95.70", "number"), typed("30", "integer"), typed("30.5", "integer")
    (95.7, 30, 30.5)
    >>> typed("true", "boolean"), typed("1e999", "number"), typed("9,5", "number")
    (True, '1e999', '9,5')
    """
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind in {"integer", "number"} and text.isascii():
        if _WHOLE.fullmatch(text):
            return int(text) if kind == "integer" else _finite(text)
        if _NUMBER.fullmatch(text):
            return _finite(text)
    return text


def _finite(text: str) -> float | str:
    """Return a number, or the text where no float can hold it."""
    value = float(text)
    return value if math.isfinite(value) else text


def written(value: object) -> str:
    """Return a value as the form shows it, "" for none; `typed` makes the same value of it.

    >>> written(95.7), written(41.0), written(True), written(date(2012, 2, 3)), written(None)
    ('95.7', '41', 'true', '2012-02-03', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0") if math.isfinite(value) else ""
    return value.isoformat() if isinstance(value, date) else str(value)


def options_of(field: RequestField, untold: str = "") -> tuple[Option, ...]:
    """Return what may be chosen for a field, nothing where it is free.

    ``untold``: what it is called to choose none; "" where a value is a must.
    """
    if field.kind == "boolean":
        found = [Option(value=value, label=label) for value, label in _BOOLEANS.items()]
    elif field.domain is not None:
        found = [Option(value=written(one), label=str(one)) for one in field.domain]
    else:
        return ()
    return (*((Option(value="", label=untold),) if untold else ()), *found)


def control_of(field: RequestField, options: Sequence[Option]) -> Control:
    """Return what a value is put in by."""
    return "choice" if options else _CONTROLS[field.kind]


def limits_of(field: RequestField) -> str:
    """Return from where to where a field may go, in words; "" where its choices tell that."""
    if field.domain is not None:
        return ""
    numbers = {name: number(field.limits[name]) for name in _ENDS if name in field.limits}
    told = replace(field, limits={**field.limits, **numbers})
    return allowed_words(told).partition(", ")[2]


def number(value: object, figures: int = 6) -> str:
    """Return a number as a reader is told it; what is no number as the form shows it.

    At most so many figures, and none left out before the point; with commas from 10,000 on, for a
    year has none.

    >>> number(5.41031941031941), number(1243.33333333), number(-118.46), number(2100)
    ('5.41032', '1243.33', '−118.46', '2100')
    >>> number(35682), number(1234567.8), number(0.1 + 0.2), number(date(2026, 2, 1))
    ('35,682', '1,234,568', '0.3', '2026-02-01')
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return written(value)
    size = abs(value)
    if isinstance(value, int) or size >= 10.0 ** (figures - 1):
        text = f"{value:,.0f}" if size >= _COMMAS else f"{value:.0f}"
    else:
        text = f"{value:{',' if size >= _COMMAS else ''}.{figures}g}"
    return minus(text)


def beyond(name: str, value: str, ends: tuple[object, object]) -> str:
    """Return what is said of a value outside ``ends``, of what the model learnt from."""
    low, high = (number(end) for end in ends)
    return (
        f"{name} is {value}, outside the {low} to {high} that the model learnt from: the answer is "
        "a guess beyond what is known."
    )


def numbered(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Return ``groups`` with an id for every field, whatever its name is."""
    found, count = [], 0
    for group in groups:
        inputs = []
        for one in group.inputs:
            count += 1
            inputs.append(replace(one, id=f"in-{count}"))
        found.append(replace(group, inputs=tuple(inputs)))
    return tuple(found)


def with_errors(groups: Sequence[Group], errors: Mapping[str, Sequence[str]]) -> tuple[Group, ...]:
    """Return ``groups`` with what is wrong beside each field, by its name in the address."""
    return tuple(
        replace(
            group,
            inputs=tuple(
                replace(one, errors=tuple(errors.get(one.name, ()))) for one in group.inputs
            ),
        )
        for group in groups
    )
