"""What a forecast is asked by over HTTP: series, days, a level, a changed plan; read and checked.

Everything is checked before anything is computed, and everything that is wrong is told at once.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, cast

from foresell.answer.given_values import plain_value
from foresell.answer.requests import Problem
from foresell.answer.unknown_names import UnknownNames
from foresell.contracts.contract import Contract, LogicalType
from foresell.errors import counted, nearest
from foresell.spec.hierarchy import level_name
from foresell.spec.project import ProjectSpec

Value = str | int | float | bool | date
Rows = Literal["asked", "all"]
FIELDS = ("where", "series", "first", "last", "rows", "level", "set", "quantiles")
MOST_SERIES = 10_000  # named in one request, and values of one column
_LARGEST = 2**63
_SHOWN = 60  # characters of a name that an error shows
_WORDS: Mapping[LogicalType, str] = {
    "string": "a text",
    "integer": "a whole number of 64 bits",
    "number": "a finite number",
    "boolean": "true or false",
    "date": "a day as YYYY-MM-DD",
}


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A forecast that is asked for; all values in the types of the contract.

    ``where``: key or static column -> values, any of which will do. ``series``: exactly these, by
    their keys in declared order; none is no bound. ``first``, ``last``: days, both included.
    ``rows``: the rows that are answered when nobody names any, or all that are published.
    ``level``: sums at that level. ``values``: what known-future columns are to be.
    """

    where: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    series: tuple[tuple[Value, ...], ...] = ()
    first: date | None = None
    last: date | None = None
    rows: Rows = "asked"
    level: str | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    quantiles: bool = False


def read_ask(found: Any, project: ProjectSpec, contract: Contract) -> tuple[Ask, list[Problem]]:
    """Return what ``found``, plain values of JSON, asks for, and everything that is wrong with it.

    Where anything is wrong, the first is of no use.
    """
    if not isinstance(found, Mapping):
        return Ask(), [_problem("", "type", "it is no object of fields")]
    reader = _Reader(project, contract)
    told = {name: value for name, value in found.items() if value is not None}
    reader.unknown([name for name in found if name not in FIELDS])
    ask = Ask(
        where=reader.where(told.get("where", {})),
        series=reader.series(told.get("series", [])),
        first=reader.day(told.get("first"), "first"),
        last=reader.day(told.get("last"), "last"),
        rows=cast("Rows", reader.one_of(told.get("rows", "asked"), "rows", ("asked", "all"))),
        level=reader.level(told.get("level")),
        values=reader.values(told.get("set", {})),
        quantiles=reader.flag(told.get("quantiles", False), "quantiles"),
    )
    reader.agree(ask, told)
    return ask, reader.problems


class _Reader:
    """Reads field by field, and remembers what is wrong."""

    def __init__(self, project: ProjectSpec, contract: Contract) -> None:
        self._project, self._contract = project, contract
        self._unknown = UnknownNames()
        self.problems: list[Problem] = []

    def wrong(self, name: str, rule: str, says: str, allowed: str = "") -> None:
        """Remember one thing that is wrong."""
        self.problems.append(_problem(name, rule, says, allowed))

    def unknown(
        self, names: Collection[str], within: str = "", known: Sequence[str] = FIELDS
    ) -> None:
        """Remember names that are not ``known`` in the object ``within``, or in the body."""
        told, rest = self._unknown.told(names)
        what = "cannot be named here" if within else "is no field"
        for name, guess in told:
            shown = f"{within}.{name[:_SHOWN]}" if within else name[:_SHOWN]
            hint = (
                nearest(name if guess else "", known) if known else "the project has no such column"
            )
            self.wrong(shown, "unknown", f"{what}; {hint}")
        if rest:
            self.wrong(within, "unknown", f"{counted(rest, 'more name')} in it are not known")

    def where(self, found: Any) -> dict[str, tuple[Value, ...]]:
        """Return the values of columns that tell series apart."""
        known = self._project.with_role("key", "static")
        kept = {}
        for name, given in self._object(found, "where", known).items():
            several = given if isinstance(given, list) else [given]
            if not several or len(several) > MOST_SERIES:
                self.wrong(f"where.{name}", "items", "must hold values", f"1 to {MOST_SERIES:,}")
                continue
            values = [self._typed(one, name, f"where.{name}") for one in several]
            kept[name] = tuple(one for one in values if one is not None)
        return kept

    def series(self, found: Any) -> tuple[tuple[Value, ...], ...]:
        """Return series by their keys."""
        if not isinstance(found, list) or len(found) > MOST_SERIES:
            self.wrong("series", "type", "must be a list of series", f"up to {MOST_SERIES:,}")
            return ()
        keys = self._project.keys
        kept = []
        for at, one in enumerate(found):
            given = self._object(one, f"series.{at}", keys)
            for name in (name for name in keys if name not in given):
                self.wrong(f"series.{at}.{name}", "required", "is missing")
            told = [self._typed(given.get(n), n, f"series.{at}.{n}") for n in keys if n in given]
            kept.append(tuple(one for one in told if one is not None))
        return tuple(kept)

    def values(self, found: Any) -> dict[str, Value]:
        """Return the changed plan."""
        known = self._project.with_role("known_future")
        kept = {}
        for name, given in self._object(found, "set", known).items():
            value = self._typed(given, name, f"set.{name}")
            if value is not None:
                kept[name] = value
        return kept

    def day(self, found: Any, name: str) -> date | None:
        """Return a day; None is no bound."""
        if found is None:
            return None
        day = _value(found, "date")
        if not isinstance(day, date):
            self.wrong(name, "type", f"must be {_WORDS['date']}")
            return None
        return day

    def one_of(self, found: Any, name: str, known: Sequence[str]) -> str:
        """Return one of a few words."""
        if found not in known:
            self.wrong(name, "values", "is none of the words it may be", ", ".join(known))
        return str(found)

    def level(self, found: Any) -> str | None:
        """Return the name of a declared level."""
        if found is None:
            return None
        hierarchy = self._project.hierarchy
        known = [level_name(columns) for columns in hierarchy.levels] if hierarchy else []
        if not known:
            self.wrong("level", "unknown", "the project declares no hierarchy")
            return None
        return self.one_of(found, "level", known)

    def flag(self, found: Any, name: str) -> bool:
        """Return true or false."""
        if not isinstance(found, bool):
            self.wrong(name, "type", f"must be {_WORDS['boolean']}")
        return bool(found)

    def agree(self, ask: Ask, told: Mapping[str, Any]) -> None:
        """Refuse fields that contradict each other; ``told``: all that were given."""
        if ask.first is not None and ask.last is not None and ask.first > ask.last:
            self.wrong("first, last", "order", "the first day lies after the last")
        if "set" not in told:
            return
        for name in ("series", "level"):
            if told.get(name):
                self.wrong(f"set, {name}", "exclusive", "cannot be asked for together")
        if ask.rows == "all":
            self.wrong("set, rows", "exclusive", "a changed plan is answered for the asked rows")
        if not told["set"]:
            self.wrong("set", "items", "names no column that is planned otherwise")

    def _object(self, found: Any, name: str, known: Sequence[str]) -> dict[str, Any]:
        """Return the fields of an object that are ``known``; of others it is told."""
        if not isinstance(found, Mapping):
            self.wrong(name, "type", "must be an object of columns and values")
            return {}
        self.unknown([other for other in found if other not in known], name, known)
        return {other: value for other, value in found.items() if other in known}

    def _typed(self, given: Any, column: str, name: str) -> Value | None:
        """Return a value in the type of its column, None where it is of another."""
        kind = self._contract.columns[column].logical_type
        value = _value(given, kind)
        if value is None:
            self.wrong(name, "type", f"must be {_WORDS[kind]}")
        return value


def _value(given: Any, kind: LogicalType) -> Value | None:
    """Return a plain value of JSON in a type of the contract, None where it is none.

    >>> _value(3.0, "integer"), _value(True, "integer"), _value("2024-02-30", "date")
    (3, None, None)
    """
    plain = plain_value(given, kind)
    whole = isinstance(plain, int) and not isinstance(plain, bool)
    if kind == "date":
        return _day(plain)
    if kind == "number":
        fine = (whole or isinstance(plain, float)) and _finite(plain)
        return float(plain) if fine else None
    if kind == "integer":
        return plain if whole and -_LARGEST <= plain < _LARGEST else None
    wanted = bool if kind == "boolean" else str
    return plain if isinstance(plain, wanted) else None


def _finite(plain: int | float) -> bool:
    """Tell whether a number is one that a float can hold."""
    try:
        return math.isfinite(plain)
    except OverflowError:
        return False


def _day(text: Any) -> date | None:
    """Return the day in ISO text, written in full."""
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if day.isoformat() == text else None


def _problem(name: str, rule: str, says: str, allowed: str = "") -> Problem:
    """Return one thing that is wrong with the request, which is row 1."""
    return Problem(row=1, field=name, rule=rule, says=says, allowed=allowed)
