"""Where mended rows meet the workspace: rows set aside are shown, mended and judged again."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import polars as pl

from foresell.adapters.sources import DirectorySource
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.contracts.agreement import check_agreement
from foresell.contracts.contract import Column, Contract, TypeOptions, parse_contract
from foresell.contracts.gate import ROW, RULES, TABLE_KINDS
from foresell.contracts.reading import read_table
from foresell.contracts.rules import contract_rules
from foresell.errors import DataError, UsageError, nearest
from foresell.pipeline.landing import open_landing
from foresell.pipeline.mending import Merged, merge_repairs, without_repairs
from foresell.pipeline.rejects import FILE, FILE_ROW, read_rejected, rejected_csv, with_files
from foresell.pipeline.repairs import Repairs, read_repairs, write_repairs
from foresell.pipeline.work import Event, Request
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.commands import run_command
from foresell.spec.ports import PROVENANCE
from foresell.spec.sources import Table
from foresell.wiring.agreed import agree
from foresell.wiring.runs import declaration, runner, workspace

_QUARANTINE, _REPAIRS, _STAGE = "quarantine", "repairs", "validate"


def quarantined(project: str, settings: Settings) -> tuple[Mapping[str, Any], pl.DataFrame]:
    """Return what the gate counted, and the rows it set aside, typed, in reading order.

    After ``__row`` stand ``__file`` and ``__file_row``: the file of the first table that the row
    came from, and its number among the rows of that file, from 1, the header not counted.
    """
    place = _judged(project, settings)
    checks: Mapping[str, Any] = json.loads(place.output("checks").read_bytes("checks.json"))
    spec = declaration(project, settings)[1]
    landed: Mapping[str, Any] = json.loads(place.output("landing").read_bytes("report.json"))
    files = landed["files"].get(spec.tables[0].name, ()) if landed["rows"] == checks["read"] else ()
    return checks, with_files(read_rejected(place.output(_QUARANTINE)), files)


def refuse_edited(place: DirectoryWorkspace, project: str) -> None:
    """Refuse to go on where the quarantine was mended in place: a run would write over it.

    Raises:
        UsageError: the file that is not as the gate left it.
    """
    if edited := _edited(place):
        raise UsageError(
            f"{edited[0]} was edited, and a run would write over it",
            str(place.folder(_QUARANTINE) / edited[0]),
            f"bring the mended rows in: foresell quarantine retry {project}; "
            "or delete the file to drop the edits",
        )


def retry(
    project: str, file: Path | None, settings: Settings, listen: Callable[[Event], None]
) -> tuple[Merged, int]:
    """Add the rows of ``file``, or of the quarantine as it stands, to the repairs; judge again.

    Returns what the rows are, and how many were given. A ``GateError`` where the rows as a whole
    still do not pass; the repairs are kept all the same.

    Raises:
        UsageError: a file is given, and the quarantine was edited as well.
    """
    place = _judged(project, settings)
    with place.locked():
        request = _request(project, place, settings)
        agree(place, request)
        own = place.folder(_QUARANTINE)
        outside = file is not None and file.resolve().parent != own.resolve()
        if outside and (edited := _edited(place)):
            raise UsageError(
                f"{edited[0]} was edited as well, and would be written over",
                str(own / edited[0]),
                "give one of the two: leave out --file, or delete the edited file",
            )
        rejected = read_rejected(place.output(_QUARANTINE))
        kept = read_repairs(place.output(_REPAIRS))
        if rejected.is_empty() and (kept is None or not outside):
            _refuse_empty(project, place)
        given = _given(file if outside else None, place, request.contract)
        keys = [
            rule
            for rule in contract_rules(request.contract)
            if rule.kind in TABLE_KINDS and rule.kind != "missing"
            if set(rule.columns) <= set(given.columns)
        ]
        landing = open_landing(place.output("landing"), request.contract)
        merged = merge_repairs(landing, kept, rejected, given, keys)
        _keep(place, merged.repairs, request)
        _judge(place, request, listen)
    return merged, given.height


def undo(
    project: str, file: Path | None, settings: Settings, listen: Callable[[Event], None]
) -> int:
    """Take back the repairs of the rows of ``file``, or all of them; judge again.

    Returns how many were taken back. A ``GateError`` where the rows as a whole do not pass then;
    the repairs are gone all the same.

    Raises:
        UsageError: there is no repair, or the quarantine was edited.
    """
    place = _judged(project, settings)
    with place.locked():
        refuse_edited(place, project)
        request = _request(project, place, settings)
        agree(place, request)
        kept = read_repairs(place.output(_REPAIRS))
        if kept is None or kept.fixed.is_empty():
            raise UsageError(
                f"no row of {project!r} was mended, so there is nothing to take back",
                "foresell quarantine retry --undo",
                f"look at the rows set aside: foresell quarantine show {project}",
            )
        left = None
        if file is not None:
            rows = _given(file, place, request.contract)[ROW].to_list()
            left = without_repairs(
                open_landing(place.output("landing"), request.contract), kept, rows
            )
        _keep(place, left, request)
        _judge(place, request, listen)
    return kept.fixed.height - (0 if left is None else left.fixed.height)


def _judge(place: DirectoryWorkspace, request: Request, listen: Callable[[Event], None]) -> None:
    """Run the gate over the rows as they landed, with the repairs that are kept."""
    from foresell.pipeline.graph import STAGES  # noqa: PLC0415 - heavy: only when it runs

    stages = [stage for stage in STAGES[request.project.kind] if stage.name == _STAGE]
    runner(place, listen).run(stages, request)


def _refuse_empty(project: str, place: DirectoryWorkspace) -> None:
    """Refuse to mend where no row was set aside.

    Raises:
        UsageError: always.
    """
    raise UsageError(
        f"no row of {project!r} is in quarantine, so there is nothing to mend",
        str(place.folder(_QUARANTINE)),
        f"go on: foresell run {project}",
    )


def _judged(project: str, settings: Settings) -> DirectoryWorkspace:
    """Return the workspace of a project whose rows have met the gate.

    Raises:
        UsageError: they have not.
    """
    _, spec = declaration(project, settings)
    place = workspace(project, settings)
    if place.record(_STAGE) is None:
        raise UsageError(
            f"the rows of {project!r} have not met the gate yet",
            str(place.root),
            f"run it first: {run_command(spec, '--until', _STAGE)}",
        )
    return place


def _edited(place: DirectoryWorkspace) -> Sequence[str]:
    """Return the text files of the quarantine that are not as the gate left them."""
    record: Mapping[str, Any] = json.loads(place.record(_STAGE) or b"{}")
    left = record.get("outputs", {}).get(_QUARANTINE, {})
    now = place.digests(_QUARANTINE)
    texts = [name for name in left if name.endswith(".csv") and name in now]
    return [name for name in texts if now[name] != left[name]]


def _request(project: str, place: DirectoryWorkspace, settings: Settings) -> Request:
    """Return what validate needs to know; it looks at no raw file."""
    texts, spec = declaration(project, settings)
    contract = parse_contract(texts.contract_text, f"{texts.where}/contract.yaml")
    check_agreement(spec, contract)
    manifest = json.loads(place.output("manifest").read_bytes("manifest.json"))
    return Request(
        project=spec,
        contract=contract,
        source=DirectorySource(place.root, synthetic=bool(manifest["synthetic"])),
        project_text=texts.project_text,
        contract_text=texts.contract_text,
    )


def _given(file: Path | None, place: DirectoryWorkspace, contract: Contract) -> pl.DataFrame:
    """Return the mended rows, typed as strictly as raw data: ``__row`` and the landed columns.

    Raises:
        UsageError: there is no such file.
    """
    store = place.output(_QUARANTINE)
    landed = [name for name in read_rejected(store).columns if name not in {ROW, RULES}]
    files = list(rejected_csv(store)) if file is None else []
    if file is not None:
        try:
            files = [(file.name, file.read_bytes())]
        except (FileNotFoundError, IsADirectoryError) as error:
            raise UsageError(
                f"there is no file {file.name!r}", str(file), "give the mended copy: --file FILE"
            ) from error
    readable = as_written(contract, landed)
    return pl.concat([_typed(name, content, readable, landed) for name, content in files])


def _typed(name: str, content: bytes, contract: Contract, landed: Sequence[str]) -> pl.DataFrame:
    """Return the rows of one mended file.

    Raises:
        DataError: a column of the quarantine is missing, or a row has no number.
    """
    kind: Literal["csv", "parquet"] = "parquet" if name.endswith(".parquet") else "csv"
    table = Table(name=_QUARANTINE, file=name, format=kind)
    rows = read_table(content, table, contract, dropped=(RULES, FILE, FILE_ROW))
    for column in (ROW, *landed):
        if column not in rows.columns:
            raise DataError(
                f"the column {column!r} is missing",
                f"the header of {name}",
                f"keep the columns of quarantine/rejected.csv; {nearest(column, rows.columns)}",
            )
    if rows[ROW].null_count():
        raise DataError(
            f"rows without a number: {rows[ROW].null_count():,}",
            f"{name}, column {ROW}",
            f"leave {ROW} as it stands in quarantine/rejected.csv",
        )
    return rows.select(ROW, *landed)


def as_written(contract: Contract, landed: Sequence[str]) -> Contract:
    """Return the contract of the quarantine's own text: ``landed`` columns, days as YYYY-MM-DD.

    Only types count here; the rules are applied by the gate.
    """
    columns = (
        Column(name=ROW, logical_type="integer"),
        Column(name=FILE, logical_type="string"),
        Column(name=FILE_ROW, logical_type="integer"),
        Column(name=RULES, logical_type="string"),
        *(replace(contract.columns[name], options=TypeOptions(), quality=()) for name in landed),
    )
    rows = replace(contract.schema[0], properties=columns, quality=())
    return replace(contract, schema=(rows,))


def _keep(place: DirectoryWorkspace, repairs: Repairs | None, request: Request) -> None:
    """Publish ``repairs``, or that there are none, under a record of their own."""
    draft = place.draft(_REPAIRS)
    if repairs is not None and repairs.fixed.height:
        write_repairs(draft, repairs)
    contract = {"version": request.contract.version, "sha256": request.contract.digest}
    said = {
        "project": request.project.name,
        "stage": _REPAIRS,
        "contract": contract,
        "synthetic": request.source.synthetic,
    }
    draft.write_bytes(PROVENANCE, json_bytes(said))
    rows = 0 if repairs is None else repairs.fixed.height
    record = {"passed": True, "rows": rows, "seconds": 0.0}
    place.publish(_REPAIRS, (_REPAIRS,), json_bytes(record))
