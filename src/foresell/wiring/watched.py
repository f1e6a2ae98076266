"""Where the rows a version learnt from meet those it is asked: `foresell monitor drift`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from foresell.errors import DataError, MachineError, UsageError
from foresell.monitor.comparing import Found, Sides, compare
from foresell.monitor.schema import SchemaChanges, compare_schema
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.extras import need
from foresell.spec.monitoring import Finding
from foresell.wiring.monitor_files import refuse_unwritable
from foresell.wiring.watch_answers import published_answers, with_answers
from foresell.wiring.watch_current import (
    Current,
    read_given,
    read_later,
    read_logged,
    refuse_absent,
)
from foresell.wiring.watch_files import drift_files, drift_told, keep_watched, schema_told
from foresell.wiring.watch_learnt import learnt_rows, learnt_words, mostly
from foresell.wiring.watch_served import Watch, watch_of

if TYPE_CHECKING:
    from foresell.wiring.alerting import Settled

_DEFAULT = timedelta(days=7)
_NEEDED = ("altair", "scipy", "vl_convert")


@dataclass(frozen=True, kw_only=True)
class Watching:
    """What is to be compared; see `foresell.drift`."""

    current: str | Path | None = None
    since: datetime | timedelta | None = None
    alias: str | None = None
    version: int | None = None
    evidently: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What came of it; see `foresell.api.monitoring.DriftReport`."""

    version: int
    alias: str | None
    served: bool
    drift: Mapping[str, Any]
    schema: Mapping[str, Any]
    findings: tuple[Finding, ...]
    alerts: "Mapping[str, Settled]" = field(default_factory=dict)
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Looked:
    """One comparison, whole: what was compared, and all that was found.

    ``known``: most current rows are such as the version learnt from: no alert is over by them.
    """

    watch: Watch
    current: Current
    found: Found
    changes: SchemaChanges
    known: bool = False


def watch(project: str, asked: Watching, settings: Settings) -> Watched:
    """Compare, write the files of the folder ``monitor``, and settle the alerts.

    Of a version that is not served the files lie in ``monitor/versions``, and no alert is settled.

    Errors as of `foresell.drift`.

    Raises:
        UsageError: both a place and a time were given.
    """
    if asked.current is not None and asked.since is not None:
        raise UsageError(
            "rows are given, and a time of the log is named",
            "--current, --since",
            "leave one of them out",
        )
    if asked.current is not None:
        refuse_absent(asked.current)
    need(_NEEDED, "foresell monitor drift", "monitor")
    evidently = _with_evidently(asked.evidently)
    now = datetime.now(UTC)
    refuse_unwritable(settings)
    served = watch_of(project, settings, alias=asked.alias, version=asked.version)
    _refuse_unlearnt(served)
    if asked.current is not None:
        current = read_given(served, asked.current, settings)
    else:
        current = read_logged(served, _since(asked.since, now), settings)
    looked = look(served, current)
    if asked.evidently is not False:
        looked = _said_of_evidently(looked, evidently=evidently)
    files, gone = drift_files(looked, evidently=evidently)
    written = keep_watched(project, files, gone, looked, settings)
    alerts = _settled(project, looked, settings) if served.served else {}
    return Watched(
        version=served.version.version,
        alias=served.alias,
        served=served.served,
        drift=drift_told(looked),
        schema=schema_told(looked),
        findings=_findings(looked),
        alerts=alerts,
        files=written,
    )


def monitored(project: str, settings: Settings) -> Mapping[str, bytes]:
    """Return what the stage ``monitor`` of a run writes; nothing is alerted and nothing is locked.

    The processed rows later than all that the served version learnt from are compared with it:
    ``drift_summary.json`` and ``schema_summary.json``. Where there is nothing to compare,
    ``monitored.json`` with ``available`` false and the reason.
    """
    try:
        served = watch_of(project, settings)
    except (UsageError, MachineError, DataError) as error:
        return _unavailable(error.what)
    if _learnt(served).is_empty():
        return _unavailable("the served version keeps none of the rows it learnt from")
    if not served.spec.timed:
        return _unavailable("its rows have no time, so none of the processed ones is later")
    current = read_later(served, settings)
    if current is None:
        return _unavailable(
            f"version {served.version.version} learnt from every processed row: nothing is later"
        )
    looked = look(served, current)
    return {
        "drift_summary.json": json_bytes(drift_told(looked)),
        "schema_summary.json": json_bytes(schema_told(looked)),
    }


def look(served: Watch, current: Current) -> Looked:
    """Compare what a version learnt from with the current rows."""
    changes = compare_schema(current.expected, current.found)
    learnt, asked, answers = _learnt(served), current.rows, current.answers
    if served.spec.kind == "panel":
        answers = published_answers(served, asked) if answers is None else answers
    else:
        asked = with_answers(served, asked) if answers is None else asked
        learnt = with_answers(served, learnt) if served.spec.timed else learnt
    sides = Sides(
        learnt=learnt,
        judged=served.bundle.judged,
        asked=asked,
        answers=pl.DataFrame() if answers is None else answers,
    )
    found = compare(sides, served.spec, served.contract, served.limits)
    again = learnt_rows(current.rows, _learnt(served), served.spec)
    if again.any():
        notes = (learnt_words(again, served.version.version), *current.notes)
        current = replace(current, notes=notes)
    return Looked(watch=served, current=current, found=found, changes=changes, known=mostly(again))


def _findings(looked: Looked) -> tuple[Finding, ...]:
    """Return what was found of rows and columns, alarms first."""
    found = [*looked.changes.findings, *looked.found.findings]
    return tuple(sorted(found, key=lambda finding: finding.weight != "alarm"))


def _learnt(served: Watch) -> pl.DataFrame:
    """Return the rows that a version learnt from, as its bundle keeps them."""
    bundle = served.bundle
    return bundle.history if served.spec.kind == "panel" else bundle.snapshot


def _refuse_unlearnt(served: Watch) -> None:
    """Refuse a version whose bundle keeps no training rows.

    Raises:
        UsageError: it was made before tables kept a snapshot.
    """
    if _learnt(served).is_empty():
        raise UsageError(
            f"version {served.version.version} keeps none of the rows it learnt from",
            f"project {served.spec.name!r}, bundle/snapshot.parquet",
            f"it was trained before snapshots were kept: foresell run {served.spec.name} trains "
            "a version that has one",
        )


def _since(asked: datetime | timedelta | None, now: datetime) -> datetime:
    """Return from when on the log is read.

    Raises:
        UsageError: there was no such day.
    """
    if isinstance(asked, datetime):
        return asked
    try:
        return now - (asked or _DEFAULT)
    except OverflowError as error:
        raise UsageError(
            f"{asked} ago is before the calendar begins", "--since", "write 12h, 7d, 4w, or a day"
        ) from error


def _with_evidently(asked: bool | None) -> bool:  # noqa: FBT001 - an option as it was given
    """Tell whether Evidently's report is written; a MachineError where it cannot be."""
    if asked:
        need(["evidently"], "--evidently", "evidently")
    return find_spec("evidently") is not None if asked is None else asked


def _said_of_evidently(looked: Looked, *, evidently: bool) -> Looked:
    """Return a comparison that says why Evidently reports nothing of it, where that is so."""
    if any(one.column.part != "prediction" for one in looked.found.drift.columns):
        return looked
    if not evidently:
        return looked
    why = "no report of Evidently: no column but the answers was compared"
    current = replace(looked.current, notes=(*looked.current.notes, why))
    return replace(looked, current=current)


def _settled(project: str, looked: Looked, settings: Settings) -> "Mapping[str, Settled]":
    """Settle the alerts about drift and schema; return how they stand."""
    from foresell.monitor.alerts import Observed  # noqa: PLC0415 - as below
    from foresell.wiring.alerting import settle_all  # noqa: PLC0415 - needs the network's libraries
    from foresell.wiring.monitor_files import monitor_folder  # noqa: PLC0415
    from foresell.wiring.watch_seen import drift_sight, schema_sight  # noqa: PLC0415

    version = looked.watch.version.version
    drift = Observed(
        project=project,
        subject="drift",
        version=version,
        findings=looked.found.findings,
        sight=drift_sight(looked),
    )
    schema = Observed(
        project=project,
        subject="schema",
        version=version,
        findings=looked.changes.findings,
        sight=schema_sight(looked),
    )
    page = monitor_folder(project, settings) / "drift_report.html"
    settled = settle_all((drift, schema), settings, page=page)
    return {str(subject): one for subject, one in settled.items()}


def _unavailable(reason: str) -> Mapping[str, bytes]:
    """Return the one file that says why nothing was compared."""
    return {"monitored.json": json_bytes({"available": False, "reason": reason})}
