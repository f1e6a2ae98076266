"""The forecast page of a panel: which series, what is drawn of them, and the list of them all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from foresell.bundle.bundle import refusals
from foresell.dashboard.forecast.asked import FILTER, Asked, read_asked
from foresell.dashboard.forecast.beside import Beside, Reading, read_beside
from foresell.dashboard.forecast.blocks import Rows
from foresell.dashboard.forecast.drawing import (
    drawn,
    events_of,
    figures_of,
    parquet,
    table_of,
    window,
)
from foresell.dashboard.forecast.fields import (
    Chip,
    Filter,
    Option,
    Tab,
    baseline_options,
    chips_of,
    described,
    filters_of,
    tabs_of,
    version_options,
)
from foresell.dashboard.forecast.indexed import Index, indexed
from foresell.dashboard.forecast.listing import Listing, listing
from foresell.dashboard.forecast.matching import matching, selected
from foresell.dashboard.forecast.noting import Looked, key_of, notes_of, series_table
from foresell.dashboard.forecast.subjects import (
    Subject,
    level_subjects,
    series_subject,
    sum_subject,
)
from foresell.dashboard.forecast.telling import facts_of, heading_of, standfirst_of, together_text
from foresell.dashboard.page import Context, Download, Fact, Trouble, Visit
from foresell.dashboard.reading.shown import AbsentError, Shown, tried
from foresell.errors import UsageError
from foresell.report.wording import capitalized, column, count
from foresell.report.wording import name as words
from foresell.serving.problems import Refused
from foresell.spec.hierarchy import level_name
from foresell.spec.registry import Version

SIDE_BY_SIDE, TOGETHER = 12, 6  # charts, and lines in one, that somebody can still tell apart
FILES = ("explored.csv", "explored.parquet", "series.csv")
_CSV, _PARQUET = "text/csv; charset=utf-8", "application/vnd.apache.parquet"


@dataclass(frozen=True, kw_only=True)
class Explorer(Context):
    """What the explorer shows.

    ``found``: whether there are series to look at; else ``troubles["series"]`` says why not.
    ``matched`` of ``total`` series are left by search and filters. ``first`` and ``last``: the
    window, as its fields take it; ``whole``: the link to all of time; ``clear``: to all series.
    ``key``: what the marks mean that are drawn. ``several``: charts lie side by side. ``daily``:
    a period is a day. ``kept``:
    values of the address that the form sends along. ``refused``: what the gate said, where nobody
    may use this version. ``standing``: which version answers, where it is not this one.
    """

    found: bool
    version: int = 0
    total: int = 0
    matched: int = 0
    asked: Asked = field(default_factory=Asked)
    filters: Sequence[Filter] = ()
    chips: Sequence[Chip] = ()
    clear: str = ""
    tabs: Sequence[Tab] = ()
    versions: Sequence[Option] = ()
    baselines: Sequence[Option] = ()
    first: str = ""
    last: str = ""
    whole: str = ""
    facts: Sequence[Fact] = ()
    key: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    several: bool = False
    daily: bool = False
    listing: Listing | None = None
    kept: Sequence[tuple[str, str]] = ()
    refused: Sequence[str] = ()
    standing: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Opened:
    """A version and its series, indexed once. ``errors``: of the field of it."""

    version: Version
    index: Index
    errors: Mapping[str, str]


def context(visit: Visit) -> Explorer:
    """Return what the explorer shows."""
    troubles: dict[str, Trouble] = {}
    shown = visit.shown
    opened = tried(troubles, "series", lambda: _opened(visit), f"{shown.name}/bundle")
    if opened is None:
        yet = troubles["series"].next
        heading = "No forecast to look at yet" if yet else "The forecast cannot be shown"
        return Explorer(heading=heading, found=False, troubles=troubles)
    index, version = opened.index, opened.version
    looked = _looked(visit, opened, troubles)
    asked, beside, made = looked.asked, looked.beside, looked.made
    events = tried(troubles, "events", lambda: _events(visit, opened))
    head = made[0] if asked.view == "sum" and made else None
    first, last = _window_text(index, asked)
    return Explorer(
        heading=heading_of(index, head.subject, head.numbers) if head else _heading(looked),
        standfirst=standfirst_of(index, head.numbers, beside)
        if head
        else together_text(index, [one.numbers for one in made]),
        figures=figures_of(index, beside, made, asked, events),
        troubles=troubles,
        found=True,
        version=version.version,
        total=index.n_series,
        matched=len(looked.matched),
        asked=asked,
        filters=filters_of(index, asked),
        chips=chips_of(index, asked),
        clear=_clear(asked),
        tabs=tabs_of(index, asked),
        versions=version_options(shown.state(), version.version, asked),
        baselines=baseline_options(beside.names, asked) if beside.names else (),
        first=first,
        last=last,
        whole=asked.linked({"from": index.grid.first.isoformat(), "to": None}),
        facts=facts_of(index, head.subject, head.numbers, beside) if head else (),
        key=key_of(looked),
        notes=notes_of(looked),
        daily=index.grid.every == 1,
        several=asked.view in {"each", "level"},
        listing=looked.listing,
        kept=_kept(looked),
        refused=refusals(index.metadata),
        standing=_standing(shown, version),
    )


def download(visit: Visit, name: str) -> Download:
    """Return what is drawn, or all series that match, as a file.

    Raises:
        Refused: 404, there is no such file.
    """
    if name not in FILES:
        known = " or ".join(FILES)
        raise Refused(f"there is no file {name[:40]!r}", "path", f"use {known}", status=404)
    opened = _opened(visit)
    looked = _looked(visit, opened, {})
    stem = f"{visit.shown.name}-version-{opened.version.version}"
    if name == "series.csv":
        content = series_table(looked).write_csv().encode()
        return Download(name=f"{stem}-series.csv", media_type=_CSV, content=content)
    table = table_of(looked.beside, looked.made, opened.version.version)
    if name.endswith(".parquet"):
        content = parquet(table)
        return Download(name=f"{stem}-forecast.parquet", media_type=_PARQUET, content=content)
    content = table.write_csv().encode()
    return Download(name=f"{stem}-forecast.csv", media_type=_CSV, content=content)


def _opened(visit: Visit) -> _Opened:
    """Return the version that is asked for; the usual one where there is none of that name.

    Raises:
        UsageError: there is none at all.
    """
    shown, word = visit.shown, visit.one("version")
    errors = {}
    try:
        version = shown.version(word)
    except UsageError as error:
        if not word:
            raise
        errors["version"] = f"{error.what}; {error.mend}"
        version = shown.version()
    # The bundle is asked for only where an index is made of it: both need not fit into the memory.
    index = shown.kept(("explorer", version.digest), None, lambda: indexed(shown.bundle(version)))
    return _Opened(version=version, index=index, errors=errors)


def _standing(shown: Shown, version: Version) -> str:
    """Return which version answers, "" where it is the one that is drawn."""
    drawn_is = f"What is drawn is of version {version.version}"
    try:
        live = shown.live()
    except AbsentError:
        return f"No version answers: none is on prod or on staging. {drawn_is}."
    if live.version == version.version:
        return ""
    return f"{drawn_is}; version {live.version} answers."


def _looked(visit: Visit, opened: _Opened, troubles: dict[str, Trouble]) -> Looked:
    """Return what is asked for, found; what cannot be read goes into ``troubles``."""
    index, errors = opened.index, dict(opened.errors)
    asked = read_asked(visit, index, errors)
    reading = Reading(shown=visit.shown, index=index, version=opened.version, troubles=troubles)
    beside = read_beside(reading, asked.baseline, errors)
    matched = matching(index, asked)
    page, on_page = listing(index, asked, matched)
    subjects, of = _subjects(index, asked, beside, (matched, on_page))
    return Looked(
        index=index,
        asked=asked,
        beside=beside,
        matched=matched,
        on_page=on_page,
        listing=page,
        made=drawn(index, beside, subjects, window(index, asked)),
        of=of,
    )


def _subjects(
    index: Index, asked: Asked, beside: Beside, places: tuple[Rows, Rows]
) -> tuple[list[Subject], int]:
    """Return what is drawn, and of how many it is; ``places``: of all that match, and listed."""
    matched, on_page = places
    rows = selected(index, asked, matched)
    if not len(rows):
        return [], 0
    if asked.view == "sum":
        return [sum_subject(index, rows, beside, described(index, asked, len(rows)))], 1
    if asked.view == "level":
        levels = index.spec.hierarchy.levels if index.spec.hierarchy is not None else ()
        columns = next(one for one in levels if level_name(one) == asked.level)
        return level_subjects(index, columns, rows, beside, SIDE_BY_SIDE)
    most = SIDE_BY_SIDE if asked.view == "each" else TOGETHER
    some = rows if asked.series else on_page
    return [series_subject(index, int(row)) for row in some[:most]], len(rows)


def _events(visit: Visit, opened: _Opened) -> pl.DataFrame:
    """Return the events of the calendar, laid out once."""
    what = ("explorer", "events", opened.version.digest)
    return visit.shown.kept(what, None, lambda: events_of(opened.index))


def _heading(looked: Looked) -> str:
    """Return the heading of a view of several, or of none."""
    made, of = len(looked.made), looked.of
    if not made:
        return "No series match"
    if looked.asked.view == "level":
        target, level = words(looked.index.spec.target), looked.asked.level.split(" x ")
        return f"{capitalized(target)} by {' and '.join(column(name) for name in level)}"
    number = f"{made} of {count(of, 'series')}" if made < of else count(made, "series")
    if looked.asked.series or not looked.asked.narrowed:
        return number
    return f"{described(looked.index, looked.asked, of)}: {number}"


def _window_text(index: Index, asked: Asked) -> tuple[str, str]:
    """Return the first and the last day of the window, as fields take them."""
    first, after = window(index, asked)
    if first >= after:
        given = (asked.first, asked.last)
        return (
            given[0].isoformat() if given[0] else "",
            given[1].isoformat() if given[1] else "",
        )
    return index.grid.day(first).isoformat(), index.grid.day(after - 1).isoformat()


def _clear(asked: Asked) -> str:
    """Return the link to all series, looked at the same way."""
    gone = [name for name in asked.query if name in {"q", "series"} or name.startswith(FILTER)]
    return asked.linked(dict.fromkeys(gone))


def _kept(looked: Looked) -> Sequence[tuple[str, str]]:
    """Return what the form sends along and has no field for.

    The view, the order, chosen series that are not listed, and all but the first value of a column
    that is typed in.
    """
    asked, index = looked.asked, looked.index
    on_page = {index.names[int(row)] for row in looked.on_page}
    names = ("view", "level", "sort")
    values = [(name, value) for name in names for value in asked.query.get(name, ())]
    values += [
        (f"{FILTER}{name}", value)
        for name, given in asked.values.items()
        if name not in index.choices and name not in index.ends
        for value in given[1:]
    ]
    return [*values, *(("series", name) for name in asked.series if name not in on_page)]
