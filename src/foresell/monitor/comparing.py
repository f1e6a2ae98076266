"""Everything that is compared of two sides: columns, answers, what stands still, what moved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from foresell.contracts.contract import Contract
from foresell.errors import counted
from foresell.monitor.columns import Column, ColumnDrift, Drift
from foresell.monitor.drift import measure
from foresell.monitor.frozen import find_frozen
from foresell.monitor.same_season import PERIOD, Compared, compared, in_season
from foresell.monitor.segments_moved import Segments, find_moved
from foresell.spec.monitoring import Finding, MonitoringSpec
from foresell.spec.project import ProjectSpec

PREDICTION = "prediction"
_MANY_NEW = 0.2  # of the current rows: so many of series without a past are no longer a few shops


@dataclass(frozen=True, kw_only=True)
class Sides:
    """What is compared with what.

    ``learnt`` (rows,): the training rows. ``judged``: what the version said of rows it had not
    learnt from, with their keys and time where it is a panel. ``asked`` (rows,): the current rows;
    ``answers``: what the version said of them, empty where nothing is known. ``shown``: whether
    values of the current rows may be told.
    """

    learnt: pl.DataFrame
    judged: pl.DataFrame
    asked: pl.DataFrame
    answers: pl.DataFrame
    shown: bool = True


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
    ones are left out. Answers are compared with those the version gave to rows it had not learnt
    from; of a panel with those of the same season, and where none were judged then with what was
    sold in it.
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
    columns = _columns(cut, project, contract, shown=sides.shown)
    said = _answers(sides, cut, project)
    share = limits.false_alarms / (len(columns) + 1)  # of the chance of a false alarm
    rest = limits if said is None else replace(limits, false_alarms=share * max(len(columns), 1))
    drift = measure(cut.reference, cut.current, columns, rest, periods=periods)
    notes = [*([drift.caution] if drift.caution else []), *_told_of_answers(said, sides)]
    if said is not None:
        before, now, note = said
        both = PERIOD if PERIOD in before.columns and PERIOD in now.columns else None
        one = Column(name=PREDICTION, kind="number", part="prediction")
        own = replace(limits, false_alarms=share)
        spoken = measure(before, now, [one], own, periods=both)
        drift = merged(drift, spoken, limits)
        notes += [
            words for words in (note, spoken.withheld and f"answers: {spoken.withheld}") if words
        ]
    series = [key for key in project.keys if key in cut.current.columns]
    # A month or a year is the same in all rows of one, and that is no fault.
    varying = [one for one in columns if not (one.trending or one.name in limits.ignored)]
    frozen = find_frozen(
        cut.reference, cut.current, varying, limits, periods=periods, series=series
    )
    segments = _segments(cut, project, limits, periods)
    moved = segments.findings if segments is not None else ()
    findings = [*drift.findings, *frozen, *moved, *_new_series(cut, sides, project)]
    findings.sort(key=lambda finding: finding.weight != "alarm")
    return Found(
        compared=cut,
        drift=drift,
        frozen=tuple(frozen),
        segments=segments,
        findings=tuple(findings),
        notes=tuple(notes),
    )


def merged(one: Drift, other: Drift, limits: MonitoringSpec) -> Drift:
    """Return two measurements of one comparison as one, worst column first."""

    def rank(column: ColumnDrift) -> tuple[bool, float, str]:
        psi = (column.psi - column.psi_expected) / limits.psi
        return not column.drifted, -max(psi, (column.ks or 0.0) / limits.ks), column.column.name

    findings = sorted([*one.findings, *other.findings], key=lambda one: one.weight != "alarm")
    return replace(
        one,
        columns=tuple(sorted([*one.columns, *other.columns], key=rank)),
        findings=tuple(findings),
    )


def _columns(
    cut: Compared, project: ProjectSpec, contract: Contract, *, shown: bool
) -> list[Column]:
    """Return the columns that both sides hold, the target last."""
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


def _answers(
    sides: Sides, cut: Compared, project: ProjectSpec
) -> tuple[pl.DataFrame, pl.DataFrame, str] | None:
    """Return what answers are compared with, the answers, and what is to be said of it."""
    now = sides.answers
    if now.is_empty() or sides.judged.is_empty():
        return None
    before = sides.judged
    if project.kind != "panel":
        return before.select(PREDICTION), now.select(PREDICTION), ""
    by, time = list(project.keys), project.time
    before = before.join(now.select(by).unique(), on=by, how="semi", maintain_order="left")
    near = in_season(before, now, time)
    note = ""
    if near.height < now.height / 2 and project.target in cut.reference.columns:
        near = cut.reference.select(*by, time, pl.col(project.target).alias(PREDICTION))
        near = near.drop_nulls(PREDICTION)
        note = (
            "no forecast of this season was judged: the answers are compared with what came true "
            "in it"
        )
    period = pl.col(time).dt.truncate("1w").alias(PERIOD)
    return (
        near.select(pl.col(PREDICTION).cast(pl.Float64), period),
        now.select(pl.col(PREDICTION).cast(pl.Float64), period),
        note,
    )


def _told_of_answers(said: object, sides: Sides) -> Sequence[str]:
    """Return what is said where no answers are compared."""
    if said is not None:
        return ()
    if sides.judged.is_empty():
        return ("nothing was judged of this version: its answers are not compared",)
    return ("the version's answers to these rows are not known: they are not compared",)


def _segments(
    cut: Compared, project: ProjectSpec, limits: MonitoringSpec, periods: str | None
) -> Segments | None:
    """Return which segments moved, None where the current rows do not tell the target."""
    target = project.target
    names = [
        name
        for name in (*project.keys, *project.segments)
        if name in cut.current.columns and name in cut.reference.columns
    ]
    told = target in cut.current.columns and target in cut.reference.columns
    if not names or not told or not cut.current[target].count():
        return None
    return find_moved(cut.reference, cut.current, names, limits, target=target, periods=periods)


def _new_series(cut: Compared, sides: Sides, project: ProjectSpec) -> list[Finding]:
    """Return what is said of series that training never held."""
    if not cut.new_series:
        return []
    share = cut.new_rows / sides.asked.height
    were = "was" if cut.new_series == 1 else "were"
    says = (
        f"{cut.new_series:,} series with {counted(cut.new_rows, 'row')} ({share:.1%}) {were} not "
        "in the training rows"
    )
    return [
        Finding(
            seen="unseen",
            weight="alarm" if share >= _MANY_NEW else "note",
            about=" and ".join(project.keys),
            says=says,
            numbers={"series": cut.new_series, "rows": cut.new_rows, "share": share},
        )
    ]
