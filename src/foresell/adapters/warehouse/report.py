"""What loads left in the history of the warehouse, and how it is read again."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from foresell.adapters.warehouse.asking import ask, ask_one
from foresell.spec.warehouse import Changes, Check, LoadReport, Volumes

_ANY = 2**62  # no load has a number as high


def last_load(
    connection: Connection[Any], project: str, batch: str | None = None
) -> Mapping[str, Any] | None:
    """Return the row of the last load, or of the last of ``batch``; None where there is none."""
    return next(iter(ask(connection, "last_load", project=project, batch=batch)), None)


def volumes_before(connection: Connection[Any], project: str, load: int = _ANY) -> Volumes | None:
    """Return how much the last whole delivery before ``load`` held; None where there was none."""
    rows = ask(connection, "load_before", project=project, load=load)
    return volumes_of(rows[0]) if rows else None


def volumes_of(row: Mapping[str, Any]) -> Volumes:
    """Return the volumes that a row of the history tells of."""
    return Volumes(
        rows=row["rows"],
        stores=row["stores"],
        depts=row["depts"],
        series=row["series"],
        weeks=row["weeks"],
        first_week=str(row["first_week"]),
        last_week=str(row["last_week"]),
        nulls=row["report"]["volumes"].get("nulls", {}),
    )


def keep(connection: Connection[Any], report: LoadReport, volumes: Volumes) -> LoadReport:
    """Write ``report`` into the history; return it with its number there."""
    row = ask_one(
        connection,
        "keep_load",
        batch=report.batch,
        project=report.project,
        source=report.source,
        contract_version=report.contract["version"],
        contract_sha256=report.contract["sha256"],
        staged=report.staged,
        duplicates=report.duplicates,
        planned=report.planned,
        **asdict(volumes),
        report=Jsonb(report.to_json()),
    )
    return replace(report, load=row["load_id"])


def report_of(row: Mapping[str, Any]) -> LoadReport:
    """Return the report of a load that went in, as it was kept."""
    told = dict(row["report"])
    for name, kind in (("volumes", Volumes), ("before", Volumes), ("changes", Changes)):
        told[name] = None if told[name] is None else kind(**told[name])
    checks = [{**check, "examples": tuple(check["examples"])} for check in told["checks"]]
    told["checks"] = tuple(Check(**check) for check in checks)
    return replace(LoadReport(**told), load=row["load_id"], again=True)
