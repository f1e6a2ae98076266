"""Loads of the warehouse: the project's files read and joined, its database, a clock, a batch."""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from foresell.adapters.s3_uris import is_s3
from foresell.adapters.store import DirectoryStore
from foresell.adapters.warehouse import loading
from foresell.adapters.warehouse.delivery import Delivery, Rows
from foresell.adapters.warehouse.phases import Phases
from foresell.contracts.agreement import check_agreement
from foresell.contracts.headers import dropped_columns
from foresell.contracts.reading import Reader
from foresell.contracts.showing import is_guarded
from foresell.data.joining import Joiner
from foresell.errors import DataError, MachineError, SpecError, UsageError, counted, nearest
from foresell.pipeline.tables import asked_table
from foresell.pipeline.work import Event, unheard
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.ports import Source
from foresell.spec.project import ProjectSpec
from foresell.spec.warehouse import OTHER_FLAG, PLAN_COLUMNS, Cleared, LoadReport, Validation
from foresell.wiring.databases import database_place
from foresell.wiring.runs import workspace
from foresell.wiring.staging import find_source
from foresell.wiring.warehouse import Kept, kept_project

_OUTPUT, _REPORT = "warehouse", "load.json"


def load(
    name: str | None,
    data: str | Path | None,
    settings: Settings,
    *,
    partial: bool,
    listen: Callable[[Event], None],
) -> LoadReport:
    """Load the files of a project into the warehouse; see ``foresell.load_warehouse``."""
    kept = kept_project(name, settings)
    check_agreement(kept.project, kept.contract)
    place, reports = database_place(settings), _reports(kept, settings)
    reading = _Reading(kept, find_source(kept.project, data, settings, command="warehouse load"))
    delivery = Delivery(
        batch=_new_batch(),
        source=reading.source.label,
        target=place.label,
        project=kept.project,
        contract=kept.contract,
        warehouse=kept.warehouse,
        partial=partial,
        synthetic=reading.source.synthetic,
    )
    rows = Rows(sales=reading.sales(), plan=reading.plan(), losses=reading.losses)
    return _written(loading.load(place, delivery, rows, _phases(listen)), reports)


def finish(
    batch: str, name: str, source: str, settings: Settings, *, partial: bool, keep: bool
) -> LoadReport:
    """Let in what another job staged; see ``foresell.finish_load``."""
    kept, place = kept_project(name, settings), database_place(settings)
    reports = _reports(kept, settings) if keep else None
    delivery = replace(_staged_delivery(batch, kept, source, place.label), partial=partial)
    report = loading.finish(place, delivery, _phases(unheard))
    return report if reports is None else _written(report, reports)


def clear(batch: str, name: str, settings: Settings) -> Cleared:
    """Take a batch out of staging; see ``foresell.clear_staging``."""
    kept, place = kept_project(name, settings), database_place(settings)
    return loading.clear(place, _staged_delivery(batch, kept, "", place.label))


def validate(batch: str | None, name: str, settings: Settings) -> Validation:
    """Look at the warehouse after a load; see ``foresell.validate_warehouse``."""
    kept, place = kept_project(name, settings), database_place(settings)
    return loading.look(place, _staged_delivery(batch or "", kept, "", place.label), batch)


@dataclass(frozen=True)
class _Reading:
    """Reads a project's tables into rows as staging has them. ``losses``: said after the sales."""

    kept: Kept
    source: Source
    losses: list[str] = field(default_factory=list)

    @property
    def project(self) -> ProjectSpec:
        return self.kept.project

    def sales(self) -> Iterator[pl.DataFrame]:
        """Yield the joined rows, batch by batch, under the names of the warehouse.

        Raises:
            DataError: no file has a column that the warehouse is to have.
        """
        contract, columns = self.kept.contract, self.kept.warehouse.columns
        reader, (first, *others) = self._reader(), self.project.tables
        beside = [ours for ours, theirs in columns.items() if theirs == OTHER_FLAG]
        held = [(table, reader.whole(table)) for table in others]
        joiner = Joiner(held, guarded=is_guarded(contract), beside=beside)
        for rows in map(joiner.join, reader.batches(first)):
            for name in columns:
                if name not in rows.columns:
                    raise DataError(
                        f"the column {name!r} is missing",
                        f"the header of {', '.join(table.file for table in self.project.tables)}",
                        f"add it to the file, or take it out of warehouse.columns in project.yaml; "
                        f"{nearest(name, rows.columns)}",
                    )
            yield rows.select(pl.col(ours).alias(theirs) for ours, theirs in columns.items())
        self.losses.extend(
            f"{counted(count.rows, 'row')} without a partner in {table}"
            for table, count in joiner.unmatched.items()
            if count.rows
        )

    def plan(self) -> Iterator[pl.DataFrame]:
        """Yield the rows asked for, where the project asks for some and their file is there.

        Raises:
            DataError: they lack a column that planned rows have.
        """
        asked = asked_table(self.project)
        if asked is None or (asked.file and not self.source.files(asked.file)):
            return
        names = {theirs: ours for ours, theirs in self.kept.warehouse.columns.items()}
        for rows in self._reader().batches(asked):
            for theirs in PLAN_COLUMNS:
                if names[theirs] not in rows.columns:
                    raise DataError(
                        f"the column {names[theirs]!r} is missing",
                        f"the header of {asked.file or asked.name}",
                        f"planned rows need it; {nearest(names[theirs], rows.columns)}",
                    )
            yield rows.select(pl.col(names[theirs]).alias(theirs) for theirs in PLAN_COLUMNS)

    def _reader(self) -> Reader:
        """Return what reads the files.

        Raises:
            SpecError: a column is to go into the warehouse that is dropped as it is read.
        """
        dropped = dropped_columns(self.kept.contract, self.project.cleaning)
        if gone := [name for name in self.kept.warehouse.columns if name in dropped]:
            raise SpecError(
                f"{', '.join(gone)} is dropped as it is read, and is to go into the warehouse",
                f"project {self.project.name!r}, warehouse.columns",
                "take it out there, or out of cleaning.drop; personal data stays out",
            )
        return Reader(source=self.source, contract=self.kept.contract, dropped=dropped)


def _staged_delivery(batch: str, kept: Kept, source: str, target: str) -> Delivery:
    """Return a delivery that another job stages, or has staged."""
    return Delivery(
        batch=batch,
        source=source or f"staged as {batch}",
        target=target,
        project=kept.project,
        contract=kept.contract,
        warehouse=kept.warehouse,
    )


def _reports(kept: Kept, settings: Settings) -> DirectoryStore:
    """Return the folder of the project's reports of loads.

    A ``UsageError``: a directory that the environment names cannot hold it.
    """
    return workspace(kept.project.name, settings).output(_OUTPUT)


def _written(report: LoadReport, reports: DirectoryStore) -> LoadReport:
    """Write the report of a load as a file, which replaces the one before; return it with its name.

    Raises:
        MachineError: it cannot be written. It says how the load ended: that is not changed by it.
    """
    told = replace(report, file=str(reports.root / _REPORT))
    try:
        reports.write_bytes(_REPORT, json_bytes(told.to_json()))
    except MachineError as error:
        ended = f"load {report.load} is in" if report.passed else "nothing in the warehouse changed"
        raise MachineError(f"{ended}; its report {error.what}", error.where, error.mend) from error
    return told


def _new_batch() -> str:
    """Return a name for a delivery that no other has."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def _absolute(data: str | Path | None) -> str | Path | None:
    """Return where the files are as the history is to have it, where nobody knows our folder."""
    return data if data is None or is_s3(data) else Path(data).resolve()


def _phases(listen: Callable[[Event], None]) -> Phases:
    """Return the stopwatch of a load, which tells ``listen``."""

    def hear(kind: str, phase: str, text: str, seconds: float) -> None:
        listen(Event(kind=kind, stage=phase, text=text, seconds=seconds))

    return Phases(time.perf_counter, hear)


def one_place(data: str | Path | None, source: str | None) -> str | Path | None:
    """Return where the files are, of a folder and a place in S3: the former from the root on.

    Raises:
        UsageError: both are named, or the latter is no place in S3.
    """
    if data is not None and source is not None:
        raise UsageError(
            "the files are said to be in two places", "--data, --from", "leave one of them out"
        )
    if source is not None and not is_s3(source):
        raise UsageError(
            f"{source!r} is not an s3:// address",
            "--from",
            "give s3://BUCKET/PREFIX; a folder is given with --data DIR",
        )
    return source if source is not None else _absolute(data)
