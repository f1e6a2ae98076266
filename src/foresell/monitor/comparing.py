"""Everything that is compared of two sides: columns, answers, what stands still, what moved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.showing import is_guarded
from foresell.errors import counted
from foresell.monitor.clusters import Timing
from foresell.monitor.columns import Column, ColumnDrift, Drift
from foresell.monitor.drift import measure
from foresell.monitor.frozen import find_frozen
from foresell.monitor.new_levels import new_levels
from foresell.monitor.predictions import (
    ANSWER,
    PREDICTION,
    Said,
    measured,
    said_of_panel,
    said_of_table,
)
from foresell.monitor.same_season import PERIOD, Compared, compared
from foresell.monitor.segments_moved import Segments, find_moved
from foresell.spec.monitoring import Finding, MonitoringSpec
from foresell.spec.project import ProjectSpec

__all__ = ["ANSWER", "PREDICTION", "Found", "Sides", "compare", "merged"]
# One chance of a false alarm for all that is looked at; what is not looked at leaves its part.
_PARTS = {"columns": 0.6, "segments": 0.3, "frozen": 0.1}
_FEW_PERIODS = 3
_MANY_NEW = 0.2  # of the current rows: so many of series without a past are no longer a few shops


@dataclass(frozen=True, kw_only=True)
class Sides:
    """What is compared with what.

    ``learnt`` (rows,): the training rows. ``judged``: what the version said of rows it had not
    learnt from, with their keys and time where it is a panel. ``asked`` (rows,): the current rows;
    with the column `PERIOD` where it is known of them in which week they were asked, and no time.
    Rows of a table hold what the version says of them in the column `ANSWER`, null where it says
    nothing. ``answers``: what it said of the current rows of a panel, empty where nothing is known.
    """

    learnt: pl.DataFrame
    judged: pl.DataFrame
    asked: pl.DataFrame
    answers: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Found:
    """What came of it. ``findings``: all of them, alarms first; ``notes``: what else is said."""

    compared: Compared
    drift: Drift
    frozen: tuple[Finding, ...]
    segments: Segments | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def compare(
    sides: Sides, project: ProjectSpec, contract: Contract, limits: MonitoringSpec
) -> Found:
    """Compare the current rows with the training rows of the same season and series.

    Columns: features, what is known of the future, past-only and static ones, the target where the
    current rows tell it, and the answers; those that only one side has, keys, personal and ignored
    ones are left out. Where a column of the contract is personal no value of the others is told
    either. Answers are compared with answers to rows of the same season. Columns, segments and what
    stands still share ``limits.false_alarms``.
    """
    time = project.time if project.timed else None
    cut = compared(
        sides.learnt,
        sides.asked,
        time=time,
        keys=project.keys,
        least=limits.least_rows,
        daily=project.kind == "panel" and project.frequency == "D",
    )
    periods = PERIOD if PERIOD in cut.current.columns and PERIOD in cut.reference.columns else None
    columns = _columns(cut, project, contract)
    said = _said(sides, cut, project, limits)
    segmented = _segmented(cut, project)
    parts = {name: part for name, part in _PARTS.items() if name != "segments" or segmented}
    parts = {name: part / sum(parts.values()) for name, part in parts.items()}
    timing = Timing(column=periods, lasting=project.kind == "panel") if periods else None
    drift = _drift(cut, columns, said, limits, parts["columns"], timing)
    series = [key for key in project.keys if key in cut.current.columns]
    # A month or a year is the same in all rows of one, and that is no fault.
    varying = [one for one in columns if not (one.trending or one.name in limits.ignored)]
    rarely = replace(limits, false_alarms=limits.false_alarms * parts["frozen"])
    frozen = find_frozen(
        cut.reference, cut.current, varying, rarely, periods=periods, series=series
    )
    segments = None
    if segmented:
        rarely = replace(limits, false_alarms=limits.false_alarms * parts["segments"])
        segments = find_moved(
            cut.reference, cut.current, segmented, rarely, target=project.target, periods=periods
        )
    moved = segments.findings if segments is not None else ()
    findings = [*drift.findings, *frozen, *moved, *_new_series(cut, sides, project, contract)]
    findings.sort(key=lambda finding: finding.weight != "alarm")
    return Found(
        compared=cut,
        drift=drift,
        frozen=tuple(frozen),
        segments=segments,
        findings=tuple(findings),
        notes=tuple(_notes(cut, drift, said, periods)),
    )


def _drift(
    cut: Compared,
    columns: Sequence[Column],
    said: Said,
    limits: MonitoringSpec,
    part: float,
    timing: Timing | None,
) -> Drift:
    """Return how columns and answers drifted; they share ``part`` of the chance."""
    if said.before.is_empty():
        return measure(cut.reference, cut.current, columns, limits, periods=timing, part=part)
    each = part / (len(columns) + 1)
    own = each * max(len(columns), 1)
    drift = measure(cut.reference, cut.current, columns, limits, periods=timing, part=own)
    spoken = measured(said, limits, each, lasting=timing is None or timing.lasting)
    return merged(drift, spoken, limits)


def _notes(cut: Compared, drift: Drift, said: Said, periods: str | None) -> list[str]:
    """Return what else is said."""
    notes = [drift.caution] if drift.caution else []
    weeks = cut.reference[periods].n_unique() if periods else _FEW_PERIODS
    if weeks < _FEW_PERIODS:
        notes.append(
            f"the reference has {counted(weeks, 'week')}: too few to tell what is unusual, so that "
            "no alarm is no proof of quiet"
        )
    return [*notes, *said.notes]


def merged(one: Drift, other: Drift, limits: MonitoringSpec) -> Drift:
    """Return two measurements of one comparison as one, worst column first."""

    def rank(column: ColumnDrift) -> tuple[bool, float, str]:
        psi = (column.psi - column.psi_expected) / limits.psi
        return not column.drifted, -max(psi, (column.ks or 0.0) / limits.ks), column.column.name

    findings = sorted([*one.findings, *other.findings], key=lambda one: one.weight != "alarm")
    cautions = [one.caution, other.withheld and f"answers: {other.withheld}", other.caution]
    return replace(
        one,
        caution="; ".join(filter(None, cautions)),
        columns=tuple(sorted([*one.columns, *other.columns], key=rank)),
        findings=tuple(findings),
    )


def _columns(cut: Compared, project: ProjectSpec, contract: Contract) -> list[Column]:
    """Return the columns that both sides hold, the target last.

    Beside personal data no value is told, wherever the rows are from: what a client writes into a
    column of countries may be a name.
    """
    shown = not is_guarded(contract)
    names = project.with_role("feature", "known_future", "past_only", "static", "target")
    trending = _calendar(cut.reference, project)
    found = []
    for name in names:
        if name not in cut.reference.columns or name not in cut.current.columns:
            continue
        known = contract.columns[name]
        if known.personal or (name == project.target and not cut.current[name].count()):
            continue
        text = known.logical_type in {"string", "boolean"}
        found.append(
            Column(
                name=name,
                kind="category" if text else "number",
                part="target" if name == project.target else "feature",
                trending=name in trending,
                shown=shown,
            )
        )
    return found


def _calendar(reference: pl.DataFrame, project: ProjectSpec) -> frozenset[str]:
    """Return the features of a dated table that only say when a row was: its month, its year.

    Rows of another time are of another month: that is told, and is no alarm.
    """
    if project.kind == "panel" or not project.timed or project.time not in reference.columns:
        return frozenset()
    day = pl.col(project.time)
    names = [name for name in project.with_role("feature") if name in reference.columns]
    found: set[str] = set()
    for part in (day.dt.year(), day.dt.month(), day.dt.quarter()):
        by = reference.lazy().filter(day.is_not_null()).group_by(part.alias(PERIOD))
        most = by.agg(pl.col(names).n_unique()).select(pl.col(names).max()).collect()
        found |= {name for name in names if most.height and most[name][0] == 1}
    varying = reference.select(pl.col(names).n_unique()).row(0, named=True)
    return frozenset(name for name in found if varying[name] > 1)


def _said(sides: Sides, cut: Compared, project: ProjectSpec, limits: MonitoringSpec) -> Said:
    """Return the answers and what they are compared with."""
    if project.kind == "panel":
        return said_of_panel(sides.judged, sides.answers, project)
    return said_of_table(cut, sides.learnt, sides.judged, project, limits)


def _segmented(cut: Compared, project: ProjectSpec) -> list[str]:
    """Return the columns of segments, none where the current rows do not tell the target."""
    target = project.target
    both = [name for name in cut.current.columns if name in cut.reference.columns]
    if target not in both or not cut.current[target].count():
        return []
    return [name for name in (*project.keys, *project.segments) if name in both]


def _new_series(
    cut: Compared, sides: Sides, project: ProjectSpec, contract: Contract
) -> list[Finding]:
    """Return what is said of series that training never held, and of new values that make them.

    Beside personal data no value is told.
    """
    if not cut.new_series:
        return []
    share = cut.new_rows / sides.asked.height
    were = "was" if cut.new_series == 1 else "were"
    says = (
        f"{cut.new_series:,} series with {counted(cut.new_rows, 'row')} ({share:.1%}) {were} not "
        "in the training rows"
    )
    if not is_guarded(contract):
        parts = [*project.keys, *project.with_role("static")]
        says = "; ".join([says, *new_levels(sides.learnt, sides.asked, parts)])
    return [
        Finding(
            seen="unseen",
            weight="alarm" if share >= _MANY_NEW else "note",
            about=" and ".join(project.keys),
            says=says,
            numbers={"series": cut.new_series, "rows": cut.new_rows, "share": share},
        )
    ]
