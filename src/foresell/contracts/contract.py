"""The contract: columns, types, nulls, ranges, domains and keys, in one place.

The file is an Open Data Contract Standard v3.1 document (bitol.io). Only the parts listed here are
read; any other key is refused, because a rule that nobody checks is worse than none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Annotated, Literal

import polars as pl
from pydantic import ConfigDict, Field, StrictInt, TypeAdapter
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError
from foresell.spec.yaml_border import parse_yaml

_STRICT = ConfigDict(extra="forbid", populate_by_name=True)
LogicalType = Literal["string", "integer", "number", "boolean", "date"]
Bound = StrictInt | Annotated[float, Field(strict=True, allow_inf_nan=False)]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class TypeOptions:
    """Limits that belong to a type. ``format`` is a date pattern such as ``yyyy-MM-dd``."""

    minimum: Bound | None = None
    maximum: Bound | None = None
    exclusive_minimum: Annotated[Bound | None, Field(alias="exclusiveMinimum")] = None
    exclusive_maximum: Annotated[Bound | None, Field(alias="exclusiveMaximum")] = None
    pattern: str | None = None
    format: str | None = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Arguments:
    """Arguments of a library metric."""

    valid_values: Annotated[tuple[str | int | float, ...], Field(alias="validValues")]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Quality:
    """A library metric with its limit; ``invalidValues`` must be 0 is a closed domain."""

    metric: Literal["invalidValues"]
    arguments: Arguments
    must_be: Annotated[Literal[0], Field(alias="mustBe")]
    type: Literal["library"] = "library"
    description: str = ""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Column:
    """One property of the schema object."""

    name: str
    logical_type: Annotated[LogicalType, Field(alias="logicalType")]
    description: str = ""
    required: bool = False
    primary_key: Annotated[bool, Field(alias="primaryKey")] = False
    primary_key_position: Annotated[StrictInt, Field(alias="primaryKeyPosition")] = -1
    options: Annotated[TypeOptions, Field(alias="logicalTypeOptions")] = field(
        default_factory=TypeOptions
    )
    quality: tuple[Quality, ...] = ()

    @property
    def domain(self) -> tuple[str | int | float, ...] | None:
        """The allowed values, or None where any value is."""
        return self.quality[0].arguments.valid_values if self.quality else None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class SchemaObject:
    """The rows the gate sees: the joined record of a project."""

    name: str
    properties: tuple[Column, ...]
    description: str = ""
    physical_name: Annotated[str, Field(alias="physicalName")] = ""
    logical_type: Annotated[Literal["object"], Field(alias="logicalType")] = "object"


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Contract:
    """One project's contract."""

    id: str
    version: str
    schema: Annotated[tuple[SchemaObject, ...], Field(min_length=1, max_length=1)]
    api_version: Annotated[Literal["v3.1.0"], Field(alias="apiVersion")] = "v3.1.0"
    kind: Literal["DataContract"] = "DataContract"
    status: str = "active"
    name: str = ""
    domain: str = ""
    description: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns by name, in declared order."""
        return {column.name: column for column in self.schema[0].properties}

    @property
    def key(self) -> tuple[str, ...]:
        """The columns whose values together are unique, by declared position."""
        found = [column for column in self.columns.values() if column.primary_key]
        return tuple(c.name for c in sorted(found, key=lambda c: c.primary_key_position))


_CONTRACT = TypeAdapter(Contract)
_ORDERED: tuple[LogicalType, ...] = ("integer", "number")
_APPLIES: Mapping[str, tuple[LogicalType, ...]] = {
    "minimum": _ORDERED,
    "maximum": _ORDERED,
    "exclusive_minimum": _ORDERED,
    "exclusive_maximum": _ORDERED,
    "pattern": ("string",),
    "format": ("date",),
}
_HOLDS: Mapping[LogicalType, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
}


def parse_contract(text: str, where: str) -> Contract:
    """Parse the YAML ``text`` found at ``where`` into a contract.

    Raises:
        SpecError: an unknown key, a value of the wrong kind, two columns of one name, no key, a key
            that may be null, or a rule that a column of that type cannot have.
    """
    contract = parse_yaml(_CONTRACT, text, where)
    names = [column.name for column in contract.schema[0].properties]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SpecError(f"columns {twice} are declared twice", where, "keep one of each")
    if not contract.key:
        raise SpecError("no column is part of the primary key", where, "set primaryKey: true")
    for name in contract.key:
        if not contract.columns[name].required:
            raise SpecError(f"the key column {name!r} may be null", where, "set required: true")
    for column in contract.columns.values():
        for problem, mend in _contradictions(column):
            raise SpecError(problem, f"{where}, column {column.name!r}", mend)
    return contract


def _contradictions(column: Column) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the rules of one column, and how to mend it."""
    options, kind = column.options, column.logical_type
    for name, types in _APPLIES.items():
        if getattr(options, name) is not None and kind not in types:
            yield f"{name} means nothing for type {kind}", f"it belongs to {' or '.join(types)}"
    low = [b for b in (options.minimum, options.exclusive_minimum) if b is not None]
    high = [b for b in (options.maximum, options.exclusive_maximum) if b is not None]
    if low and high and max(low) > min(high):
        yield f"no value is at least {max(low)} and at most {min(high)}", "turn the limits round"
    if options.pattern is not None and not _is_pattern(options.pattern):
        yield f"the pattern {options.pattern!r} is no regular expression", "mend the pattern"
    for value in column.domain or ():
        if not isinstance(value, _HOLDS.get(kind, ())):
            yield f"the valid value {value!r} is not of type {kind}", "write it as that type"


def _is_pattern(pattern: str) -> bool:
    """Tell whether the engine that will apply it can read ``pattern``."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError:
        return False
    return True
