"""The nouns of a contract: columns, types, nulls, ranges, domains and keys.

The file is an Open Data Contract Standard v3.1 document (bitol.io). Only the parts listed here are
read; any other key is refused, because a rule that nobody checks is worse than none.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
)
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

_STRICT = ConfigDict(extra="forbid", populate_by_name=True)
LogicalType = Literal["string", "integer", "number", "boolean", "date"]
Classification = Literal["", "public", "internal", "confidential", "restricted", "personal"]
_LARGEST = 2**63 - 1

_SPACE = re.compile(r"""('[^']*'|"[^"]*")|\s+""")


def _limit(value: object) -> object:
    """Refuse a limit that is neither a finite number that a column can hold nor text.

    Raises:
        PydanticCustomError: it is none.
    """
    held = isinstance(value, int) and abs(value) <= _LARGEST
    finite = isinstance(value, float) and math.isfinite(value)
    if isinstance(value, str) or ((held or finite) and not isinstance(value, bool)):
        return value
    raise PydanticCustomError("limit", "a limit is a number, or a day in quotes: '2024-12-31'")


Bound = Annotated[int | float | str, BeforeValidator(_limit)]
Atom = StrictStr | StrictInt | StrictFloat


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class TypeOptions:
    """Limits that belong to a type.

    ``format`` is a date pattern such as ``yyyy-MM-dd``: how days are written in the files. The
    limits of a date are days as text in ISO form, whatever its format. A ``pattern`` describes the
    whole value; see ``foresell.contracts.pattern`` for what may stand in it.
    """

    minimum: Bound | None = None
    maximum: Bound | None = None
    exclusive_minimum: Annotated[Bound | None, Field(alias="exclusiveMinimum")] = None
    exclusive_maximum: Annotated[Bound | None, Field(alias="exclusiveMaximum")] = None
    min_length: Annotated[StrictInt | None, Field(alias="minLength", ge=0)] = None
    max_length: Annotated[StrictInt | None, Field(alias="maxLength", ge=0)] = None
    pattern: str | None = None
    format: str | None = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Arguments:
    """Arguments of a library metric."""

    valid_values: Annotated[tuple[Atom, ...], Field(alias="validValues", min_length=1)]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ColumnQuality:
    """A library metric of one column with its limit.

    ``invalidValues`` must be 0: a closed domain. ``nullValues`` with ``mustBeLessOrEqualTo`` and
    ``unit: percent``: how much of the column may be missing in one delivery.
    """

    metric: Literal["invalidValues", "nullValues"]
    type: Literal["library"] = "library"
    arguments: Arguments | None = None
    must_be: Annotated[Literal[0] | None, Field(alias="mustBe")] = None
    must_be_less_or_equal_to: Annotated[
        Annotated[float, Field(ge=0, le=100)] | None, Field(alias="mustBeLessOrEqualTo")
    ] = None
    unit: Literal["rows", "percent"] | None = None
    name: str = ""
    description: str = ""
    dimension: str = ""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class RowQuality:
    """A rule over several columns of a row, as the standard writes it: rows that break it in SQL.

    ``query``: ``SELECT COUNT(*) FROM {object} WHERE <what a broken row looks like>``, must be 0.
    """

    name: str
    query: str
    must_be: Annotated[Literal[0], Field(alias="mustBe")]
    type: Literal["sql"] = "sql"
    description: str = ""
    dimension: str = ""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class CustomProperty:
    """What the standard has no word for; foresell reads ``unit``."""

    property: str
    value: StrictStr | bool | StrictInt | float
    description: str = ""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Column:
    """One property of the schema object. ``classification: personal`` is dropped when read."""

    name: str
    logical_type: Annotated[LogicalType, Field(alias="logicalType")]
    description: str = ""
    business_name: Annotated[str, Field(alias="businessName")] = ""
    classification: Classification = ""
    required: bool = False
    unique: bool = False
    primary_key: Annotated[bool, Field(alias="primaryKey")] = False
    primary_key_position: Annotated[StrictInt, Field(alias="primaryKeyPosition")] = -1
    options: Annotated[TypeOptions, Field(alias="logicalTypeOptions")] = field(
        default_factory=TypeOptions
    )
    quality: tuple[ColumnQuality, ...] = ()
    examples: tuple[StrictStr | bool | StrictInt | float, ...] = ()
    tags: tuple[str, ...] = ()
    custom_properties: Annotated[tuple[CustomProperty, ...], Field(alias="customProperties")] = ()

    @property
    def domain(self) -> tuple[Atom, ...] | None:
        """The allowed values, or None where any value is."""
        for quality in self.quality:
            if quality.metric == "invalidValues" and quality.arguments is not None:
                return quality.arguments.valid_values
        return None

    @property
    def most_missing(self) -> float | None:
        """The share of rows, 0 to 1, that may lack a value; None where there is no limit."""
        for quality in self.quality:
            if quality.metric == "nullValues" and quality.must_be_less_or_equal_to is not None:
                return quality.must_be_less_or_equal_to / 100
        return None

    @property
    def unit(self) -> str:
        """The unit of the values, empty where there is none."""
        found = (str(item.value) for item in self.custom_properties if item.property == "unit")
        return next(found, "")

    @property
    def personal(self) -> bool:
        """Whether the values are about a person."""
        return self.classification == "personal"


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class SchemaObject:
    """The rows the gate sees: the joined record of a project."""

    name: str
    properties: tuple[Column, ...]
    quality: tuple[RowQuality, ...] = ()
    description: str = ""
    physical_name: Annotated[str, Field(alias="physicalName")] = ""
    logical_type: Annotated[Literal["object"], Field(alias="logicalType")] = "object"


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Team:
    """Who answers for the data."""

    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Contract:
    """One project's contract. ``version``: MAJOR.MINOR.PATCH, as `parse_contract` makes sure."""

    id: str
    version: str
    schema: Annotated[tuple[SchemaObject, ...], Field(min_length=1, max_length=1)]
    api_version: Annotated[Literal["v3.1.0"], Field(alias="apiVersion")] = "v3.1.0"
    kind: Literal["DataContract"] = "DataContract"
    status: str = "active"
    name: str = ""
    domain: str = ""
    description: Mapping[str, str] = field(default_factory=dict)
    team: Team | None = None

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns by name, in declared order."""
        return {column.name: column for column in self.schema[0].properties}

    @property
    def key(self) -> tuple[str, ...]:
        """The columns whose values together are unique, by declared position."""
        found = [column for column in self.columns.values() if column.primary_key]
        return tuple(c.name for c in sorted(found, key=lambda c: c.primary_key_position))

    @property
    def release(self) -> tuple[int, int, int]:
        """The version as numbers that can be compared."""
        major, minor, patch = map(int, self.version.split("."))
        return major, minor, patch

    @property
    def digest(self) -> str:
        """The sha256 of the rules: names, types, limits, keys, what is personal, rules over a row.

        The version and what only people read (descriptions, examples, units, tags) do not count.
        """
        rows = self.schema[0]
        rules = {
            "columns": [_ruled(column) for column in rows.properties],
            "rows": [[one.name, _narrowed(one.query)] for one in rows.quality],
        }
        text = json.dumps(rules, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _narrowed(query: str) -> str:
    """Return ``query`` with every stretch of space outside quotes as one.

    Not where a comment stands, which the end of a line ends.
    """
    if "--" in query or "/*" in query:
        return query
    return _SPACE.sub(lambda found: found[1] or " ", query.strip())


def _ruled(column: Column) -> dict[str, Any]:
    """Return what a column's rules are, without words for people."""
    return {
        "name": column.name,
        "type": column.logical_type,
        "personal": column.personal,
        "required": column.required,
        "unique": column.unique,
        "key": column.primary_key_position if column.primary_key else None,
        "options": {name: value for name, value in vars(column.options).items() if name[0] != "_"},
        "domain": column.domain,
        "missing": column.most_missing,
    }
