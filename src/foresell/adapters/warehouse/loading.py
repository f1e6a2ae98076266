"""A load: staged, checked, let in and validated in one transaction, all of it or nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from psycopg import Connection

from foresell.adapters.postgres_link import opened, saying_trouble
from foresell.adapters.warehouse import staging
from foresell.adapters.warehouse.asking import ask_one
from foresell.adapters.warehouse.checks import (
    check_plan,
    check_planned,
    check_rows,
    check_values,
    check_volumes,
    check_weeks,
    count_rows,
    measure,
)
from foresell.adapters.warehouse.delivery import Delivery, Rows
from foresell.adapters.warehouse.findings import Asker, found, passed
from foresell.adapters.warehouse.phases import Phases
from foresell.adapters.warehouse.report import keep, last_load, report_of, volumes_before
from foresell.adapters.warehouse.rules import check_rules
from foresell.adapters.warehouse.schema import refuse_behind, take_lock
from foresell.adapters.warehouse.upserting import upsert
from foresell.adapters.warehouse.validation import check_delivered, validate
from foresell.errors import counted
from foresell.spec.database import DatabasePlace
from foresell.spec.warehouse import Changes, Check, Cleared, LoadReport, Phase, Validation

PATIENCE_MS = 120_000  # for each lock; a function on AWS ends after 15 minutes, whatever it does
_MENDS = {
    "55P03": "another load, migration or staging job has been at work for minutes: let it end, or "
    "end it, and run this again; nothing was changed"
}


def load(place: DatabasePlace, delivery: Delivery, rows: Rows, phases: Phases) -> LoadReport:
    """Stage ``rows``, check them, let them in, validate: in one transaction.

    Where a check fails nothing has changed, in staging neither, and the report says so.
    """
    with _changing(place, delivery, phases) as connection:
        _hold(connection, phases)
        with phases.read_and_staged():
            sales = phases.reading(rows.sales)
            count = staging.stage(connection, delivery.batch, "sales", sales)
            plan = staging.stage(connection, delivery.batch, "plan", phases.reading(rows.plan))
            phases.note("read", "; ".join([counted(count, "row"), *rows.losses]))
            phases.note("stage", f"{counted(count, 'row')}, {plan:,} planned")
        report = _let_in(connection, delivery, phases)
    return replace(report, seconds=phases.seconds)  # that of the commit too


def finish(place: DatabasePlace, delivery: Delivery, phases: Phases) -> LoadReport:
    """Check what stands in staging as the batch, let it in, validate: in one transaction.

    Where a check fails nothing has changed, in staging neither. A batch that went in before and is
    not staged any more gives the report of then.
    """
    with _changing(place, delivery, phases) as connection:
        if not any(staging.staged(connection, delivery.batch, kind) for kind in staging.KINDS):
            past = last_load(connection, delivery.project.name, delivery.batch)
            if past is not None:
                return report_of(past)
        _hold(connection, phases)
        report = _let_in(connection, delivery, phases)
    return replace(report, seconds=phases.seconds)


def clear(place: DatabasePlace, delivery: Delivery) -> Cleared:
    """Take the batch out of staging, and what others left there too long ago.

    A load that is at work, with this batch perhaps, ends first.
    """
    with opened(place) as connection, saying_trouble(place, mends=_MENDS):
        ask_one(connection, "patience", milliseconds=PATIENCE_MS)
        take_lock(connection)
        refuse_behind(connection, delivery.project.name, delivery.warehouse, delivery.contract)
        own = staging.clear(connection, delivery.batch)
        stale = staging.clear_stale(connection)
    return Cleared(
        project=delivery.project.name,
        batch=delivery.batch,
        target=place.label,
        own=own,
        stale=stale,
    )


def look(place: DatabasePlace, delivery: Delivery, batch: str | None) -> Validation:
    """Return how the warehouse stands after the load of ``batch``, by default the last one."""
    with opened(place, reading=True) as connection:
        refuse_behind(connection, delivery.project.name, delivery.warehouse, delivery.contract)
        return validate(_asker(connection, delivery), delivery, batch)


@contextmanager
def _changing(
    place: DatabasePlace, delivery: Delivery, phases: Phases
) -> Iterator[Connection[Any]]:
    """Open the transaction of one load, alone among loads and migrations, and measure its end."""
    waits = "another load or migration is at work: waiting for its end"
    with (
        phases.whole(),
        opened(place) as connection,
        saying_trouble(place, mends=_MENDS),
    ):
        ask_one(connection, "patience", milliseconds=PATIENCE_MS)
        take_lock(connection, lambda: phases.wait("read", waits))
        refuse_behind(connection, delivery.project.name, delivery.warehouse, delivery.contract)
        yield connection


def _hold(connection: Connection[Any], phases: Phases) -> None:
    """Let nobody else touch staging until the end; say so where somebody is at work there."""
    said = "another job is at work in staging: waiting for its end"
    staging.hold(connection, PATIENCE_MS / 1000, lambda: phases.wait("read", said))


def _let_in(connection: Connection[Any], delivery: Delivery, phases: Phases) -> LoadReport:
    """Check, let in and validate what is staged; roll all of it back where a check fails."""
    asker = _asker(connection, delivery)
    with phases.during("check", "look at what was staged"):
        report = _inspected(asker, delivery)
        _tell(phases, "check", report.checks)
    volumes = report.volumes
    if report.failed or volumes is None:
        return _rolled_back(connection, report, phases)
    with phases.during("upsert", "let it into the star schema"):
        changes = upsert(connection, delivery.batch, whole=not delivery.partial)
        report = replace(report, changes=changes)
        phases.note("upsert", _changed(changes))
    with phases.during("validate", "compare the warehouse with what was delivered"):
        after = tuple(check_delivered(asker, delivery, volumes))
        report = _with(report, after)
        _tell(phases, "validate", after)
    if report.failed:
        return _rolled_back(connection, report, phases)
    phases.begin("commit", "keep it")
    staging.clear(connection, delivery.batch)
    return keep(connection, replace(report, passed=True, seconds=phases.seconds), volumes)


def _inspected(asker: Asker, delivery: Delivery) -> LoadReport:
    """Return what is staged, each row once, and what was found in it."""
    connection, batch = asker.connection, delivery.batch
    staging.settle(connection)
    count = staging.staged(connection, batch, "sales")
    twice = staging.drop_repeated(connection, batch, "sales")
    staging.drop_repeated(connection, batch, "plan")
    planned = staging.staged(connection, batch, "plan")
    report = replace(_blank(delivery), staged=count, duplicates=twice[1], planned=planned)
    counts = count_rows(asker)
    report = _with(report, _checked(asker, delivery, counts, twice))
    volumes, gaps = measure(asker, delivery, counts)
    if volumes is None:
        return report
    before = volumes_before(connection, delivery.project.name)
    volume, partial = delivery.warehouse.volume, delivery.partial
    report = replace(report, volumes=volumes, before=before)
    report = _with(report, check_weeks(asker, delivery, gaps))
    report = _with(report, check_volumes(volumes, before, volume, partial=partial))
    report = _with(report, [check_values(volumes, before, volume.least, partial=partial)])
    report = _with(report, check_plan(asker, delivery, volumes.last_week))
    standing = int(ask_one(connection, "plan_count")["rows"])
    return _with(report, [check_planned(planned, standing, volume.least, partial=partial)])


def _checked(
    asker: Asker, delivery: Delivery, counts: Mapping[str, int], twice: tuple[int, int]
) -> Iterator[Check]:
    """Yield what was found in the rows that were counted; no rows, no more checks."""
    count = counts["rows"] + twice[1]
    if not count:
        yield found("rows", "failed", f"nothing is staged as batch {delivery.batch}", 0)
        return
    yield passed("rows", f"{counted(count, 'row')} staged")
    yield from check_rows(asker, delivery, counts, twice)
    yield from check_rules(asker, delivery)


def _blank(delivery: Delivery) -> LoadReport:
    """Return the report of a delivery of which nothing is known yet."""
    return LoadReport(
        project=delivery.project.name,
        batch=delivery.batch,
        source=delivery.source,
        target=delivery.target,
        contract={"version": delivery.contract.version, "sha256": delivery.contract.digest},
        passed=False,
        load=None,
        staged=0,
        duplicates=0,
        planned=0,
        volumes=None,
        before=None,
        changes=None,
        checks=(),
        seconds={},
        partial=delivery.partial,
        synthetic=delivery.synthetic,
    )


def _with(report: LoadReport, checks: Iterable[Check]) -> LoadReport:
    """Return the report with more checks."""
    return replace(report, checks=(*report.checks, *checks))


def _rolled_back(connection: Connection[Any], report: LoadReport, phases: Phases) -> LoadReport:
    """Undo everything; return the report of a load that changed nothing."""
    connection.rollback()
    return replace(report, passed=False, changes=None, seconds=phases.seconds)


def _tell(phases: Phases, phase: Phase, checks: Sequence[Check]) -> None:
    """Tell how many checks passed, and which did not."""
    failed = [check.name for check in checks if check.verdict == "failed"]
    said = f"{counted(len(checks), 'check')}"
    if failed:
        phases.fail(phase)
    phases.note(phase, f"{said}; failed: {', '.join(failed)}" if failed else f"{said}, none failed")


def _changed(changes: Changes) -> str:
    """Return what became of the facts, in words."""
    facts, gone = "fact_sales_weekly", changes.removed["plan_sales_weekly"]
    counts = (changes.inserted[facts], changes.updated[facts], changes.unchanged[facts])
    said = "{:,} new, {:,} corrected, {:,} as they were".format(*counts)
    return f"{said}; {counted(gone, 'planned row')} taken out" if gone else said


def _asker(connection: Connection[Any], delivery: Delivery) -> Asker:
    """Return who asks about the delivery."""
    return Asker(connection=connection, batch=delivery.batch, guarded=delivery.guarded)
