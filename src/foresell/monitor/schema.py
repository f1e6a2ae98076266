"""How the columns of a file or a log differ from those that were declared."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

import numpy as np
import polars as pl

from foresell.monitor.distances import ks
from foresell.spec.monitoring import Finding

_NEAR_NAMES = 0.75  # of two names' letters, without case and signs, that are alike in their order
_NEAR_VALUES = 0.2  # the farthest that the values of one column lie apart (KS, or strange levels)
_PART = 4  # letters: a shorter name is part of many
_LEAST_VALUES = 30
_NUMERIC = ("integer", "number")
_DAYS = ("date", "timestamp")


@dataclass(frozen=True, kw_only=True)
class SchemaColumn:
    """A column by name and type, in its place.

    ``type``: a word such as the contract's (``integer``, ``number``, ``string``, ``boolean``,
    ``date``, ``timestamp``). ``required``: of an expected column, whether its absence is an alarm.
    ``values``: some or all of its values, by which a renamed column is known again; may be null.
    ``season``: of an expected column, those of the same days of the year, where there are some.
    """

    name: str
    type: str
    required: bool = True
    values: pl.Series | None = field(default=None, compare=False, repr=False)
    season: pl.Series | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class TypeChange:
    """A column whose values are of another type."""

    name: str
    expected: str
    found: str


@dataclass(frozen=True, kw_only=True)
class Renamed:
    """A column that is missing and one that nobody expected, which look like one.

    ``by``: what they are alike in; ``kind``: nothing but their kind, and no other columns differ.
    """

    name: str
    now: str
    by: Literal["name", "values", "place", "kind"]


@dataclass(frozen=True, kw_only=True)
class SchemaChanges:
    """What is otherwise; a renamed column is neither in ``missing`` nor in ``unexpected``.

    ``order``: the expected columns in the order they were found, where it is another one.
    """

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    renamed: tuple[Renamed, ...]
    types: tuple[TypeChange, ...]
    order: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def alarmed(self) -> bool:
        """Whether one of the findings is an alarm."""
        return any(finding.weight == "alarm" for finding in self.findings)


def compare_schema(
    expected: Sequence[SchemaColumn], found: Sequence[SchemaColumn]
) -> SchemaChanges:
    """Compare names, types and order.

    Whole numbers are read where numbers are expected, and are no change. A column is renamed where
    a missing and an unexpected one have nearly one name, else nearly the same values; else where
    they are of a kind and stand between the same columns, or are the only ones that differ: perhaps
    renamed. A missing column that is required, one renamed by its name or its values, and another
    type are alarms; one perhaps renamed is where it is required; the rest are notes.

    >>> changes = compare_schema(
    ...     [SchemaColumn(name="CPI", type="number"), SchemaColumn(name="Size", type="integer")],
    ...     [SchemaColumn(name="size", type="integer")],
    ... )
    >>> changes.missing, [(one.name, one.now) for one in changes.renamed]
    (('CPI',), [('Size', 'size')])
    """
    wanted = {column.name: column for column in expected}
    there = {column.name: column for column in found}
    renamed = _all_renamed(expected, found)
    old, new = {one.name for one in renamed}, {one.now for one in renamed}
    types = tuple(
        TypeChange(name=name, expected=one.type, found=there[name].type)
        for name, one in wanted.items()
        if name in there and not _fits(one.type, there[name].type)
    )
    kept = tuple(name for name in there if name in wanted)
    ordered = kept == tuple(name for name in wanted if name in there)
    changes = SchemaChanges(
        missing=tuple(name for name in wanted if name not in there and name not in old),
        unexpected=tuple(name for name in there if name not in wanted and name not in new),
        renamed=renamed,
        types=types,
        order=() if ordered else kept,
        findings=(),
    )
    return SchemaChanges(
        missing=changes.missing,
        unexpected=changes.unexpected,
        renamed=renamed,
        types=types,
        order=changes.order,
        findings=tuple(_findings(changes, wanted)),
    )


def to_json(changes: SchemaChanges) -> Mapping[str, Any]:
    """Return ``changes`` as plain values."""
    return {**asdict(changes), "alarmed": changes.alarmed}


def _fits(expected: str, found: str) -> bool:
    """Tell whether values of one type can be read as another."""
    return expected == found or (expected == "number" and found == "integer")


def _findings(changes: SchemaChanges, wanted: Mapping[str, SchemaColumn]) -> list[Finding]:
    """Return what is to be said, alarms first."""
    told = [
        Finding(
            seen="column_renamed",
            weight="alarm" if one.by in _SURE or wanted[one.name].required else "note",
            about=one.name,
            says=f"the column {one.name} is missing, and {one.now} {_SAYS[one.by]}",
        )
        for one in changes.renamed
    ]
    told += [
        Finding(
            seen="column_missing",
            weight="alarm" if wanted[name].required else "note",
            about=name,
            says=f"the column {name} is missing",
        )
        for name in changes.missing
    ]
    told += [
        Finding(
            seen="column_type",
            weight="alarm",
            about=one.name,
            says=f"the column {one.name} holds {one.found}, where {one.expected} is expected",
        )
        for one in changes.types
    ]
    told += [
        Finding(
            seen="column_unexpected",
            weight="note",
            about=name,
            says=f"the column {name} is not declared",
        )
        for name in changes.unexpected
    ]
    if changes.order:
        says = f"the columns stand in another order: {', '.join(changes.order)}"
        told.append(Finding(seen="column_order", weight="note", about="columns", says=says))
    return sorted(told, key=lambda one: one.weight != "alarm")


def _renamed(
    missing: Sequence[SchemaColumn], unexpected: Sequence[SchemaColumn]
) -> tuple[Renamed, ...]:
    """Pair what looks like one column: the nearest names first, then the nearest values."""
    pairs = sorted(
        (
            (place, -near, one.name, other.name)
            for one in missing
            for other in unexpected
            for place, near in _near(one, other)
        ),
    )
    taken: dict[str, tuple[str, int]] = {}
    for place, _, name, now in pairs:
        if name not in taken and now not in {other for other, _ in taken.values()}:
            taken[name] = (now, place)
    return tuple(
        Renamed(name=one.name, now=taken[one.name][0], by=_SURE[taken[one.name][1]])
        for one in missing
        if one.name in taken
    )


_SURE: tuple[Literal["name", "values"], ...] = ("name", "values")
_SAYS = {
    "name": "looks like it (by its name)",
    "values": "looks like it (by its values)",
    "place": "of its kind stands in its place: perhaps renamed",
    "kind": "of its kind is new: perhaps renamed",
}


def _all_renamed(
    expected: Sequence[SchemaColumn], found: Sequence[SchemaColumn]
) -> tuple[Renamed, ...]:
    """Return what was renamed: what is alike first, then by place, then what alone is left."""
    wanted, there = {one.name for one in expected}, {one.name for one in found}
    missing = [one for one in expected if one.name not in there]
    unexpected = [one for one in found if one.name not in wanted]
    renamed = _renamed(missing, unexpected)
    taken = {one.name for one in renamed} | {one.now for one in renamed}
    stands = [_gaps(side, wanted & there) for side in (expected, found)]
    placed = [
        Renamed(name=one.name, now=other.name, by="place")
        for gap, lost in stands[0].items()
        if len(new := stands[1].get(gap, [])) == len(lost)
        for one, other in zip(lost, new, strict=True)
        if not {one.name, other.name} & taken and _of_a_kind(one, other)
    ]
    if not (renamed or placed) and len(missing) == len(unexpected) == 1:
        one, other = missing[0], unexpected[0]
        if _of_a_kind(one, other):
            placed = [Renamed(name=one.name, now=other.name, by="kind")]
    order = [one.name for one in expected]
    return tuple(sorted([*renamed, *placed], key=lambda one: order.index(one.name)))


def _gaps(
    columns: Sequence[SchemaColumn], kept: AbstractSet[str]
) -> Mapping[tuple[str, str], list[SchemaColumn]]:
    """Return the columns that are not ``kept``, by the kept ones before and after them."""
    gaps: dict[tuple[str, str], list[SchemaColumn]] = {}
    for place, one in enumerate(columns):
        if one.name not in kept:
            before = [near.name for near in columns[:place] if near.name in kept]
            after = [near.name for near in columns[place:] if near.name in kept]
            gap = ("".join(before[-1:]), "".join(after[:1]))
            gaps.setdefault(gap, []).append(one)
    return {gap: held for gap, held in gaps.items() if any(gap)}  # of no neighbour is no place


def _of_a_kind(one: SchemaColumn, other: SchemaColumn) -> bool:
    """Tell whether one column may hold the values of another, by its type."""
    return any({one.type, other.type} <= set(kind) for kind in ((one.type,), _NUMERIC, _DAYS))


def _near(one: SchemaColumn, other: SchemaColumn) -> list[tuple[int, float]]:
    """Return in what two columns are alike (by its place in ``_SURE``), and how much."""
    near = []
    short, long = sorted((_letters(one.name), _letters(other.name)), key=len)
    names = SequenceMatcher(None, short, long, autojunk=False).ratio()
    if len(short) >= _PART and short in long:  # Temp, Temperature
        names = max(names, _NEAR_NAMES)
    if names >= _NEAR_NAMES:
        near.append((0, names))
    same = one.type == other.type or {one.type, other.type} <= set(_NUMERIC)
    if same and other.values is not None:
        now = other.values.drop_nulls()
        known = [held.drop_nulls() for held in (one.values, one.season) if held is not None]
        apart = min((_apart(held, now, one.type) for held in known), default=1.0)
        if apart <= _NEAR_VALUES:
            near.append((1, 1 - apart))
    return near


def _letters(name: str) -> str:
    """Return the letters and digits of a name, without case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _apart(one: pl.Series, other: pl.Series, kind: str) -> float:
    """Return how far the values of two columns lie apart, from 0 to 1; 1 of few or of one value."""
    if min(one.len(), other.len()) < _LEAST_VALUES or one.n_unique() < 2:
        return 1.0
    if kind in _NUMERIC:
        sides = [values.cast(pl.Float64).to_numpy() for values in (one, other)]
        return ks(np.sort(sides[0]), np.sort(sides[1]))
    texts = other.cast(pl.String)
    return 1 - float(texts.is_in(one.cast(pl.String).unique().implode()).mean() or 0.0)  # type: ignore[arg-type]
