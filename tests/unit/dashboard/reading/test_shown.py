"""The read model: what changes is seen, what cannot be read is told, and nothing is asked early."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn

import polars as pl
import pytest

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.adapters.outputs import MemoryOutputs
from foresell.adapters.vault_memory import MemoryVault
from foresell.dashboard.page import Trouble
from foresell.dashboard.reading.memory import Memory
from foresell.dashboard.reading.shown import AbsentError, Shown, Unopened, tried
from foresell.errors import ConflictError, DataError, MachineError, UsageError
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Registry
from tests.dashboard_site import memory_shown
from tests.small_bundles import small_bundle, stored

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def registry_of(*errors: float, prod: int) -> Registry:
    """A registry with a version for each of ``errors``, one of them on prod."""
    made = Registry(ledger=MemoryLedger(), vault=MemoryVault(), clock=lambda: NOW, who="ann")
    for error in errors:
        register(made, "toy", stored(small_bundle(error=error)), reason="a run")
    promote(made, "toy", prod, alias="prod", reason="it is better")
    return made


def nothing() -> NoReturn:
    raise DataError("nothing is declared", "toy", "declare it")


def nowhere() -> NoReturn:
    raise MachineError("the registry cannot be used: refused", "postgresql://h/x", "start it")


def shown_of(registry: Registry | Unopened, memory: Memory | None = None) -> Shown:
    return Shown(
        "toy",
        "tabular",
        MemoryOutputs({("", "a.json"): b"{}"}),
        registry,
        declared=nothing,
        bundle_of=lambda digest: small_bundle(metadata={"digest": digest}),
        memory=memory,
    )


def test_a_registry_is_opened_when_it_is_first_asked_and_only_once() -> None:
    opened = []

    def open_it() -> Registry:
        opened.append(1)
        return registry_of(8.0, prod=1)

    shown = shown_of(Unopened(open=open_it, clock=lambda: NOW))
    assert (shown.now(), shown.json("", "a.json"), opened) == (NOW, {}, [])

    assert [shown.live().version, shown.version().version] == [1, 1]
    assert opened == [1]


def test_a_registry_that_is_out_of_reach_is_asked_again_at_the_next_visit() -> None:
    ways: list[Callable[[], Registry]] = [nowhere, nowhere, lambda: registry_of(8.0, prod=1)]

    def open_it() -> Registry:
        return ways.pop(0)()

    shown = shown_of(Unopened(open=open_it, clock=lambda: NOW))
    for _ in range(2):
        with pytest.raises(MachineError, match="refused"):
            shown.state()

    assert shown.live().version == 1
    assert ways == []


def test_a_registry_restored_with_as_many_transitions_shows_its_own_aliases() -> None:
    ledger = MemoryLedger()
    before, after = registry_of(8.0, 7.0, prod=1), registry_of(8.0, 7.0, prod=2)
    shown = shown_of(replace(before, ledger=ledger))
    found = []
    for one in (before, after, before):
        vars(ledger).update(vars(one.ledger))
        found.append(shown.state().aliases["prod"])

    assert found == [1, 2, 1]


def test_a_bundle_is_had_by_its_digest_and_read_once() -> None:
    shown = shown_of(registry_of(8.0, prod=1))
    version = shown.live()

    assert shown.bundle(version) is shown.bundle_by(version.digest)
    assert shown.bundle_by(version.digest).metadata["digest"] == version.digest


def test_projects_that_share_a_memory_do_not_take_each_others_things() -> None:
    memory = Memory()
    other = memory_shown("other", "panel")
    one = shown_of(registry_of(8.0, prod=1), memory)
    two = Shown(
        "two",
        "panel",
        MemoryOutputs(),
        other.registry,
        declared=nothing,
        bundle_of=lambda _: small_bundle(),
        memory=memory,
    )
    assert [one.kept("x", None, lambda: 1), two.kept("x", None, lambda: 2)] == [1, 2]
    assert len(memory.weights) == 2


@pytest.mark.parametrize(
    "error",
    [
        MachineError("it is out of reach", "here", "start it"),
        ConflictError("it is out of reach", "here", "start it"),
        UsageError("it is out of reach", "here", "start it"),
        DataError("it is out of reach", "here", "start it"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_we_say_on_purpose_is_told_beside_the_part(error: Exception) -> None:
    troubles: dict[str, Trouble] = {}

    def read() -> NoReturn:
        raise error

    assert tried(troubles, "versions", read) is None
    assert troubles == {
        "versions": Trouble(what="it is out of reach", where="here", mend="start it")
    }


def test_what_is_not_there_yet_is_told_as_the_next_step() -> None:
    troubles: dict[str, Trouble] = {}
    assert tried(troubles, "run", lambda: memory_shown().json("", "run.json")) is None
    assert troubles["run"].next
    with pytest.raises(AbsentError):
        memory_shown().json("", "run.json")


ODD: dict[str, Callable[[], Any]] = {
    "KeyError": lambda: dict[str, int]()["a"],
    "IndexError": lambda: list[int]().pop(),
    "TypeError": lambda: len(None),  # type: ignore[arg-type]
    "ValueError": lambda: int("x"),
    "UnicodeDecodeError": b"\xff".decode,
    "AttributeError": lambda: None.a,  # type: ignore[attr-defined]
    "OverflowError": lambda: int(float("inf")),
    "ZeroDivisionError": lambda: 1 // 0,
    "StopIteration": lambda: next(iter(())),
    "RuntimeError": lambda: sum(next(iter(())) for _ in [1]),
    "ColumnNotFoundError": lambda: pl.DataFrame({"a": [1]}).select("b"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_nobody_foresaw_is_told_by_the_file_it_came_of(name: str) -> None:
    troubles: dict[str, Trouble] = {}
    assert tried(troubles, "rows", ODD[name], "toy/checks/checks.json") is None
    assert troubles["rows"] == Trouble(
        what=f"checks/checks.json is not as foresell writes it ({name})",
        where="toy/checks/checks.json",
        mend="make it again: foresell run toy --force",
    )


def test_what_nobody_foresaw_of_no_file_is_told_by_the_part_of_the_page() -> None:
    troubles: dict[str, Trouble] = {}
    assert tried(troubles, "events", ODD["KeyError"]) is None
    assert troubles["events"] == Trouble(
        what="events is not as foresell writes it (KeyError)",
        where="PROJECT/events",
        mend="make it again: foresell run PROJECT --force",
    )


def test_a_disk_that_does_not_answer_is_told_with_its_own_words() -> None:
    troubles: dict[str, Trouble] = {}

    def read() -> NoReturn:
        raise OSError(5, "Input/output error")

    assert tried(troubles, "rows", read, "toy/checks/checks.json") is None
    assert troubles["rows"].what == "checks/checks.json cannot be read: Input/output error"
    assert troubles["rows"].where == "toy/checks/checks.json"
