"""A history is read whole and as it was made, or not at all."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.errors import DataError
from foresell.govern.promoting import promote
from foresell.govern.registry import load, read_history
from foresell.spec.registry import Head, Transition
from tests.unit.govern.registries import Overtaken, add, small_registry


def test_a_history_that_was_changed_is_not_read() -> None:
    registry = small_registry(versions=3)
    ledger = registry.ledger
    assert isinstance(ledger, MemoryLedger)
    ledger._rows["toy"][1]["who"] = "eve"
    with pytest.raises(DataError, match="the history of 'toy' was changed: transition 2: it was"):
        read_history(registry, "toy")
    for act in (
        lambda: load(registry, "toy", 1),
        lambda: add(registry, 4),
        lambda: promote(registry, "toy", 1, "prod", reason="now"),
    ):
        with pytest.raises(DataError, match="the history of 'toy' was changed"):
            act()


def test_a_history_whose_end_was_taken_away_is_not_read() -> None:
    class Cut(MemoryLedger):
        def transitions(self, project: str) -> Sequence[Transition]:
            return super().transitions(project)[:-1]

    registry = small_registry(versions=2)
    cut = Cut()
    for one in registry.ledger.transitions("toy"):
        cut.append(one)
    with pytest.raises(DataError, match="the history of 'toy' was changed: head"):
        read_history(replace(registry, ledger=cut), "toy")


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_history_whose_end_is_not_the_one_that_is_kept_is_not_read(number: int) -> None:
    class Lost(Overtaken):
        def head(self, project: str) -> Head:
            rows = self.transitions(project)
            return Head(number=number, hash=rows[number - 1].hash) if number else Head()

    registry = small_registry(versions=2)
    for version in (1, 2):
        promote(registry, "toy", version, "prod", reason="now")
    lost = replace(registry, ledger=Lost(ledger=registry.ledger))
    for act in (
        lambda: read_history(lost, "toy"),
        lambda: load(lost, "toy", "prod"),
        lambda: promote(lost, "toy", 1, "prod", reason="now"),
        lambda: add(lost, 3),
    ):
        with pytest.raises(DataError, match="the history of 'toy' was changed: head"):
            act()


@pytest.mark.parametrize("versions", [0, 2])
def test_what_is_added_again_and_again_while_a_history_is_read_is_no_change(versions: int) -> None:
    class Growing(Overtaken):
        def head(self, project: str) -> Head:
            grow()
            return super().head(project)

        def transitions(self, project: str) -> Sequence[Transition]:
            grow()
            return super().transitions(project)

    def grow() -> None:
        add(bob, len(bob.ledger.transitions("toy")) + 1)

    bob = small_registry(versions=versions)
    growing = replace(bob, ledger=Growing(ledger=bob.ledger))
    assert len(read_history(growing, "toy")) == versions + 2


def test_what_is_added_while_a_history_is_read_is_no_change() -> None:
    class Growing(Overtaken):
        def transitions(self, project: str) -> Sequence[Transition]:
            add(bob, 3)
            return super().transitions(project)

    bob = small_registry(versions=2)
    assert len(read_history(replace(bob, ledger=Growing(ledger=bob.ledger)), "toy")) == 3
