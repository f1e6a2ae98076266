"""Another registry with somebody's hands in it, for tests of mirrors."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from foresell.adapters.mirror_memory import MemoryMirror
from foresell.adapters.mirror_rows import Rows, Shown
from foresell.adapters.vault_contents import digest_of
from foresell.bundle.bundle import CHECKSUMS
from foresell.spec.ports import Mirror, Store
from foresell.spec.registry import Alias, Head, State, Version


class Hands(Protocol):
    """What people can do there, without us; and what they see."""

    mirror: Mirror

    def rows(self, project: str) -> Rows: ...
    def create(self, project: str, tags: Mapping[str, str]) -> int: ...
    def remove(self, project: str, number: int) -> None: ...
    def tag(self, project: str, number: int, name: str, value: str) -> None: ...
    def alias(self, project: str, name: str, number: int) -> None: ...


class MemoryHands:
    """Hands in the memory of the twin."""

    def __init__(self) -> None:
        self._twin = MemoryMirror()
        self.mirror: Mirror = self._twin

    def rows(self, project: str) -> Rows:
        return self._twin.rows(project)

    def create(self, project: str, tags: Mapping[str, str]) -> int:
        return self._twin.create(project, dict(tags))

    def remove(self, project: str, number: int) -> None:
        self._twin.remove(project, number)

    def tag(self, project: str, number: int, name: str, value: str) -> None:
        self._twin.tags[project][number][name] = value

    def alias(self, project: str, name: str, number: int) -> None:
        self._twin.aliases.setdefault(project, {})[name] = number


class MlflowHands:
    """Hands on an MLflow's page."""

    def __init__(self, uri: str, mirror: Mirror) -> None:
        from mlflow import MlflowClient  # noqa: PLC0415 - takes seconds

        self.mirror = mirror
        self.client = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def rows(self, project: str) -> Rows:
        found = self.client.search_model_versions(f"name = '{project}'", max_results=1000)
        shown = [Shown(number=int(one.version), tags=dict(one.tags)) for one in found]
        aliases = self.client.get_registered_model(project).aliases if found else {}
        numbers = {name: int(number) for name, number in aliases.items()}
        return Rows(rows=sorted(shown, key=lambda one: one.number), aliases=numbers)

    def create(self, project: str, tags: Mapping[str, str]) -> int:
        if not self.client.search_registered_models(f"name = '{project}'"):
            self.client.create_registered_model(project)
        run = self.client.create_run("0").info
        made = self.client.create_model_version(
            project, f"{run.artifact_uri}/by-hand", run_id=run.run_id, tags=dict(tags)
        )
        return int(made.version)

    def remove(self, project: str, number: int) -> None:
        self.client.delete_model_version(project, str(number))

    def tag(self, project: str, number: int, name: str, value: str) -> None:
        self.client.set_model_version_tag(project, str(number), name, value)

    def alias(self, project: str, name: str, number: int) -> None:
        self.client.set_registered_model_alias(project, name, str(number))


def version_of(bundle: Store, number: int = 1, project: str = "toy", run_id: str = "") -> Version:
    """A version of ours that is the bundle."""
    return Version(
        project=project,
        version=number,
        digest=digest_of(bundle.read_bytes(CHECKSUMS)),
        registered_at="2026-11-21T10:00:00.000000+00:00",
        who="jo",
        run_id=run_id,
        approval="Approved",
        record={"champion": "ridge"},
    )


def state_with(versions: Sequence[Version], live: Mapping[Alias, int], project: str) -> State:
    """What our registry would say of these versions, with these aliases."""
    stacks = {alias: (number,) for alias, number in live.items()}
    return State(project=project, versions=tuple(versions), stacks=stacks, head=Head(number=9))
