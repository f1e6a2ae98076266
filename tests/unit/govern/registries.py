"""Registries in memory, with a clock that goes on by a second each time it is looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.adapters.store import MemoryStore
from foresell.adapters.vault_memory import MemoryVault
from foresell.errors import MachineError
from foresell.govern.registering import Registered, register
from foresell.govern.registry import Registry
from foresell.spec.ports import Ledger
from foresell.spec.registry import Head, Transition
from tests.small_bundles import small_bundle, stored

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@dataclass
class Seconds:
    """A clock: ``START``, then a second later each time; ``now`` can be set."""

    now: datetime = START

    def __call__(self) -> datetime:
        said, self.now = self.now, self.now + timedelta(seconds=1)
        return said


@dataclass
class Overtaken:
    """A ledger in which somebody else writes first, as often as ``others`` has something to do.

    Each of ``others`` is called right before an append, and then forgotten.
    """

    ledger: Ledger
    others: list[Callable[[], object]] = field(default_factory=list)

    def projects(self) -> Sequence[str]:
        return self.ledger.projects()

    def head(self, project: str) -> Head:
        return self.ledger.head(project)

    def transitions(self, project: str) -> Sequence[Transition]:
        return self.ledger.transitions(project)

    def append(self, transition: Transition) -> None:
        if self.others:
            self.others.pop(0)()
        self.ledger.append(transition)

    @property
    def label(self) -> str:
        return self.ledger.label


@dataclass
class Mute(Overtaken):
    """A ledger whose connection is lost at a write: ``after`` it was done, or before.

    ``for_good``: nothing is answered from then on.
    """

    after: bool = True
    for_good: bool = False
    lost: bool = False

    def transitions(self, project: str) -> Sequence[Transition]:
        if self.lost and self.for_good:
            raise MachineError("the connection is refused", "memory", "start the server")
        return super().transitions(project)

    def append(self, transition: Transition) -> None:
        if self.after:
            super().append(transition)
        self.lost = True
        raise MachineError("the connection was lost", "memory", "try again")


def small_registry(
    *, versions: int = 0, who: str = "ann", passed: bool = True, approval: bool = False
) -> Registry:
    """Return a registry with ``versions`` of ``toy``, made by the seeds 1, 2, 3 ..."""
    registry = Registry(ledger=MemoryLedger(), vault=MemoryVault(), clock=Seconds(), who=who)
    for seed in range(1, versions + 1):
        add(registry, seed, passed=passed, approval=approval)
    return registry


def add(
    registry: Registry, seed: int, *, passed: bool = True, approval: bool = False
) -> Registered:
    """Register the small bundle of a seed, as the run of that number."""
    bundle = bundle_of(seed, passed=passed, approval=approval)
    return register(registry, "toy", bundle, reason="a run", run_id=f"run {seed}")


def bundle_of(seed: int, *, passed: bool = True, approval: bool = False) -> MemoryStore:
    """Return the small bundle of a seed, as it lies in a store; made once."""
    key = (seed, passed, approval)
    if key not in _MADE:
        _MADE[key] = stored(small_bundle(seed=seed, passed=passed, approval=approval))
    return MemoryStore(files=dict(_MADE[key].files))


_MADE: dict[tuple[int, bool, bool], MemoryStore] = {}
