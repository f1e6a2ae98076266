"""Where ports meet adapters: nothing else builds a client, reads a clock or opens a folder."""

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import polars as pl

from foresell.adapters.machine import Check, examine
from foresell.adapters.projects import Declaration, find_declarations, read_declaration
from foresell.adapters.store import DirectorySource, DirectoryStore, frame_bytes
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.bundle.bundle import Bundle
from foresell.contracts.agreement import check_agreement
from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.gate import row_rules
from foresell.contracts.text import read_table
from foresell.errors import DataError, SpecError, UsageError
from foresell.pipeline.fingerprint import code_digest, digest, libraries
from foresell.pipeline.runner import Runner
from foresell.pipeline.work import Event, Request
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.ports import Source
from foresell.spec.project import Preset, ProjectSpec, Synthetic, Table
from foresell.spec.reading import parse_project

_GENERATOR = "foresell.data.synthetic"
_SUMS = "checksums.json"


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
    """Return the workspace of one project under the home folder."""
    return DirectoryWorkspace(settings.home / name)


def request(
    name: str, data: Path | None, preset: Preset, override: str | None, settings: Settings
) -> Request:
    """Return what a run needs to know, from the declaration and the place of the data."""
    texts, project = declaration(name, settings)
    contract = parse_contract(texts.contract_text, f"{texts.where}/contract.yaml")
    check_agreement(project, contract)
    return Request(
        project=project,
        contract=contract,
        source=_source(project, data, settings),
        preset=preset,
        override=override,
        project_text=texts.project_text,
        contract_text=texts.contract_text,
    )


def runner(place: DirectoryWorkspace, listen: Callable[[Event], None]) -> Runner:
    """Return a runner that also keeps ``run.log`` in the workspace."""
    log = place.root / "run.log"

    def hear(event: Event) -> None:
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        with log.open("a", encoding="utf-8") as file:
            seconds = f" {event.seconds:.2f}s" if event.kind == "done" else ""
            file.write(f"{stamp} {event.stage} {event.kind}{seconds} {event.text}\n")
        listen(event)

    return Runner(workspace=place, clock=time.perf_counter, listen=hear)


def read_rows(rows: str | Path | pl.DataFrame, bundle: Bundle) -> pl.DataFrame:
    """Return the rows asked for, typed by the bundle's contract, in their order.

    ``rows``: a CSV or Parquet file, read with the NA tokens of the project's ``asked`` section, or
    a frame, which is cast to the contract's types.
    """
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    if isinstance(rows, pl.DataFrame):
        content, name = frame_bytes(rows), "rows.parquet"
    else:
        path = Path(rows)
        content, name = DirectorySource(path.parent).read(path.name), path.name
    na = project.asked.na if project.asked is not None else ()
    kind: Literal["csv", "parquet"] = "parquet" if name.endswith(".parquet") else "csv"
    table = Table(name="rows", file=name, format=kind, na=na)
    asked = read_table(content, table, contract)
    _refuse_broken_rows(asked, project, contract, name)
    return asked


def _refuse_broken_rows(
    asked: pl.DataFrame, project: ProjectSpec, contract: Contract, name: str
) -> None:
    """Refuse rows asked for that break the contract in a column that has a say in the answer.

    Raises:
        DataError: the rules broken, with the first rows and values.
    """
    used = {*project.keys, project.time, *project.with_role("static", "known_future")}
    blank_allowed = set(project.with_role("static", "known_future"))
    rules = [
        rule
        for rule in row_rules(contract)
        if rule.column in asked.columns and rule.column in used
        if not (rule.name.endswith(": required") and rule.column in blank_allowed)
    ]
    broken = asked.with_row_index("__row", offset=1)
    for rule in rules:
        bad = broken.filter(rule.breaks)
        if bad.height:
            shown = ", ".join(
                f"row {row['__row']}: {row[rule.column]}" for row in bad.head(3).to_dicts()
            )
            raise DataError(
                f"{bad.height} row(s) break the contract, {rule.says}: {shown}",
                name,
                f"mend {rule.column} in these rows",
            )


def doctor(settings: Settings) -> Sequence[Check]:
    """Return what this machine and installation have and lack."""
    return examine(settings.home)


def _source(project: ProjectSpec, data: Path | None, settings: Settings) -> Source:
    """Return the folder given, or the project's own generator where it declares one.

    Raises:
        UsageError: the project has no generator and no folder was given.
    """
    if data is not None:
        return DirectorySource(data)
    if project.synthetic is None:
        asked = (
            [f"{project.asked.file} (the rows to answer, if you have them)"]
            if project.asked
            else []
        )
        files = ", ".join([*(table.file for table in project.tables), *asked])
        raise UsageError(
            f"the project {project.name!r} needs data",
            f"foresell run {project.name}",
            f"add --data DIR, the folder that holds {files}",
        )
    return DirectorySource(_generated(project.name, project.synthetic, settings), synthetic=True)


def _generated(name: str, made: Synthetic, settings: Settings) -> Path:
    """Return the folder with the generated files; made once for each seed, size and generator.

    A file that was altered or lost since is not what the generator made: all are made again.
    """
    identity = digest([made, code_digest(_GENERATOR), libraries()])[:16]
    place = settings.home / name / "synthetic" / identity
    if _is_intact(DirectoryStore(place)):
        return place
    from foresell.data.synthetic import generate  # noqa: PLC0415 - only where asked for by name

    draft = DirectoryStore(place.with_suffix(".draft"))
    shutil.rmtree(draft.root, ignore_errors=True)
    for table, frame in generate(made).items():
        draft.write_frame(f"{table}.parquet", frame)
    draft.write_bytes(_SUMS, json_bytes(_sums(draft)))
    shutil.rmtree(place, ignore_errors=True)
    draft.root.rename(place)
    return place


def _is_intact(store: DirectoryStore) -> bool:
    """Tell whether the files are there and are those that were written."""
    return _SUMS in store.list() and store.read_bytes(_SUMS) == json_bytes(_sums(store))


def _sums(store: DirectoryStore) -> Mapping[str, str]:
    """Return the sha256 of every generated file."""
    return {
        name: hashlib.sha256(store.read_bytes(name)).hexdigest()
        for name in store.list()
        if name != _SUMS
    }
