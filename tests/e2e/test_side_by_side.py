"""Several stages at a time: the same bytes, and no process is left behind whatever happens."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builders import snapshot
from tests.e2e.command import Foresell
from tests.e2e.shop import PROJECT, Shop
from tests.e2e.test_run_parts import results

PROGRAM = "foresell.wiring.worker_program"
WAIT_S = 120.0


@pytest.fixture
def shop(tmp_path: Path, foresell: Foresell) -> Shop:
    found = Shop(tmp_path, foresell)
    found.declare()
    assert foresell("stage", PROJECT, found.data()).code == 0
    return found


def declare_second(shop: Shop) -> None:
    """Another project of the same kind, with another seed."""
    first = shop.folder / "declared" / PROJECT
    second = shop.folder / "declared" / "second"
    shutil.copytree(first, second)
    for file in second.iterdir():
        text = file.read_text("utf-8")
        file.write_text(text.replace(f"name: {PROJECT}", "name: second"), encoding="utf-8")


def test_two_projects_side_by_side_give_the_bytes_of_one_after_the_other(shop: Shop) -> None:
    declare_second(shop)
    assert shop.command("stage", "second", shop.folder / "data").code == 0
    words = ("run", PROJECT, "second", "--preset", "fast")
    home = shop.folder / "home"
    shutil.copytree(home, shop.folder / "apart")

    assert shop.command(*words, "--until", "evaluate").code == 0
    after_another = {name: {**results_of(home, name)} for name in (PROJECT, "second")}
    shutil.rmtree(home)
    (shop.folder / "apart").rename(home)
    assert shop.command(*words, "--until", "evaluate", "--jobs", "2").code == 0

    assert {name: results_of(home, name) for name in (PROJECT, "second")} == after_another
    again = shop.command(*words, "--until", "evaluate", "--jobs", "2")
    assert {line[0] for line in again.err.splitlines()} == {"·"}


def results_of(home: Path, project: str) -> dict[str, bytes]:
    if project == PROJECT:
        return results(home)
    files = snapshot(home / project)
    own = (".lock", ".state", "checks_log.jsonl", "run.log", "run_id", "run.json")
    return {name: files[name] for name in files if not name.startswith(own)}


@contextmanager
def at_work(shop: Shop) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A run of two stages at a time, and the process that it has started to do one of them."""
    words = ("run", PROJECT, "--preset", "fast", "--until", "baselines", "--jobs", "2")
    program = "from foresell.cli import main; main()"
    run = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=shop.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield run, _until(lambda: next(iter(_workers(run.pid)), 0))
    finally:
        run.kill()
        run.wait()


def _until(look: Callable[[], int]) -> int:
    """Return the first answer that is none of nothing."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.01)
    pytest.fail("it did not come to that")


def _workers(pid: int) -> list[int]:
    """Return the children of a process that do stages."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(word) for word in task.read_text().split()]
        except OSError:  # the thread has ended
            continue
        found += [child for child in children if _does_stages(child)]
    return found


def _does_stages(pid: int) -> bool:
    try:
        return PROGRAM.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def gone(pid: int) -> int:
    return int(not _does_stages(pid))


def test_a_worker_that_is_killed_fails_its_stage_by_name_and_the_same_command_goes_on(
    shop: Shop,
) -> None:
    with at_work(shop) as (run, worker):
        os.kill(worker, signal.SIGKILL)
        _, said = run.communicate(timeout=WAIT_S)

    assert run.returncode == 3
    assert (
        f"error the process that did the stage baselines of {PROJECT} was killed by signal 9"
        in said
    )
    assert "✓ eda" in said  # which does not follow from it
    again = shop.command("run", PROJECT, "--preset", "fast", "--until", "baselines", "--jobs", "2")
    assert (again.code, "✓ baselines" in again.err, "· eda" in again.err) == (0, True, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_run_that_is_stopped_or_killed_leaves_no_process_and_no_draft(
    number: signal.Signals, shop: Shop
) -> None:
    with at_work(shop) as (run, worker):
        os.kill(run.pid, number)
        run.communicate(timeout=WAIT_S)
        assert _until(lambda: gone(worker))

    assert run.returncode == (130 if number == signal.SIGINT else -9)
    again = shop.command("run", PROJECT, "--preset", "fast", "--until", "baselines")
    assert again.code == 0, again.err
    assert not (shop.folder / "home" / PROJECT / ".draft").exists()


def test_two_stages_of_one_project_are_done_by_two_processes_at_once(shop: Shop) -> None:
    assert shop.command("run", PROJECT, "--preset", "fast", "--until", "split").code == 0
    program = "from foresell.cli import main; main()"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, "run", PROJECT, "--preset", "fast", "--stage", stage],
            cwd=shop.folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        for stage in ("eda", "baselines")
    ]
    said = [process.communicate(timeout=WAIT_S)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said

    whole = shop.command("run", PROJECT, "--preset", "fast", "--until", "baselines")
    assert [line.split()[1] for line in whole.err.splitlines() if line[0] == "✓"] == []
