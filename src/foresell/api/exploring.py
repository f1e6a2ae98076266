"""Know the data before a model does: what is in the rows of a project, told and drawn."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from foresell.api.runs import run
from foresell.eda.context import Rows
from foresell.errors import ForesellError, UsageError, nearest
from foresell.pipeline.work import Event, unheard
from foresell.settings import read_settings
from foresell.spec.extras import TRAINING, need
from foresell.wiring import exploring as wiring
from foresell.wiring.runs import declaration, declarations

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class DataReport:
    """What was told of the rows of one project.

    ``rows``: which were looked at, ``train`` or ``all``. ``version``: what the report is called;
    empty for that of the project itself. ``fingerprint``: of the data it tells of. ``told``: what
    `eda_report.json` holds, every key as in docs/eda.md. ``folder`` holds ``files``, each named
    relative to it. ``made``: false where the very same report was there before.
    """

    project: str
    rows: Rows
    version: str
    fingerprint: str
    told: Mapping[str, Any]
    folder: Path
    files: tuple[str, ...]
    made: bool


@dataclass(frozen=True, kw_only=True)
class DataReports:
    """The reports of several projects, and of each other one why it has none.

    ``passed_over``: there is no data of it, in words. ``failed``: something is wrong with it.
    """

    reports: tuple[DataReport, ...]
    passed_over: Mapping[str, str]
    failed: Mapping[str, ForesellError]


def explore(
    project: str,
    *,
    rows: Rows = "train",
    report_version: str | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    force: bool = False,
    home: str | Path | None = None,
    listen: Callable[[Event], None] = unheard,
) -> DataReport:
    """Tell and draw what is in the rows of ``project`` that passed the gate.

    ``rows``: ``train``, those that models learn from, so that nobody's eye has seen the test; or
    ``all``. Written as JSON, Markdown, one HTML page, figures (SVG and PNG), tables (CSV), and a
    manifest with the sha256 of each; the same rows give the same bytes.

    Training rows go to the folder ``eda`` of the project's workspace, as every run does it. With a
    ``report_version``, or with all rows, the report is kept in ``eda_reports/VERSION`` (by default
    named as the rows); a version that tells of other data, or was told by another foresell, is left
    as it is unless ``force`` says to replace it. ``out``: another folder, which is new, empty, or
    holds such a report.

    A project that was never run is run first, up to the stage ``split``; so it is with ``data``:
    the folder of the raw files, or ``s3://bucket/prefix``. ``home``: where all state lives.

    Raises:
        UsageError: there are no such rows or no such project, the version's name is no name, or
            what stands in its place is something else.
    """
    need(TRAINING, "foresell eda", "train")
    if rows not in get_args(Rows):
        raise UsageError(f"there are no rows {rows!r}", "--rows", nearest(rows, get_args(Rows)))
    version = _version(rows, report_version)
    settings = read_settings(Path(home) if home is not None else None)
    declaration(project, settings)
    if data is not None or not wiring.has_rows(project, settings):
        run(project, data=data, until="split", track=False, home=home, listen=listen)
    if version or out is not None:
        apart = wiring.Apart(
            rows=rows, version=version, out=Path(out) if out is not None else None, force=force
        )
        told = wiring.told_apart(project, apart, settings, listen)
    else:
        told = wiring.told_by_run(project, settings, listen)
    return DataReport(
        project=project,
        rows=rows,
        version=version,
        fingerprint=str(told.listing["fingerprint"]),
        told=told.told,
        folder=told.folder,
        files=told.files,
        made=told.made,
    )


def explore_all(
    *,
    rows: Rows = "train",
    report_version: str | None = None,
    out: str | Path | None = None,
    force: bool = False,
    home: str | Path | None = None,
    listen: Callable[[Event], None] = unheard,
) -> DataReports:
    """Do the same for every project that was run, or that can be without being given data.

    ``out``: a folder that gets a folder of each project. A project that cannot be told of stops no
    other: those without data are passed over, those in which something is wrong have failed, and
    each says why.
    """
    settings = read_settings(Path(home) if home is not None else None)
    reports: list[DataReport] = []
    passed_over: dict[str, str] = {}
    failed: dict[str, ForesellError] = {}
    for project in declarations(settings):
        try:
            reports.append(
                explore(
                    project,
                    rows=rows,
                    report_version=report_version,
                    out=Path(out) / project if out is not None else None,
                    force=force,
                    home=home,
                    listen=_of(project, listen),
                )
            )
        except ForesellError as error:
            if wiring.lacks_data(project, settings):
                passed_over[project] = error.what
            else:
                failed[project] = error
    return DataReports(reports=tuple(reports), passed_over=passed_over, failed=failed)


def _of(project: str, listen: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a listener that hears of which project an event is."""
    return lambda event: listen(replace(event, stage=f"{project}: {event.stage}"))


def _version(rows: Rows, asked: str | None) -> str:
    """Return what the report is called; empty for the one that every run makes.

    Raises:
        UsageError: the name is none of a folder.
    """
    if asked is None:
        return "" if rows == "train" else rows
    if not _VERSION.fullmatch(asked):
        raise UsageError(
            f"{asked!r} names no version of a report",
            "--report-version",
            "use letters, digits, dot, dash and underscore, 64 at most, a letter or digit first",
        )
    return asked
