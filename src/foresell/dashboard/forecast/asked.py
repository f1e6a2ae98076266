"""What an address asks of the explorer; what cannot be meant is said beside its field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeVar, get_args

import polars as pl

from foresell.dashboard.addresses import query_text
from foresell.dashboard.forecast.indexed import Index
from foresell.dashboard.page import Query, Visit
from foresell.errors import nearest
from foresell.spec.hierarchy import level_name

View = Literal["sum", "each", "one", "level"]
Sort = Literal["size", "ahead", "change", "error", "held", "seen", "name"]
Word = TypeVar("Word", bound=str)
_VIEWS: tuple[View, ...] = get_args(View)
_SORTS: tuple[Sort, ...] = get_args(Sort)
FILTER = "f."  # before the name of a column, so that no column can be called as a field is
LOW, HIGH = ".from", ".to"  # after it, of a column of numbers that is chosen by a range
NONE = "none"  # no baseline
_COMPARED = 500  # values of a column, among which the nearest to a wrong one is looked for
_LONGEST = 200  # characters of a search
_MOST_SERIES = 60  # chosen one by one


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be shown.

    ``search``: words that all have to be in a series. ``values``: by column, those of which any
    will do; ``ranges``: by column of numbers, the least and the greatest, None for no end.
    ``series``: names of series that were chosen one by one; then only these are shown. ``level``:
    of the view ``level``. ``first`` and ``last``: the window of time, None for the usual one.
    ``baseline``: its name, "" for the best, `NONE` for none. ``errors``: by field, what is wrong
    with what it was given. ``query``: the address, without what is unknown or empty.
    """

    version: str = ""
    search: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    series: tuple[str, ...] = ()
    view: View = "sum"
    level: str = ""
    first: date | None = None
    last: date | None = None
    baseline: str = ""
    sort: Sort = "size"
    page: int = 1
    errors: Mapping[str, str] = field(default_factory=dict)
    query: Query = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether a search or a filter leaves anything out."""
        return bool(self.search or self.values or self.ranges)

    def link(self, **changes: str | Sequence[str] | None) -> str:
        """Return the query of this view with some values changed; None takes one out."""
        return self.linked(changes)

    def linked(self, changes: Mapping[str, str | Sequence[str] | None]) -> str:
        """Return the query of this view with some values changed; None takes one out.

        The page of the list goes back to the first, unless it is what changes.

        >>> Asked(query={"q": ("milk",), "page": ("3",)}).linked({"view": "each"})
        '?q=milk&view=each'
        """
        held = {name: tuple(values) for name, values in self.query.items() if name != "page"}
        for name, value in changes.items():
            held.pop(name, None)
            if value is not None:
                held[name] = (value,) if isinstance(value, str) else tuple(value)
        return query_text(held) or "?"


def read_asked(visit: Visit, index: Index, errors: dict[str, str]) -> Asked:
    """Return what the address asks for of the series of ``index``; ``errors`` are added to."""
    values, ranges = _filters(visit, index, errors)
    view, level = _view(visit, index, errors)
    search = visit.one("q")
    if len(search) > _LONGEST:
        errors["q"] = f"a search has at most {_LONGEST} characters"
        search = search[:_LONGEST]
    series = _series(visit, index, errors)
    first, last = _day(visit, "from", errors), _day(visit, "to", errors)
    if first is not None and last is not None and first > last:
        errors["to"] = f"the window ends before it begins, on {first.isoformat()}"
        first = last = None
    return Asked(
        version=visit.one("version"),
        search=search,
        values=values,
        ranges=ranges,
        series=series,
        view=view,
        level=level,
        first=first,
        last=last,
        baseline=visit.one("baseline"),
        sort=_word(visit, "sort", _SORTS, errors),
        page=_page(visit, errors),
        errors=errors,
        query=_known(visit.query, index),
    )


def _known(query: Query, index: Index) -> Query:
    """Return the part of an address that means something here, without empty values."""
    plain = {"q", "series", "view", "level", "from", "to", "baseline", "sort", "page", "version"}
    columns = {f"{FILTER}{name}{end}" for name in index.columns for end in ("", LOW, HIGH)}
    found = {}
    for name, given in query.items():
        kept = tuple(one for one in given if one.strip())
        if kept and name in plain | columns:
            several = name == "series" or name in columns
            found[name] = kept if several else kept[-1:]
    return found


def _filters(
    visit: Visit, index: Index, errors: dict[str, str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[float | None, float | None]]]:
    """Return the values and the ranges that columns are to have."""
    values: dict[str, tuple[str, ...]] = {}
    ranges: dict[str, tuple[float | None, float | None]] = {}
    for name in index.columns:
        if name in index.ends:
            low, high = (_number(visit, f"{FILTER}{name}{end}", errors) for end in (LOW, HIGH))
            if low is not None or high is not None:
                ranges[name] = (low, high)
        given = [one.strip() for one in visit.query.get(f"{FILTER}{name}", ()) if one.strip()]
        if given:
            values[name] = tuple(dict.fromkeys(given))
            _refuse_unknown(index, name, values[name], errors)
    for name in visit.query:
        bare = name.removeprefix(FILTER)
        ends = {bare, bare.removesuffix(LOW), bare.removesuffix(HIGH)}
        if name.startswith(FILTER) and not ends & set(index.columns):
            errors["q"] = (
                f"series have no column {bare[:40]!r}; {nearest(bare[:40], index.columns)}"
            )
    return values, ranges


def _refuse_unknown(index: Index, name: str, given: Sequence[str], errors: dict[str, str]) -> None:
    """Say which values no series has."""
    known = set(index.texts[name].unique().to_list())
    if strange := [one[:40] for one in given if one not in known]:
        hint = nearest(strange[0], known if len(known) <= _COMPARED else (), most=6)
        errors[f"{FILTER}{name}"] = f"no series has {', '.join(strange[:5])}; {hint}"


def _number(visit: Visit, name: str, errors: dict[str, str]) -> float | None:
    """Return a number of the address, None where there is none."""
    given = visit.one(name)
    if not given:
        return None
    found = pl.Series([given[:40]]).str.strip_chars().cast(pl.Float64, strict=False)[0]
    if found is None or not abs(found) < float("inf"):
        errors[name] = f"{given[:40]!r} is no number"
        return None
    return float(found)


def _series(visit: Visit, index: Index, errors: dict[str, str]) -> tuple[str, ...]:
    """Return the series that were chosen one by one, those that there are."""
    given = tuple(
        dict.fromkeys(one.strip() for one in visit.query.get("series", ()) if one.strip())
    )
    known = set(index.names)
    if strange := [one[:60] for one in given if one not in known]:
        errors["series"] = f"there is no series {', '.join(strange[:3])}"
    chosen = tuple(one for one in given if one in known)
    if len(chosen) > _MOST_SERIES:
        errors["series"] = f"at most {_MOST_SERIES} series can be chosen one by one; filter instead"
    return chosen[:_MOST_SERIES]


def _view(visit: Visit, index: Index, errors: dict[str, str]) -> tuple[View, str]:
    """Return what is to be drawn, and by which level."""
    view = _word(visit, "view", _VIEWS, errors)
    if view != "level":
        return view, ""
    declared = index.spec.hierarchy.levels if index.spec.hierarchy is not None else ()
    names = [level_name(columns) for columns in declared if columns]
    level = visit.one("level")
    if level not in names:
        hint = nearest(level[:40], names) if names else "the project declares none"
        errors["view"] = f"there is no level {level[:40]!r}; {hint}"
        return "sum", ""
    return view, level


def _word(visit: Visit, name: str, known: tuple[Word, ...], errors: dict[str, str]) -> Word:
    """Return one of the ``known`` words; the first where there is none, or another."""
    given = visit.one(name)
    if given and given not in known:
        errors[name] = f"{given[:40]!r} is unknown; {nearest(given[:40], known)}"
    return next((word for word in known if word == given), known[0])


def _page(visit: Visit, errors: dict[str, str]) -> int:
    """Return the page of the list, from 1."""
    given = visit.one("page", "1")
    if given.isascii() and given.isdigit() and 0 < len(given) < 7 and int(given):
        return int(given)
    errors["page"] = f"{given[:20]!r} is no page"
    return 1


def _day(visit: Visit, name: str, errors: dict[str, str]) -> date | None:
    """Return a day of the address, None where there is none."""
    given = visit.one(name)
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        errors[name] = f"{given[:20]!r} is no date; write it as 2026-11-22"
        return None
