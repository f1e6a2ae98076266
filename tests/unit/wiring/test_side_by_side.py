"""What goes wrong in a thread beside the run is raised by the run, as it is."""

import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread, current_thread, main_thread
from types import SimpleNamespace
from typing import Any, cast

import pytest

from foresell.errors import MachineError
from foresell.pipeline.work import Event, Stage
from foresell.wiring.asked import Asked
from foresell.wiring.board import Board
from foresell.wiring.jobs import Ended, Job
from foresell.wiring.prepared import Prepared
from foresell.wiring.side_by_side import _feed
from foresell.wiring.workers import Worker, _Child
from tests.unit.wiring.test_board import GRAPH, Kept, do, took

JOB = Job(
    project="shop", stage="look", home=Path("home"), asked=Asked(), run_id="a run",
    declared=("", ""),
)  # fmt: skip
STARTED = Event(kind="started", stage="look", text="look", run_id="a run")


class Lost(Kept):
    """Stands where a runner does, on a disk that a thread beside cannot read."""

    def is_fresh(self, one: Stage, _: object) -> bool:
        if current_thread() is not main_thread():
            raise OSError(5, "Input/output error")
        return super().is_fresh(one, _)


class Full(Kept):
    """Stands where a runner does whose log is on a full disk."""

    def listen(self, event: Event) -> None:
        super().listen(event)
        raise OSError(28, "No space left on device")


def run_with(runner: Kept) -> Prepared:
    """A run that can begin, and of which another process can be told."""
    one: Any = SimpleNamespace(
        stages=GRAPH,
        runner=runner,
        request=SimpleNamespace(force=False, project_text="", contract_text=""),
        project=SimpleNamespace(name="shop"),
        settings=SimpleNamespace(home=Path("home")),
        asked=Asked(),
    )
    return cast("Prepared", one)


@pytest.fixture
def said() -> Iterator[tuple[Worker, Any]]:
    """A worker whose process waits, and the end of the pipe at which its words come in."""
    worker = Worker(share=2)
    own, its = Pipe()
    program = [sys.executable, "-c", "input()"]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, start_new_session=True)
    worker._child = _Child(process, own)
    yield worker, its
    worker.close(now=True)
    own.close()
    its.close()


def beside(board: Board, worker: Worker) -> None:
    """Let a thread beside have stages done, to its end."""
    thread = Thread(target=_feed, args=(board, worker), daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def test_what_a_thread_beside_cannot_look_at_ends_the_run() -> None:
    board = Board([run_with(Lost())])
    first = board.take(here=True)
    assert first is not None
    board.walks[0].done.add("raw")  # while this process is at work

    beside(board, Worker(share=2))

    with pytest.raises(OSError, match="Input/output error"):
        board.take(here=True)
    assert took(board.take(here=False)) == "nothing"


def test_a_listener_that_fails_on_what_is_said_beside_ends_the_run(
    said: tuple[Worker, Any],
) -> None:
    worker, its = said
    its.send(STARTED)
    board = Board([run_with(Full())])
    do(board, "raw", "clean")
    assert took(board.take(here=True)) == "look"

    beside(board, worker)

    with pytest.raises(OSError, match="No space left"):
        board.take(here=True)


def test_a_listener_that_fails_is_not_taken_for_the_end_of_the_process(
    said: tuple[Worker, Any],
) -> None:
    worker, its = said
    its.send(STARTED)

    def hear(_: Event) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        worker.do(JOB, hear)


def test_what_is_said_is_heard_until_the_stage_ends(said: tuple[Worker, Any]) -> None:
    worker, its = said
    for one in (STARTED, STARTED, Ended()):
        its.send(one)
    heard: list[Event] = []
    assert worker.do(JOB, heard.append) is None
    assert heard == [STARTED, STARTED]
    assert its.recv() == JOB


def test_a_process_that_is_gone_is_told_as_such(said: tuple[Worker, Any]) -> None:
    worker, its = said
    its.close()
    error = worker.do(JOB, lambda _: None)
    assert isinstance(error, MachineError)
    assert error.what.startswith("the process that did the stage look of shop was killed")
