"""The raw files of one run: all of a project's, or some of them, or some of their days."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from io import BytesIO
from pathlib import Path, PurePosixPath

import polars as pl

from foresell.adapters.run_folder import RunFolder
from foresell.adapters.run_list import DRAFT, RAW
from foresell.adapters.s3_uris import is_s3
from foresell.contracts.contract import Contract
from foresell.contracts.cutting import cut, days_of
from foresell.errors import DataError, UsageError
from foresell.pipeline.tables import asked_table
from foresell.settings import Settings
from foresell.spec.directories import RUNS
from foresell.spec.ports import Source
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of a source is wanted: the ``newest`` files of the first table, 0 for all, and a span.

    ``start``, ``end``: the first and the last day; None for all that there are.
    """

    newest: int = 0
    start: date | None = None
    end: date | None = None

    @property
    def spanned(self) -> bool:
        """Whether days are left out."""
        return self.start is not None or self.end is not None


@dataclass(frozen=True, kw_only=True)
class ExtractedTable:
    """What was taken of one table: ``files`` of so many that ``were`` there.

    ``rows`` and ``left_out``: rows that were taken and those that were not, both None where no row
    was looked at.
    """

    name: str
    files: int
    were: int
    rows: int | None = None
    left_out: int | None = None


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """The raw files of one run, in ``folder``, for `foresell.run`'s ``data``.

    ``files``: bytes of each by its name. ``first``, ``last``: the days of the first table's rows,
    None where no day was looked at. ``asked``: whether the rows asked for are there; None where the
    project asks for none, or its source has none.
    """

    project: str
    run: str
    folder: Path
    synthetic: bool
    files: Mapping[str, int]
    tables: tuple[ExtractedTable, ...]
    first: date | None = None
    last: date | None = None
    asked: bool | None = None


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One file of a table, and which of its rows are wanted: None for all of them, as it is."""

    table: Table
    name: str
    days: pl.Series | None = None
    kept: pl.Series | None = None

    @property
    def whole(self) -> bool:
        """Whether every row is wanted."""
        return self.kept is None or bool(self.kept.all())

    @property
    def rows(self) -> int:
        """The rows that are wanted, of a file whose days were read."""
        return _height(self) if self.kept is None else int(self.kept.sum())


@dataclass
class _Taken:
    """What is taken of a source, before anything is written."""

    parts: list[_Part] = field(default_factory=list)
    tables: list[ExtractedTable] = field(default_factory=list)
    first: date | None = None
    last: date | None = None
    cut_off: bool = False  # whether the first table has rows behind the last day

    def add(self, table: Table, parts: Sequence[_Part], found: Sequence[_Part]) -> None:
        """Take ``parts`` of the files that were ``found`` of a table."""
        self.parts += parts
        dated = [one for one in found if one.days is not None]
        counts: dict[str, int] = {}
        if len(dated) == len(found):
            rows = sum(one.rows for one in parts)
            counts = {"rows": rows, "left_out": sum(map(_height, dated)) - rows}
        self.tables.append(
            ExtractedTable(name=table.name, files=len(parts), were=len(found), **counts)
        )


def run_folder(run: str, settings: Settings) -> RunFolder:
    """Return the folder of a run; nothing is made."""
    return RunFolder(settings.home.absolute() / RUNS / run)


def refuse_others(folder: RunFolder, project: str) -> None:
    """Refuse the run of another project.

    Raises:
        UsageError: it is.
    """
    if (whose := folder.project()) not in (None, project):
        raise UsageError(
            f"the run {folder.root.name!r} is one of the project {whose!r}",
            "--run",
            "give each project runs of its own",
        )


def extracted(folder: RunFolder, project: str) -> Path:
    """Return the raw files of a run of ``project``.

    Raises:
        UsageError: nothing was extracted for it.
    """
    raw = folder.root / RAW
    if not raw.is_dir():
        raise UsageError(
            f"nothing was extracted for the run {folder.root.name!r}",
            "--run",
            f"foresell extract {project} --run {folder.root.name}, or give --data",
        )
    return raw


def extract(
    project: ProjectSpec, contract: Contract, source: Source, folder: RunFolder, wanted: Wanted
) -> Extracted:
    """Put what is ``wanted`` of a project's files into the folder of a run, whole or not at all.

    What an earlier extract put there goes when the new files stand. Of the first table those files
    are taken whose rows have the newest days (files without dates: the last ones by name), and of
    each table with the project's time column the rows of the span; a file of which all rows are
    taken is copied byte for byte. Rows without a day stay: the gate judges them. A joined table
    keeps its newest file where none of its rows is in the span, for a table needs one; no row of it
    is joined. The rows asked for are left out where the first table has rows behind the last day,
    for they follow upon those.

    Raises:
        UsageError: a table is not in files, or names one that no folder holds; no row is left, or
            the project has no dates and a span is wanted.
    """
    _refuse_elsewhere(project)
    refuse_others(folder, project.name)
    time = next(iter(project.with_role("time")), None)
    if time is None and wanted.spanned:
        raise UsageError(
            f"the project {project.name!r} has no column of days to choose rows by",
            "--start, --end",
            "leave them out, or give a column the role time",
        )
    taken = _taken(project, contract, source, wanted, time)
    asked = asked_table(project)
    lies = asked is not None and bool(source.files(asked.file))
    if asked is not None and lies and not taken.cut_off:
        taken.parts.append(_Part(table=asked, name=asked.file))
    with folder.held(project.name), folder.withdrawn_where_it_fails():
        files = _put(source, taken.parts, folder)
    return Extracted(
        project=project.name,
        run=folder.root.name,
        folder=folder.root / RAW,
        synthetic=source.synthetic,
        files=files,
        tables=tuple(taken.tables),
        first=taken.first,
        last=taken.last,
        asked=not taken.cut_off if lies else None,
    )


def _refuse_elsewhere(project: ProjectSpec) -> None:
    """Refuse tables, and rows asked for, that no folder can hold.

    Raises:
        UsageError: the first that is in PostgreSQL, or named by URI or by a way out of a folder.
    """
    asked = asked_table(project)
    for table in (*project.tables, *(() if asked is None else (asked,))):
        if table.relation is not None or is_s3(table.file):
            place = "in PostgreSQL" if table.relation is not None else "named by URI"
            raise UsageError(
                f"the table {table.name!r} of {project.name!r} is {place}, and files are extracted",
                "project.yaml, tables",
                "run the stages on the source itself: without extract and without --data",
            )
        way = PurePosixPath(table.file)
        if way.is_absolute() or ".." in way.parts:
            raise UsageError(
                f"the table {table.name!r} of {project.name!r} is in {table.file!r}, outside the "
                "folder of the data",
                "project.yaml, tables",
                "put its files below that folder, and name them without '..' and '/' before",
            )


def _taken(
    project: ProjectSpec, contract: Contract, source: Source, wanted: Wanted, time: str | None
) -> _Taken:
    """Return what of each table is wanted; a ``UsageError`` where no row of the first one is."""
    taken = _Taken()
    for table in project.tables:
        first = table is project.tables[0]
        looked = wanted.spanned or (first and wanted.newest > 0)
        found = [
            _looked_at(source, file.name, table, contract, time if looked else None, wanted)
            for file in source.files(table.file)
        ]
        if not found:
            source.open(table.file).close()  # raises, and says what is there
        parts = [one for one in found if one.kept is None or one.rows]
        if first:
            if not parts:
                _refuse_empty(found, wanted)
            if wanted.newest:
                parts = sorted(
                    sorted(parts, key=_newness)[-wanted.newest :], key=lambda one: one.name
                )
            taken.first, taken.last = _span(parts)
            last = wanted.end
            taken.cut_off = last is not None and any(_ends_after(one, last) for one in found)
        taken.add(table, parts or [replace(max(found, key=_newness), kept=None)], found)
    return taken


def _looked_at(
    source: Source, name: str, table: Table, contract: Contract, time: str | None, wanted: Wanted
) -> _Part:
    """Return one file, with the rows that are wanted where it has days; ``time`` None: unread."""
    days = days_of(source, name, table, contract, time) if time is not None else None
    if days is None:
        return _Part(table=table, name=name)
    inside = pl.repeat(value=True, n=len(days), eager=True)
    if wanted.start is not None:
        inside &= days >= wanted.start
    if wanted.end is not None:
        inside &= days <= wanted.end
    return _Part(table=table, name=name, days=days, kept=inside | days.is_null())


def _put(source: Source, parts: Sequence[_Part], folder: RunFolder) -> Mapping[str, int]:
    """Write the files into a folder that is held, and return their bytes by name."""
    places = _places(parts, source)
    folder.refuse_others(RAW, DRAFT)
    folder.clear(DRAFT)
    folder.plan(f"{DRAFT}/{place}" for place in places.values())
    sizes = {}
    for one in parts:
        place = places[one.name]
        with closing(source.open(one.name)) as content:
            if one.whole or one.kept is None:
                sizes[place] = folder.copy(f"{DRAFT}/{place}", content)
            else:
                rows = BytesIO(cut(content, one.name, one.table, one.kept))
                sizes[place] = folder.copy(f"{DRAFT}/{place}", rows)
    folder.publish(list(sizes))
    return sizes


def _places(parts: Sequence[_Part], source: Source) -> Mapping[str, str]:
    """Return by its name in the source where a file is put: ``./a.csv`` is ``a.csv`` in a folder.

    Raises:
        DataError: two files would be put in one place.
    """
    places = {one.name: PurePosixPath(one.name).as_posix() for one in parts}
    names = {place: name for name, place in places.items()}
    for name, place in places.items():
        if names[place] != name:
            raise DataError(
                f"{name!r} and {names[place]!r} would be one file in a folder",
                source.label,
                "give one of them another name; of one file, write its name everywhere alike",
            )
    return places


def _newness(part: _Part) -> tuple[date, str]:
    """Return what a newer file has more of: its last day, then its name."""
    days = part.days
    if days is not None and part.kept is not None and part.rows:
        days = days.filter(part.kept)
    last = None if days is None else days.max()
    return (last if isinstance(last, date) else date.min, part.name)


def _height(part: _Part) -> int:
    return 0 if part.days is None else len(part.days)


def _ends_after(part: _Part, day: date) -> bool:
    """Tell whether a file has rows behind ``day``."""
    return part.days is not None and bool((part.days > day).any())


def _span(parts: Sequence[_Part]) -> tuple[date | None, date | None]:
    """Return the first and the last day of the rows that are wanted, None where none were read."""
    days = [
        one.days.filter(one.kept) for one in parts if one.days is not None and one.kept is not None
    ]
    found = [day for each in days for day in (each.min(), each.max()) if isinstance(day, date)]
    return (min(found), max(found)) if found else (None, None)


def _refuse_empty(found: Sequence[_Part], wanted: Wanted) -> None:
    """Refuse a span of which the first table has no row.

    Raises:
        UsageError: always.
    """
    dated = [replace(one, kept=one.days.is_not_null()) for one in found if one.days is not None]
    first, last = _span(dated)
    asked = " to ".join(str(day or "…") for day in (wanted.start, wanted.end))
    raise UsageError(
        f"no row is left of {asked}",
        "--start, --end",
        f"the days of the source are {first} to {last}" if first else "the source has no days",
    )
