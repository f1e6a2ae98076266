"""Where forecasts meet what came true: the registry, the log, the file, and the folder for it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from foresell.answer.declared import Declared, declared
from foresell.bundle.bundle import Bundle, read_bundle
from foresell.contracts.contract import Contract
from foresell.errors import DataError, UsageError
from foresell.govern.keeping import kept_bundle
from foresell.govern.registry import judged_version, read_state, read_version
from foresell.monitor.actuals import Merged, merged
from foresell.monitor.alerts import Observed
from foresell.monitor.judging import Performance
from foresell.monitor.performance import About, judge
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.project import ProjectSpec
from foresell.spec.registry import Alias, Version
from foresell.wiring import performing_panel, performing_rows
from foresell.wiring.alerting import Settled, settle
from foresell.wiring.given_actuals import OPTION, identity_of, read_actuals, ways
from foresell.wiring.monitor_files import place_of, put, refuse_unwritable, writing
from foresell.wiring.predicting import existing_file
from foresell.wiring.registry import registry
from foresell.wiring.watch_seen import performance_sight
from foresell.wiring.watch_served import is_served, made_up, served_version

if TYPE_CHECKING:
    from foresell.govern.registry import Registry

ACTUALS = "actuals.parquet"
PAGE, SUMMARY = "performance_report.html", "performance_summary.json"
WEEKS, SEGMENTS = "performance_weeks.csv", "performance_segments.csv"


@dataclass(frozen=True, kw_only=True, eq=False)
class Performed:
    """What came of it: the judgement, the files (the page first), the alert.

    ``settled``: None where what was judged is not what is served.
    """

    performance: Performance
    files: tuple[Path, ...]
    settled: Settled | None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Asked:
    """Whose forecasts are judged: ``versions`` that the alias pointed to, the served one last."""

    project: str
    served: Version
    alias: Alias | None
    versions: tuple[Version, ...]
    settings: Settings


def perform(
    project: str,
    file: Path | None,
    settings: Settings,
    *,
    alias: str | None = None,
    version: int | None = None,
    replace: bool = False,
) -> Performed:
    """Judge what versions of ``project`` forecast by what came true; see `foresell.performance`.

    Where that is not about the version that is served, or about an alias that servers do not
    answer by, the files lie in ``monitor/versions``, and no alert is settled.

    A ``DataError``: the file or the bundle cannot be read.

    Raises:
        UsageError: nothing is served, nothing is known of the truth, or it is to be replaced by
            nothing.
    """
    if replace and file is None:
        raise UsageError(
            "nothing takes the place of what is kept", "--replace", "give --actuals FILE"
        )
    if file is not None:
        existing_file(file, OPTION)
    refuse_unwritable(settings)
    found, named = served_version(project, settings, alias=alias, version=version)
    kept = registry(settings)
    state = read_state(kept, project)
    stack = state.stacks[named] if named is not None else (found.version,)
    numbers = dict.fromkeys([one for one in stack if one != found.version] + [found.version])
    versions = tuple(state.versions[number - 1] for number in numbers)
    asked = _Asked(project=project, served=found, alias=named, versions=versions, settings=settings)
    bundle = read_version(kept, found)
    told = declared(bundle.project_text, bundle.contract_text)
    served = is_served(project, settings, found, named)
    given = None if file is None else read_actuals(file, told.spec, told.contract)
    with writing(project, settings) as folder:
        known = _known(folder / ACTUALS, given, told.spec, told.contract, replace=replace)
        content = _parquet(known.frame)
        put(folder, {ACTUALS: content})
        performance = _judged(asked, known, content, bundle, told)
        place = place_of(folder, found.version, served=served)
        files = put(place, _files(performance))
    settled = settle(_observed(asked, performance), settings, page=files[0]) if served else None
    return Performed(performance=performance, files=files, settled=settled)


def _observed(asked: _Asked, performance: Performance) -> Observed:
    """Return what an alert is settled by."""
    return Observed(
        project=asked.project,
        subject="performance",
        version=asked.served.version,
        findings=performance.findings,
        sight=performance_sight(performance),
    )


def _known(
    path: Path,
    given: pl.DataFrame | None,
    spec: ProjectSpec,
    contract: Contract,
    *,
    replace: bool,
) -> Merged:
    """Return all that is known of the truth, with what was given now; that alone by ``replace``.

    Raises:
        DataError: the file that keeps it is damaged.
        UsageError: nothing is known.
    """
    try:
        kept = pl.read_parquet(path) if path.is_file() and not replace else pl.DataFrame()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(
            f"{path.name} is no Parquet file", str(path), "remove it, and give all actuals again"
        ) from error
    if given is None and kept.is_empty():
        raise UsageError(
            "nothing is known of what came true",
            f"project {spec.name!r}",
            f"give it: foresell monitor performance {spec.name} --actuals FILE",
        )
    if given is None:
        return Merged(frame=kept, new=0, revised=0, same=kept.height)
    return merged(kept, given, identity_of(given, spec, contract), spec.target)


def _judged(
    asked: _Asked, known: Merged, content: bytes, bundle: Bundle, declaration: Declared
) -> Performance:
    """Return the judgement of all that is known."""
    spec, contract = declaration.spec, declaration.contract
    told = _told(asked, known, content, bundle, spec)
    if spec.kind == "panel":
        return _judged_panel(asked, known.frame, bundle, spec, told)
    rows, every, unmatched, again = performing_rows.answered_rows(
        known.frame, bundle, asked.served.version, spec, asked.settings
    )
    mixed = ways(known.frame, contract) > 1
    about = About(
        told={
            **told,
            "versions": _versions(rows),
            "baseline": performing_rows.BASELINE,
            "matched": rows.height,
            "recomputed": again,
        },
        every=every,
        table=True,
        version=asked.served.version,
        by=spec.segments,
        unmatched=tuple(unmatched),
        notes=(performing_rows.RECOMPUTED,) * again + (performing_rows.MIXED,) * mixed,
    )
    return judge(rows, performing_rows.judged_rows(bundle), about)


def _judged_panel(
    asked: _Asked,
    actuals: pl.DataFrame,
    bundle: Bundle,
    spec: ProjectSpec,
    told: Mapping[str, Any],
) -> Performance:
    """Return the judgement of a panel: each row by the version that forecast it at the time."""
    answered, notes = _answered(asked, bundle, spec)
    rows, unmatched = performing_panel.forecast_rows(actuals, answered, spec)
    used = _versions(rows)
    own = asked.served.version
    newest = own if own in used or not used else used[-1]
    judged = next(one for one in answered if one.version == newest)
    about = About(
        told={
            **told,
            "versions": used,
            "judged_by": newest,
            "cutoff": judged.cutoff.isoformat(),
            "forecast_to": performing_panel.horizon_end(judged, spec).isoformat(),
            "baseline": performing_panel.BASELINE,
            "matched": rows.height,
            "recomputed": False,
        },
        every="week",
        table=False,
        version=own,
        weekly=spec.frequency != "D",
        by=performing_panel.parts_of(spec),
        unmatched=tuple(unmatched),
        notes=tuple(notes),
    )
    return judge(rows, performing_panel.backtest_rows(judged, spec), about)


def _answered(
    asked: _Asked, bundle: Bundle, spec: ProjectSpec
) -> tuple[list[performing_panel.Answered], list[str]]:
    """Return the versions that may have forecast, the served one last, and what is left out."""
    kept, found, notes = registry(asked.settings), [], []
    for one in asked.versions:
        own = bundle if one == asked.served else _tables(kept, one)
        other = declared(own.project_text, own.contract_text).spec
        if (other.keys, other.time, other.target) != (spec.keys, spec.time, spec.target):
            notes.append(f"version {one.version} has other columns and is left out")
            continue
        cutoff = date.fromisoformat(str(own.metadata["refit_cutoff"]))
        found.append(performing_panel.Answered(version=one.version, bundle=own, cutoff=cutoff))
    return found, notes


def _tables(kept: "Registry", version: Version) -> Bundle:
    """Return a bundle without its model, verified; a damaged one is a ``DataError``."""
    judged_version(kept, version)  # says which version it is that is damaged
    return read_bundle(
        kept_bundle(kept.vault, version.digest),
        verified=True,
        wanted=lambda name: name.endswith(".parquet"),
    )


def _versions(rows: pl.DataFrame) -> list[int]:
    """Return the versions that answered, in the order of the periods they answered last."""
    last = rows.group_by("version").agg(pl.col("period").max()).sort("period", "version")
    return [one for one in last["version"].to_list() if one is not None]


def _told(
    asked: _Asked, known: Merged, content: bytes, bundle: Bundle, spec: ProjectSpec
) -> dict[str, Any]:
    """Return what the summary says of the model and the truth."""
    return {
        "project": spec.name,
        "kind": spec.kind,
        "target": spec.target,
        "unit": spec.unit,
        "version": asked.served.version,
        "alias": asked.alias,
        "cutoff": None,
        "result_id": bundle.metadata.get("result_id"),
        "synthetic": made_up(bundle),
        "actuals": {
            "rows": known.frame.height,
            "new": known.new,
            "revised": known.revised,
            "same": known.same,
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    }


def _files(performance: Performance) -> dict[str, bytes]:
    """Return the files of a judgement, the page first."""
    from foresell.report.performance_page import performance_html  # noqa: PLC0415 - charts, 0.5 s

    return {
        PAGE: performance_html(performance).encode(),
        SUMMARY: json_bytes(performance.told),
        WEEKS: performance.weeks.write_csv().encode(),
        SEGMENTS: performance.segments.write_csv().encode(),
    }


def _parquet(frame: pl.DataFrame) -> bytes:
    """Return a table as Parquet; equal tables give equal bytes."""
    out = BytesIO()
    frame.write_parquet(out)
    return out.getvalue()
