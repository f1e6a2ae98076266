"""What a contract may not say: rules that no row can satisfy, or that mean nothing."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from foresell.contracts.document import Bound, Column, ColumnQuality, Contract, LogicalType
from foresell.contracts.pattern import plain_pattern
from foresell.contracts.rules import contract_rules
from foresell.errors import SpecError

Problem = tuple[str, str]
_LONGEST_NAME = 63
_VERSION = re.compile(r"(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){2}", re.ASCII)
_ORDERED: tuple[LogicalType, ...] = ("integer", "number", "date")
_LIMITS = ("minimum", "maximum", "exclusive_minimum", "exclusive_maximum")
_WRITTEN: Mapping[str, str] = {  # as the standard writes what we call otherwise
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
}
_APPLIES: Mapping[str, tuple[LogicalType, ...]] = {
    **dict.fromkeys(_LIMITS, _ORDERED),
    "min_length": ("string",),
    "max_length": ("string",),
    "pattern": ("string",),
    "format": ("date",),
}
_HOLDS: Mapping[LogicalType, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
}


def refuse_contradictions(contract: Contract, where: str) -> None:
    """Refuse the first contradiction of ``contract``, which was read at ``where``.

    Raises:
        SpecError: a version that is no MAJOR.MINOR.PATCH, two columns or rules of one name, a key
            that may be null or is personal, a rule that contradicts another or that its column
            cannot have, or a rule over a row that cannot be read.
    """
    if not _VERSION.fullmatch(contract.version):
        raise SpecError(
            f"the version is {contract.version!r}",
            f"{where}, version",
            "write it as MAJOR.MINOR.PATCH, three whole numbers such as 1.0.0",
        )
    names = [column.name for column in contract.schema[0].properties]
    _refuse_twice("columns", names, where)
    for column in contract.columns.values():
        place = f"{where}, column {column.name!r}"
        if column.primary_key and not column.required:
            raise SpecError(
                f"the key column {column.name!r} may be null", where, "set required: true"
            )
        for problem, mend in (found for check in _CHECKS for found in check(column)):
            raise SpecError(problem, place, mend)
        if column.options.pattern is not None:
            plain_pattern(column.options.pattern, place)
    _refuse_twice("rules", [rule.name for rule in contract_rules(contract)], where)


def _refuse_twice(kind: str, names: list[str], where: str) -> None:
    """Refuse two of one name.

    Raises:
        SpecError: all such names are listed.
    """
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SpecError(f"{kind} {twice} are declared twice", where, "keep one of each")


def _misnamed(column: Column) -> Iterator[Problem]:
    """Yield names that PostgreSQL would cut or that a query of pandas cannot quote."""
    size = len(column.name.encode())
    if not 0 < size <= _LONGEST_NAME:
        yield f"its name has {size} bytes", f"use 1 to {_LONGEST_NAME}: databases cut longer names"
    if "`" in column.name or not column.name.isprintable():
        yield "its name has a backtick or a character that nobody sees", "rename it at its source"


def _misplaced(column: Column) -> Iterator[Problem]:
    """Yield options that mean nothing for the type."""
    kind = column.logical_type
    for name, types in _APPLIES.items():
        if getattr(column.options, name) is not None and kind not in types:
            yield (
                f"{_WRITTEN.get(name, name)} means nothing for type {kind}",
                f"it belongs to {' or '.join(types)}",
            )


def _unlike(column: Column) -> Iterator[Problem]:
    """Yield limits and valid values of another type."""
    kind = column.logical_type
    for name in _LIMITS:
        limit: Bound | None = getattr(column.options, name)
        if limit is not None and not _is_limit(limit, kind):
            shown = "a day in quotes, as '2024-12-31'" if kind == "date" else "a number"
            yield (
                f"{_WRITTEN.get(name, name)} is {limit!r}",
                f"a limit of a column of type {kind} is {shown}",
            )
    for value in column.domain or ():
        if not isinstance(value, _HOLDS.get(kind, ())):
            yield f"the valid value {value!r} is not of type {kind}", "write it as that type"


def _is_limit(limit: Bound, kind: LogicalType) -> bool:
    """Tell whether ``limit`` can be compared with values of type ``kind``."""
    if kind != "date" or not isinstance(limit, str):
        return kind != "date" and not isinstance(limit, str)
    try:
        return date.fromisoformat(limit).isoformat() == limit
    except ValueError:
        return False


def _empty(column: Column) -> Iterator[Problem]:
    """Yield limits that leave no value."""
    options = column.options
    low = [b for b in (options.minimum, options.exclusive_minimum) if b is not None]
    high = [b for b in (options.maximum, options.exclusive_maximum) if b is not None]
    if low and high and (least := _last(low, max)) > (most := _last(high, min)):  # type: ignore[operator]
        yield f"no value is at least {least} and at most {most}", "turn the limits round"
    shortest, longest = options.min_length, options.max_length
    if shortest is not None and longest is not None and shortest > longest:
        yield f"no text has at least {shortest} and at most {longest} characters", "turn them round"


def _last(bounds: list[Bound], choose: Callable[..., Bound]) -> Bound:
    """Return the strictest of ``bounds``, which are all numbers or all days."""
    return choose(bounds)


def _unmeasured(column: Column) -> Iterator[Problem]:
    """Yield metrics that stand twice or lack what they need."""
    metrics = [quality.metric for quality in column.quality]
    for metric in dict.fromkeys(metrics):
        if metrics.count(metric) > 1:
            yield f"the metric {metric} stands twice", "keep one"
    for quality in column.quality:
        complete, wanted = _FORMS[quality.metric]
        if not complete(quality):
            yield f"the metric {quality.metric} is incomplete", wanted
    if column.required and column.most_missing is not None:
        yield "a required column cannot lack values", "remove required or nullValues"


def _domain_form(quality: ColumnQuality) -> bool:
    """Tell whether a closed domain has its values and allows no other."""
    return (
        quality.arguments is not None
        and quality.must_be == 0
        and quality.must_be_less_or_equal_to is None
    )


def _missing_form(quality: ColumnQuality) -> bool:
    """Tell whether a limit of missing values has its share, and nothing else."""
    return (
        quality.must_be_less_or_equal_to is not None
        and quality.unit == "percent"
        and quality.arguments is None
        and quality.must_be is None
    )


def _personal(column: Column) -> Iterator[Problem]:
    """Yield what may not be said of values that are about a person, and dropped when read."""
    if column.personal and column.primary_key:
        yield (
            "a key is personal, and personal columns are dropped when they are read",
            "tell rows apart by another column, or by a code that names nobody",
        )
    if column.personal and column.examples:
        yield "examples of personal values stand in the contract", "take the examples out"


_FORMS: Mapping[str, tuple[Callable[[ColumnQuality], bool], str]] = {
    "invalidValues": (_domain_form, "give arguments: {validValues: [...]} and mustBe: 0"),
    "nullValues": (_missing_form, "give mustBeLessOrEqualTo: 0 to 100 and unit: percent"),
}
_CHECKS: tuple[Callable[[Column], Iterator[Problem]], ...] = (
    _misnamed,
    _misplaced,
    _unlike,
    _empty,
    _unmeasured,
    _personal,
)
