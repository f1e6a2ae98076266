"""Where the report of a project's rows meets its workspace: what is there, and what is kept."""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.adapters.sources import DirectorySource
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.contracts.agreement import check_agreement
from foresell.contracts.contract import parse_contract
from foresell.contracts.headers import dropped_columns
from foresell.eda.context import Rows
from foresell.errors import ForesellError, UsageError
from foresell.pipeline.layer import PASSED
from foresell.pipeline.work import Event, Request
from foresell.settings import Settings
from foresell.wiring.agreed import agree
from foresell.wiring.report_folders import (
    LISTING,
    holds,
    put_back,
    refuse_foreign,
    refuse_held,
    refuse_other,
    replace,
)
from foresell.wiring.runs import declaration, workspace
from foresell.wiring.staging import find_source

OWN, KEPT = "eda", "eda_reports"  # outputs of a workspace
_REPORT = "eda_report.json"
_LAYER, _SPLIT = "processed", "split"


@dataclass(frozen=True, kw_only=True)
class Apart:
    """A report of its own: of which ``rows``, what it is called, where it goes.

    ``out``: the folder; None is ``eda_reports/VERSION``. ``force``: replace one that differs.
    """

    rows: Rows
    version: str
    out: Path | None = None
    force: bool = False


@dataclass(frozen=True, kw_only=True)
class Told:
    """A report in its place, and whether it was made just now."""

    folder: Path
    files: tuple[str, ...]
    told: Mapping[str, Any]
    listing: Mapping[str, Any]
    made: bool


def has_rows(project: str, settings: Settings) -> bool:
    """Tell whether rows of ``project`` have passed the gate."""
    return PASSED in workspace(project, settings).output(_LAYER).list()


def lacks_data(project: str, settings: Settings) -> bool:
    """Tell whether a project that can be read has neither rows that passed nor data to run on."""
    try:
        texts, spec = declaration(project, settings)
        contract = parse_contract(texts.contract_text, f"{texts.where}/contract.yaml")
        if has_rows(project, settings):
            return False
        find_source(spec, None, settings, dropped_columns(contract, spec.cleaning))
    except UsageError:
        return True
    except ForesellError:
        return False
    return False


def told_by_run(project: str, settings: Settings, listen: Callable[[Event], None]) -> Told:
    """Bring the report that every run makes up to date, as a run does; return it.

    A MachineError: another run is at work.
    """
    place = workspace(project, settings)
    with place.locked():
        before = place.record(OWN)
        _up_to_date(place, project, settings, (_SPLIT, OWN), listen)
        return _read(place.folder(OWN), made=place.record(OWN) != before)


def told_apart(
    project: str, asked: Apart, settings: Settings, listen: Callable[[Event], None]
) -> Told:
    """Make a report of its own and return it; one that is there, byte for byte, stays as it is.

    One that differs is a UsageError, unless ``force`` has it replaced.
    """
    from foresell.pipeline.exploring import explored  # noqa: PLC0415 - heavy: only when it is made

    place = workspace(project, settings)
    folder = place.folder(KEPT) / asked.version
    if asked.out is not None:
        folder = asked.out.resolve()
        refuse_held(folder, place)
    with place.locked():
        put_back(folder, project)
        refuse_foreign(folder, project)
        request = _up_to_date(place, project, settings, (_SPLIT,), listen)
        names = ("processed", "splits", "manifest")
        files = explored(
            {name: place.output(name) for name in names},
            request.project,
            request.contract,
            rows=asked.rows,
            version=asked.version,
            asked=place.output("asked") if request.project.kind == "panel" else None,
        )
        if holds(folder, files):
            return _read(folder, made=False)
        if not asked.force:
            refuse_other(folder, files)
        replace(folder, files)
        return _read(folder, made=True)


def _up_to_date(
    place: DirectoryWorkspace,
    project: str,
    settings: Settings,
    names: tuple[str, ...],
    listen: Callable[[Event], None],
) -> Request:
    """Run the stages of ``names`` over the rows that passed; what is fresh stays as it is."""
    from foresell.pipeline.graph import STAGES  # noqa: PLC0415 - heavy: only when it runs
    from foresell.pipeline.runner import Runner  # noqa: PLC0415

    request = _request(project, place, settings)
    agree(place, request)
    stages = [stage for stage in STAGES[request.project.kind] if stage.name in names]
    # It is no run of the project: what the last one was, in `run_id` and run.json, stays so.
    run_id = f"{OWN}-{secrets.token_hex(4)}"
    Runner(workspace=place, clock=time.perf_counter, listen=listen, run_id=run_id).run(
        stages, request
    )
    return request


def _request(project: str, place: DirectoryWorkspace, settings: Settings) -> Request:
    """Return what the stages need to know; no raw file is looked at."""
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


def _read(folder: Path, *, made: bool) -> Told:
    """Return the report that lies in ``folder``."""
    listing = json.loads((folder / LISTING).read_bytes())
    return Told(
        folder=folder,
        files=(*listing["files"], LISTING),
        told=json.loads((folder / _REPORT).read_bytes()),
        listing=listing,
        made=made,
    )
