"""Projects in memory whose rows have met the gate, written by the stages themselves."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from foresell.contracts.contract import Contract
from foresell.dashboard.page import Context
from foresell.dashboard.pages import page_of
from foresell.dashboard.reading.shown import Declared, Shown
from foresell.dashboard.rendering import rendered
from foresell.errors import GateError
from foresell.pipeline.checks_log import LOG, addition, checked
from foresell.pipeline.graph import PANEL_STAGES
from foresell.pipeline.work import Request
from foresell.spec.project import ProjectSpec
from tests.builders import weekly_files
from tests.dashboard_site import memory_shown, visit_of
from tests.unit.pipeline.conftest import GROUND, House, MakeRequest

Files = Mapping[tuple[str, str], bytes]
RUN = "20260504T060000Z-0a1b2c3d"
RECORD = (".state", "validate.json")  # of the stage, as a run keeps it, whether rows pass or not
RAW = weekly_files(stores=3, depts=2, weeks=120)
EDA = tuple(stage for stage in PANEL_STAGES if stage.name == "eda")


def edited(changes: Mapping[int, tuple[int, str]], raw: Mapping[str, bytes]) -> dict[str, bytes]:
    """The raw files with cells of ``train.csv`` changed: by row, counted from 1, cell and value."""
    lines = raw["train.csv"].decode().splitlines()
    for row, (cell, value) in changes.items():
        cells = lines[row].split(",")
        cells[cell] = value
        lines[row] = ",".join(cells)
    return {**raw, "train.csv": ("\n".join(lines) + "\n").encode()}


BROKEN = edited({5: (1, "1234"), 77: (3, "9000000"), 78: (1, "1234")}, RAW)
STOPPED = {**RAW, "stores.csv": RAW["stores.csv"].replace(b"1,A,", b"1,<script>alert(1)</script>,")}


def files_of(house: House) -> Files:
    """Every published file, by output and name, and what a run keeps of its gate."""
    stores = house.workspace.published
    found = {(out, name): stores[out].files[name] for out in stores for name in stores[out].files}
    return {**found, RECORD: json.dumps({"run_id": RUN}).encode()}


def judged(request: Request) -> Files:
    """What the stages up to the gate make, whether the rows pass or not."""
    house = House()
    with suppress(GateError):
        house.run(request)
    return files_of(house)


def shown_of(
    files: Files, request: Request, *, contract: Contract | None = None, name: str = "walmart"
) -> Shown:
    """The project as pages see it. ``contract``: another one is declared by now."""
    declared = Declared(
        spec=request.project, contract=contract or request.contract, where="projects/walmart"
    )
    return memory_shown(name, request.project.kind, files, declared=lambda: declared)


def page(shown: Shown, made: Context, query: Mapping[str, str] | None = None) -> str:
    """The HTML of the page."""
    return rendered(page_of("data", shown.kind), made, visit_of(shown, query), keyed=False).decode()


def log_of(*found: tuple[datetime, Files]) -> bytes:
    """The log of several findings of the gate, as runs keep it."""
    held = b""
    for turn, (at, files) in enumerate(found):
        checks = json.loads(files["checks", "checks.json"])
        record = {
            "run_id": f"run-{turn}",
            "passed": checks["processed"] > 0,
            "inputs": {"landing": {"turn": str(turn)}},
        }
        held += addition(held, checked(at, record, checks))
    return held


@pytest.fixture(scope="session")
def project() -> tuple[ProjectSpec, Contract]:
    """The declaration of walmart."""
    from tests.unit.pipeline.conftest import shipped  # noqa: PLC0415 - one reading for all

    return shipped("walmart")


@pytest.fixture(scope="session")
def asked(project: tuple[ProjectSpec, Contract]) -> MakeRequest:
    """What a run over some raw files is asked for."""
    from foresell.adapters.sources import MemorySource  # noqa: PLC0415 - as above

    spec, contract = project
    return lambda raw: Request(project=spec, contract=contract, source=MemorySource(raw))


@pytest.fixture(scope="session")
def clean(asked: MakeRequest) -> Files:
    """A project none of whose rows breaks the contract, explored too."""
    house = House()
    house.run(asked(RAW), (*GROUND, *EDA))
    return files_of(house)


@pytest.fixture(scope="session")
def broken(asked: MakeRequest) -> Files:
    """Three rows break the contract."""
    return judged(asked(BROKEN))


@pytest.fixture(scope="session")
def stopped(asked: MakeRequest) -> Files:
    """A third of the rows break it."""
    return judged(asked(STOPPED))


@pytest.fixture(scope="session")
def history(clean: Files, broken: Files, stopped: Files) -> bytes:
    """The log of these three, day after day."""
    days = [datetime(2026, 5, day, 6, 0, tzinfo=UTC) for day in (2, 3, 4)]
    return log_of(*zip(days, (clean, stopped, broken), strict=True))


Show = Callable[..., Shown]


@pytest.fixture
def show(asked: MakeRequest, broken: Files, history: bytes) -> Show:
    """The project with three broken rows; ``changed`` files instead of its own, None for none."""

    def make(changed: Mapping[tuple[str, str], bytes | None] | None = None, **how: object) -> Shown:
        files = {**broken, ("", LOG): history, **(changed or {})}
        held = {place: content for place, content in files.items() if content is not None}
        return shown_of(held, asked(BROKEN), **how)  # type: ignore[arg-type]

    return make


def with_personal(contract: Contract, *names: str) -> Contract:
    """The contract with columns declared to be about people."""
    rows = contract.schema[0]
    columns = tuple(
        replace(one, classification="personal") if one.name in names else one
        for one in rows.properties
    )
    return replace(contract, schema=(replace(rows, properties=columns),))
