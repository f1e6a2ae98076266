"""What an address asks of the judged rows: by which columns they can be told apart, and which stay.

Nothing of an address is trusted: what is no value of a column is said beside its field.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import isfinite

import polars as pl

from foresell.dashboard.page import Query
from foresell.dashboard.segments.facets import NONE, Facet, code_of, text_of
from foresell.data.asked_values import known_values
from foresell.report.wording import NBSP

_LONGEST = 60  # letters of what was asked for that are told again
_PREFIXES = ("is.", "band.", "from.", "to.", "has.")


@dataclass(frozen=True, kw_only=True)
class Option:
    """A value that can be ticked. ``rows``: of all judged rows that have it."""

    value: str
    label: str
    rows: int
    on: bool


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of the form. ``low`` and ``high``: what was asked for, as it came.

    ``error``: what is wrong with it, "" where nothing is. ``first``: it stands above the fold.
    """

    facet: Facet
    options: Sequence[Option] = ()
    low: str = ""
    high: str = ""
    error: str = ""
    first: bool = False

    @property
    def touched(self) -> bool:
        """Whether something is asked of the column, be it right or wrong."""
        return bool(self.low or self.high or self.error or any(one.on for one in self.options))

    @property
    def summary(self) -> str:
        """What of the column is asked for, in few words."""
        on = [one.label for one in self.options if one.on]
        if not on:
            return "all"
        return on[0] if len(on) == 1 else f"{len(on)} of {len(self.options)}"


@dataclass(frozen=True, kw_only=True)
class Active:
    """Something that rows are filtered by, and the query without it."""

    label: str
    without: Query


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of the rows. ``kept``: the rows that have all of it, none where it has a fault.

    ``strays``: values of the address that name no column. ``faulty``: something is wrong with it.
    """

    fields: Sequence[Field]
    active: Sequence[Active]
    strays: Sequence[str]
    kept: pl.DataFrame = field(repr=False)

    @property
    def opened(self) -> bool:
        """Whether something below the fold is asked for, or wrong."""
        return any(not one.first and one.touched for one in self.fields)

    @property
    def faulty(self) -> bool:
        """Whether something that was asked for cannot be."""
        return bool(self.strays) or any(one.error for one in self.fields)


def asked_of(
    rows: pl.DataFrame, facets: Sequence[Facet], query: Query, first: Sequence[Facet]
) -> Asked:
    """Return what ``query`` asks of ``rows``. ``first``: what stands above the fold."""
    known = {name for facet in facets for name in facet.names}
    strays = [
        f"there is no column {name.partition('.')[2][:_LONGEST]!r} to choose rows by"
        for name in query
        if name.startswith(_PREFIXES) and name not in known
    ]
    fields: list[Field] = []
    active: list[Active] = []
    conditions: list[pl.Expr] = []
    for facet in facets:
        made, told = _field(facet, query, shown_first=facet in first)
        fields.append(made)
        conditions += [] if made.error else told
        active += _active(made, query)
    faulty = bool(strays) or any(one.error for one in fields)
    kept = rows.clear() if faulty else rows.filter(conditions) if conditions else rows
    return Asked(fields=fields, active=active, strays=strays, kept=kept)


def _field(facet: Facet, query: Query, *, shown_first: bool) -> tuple[Field, list[pl.Expr]]:
    """Return one field of the form, and what it asks of the rows."""
    if facet.kind in {"choice", "band"}:
        return _choice(facet, query, shown_first=shown_first)
    low, high = (_last(query, name) for name in (facet.names[0], facet.names[-1]))
    if facet.kind == "text":
        made = Field(facet=facet, low=low, first=shown_first)
        return made, [_holds(facet, low)] if low else []
    error, ends = _ends(facet, low, high)
    made = Field(facet=facet, low=low, high=high, error=error, first=shown_first)
    own = pl.col(facet.column)
    if facet.kind == "range":
        own = own.cast(pl.Float64)
    begin, end = ends
    conditions = [own >= begin] if begin is not None else []
    return made, conditions + ([own <= end] if end is not None else [])


def _choice(facet: Facet, query: Query, *, shown_first: bool) -> tuple[Field, list[pl.Expr]]:
    """Return a field whose values are ticked, and what it asks of the rows."""
    asked = tuple(dict.fromkeys(query.get(facet.names[0], ())))
    known = {value.text: value for value in facet.values}
    strange = [one for one in asked if one not in known]
    error = ""
    if strange:
        hint = known_values(strange[0][:_LONGEST], list(known))
        error = f"no judged row has {strange[0][:_LONGEST]!r}: {hint}"
    options = [
        Option(value=one.text, label=one.label, rows=one.rows, on=one.text in asked)
        for one in facet.values
    ]
    made = Field(facet=facet, options=options, error=error, first=shown_first)
    if not asked:
        return made, []
    if facet.kind == "band":
        places = [place for place, one in enumerate(facet.values) if one.text in asked]
        return made, [code_of(facet).is_in(places)]
    return made, [text_of(facet.column).is_in(list(asked))]


def _holds(facet: Facet, text: str) -> pl.Expr:
    """Return whether a column holds a text, however it is written."""
    own = pl.col(facet.column).cast(pl.String).str.to_lowercase()
    return own.str.contains(text.lower(), literal=True).fill_null(value=False)


def _last(query: Query, name: str) -> str:
    """Return the last value of a name, stripped."""
    values = query.get(name, ())
    return values[-1].strip() if values else ""


def _ends(
    facet: Facet, low: str, high: str
) -> tuple[str, tuple[float | date | None, float | date | None]]:
    """Return what is wrong with both ends of a range, and the ends; None where nothing is asked."""
    read = _number if facet.kind == "range" else _date
    what = "number" if facet.kind == "range" else "day; write it as 2024-12-31"
    found: list[float | date | None] = []
    for text in (low, high):
        value = read(text) if text else None
        if text and value is None:
            return f"{text[:_LONGEST]!r} is no {what}", (None, None)
        found.append(value)
    begin, end = found
    if begin is not None and end is not None and begin > end:  # type: ignore[operator]
        return f"from {low[:_LONGEST]} is above to {high[:_LONGEST]}", (None, None)
    return "", (begin, end)


def _number(text: str) -> float | None:
    """Return a finite number, None where it is none.

    >>> _number("1.5"), _number("1,5"), _number("inf"), _number("1e999")
    (1.5, None, None, None)
    """
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _date(text: str) -> date | None:
    """Return a day, None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _active(made: Field, query: Query) -> list[Active]:
    """Return what rows are filtered by in one field, a link each to the page without it."""
    column, names = made.facet.column, made.facet.names
    if made.error:
        return []
    if made.facet.kind in {"choice", "band"}:
        return [
            Active(
                label=f"{column} {one.label}" if one.value != NONE else f"no {column}",
                without=without(query, names[0], one.value),
            )
            for one in made.options
            if one.on
        ]
    if made.facet.kind == "text":
        told = f"{column} holds {made.low[:_LONGEST]!r}"
        return [Active(label=told, without=without(query, names[0]))] if made.low else []
    return [
        Active(label=f"{column} {word}{NBSP}{text[:_LONGEST]}", without=without(query, name))
        for word, text, name in (("from", made.low, names[0]), ("to", made.high, names[-1]))
        if text
    ]


def without(query: Query, name: str, value: str | None = None) -> Query:
    """Return ``query`` without a name, or without one of its values.

    >>> without({"is.a": ("x", "y"), "by": ("a",)}, "is.a", "x")
    {'is.a': ('y',), 'by': ('a',)}
    """
    left = {
        other: tuple(one for one in values if other != name or value not in {None, one})
        for other, values in query.items()
    }
    return {other: values for other, values in left.items() if values}
