"""Where ports meet adapters: nothing else builds a client, reads a clock or opens a folder."""

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from foresell.adapters.machine import Check, commit_of, examine, libraries
from foresell.adapters.projects import Declaration, find_declarations, read_declaration
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import SpecError, UsageError
from foresell.pipeline.checks_log import STAGE as GATE
from foresell.pipeline.runner import Runner
from foresell.pipeline.work import Event, Request
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.modelling import Selection
from foresell.spec.ports import Source
from foresell.spec.project import Preset, ProjectSpec
from foresell.spec.reading import parse_project
from foresell.wiring.checks_log import keep_checks
from foresell.wiring.freshness import code_in
from foresell.wiring.places import project_workspace

if TYPE_CHECKING:
    import polars as pl

    from foresell.bundle.bundle import Bundle
    from foresell.contracts.contract import Contract
    from foresell.wiring.origins import Given

RUN_ID = "run_id"  # the file that names the last run in a workspace
RUN_FACTS = "run.json"  # what is true of it alone: its commit, the seconds of its stages


def declarations(settings: Settings) -> Mapping[str, Path]:
    """Return the folder of every project that can be run, by name."""
    return find_declarations(settings.projects)


def declaration(name: str, settings: Settings) -> tuple[Declaration, ProjectSpec]:
    """Return the texts of one project and the parsed declaration.

    Raises:
        SpecError: the project's name is not that of its folder.
    """
    texts = read_declaration(name, settings.projects)
    where = f"{texts.where}/project.yaml"
    project = parse_project(texts.project_text, where)
    if project.name != name:
        raise SpecError(
            f"the project names itself {project.name!r} and lies in the folder {name!r}",
            where,
            "give both the same name",
        )
    return texts, project


def workspace(name: str, settings: Settings) -> DirectoryWorkspace:
    """Return the workspace of one project; see `foresell.wiring.places`."""
    return project_workspace(name, settings)


def declared(
    name: str, given: "Given", settings: Settings
) -> "tuple[Declaration, ProjectSpec, Contract]":
    """Return the texts of one project, and what they declare, its rows where ``given`` says."""
    from foresell.contracts.agreement import check_agreement  # noqa: PLC0415 - sqlglot, holidays
    from foresell.contracts.contract import parse_contract  # noqa: PLC0415 - as above
    from foresell.wiring.origins import placed  # noqa: PLC0415 - as above

    texts, spec = declaration(name, settings)
    contract = parse_contract(texts.contract_text, f"{texts.where}/contract.yaml")
    check_agreement(spec, contract)
    return texts, placed(spec, contract, given), contract


def raw_source(
    project: ProjectSpec, contract: "Contract", given: "Given", settings: Settings
) -> Source:
    """Return the raw files of a project, or the tables that its rows are in."""
    from foresell.contracts.headers import dropped_columns  # noqa: PLC0415 - Polars
    from foresell.wiring.staging import find_source  # noqa: PLC0415 - as above

    return find_source(project, given.data, settings, dropped_columns(contract, project.cleaning))


def request(
    name: str,
    given: "Given",
    preset: Preset,
    override: str | None,
    settings: Settings,
    selection: Selection | None = None,
) -> Request:
    """Return what a run needs to know, from the declaration and the place of the data."""
    texts, project, contract = declared(name, given, settings)
    return Request(
        project=project,
        contract=contract,
        source=raw_source(project, contract, given, settings),
        preset=preset,
        selection=selection,
        override=override,
        project_text=texts.project_text,
        contract_text=texts.contract_text,
    )


def runner(place: DirectoryWorkspace, listen: Callable[[Event], None]) -> Runner:
    """Return a runner with a run id of its own, which it leaves in the file ``run_id``.

    It also keeps ``run.log``: each line has the time, the run id, the stage and what happened, and
    ``checks_log.jsonl``: what the gate found, each time that it is something new.
    ``listen`` hears one event at a time.
    """
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    (place.root / RUN_ID).write_text(f"{run_id}\n", encoding="utf-8")
    log, one_at_a_time = place.root / "run.log", Lock()

    def hear(event: Event) -> None:
        now = datetime.now(UTC)
        stamp = now.isoformat(timespec="milliseconds")
        seconds = f" {event.seconds:.2f}s" if event.kind == "done" else ""
        words = f"{event.run_id} {event.stage} {event.kind}{seconds} {event.text}"
        with one_at_a_time:
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{stamp} {words}\n")
            if event.stage == GATE and event.kind in {"done", "failed"}:
                keep_checks(place, event.run_id, now)
            listen(event)

    return Runner(
        workspace=place,
        clock=time.perf_counter,
        listen=hear,
        run_id=run_id,
        code=code_in(place.root.parent),
    )


def keep_facts(place: DirectoryWorkspace, run_id: str, stages: Sequence[str], texts: str) -> None:
    """Write ``run.json``: what is true of this run alone, and so stands in none of its outputs.

    ``run_id``; ``commit``: of the project's folder ``texts``, or of the folder one stands in; null
    outside a repository; ``seconds``: by stage, as it was last done; ``stages``: the run that did
    each. What stages make follows from what they were given, so a clock has no place there.
    """
    commit = declared_commit(texts)
    with place.alone(RUN_FACTS):  # or who read the records first might write last
        records = {name: json.loads(place.record(name) or b"{}") for name in stages}
        facts = {
            "run_id": run_id,
            "commit": commit,
            "seconds": {name: record.get("seconds") for name, record in records.items()},
            "stages": {name: record.get("run_id") for name, record in records.items()},
        }
        fresh = place.root / f"{RUN_FACTS}.new"
        fresh.write_bytes(json_bytes(facts))
        fresh.rename(place.root / RUN_FACTS)


def declared_commit(texts: str) -> str | None:
    """Return the commit of the project's folder ``texts``, or of the folder one stands in."""
    return commit_of(Path(texts)) or commit_of(Path.cwd())


def read_rows(rows: "str | Path | pl.DataFrame", bundle: "Bundle") -> "pl.DataFrame":
    """Return the rows asked for, typed by the bundle's contract, in their order.

    ``rows``: a CSV or Parquet file, read with the NA tokens of the project's ``asked`` section, or
    a frame, which is cast to the contract's types.

    Raises:
        UsageError: there is no such file.
    """
    import polars as pl  # noqa: PLC0415 - a run that changes nothing needs none of these

    from foresell.adapters.sources import DirectorySource  # noqa: PLC0415
    from foresell.adapters.store import frame_bytes  # noqa: PLC0415
    from foresell.answer.typed_rows import typed_rows  # noqa: PLC0415

    if isinstance(rows, pl.DataFrame):
        return typed_rows(frame_bytes(rows), "rows.parquet", bundle)
    path = Path(rows)
    if not path.is_file():
        raise UsageError(
            f"{path} is a folder" if path.is_dir() else f"there is no file {str(path)!r}",
            "rows",
            "give the path of a CSV or Parquet file",
        )
    with DirectorySource(path.parent).open(path.name) as file:
        return typed_rows(file.read(), path.name, bundle)


def doctor(settings: Settings) -> Sequence[Check]:
    """Return what this machine and installation have and lack."""
    from foresell.wiring.databases import examine_database  # noqa: PLC0415 - networks
    from foresell.wiring.webhooks import examine_webhooks  # noqa: PLC0415 - as above

    return [
        *examine(settings.home, settings.directories),
        examine_database(settings),
        examine_webhooks(settings),
        *libraries(),
    ]
