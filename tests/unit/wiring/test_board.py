"""Who takes which stage: without a process, a file or a clock."""

from dataclasses import dataclass, field
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest

from foresell.errors import MachineError
from foresell.pipeline.work import Event, Stage
from foresell.wiring.board import Board, Task
from foresell.wiring.prepared import Prepared


def stage(name: str, *needs: str, always: bool = False) -> Stage:
    """A stage that makes one output of its own name."""
    return Stage(name=name, run="nowhere:run", needs=needs, makes=(name,), says=name, always=always)


GRAPH = (
    stage("raw", always=True),
    stage("clean", "raw"),
    stage("look", "clean"),
    stage("model", "clean"),
    stage("page", "model", "look"),
)


@dataclass
class Kept:
    """Stands where a runner does: knows which stages are fresh, and what was told."""

    fresh: frozenset[str] = frozenset()
    heard: list[tuple[str, str]] = field(default_factory=list)
    run_id: str = "a run"

    def is_fresh(self, one: Stage, _: object) -> bool:
        return one.name in self.fresh

    def listen(self, event: Event) -> None:
        self.heard.append((event.kind, event.stage))


def run_of(stages: tuple[Stage, ...] = GRAPH, *fresh: str) -> Prepared:
    """A run that can begin, as far as the board looks at it."""
    request = SimpleNamespace(force=False)
    one: Any = SimpleNamespace(stages=stages, runner=Kept(frozenset(fresh)), request=request)
    return cast("Prepared", one)


def took(task: Task | None) -> str:
    return task.stage.name if task is not None else "nothing"


def do(board: Board, *names: str) -> None:
    """Take and end stages, here, and see that they are these."""
    for name in names:
        task = board.take(here=True)
        assert took(task) == name
        assert task is not None
        board.end(task, None, here=True)


def test_alone_it_goes_through_all_stages_and_ends() -> None:
    board = Board([run_of()])
    do(board, "raw", "clean", "look", "model", "page")
    assert (took(board.take(here=True)), board.walks[0].error) == ("nothing", None)


def test_what_begins_beside_leaves_the_first_stage_to_this_process_while_it_is_free() -> None:
    board = Board([run_of((*GRAPH, stage("seen", "page")))])
    do(board, "raw", "clean")

    beside = board.take(here=False)
    here = board.take(here=True)

    assert (took(here), took(beside)) == ("look", "model")  # as long a chain waits for both


def test_what_only_looks_outside_starts_nothing_as_long_as_nothing_is_stale() -> None:
    runs = [run_of(GRAPH, "clean", "look", "model", "page") for _ in range(2)]
    board = Board(runs)
    beside: list[str] = []
    other = Thread(target=lambda: beside.append(took(board.take(here=False))))
    other.start()

    do(board, "raw", "raw")
    other.join(10)

    assert beside == ["nothing"]
    assert [one.runner.heard for one in runs] == [  # type: ignore[attr-defined]
        [("kept", "clean"), ("kept", "look"), ("kept", "model"), ("kept", "page")]
    ] * 2


def test_two_runs_get_a_place_each_before_one_gets_two() -> None:
    board = Board([run_of(GRAPH[1:]), run_of(GRAPH[1:])])
    first = board.take(here=True)
    second = board.take(here=False)
    assert first is not None
    assert second is not None
    assert (took(first), took(second), first.walk is second.walk) == ("clean", "clean", False)


def test_what_follows_from_a_failure_never_begins_and_all_else_is_done() -> None:
    board = Board([run_of()])
    do(board, "raw", "clean", "look")
    model = board.take(here=True)
    assert model is not None
    why = MachineError("no memory", "model", "buy some")

    board.end(model, why, here=True)

    assert took(board.take(here=True)) == "nothing"
    assert board.walks[0].error is why


def test_a_bug_beside_is_raised_here_and_nothing_more_is_handed_out() -> None:
    board = Board([run_of()])
    board.close(RuntimeError("KeyError: 'x'"))
    assert board.take(here=False) is None
    with pytest.raises(RuntimeError, match="KeyError"):
        board.take(here=True)
