from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

import pytest

from foresell.adapters.sources import MemorySource
from foresell.adapters.workspace import MemoryWorkspace
from foresell.contracts.contract import Contract, parse_contract
from foresell.pipeline.graph import PANEL_STAGES
from foresell.pipeline.runner import Runner
from foresell.pipeline.work import Event, Request, Stage
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

GROUND = PANEL_STAGES[:4]  # manifest, ingest, validate, split: no learner


@dataclass
class House:
    """A workspace in memory with a runner over it, and what it said."""

    workspace: MemoryWorkspace = field(default_factory=MemoryWorkspace)
    events: list[Event] = field(default_factory=list)

    def run(self, request: Request, stages: tuple[Stage, ...] = GROUND) -> list[str]:
        """Run, and return the names of the stages that did something."""
        self.events.clear()
        runner = Runner(workspace=self.workspace, clock=lambda: 0.0, listen=self.events.append)
        runner.run(stages, request)
        return [event.stage for event in self.events if event.kind == "done"]

    def files(self) -> Mapping[str, bytes]:
        """Return every published file by output and name."""
        stores = self.workspace.published
        return {
            f"{out}/{name}": stores[out].files[name] for out in stores for name in stores[out].files
        }


def shipped(name: str) -> tuple[ProjectSpec, Contract]:
    """The declaration that ships with foresell."""
    folder = files("foresell") / "projects" / name
    texts = [(folder / f"{part}.yaml").read_text("utf-8") for part in ("project", "contract")]
    return parse_project(texts[0], name), parse_contract(texts[1], name)


MakeRequest = Callable[[Mapping[str, bytes]], Request]


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def ask() -> MakeRequest:
    """What a run of walmart over some raw files is asked for."""
    project, contract = shipped("walmart")
    return lambda raw: Request(project=project, contract=contract, source=MemorySource(raw))
