"""What `foresell monitor drift` writes: summaries, a table, the page, the log of shares."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from foresell.errors import counted
from foresell.monitor.drift import to_json
from foresell.monitor.schema import to_json as schema_to_json
from foresell.monitor.segments_moved import to_json as segments_to_json
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.monitoring import Finding
from foresell.wiring.monitor_files import place_of, put, writing
from foresell.wiring.watch_served import made_up

if TYPE_CHECKING:
    from foresell.wiring.watched import Looked

LOG = "distribution_log.jsonl"
EVIDENTLY = ("evidently_report.html", "evidently_report.json")


def drift_told(looked: "Looked") -> dict[str, Any]:
    """Return every key of ``drift_summary.json``."""
    found, drift = looked.found, looked.found.drift
    told = to_json(drift)
    segments = found.segments
    return {
        **told,
        **_whose(looked),
        "alarm": any(one.weight == "alarm" for one in found.findings),
        "current": _side(looked, of_current=True),
        "reference": _side(looked, of_current=False),
        "findings": [_finding(one) for one in found.findings],
        "segments": segments_to_json(segments) if segments is not None else None,
        "notes": [*looked.current.notes, *found.notes],
        "limits": json.loads(json_bytes(looked.watch.limits)),
    }


def schema_told(looked: "Looked") -> dict[str, Any]:
    """Return every key of ``schema_summary.json``."""
    changes = looked.changes
    return {
        **schema_to_json(changes),
        **_whose(looked),
        "alarm": any(one.weight == "alarm" for one in changes.findings),
        "current": {"kind": looked.current.kind, "told": looked.current.told},
        "contract_version": looked.watch.contract.version,
        "findings": [_finding(one) for one in changes.findings],
        "expected": [{"name": one.name, "type": one.type} for one in looked.current.expected],
        "found": [{"name": one.name, "type": one.type} for one in looked.current.found],
    }


def drift_files(looked: "Looked", *, evidently: bool) -> tuple[dict[str, bytes], Sequence[str]]:
    """Return the files by name, and the names of those that say nothing any more."""
    from foresell.report.drift_page import drift_html  # noqa: PLC0415 - Altair

    found = looked.found
    files = {
        "drift_summary.json": json_bytes(drift_told(looked)),
        "schema_summary.json": json_bytes(schema_told(looked)),
        "drift.csv": _table(looked),
        "drift_report.html": drift_html(
            _page_words(looked),
            looked.watch.limits,
            found.drift,
            schema=looked.changes,
            frozen=found.frozen,
            segments=found.segments,
        ).encode(),
    }
    columns = [one.column for one in found.drift.columns if one.column.part != "prediction"]
    if not evidently or not columns:
        return files, EVIDENTLY
    from foresell.adapters.evidently_report import evidently_files  # noqa: PLC0415 - 3 s

    cut = found.compared
    told = evidently_files(cut.reference, cut.current, columns, looked.watch.spec.seed)
    return {**files, **told}, ()


def keep_watched(
    project: str,
    files: Mapping[str, bytes],
    gone: Sequence[str],
    looked: "Looked",
    settings: Settings,
) -> tuple[Path, ...]:
    """Write the files into the folder ``monitor``, and a line into the log of distributions.

    Of a version that is not served they lie in a folder of its own.
    """
    watched = looked.watch
    with writing(project, settings) as held:
        folder = place_of(held, watched.version.version, served=watched.served)
        log = folder / LOG
        before = log.read_bytes() if log.is_file() else b""
        whole = before[: before.rfind(b"\n") + 1]  # a line that was torn by a kill is left out
        # The clock is read while others wait, so that lines stand in the order of their times.
        line = json_bytes(_logged(looked, datetime.now(UTC))) + b"\n"
        return put(folder, {**files, LOG: whole + line}, gone)


def _whose(looked: "Looked") -> dict[str, Any]:
    """Return whose summary it is."""
    watch = looked.watch
    return {
        "available": True,
        "project": watch.spec.name,
        "version": watch.version.version,
        "alias": watch.alias,
        "digest": watch.version.digest,
    }


def _side(looked: "Looked", *, of_current: bool) -> dict[str, Any]:
    """Return what one side is."""
    cut, watch = looked.found.compared, looked.watch
    time = watch.spec.time if watch.spec.timed else None
    first, last = cut.span(time, of_current=of_current)
    days = {"first": first and first.isoformat(), "last": last and last.isoformat()}
    if of_current:
        current = looked.current
        return {
            **days,
            "kind": current.kind,
            "told": current.told,
            "rows": cut.current.height,
            "new_series": cut.new_series,
            "new_rows": cut.new_rows,
        }
    return {
        **days,
        "rows": cut.reference.height,
        "season": cut.season,
        "says": cut.says,
        "kept": watch.bundle.metadata.get("snapshot"),
    }


def _finding(one: Finding) -> dict[str, Any]:
    """Return a finding as plain values."""
    return {
        "seen": one.seen,
        "weight": one.weight,
        "about": one.about,
        "says": one.says,
        "numbers": dict(one.numbers),
    }


def _page_words(looked: "Looked") -> Any:
    """Return what the page says of both sides."""
    from foresell.report.drift_page import Compared  # noqa: PLC0415 - Altair

    cut, watch = looked.found.compared, looked.watch
    time = watch.spec.time if watch.spec.timed else None
    days = [cut.span(time, of_current=side) for side in (False, True)]
    spans = [f", {first} to {last}" if first else "" for first, last in days]
    before = counted(cut.reference.height, "training row")
    now = counted(cut.current.height, "row")
    return Compared(
        project=watch.spec.name,
        target=watch.spec.target,
        unit=watch.spec.unit,
        version=watch.version.version,
        alias=watch.alias or "",
        reference=f"{before} of version {watch.version.version}{spans[0]}",
        current=f"{looked.current.told}: {now}{spans[1]}",
        season=cut.says,
        notes=(*looked.current.notes, *looked.found.notes),
        synthetic=made_up(watch.bundle),
    )


def _table(looked: "Looked") -> bytes:
    """Return the table of columns as CSV, worst first."""
    rows = [
        {
            "column": one.column.name,
            "part": one.column.part,
            "kind": one.column.kind,
            "trending": one.column.trending,
            "drifted": one.drifted,
            "verdict": one.verdict,
            "psi": one.psi,
            "ks": one.ks,
            "p_value": one.p_value,
            "adjusted": one.adjusted,
            "reference_rows": one.reference_rows,
            "current_rows": one.current_rows,
            "reference_missing": one.reference_missing,
            "current_missing": one.current_missing,
            "reference_middle": one.reference_middle,
            "current_middle": one.current_middle,
            "unseen_share": one.unseen_share,
        }
        for one in looked.found.drift.columns
    ]
    buffer = BytesIO()
    pl.DataFrame(rows, infer_schema_length=None).write_csv(buffer)
    return buffer.getvalue()


def _logged(looked: "Looked", now: datetime) -> dict[str, Any]:
    """Return a line of the log: when, what was compared, and of each column numbers and shares."""
    told = drift_told(looked)
    kept = ("version", "alias", "digest", "alarm", "current", "reference")
    return {
        "at": now.isoformat(timespec="seconds"),
        **{name: told[name] for name in kept},
        "limits": {"psi": looked.watch.limits.psi, "ks": looked.watch.limits.ks},
        "columns": [
            {
                "name": one.column.name,
                "part": one.column.part,
                "trending": one.column.trending,
                "verdict": one.verdict,
                "psi": one.psi,
                "psi_expected": one.psi_expected,
                "ks": one.ks,
                "adjusted": one.adjusted,
                "drifted": one.drifted,
                "missing": one.current_missing,
                "bins": {
                    "labels": list(one.bins.labels),
                    "reference": list(one.bins.reference),
                    "current": list(one.bins.current),
                },
            }
            for one in looked.found.drift.columns
        ],
    }
