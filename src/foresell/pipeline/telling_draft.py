"""A note while it is made, and what it is made of: the outputs and records of a workspace."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import polars as pl

from foresell.evaluate.protocols import Protocol, protocols_of
from foresell.pipeline.telling_numbers import finite
from foresell.pipeline.work import Request
from foresell.spec.ports import Workspace
from foresell.spec.tracking import Account, Dataset

COMMIT = "mlflow.source.git.commit"  # where MLflow's page looks for it
SECONDS = "seconds/"  # how the names of timings begin

Part = bytes | tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Teller:
    """What a note is made of. ``commit``: that it was trained from, None where nobody knows."""

    workspace: Workspace
    request: Request
    commit: str | None = None
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    def record(self, stage: str) -> dict[str, Any]:
        """Return what the runner kept of a stage, empty where it was not done."""
        if stage not in self.records:
            self.records[stage] = json.loads(self.workspace.record(stage) or b"{}")
        return self.records[stage]

    def json(self, output: str, name: str) -> dict[str, Any]:
        """Return the JSON object in a file of an output."""
        read: dict[str, Any] = json.loads(self.workspace.output(output).read_bytes(name))
        return read

    def table(self, output: str, name: str) -> pl.DataFrame:
        """Return the table in a CSV of an output."""
        content = self.workspace.output(output).read_bytes(name)
        return pl.read_csv(BytesIO(content), infer_schema_length=None)

    def seconds(self, *stages: str) -> dict[str, float]:
        """Return how long stages took when they were last done."""
        told = {stage: self.record(stage).get("seconds") for stage in stages}
        return finite(told, SECONDS)

    def started(self, stage: str, done: str) -> str:
        """Return when a stage began that was ``done`` at a time; both UTC, ISO."""
        took = timedelta(seconds=self.record(stage).get("seconds", 0.0))
        return (datetime.fromisoformat(done) - took).isoformat(timespec="microseconds")

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """The protocols the project is judged by, the one that decides first."""
        return protocols_of(self.request.project)

    def before(self, protocol: Protocol) -> str:
        """Return what stands before the names of a protocol's numbers; nothing for the first."""
        return "" if protocol.name == self.protocols[0].name else f"{protocol.name}/"


@dataclass
class Draft:
    """A note while it is made."""

    whole: Account = field(
        default_factory=lambda: Account(params={}, metrics={}, tags={}, files={})
    )
    candidates: dict[str, Account] = field(default_factory=dict)
    datasets: tuple[Dataset, ...] = ()
    bundle: str | None = None
    version: int | None = None
    files: dict[str, Part] = field(default_factory=dict)

    def add(self, path: str, part: Part) -> None:
        """Send a file along that is shown among the artifacts under ``path``."""
        self.files[path] = part
        self.whole = _joined(self.whole, Account(files={path: path}))

    def tell(self, account: Account) -> None:
        """Tell something of the training."""
        self.whole = _joined(self.whole, account)

    def tell_of(self, name: str, account: Account) -> None:
        """Tell something of a candidate."""
        self.candidates[name] = _joined(self.candidates.get(name, Account()), account)


def _joined(one: Account, other: Account) -> Account:
    """Return what both tell."""
    return Account(
        params={**one.params, **other.params},
        metrics={**one.metrics, **other.metrics},
        tags={**one.tags, **other.tags},
        files={**one.files, **other.files},
    )
