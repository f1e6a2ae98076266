"""Notes of a made-up training, and a tracker whose troubles a test decides."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from foresell.adapters.store import MemoryStore
from foresell.adapters.tracker_memory import MemoryTracker
from foresell.errors import MachineError
from foresell.spec.ports import Store
from foresell.spec.tracking import Account, Dataset, Note, Tracked

STAGES = ("train", "evaluate", "register", "report")
FILE = b"a page"


def note(
    stage: str = "train", training: str = "t1", *, project: str = "toy", rmse: float = 1
) -> Note:
    """A note of ``stage`` with one metric, one file and one candidate."""
    at = f"2026-11-21T10:0{STAGES.index(stage)}:00.000000+00:00"
    return Note(
        project=project,
        training=training,
        stage=stage,
        at=at,
        whole=Account(
            params={"seed": "1"},
            metrics={f"{stage}/rmse": rmse},
            files={"a/page.html": "page.html"},
        ),
        candidates={"ridge": Account(metrics={"rmse": 2.0})},
        datasets=(Dataset(name="sales", digest="ab" * 32, source="file:///s", context="raw"),),
    )


def no_bundle(digest: str) -> Store:
    """A vault without any bundle."""
    return MemoryStore({"digest": digest.encode()})


@dataclass
class ShakyTracker:
    """A tracker that is out of reach when ``down`` says so; ``seen``: every note it was sent."""

    inner: MemoryTracker = field(default_factory=lambda: MemoryTracker(no_bundle))
    down: Iterator[bool] = field(default_factory=lambda: iter(()))
    seen: list[tuple[str, str]] = field(default_factory=list)

    def send(self, told: Note, files: Store) -> str:
        if next(self.down, False):
            raise MachineError("MLflow is out of reach", "memory", "start it")
        self.seen.append((told.training, told.stage))
        return self.inner.send(told, files)

    def recall(self, project: str, training: str) -> Tracked | None:
        return self.inner.recall(project, training)

    @property
    def label(self) -> str:
        return self.inner.label


def shaky(down: Iterable[bool]) -> ShakyTracker:
    """A tracker that fails at the sendings where ``down`` is true."""
    return ShakyTracker(down=iter(down))
