"""The contract: columns, types, nulls, ranges, domains and keys, in one place.

The file is an Open Data Contract Standard v3.1 document (bitol.io). Only the parts listed here are
read; any other key is refused, because a rule that nobody checks is worse than none.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError
from foresell.spec.yaml_border import parse_yaml

_STRICT = ConfigDict(extra="forbid", populate_by_name=True)
LogicalType = Literal["string", "integer", "number", "boolean", "date"]
Bound = int | float


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
    primary_key_position: Annotated[int, Field(alias="primaryKeyPosition")] = -1
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


def parse_contract(text: str, where: str) -> Contract:
    """Parse the YAML ``text`` found at ``where`` into a contract.

    Raises:
        SpecError: an unknown key, a value of the wrong kind, two columns of one name, or no key.
    """
    contract = parse_yaml(_CONTRACT, text, where)
    names = [column.name for column in contract.schema[0].properties]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SpecError(f"columns {twice} are declared twice", where, "keep one of each")
    if not contract.key:
        raise SpecError("no column is part of the primary key", where, "set primaryKey: true")
    return contract
