"""How the columns of a file or a log differ from those that were declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from foresell.spec.monitoring import Finding


@dataclass(frozen=True, kw_only=True)
class SchemaColumn:
    """A column by name and type, in its place.

    ``type``: a word such as the contract's (``integer``, ``number``, ``string``, ``boolean``,
    ``date``, ``timestamp``). ``required``: of an expected column, whether its absence is an alarm.
    ``values``: some or all of its values, by which a renamed column is known again; may be null.
    """

    name: str
    type: str
    required: bool = True
    values: pl.Series | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class TypeChange:
    """A column whose values are of another type."""

    name: str
    expected: str
    found: str


@dataclass(frozen=True, kw_only=True)
class Renamed:
    """A column that is missing and one that nobody expected, which look like one.

    ``by``: ``name`` or ``values``.
    """

    name: str
    now: str
    by: str


@dataclass(frozen=True, kw_only=True)
class SchemaChanges:
    """What is otherwise; a renamed column is neither in ``missing`` nor in ``unexpected``.

    ``order``: the columns of both sides in the order they were found, where it is another one.
    """

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    renamed: tuple[Renamed, ...]
    types: tuple[TypeChange, ...]
    order: tuple[str, ...]
    findings: tuple[Finding, ...]


def compare_schema(
    expected: Sequence[SchemaColumn], found: Sequence[SchemaColumn]
) -> SchemaChanges:
    """Compare names, types and order."""
    raise NotImplementedError


def to_json(changes: SchemaChanges) -> Mapping[str, Any]:
    """Return ``changes`` as plain values."""
    raise NotImplementedError
