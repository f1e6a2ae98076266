"""Single stages of one workspace, held by several processes at once."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from foresell.adapters.sources import MemorySource
from foresell.adapters.store import DirectoryStore
from foresell.adapters.workspace import DirectoryWorkspace, scratch
from foresell.errors import MachineError
from foresell.pipeline.runner import Runner
from foresell.pipeline.work import Request, Stage, Work
from tests.builders import snapshot
from tests.unit.pipeline.conftest import shipped

HOLDER = """
import sys
from pathlib import Path
from foresell.adapters.workspace import DirectoryWorkspace
place, stage, *outputs = sys.argv[1:]
with DirectoryWorkspace(Path(place)).locked_stages({stage: outputs}):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(place: Path, stage: str, *outputs: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds one stage."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place), stage, *outputs],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.kill()


def test_another_stage_may_be_held_and_the_same_one_or_the_whole_workspace_may_not(
    tmp_path: Path,
) -> None:
    workspace = DirectoryWorkspace(tmp_path)
    with held_elsewhere(tmp_path, "train", "judged"):
        with workspace.locked_stages({"eda": ("eda",)}):
            pass
        with pytest.raises(MachineError) as same, workspace.locked_stages({"train": ("judged",)}):
            pass
        with pytest.raises(MachineError) as whole, workspace.locked():
            pass
    assert same.value.what == "another process does the stage train in this workspace"
    assert whole.value.what == "another run is at work in this workspace"
    with workspace.locked(), pytest.raises(MachineError), workspace.locked_stages({"eda": ()}):
        pass


def test_a_stage_clears_its_own_drafts_and_leaves_those_of_others(tmp_path: Path) -> None:
    workspace = DirectoryWorkspace(tmp_path)
    for name in ("eda", "judged", scratch("eda"), scratch("train")):
        workspace.draft(name).write_bytes("rows", b"of somebody at work, or killed")

    with workspace.locked_stages({"eda": ("eda",)}):
        assert sorted(path.name for path in (tmp_path / ".draft").iterdir()) == [
            "judged",
            scratch("train"),
        ]
        workspace.draft("eda").write_bytes("rows", b"of a failing one")

    assert set(snapshot(tmp_path)) == {
        ".draft/judged/rows",
        f".draft/{scratch('train')}/rows",
        ".lock",
        ".state/eda.lock",
    }


def test_an_output_that_was_moved_aside_is_there_again_for_the_stage_that_makes_or_reads_it(
    tmp_path: Path,
) -> None:
    workspace = DirectoryWorkspace(tmp_path)
    workspace.draft("repairs.old").write_bytes("mended", b"by hand")

    with workspace.locked_stages({"validate": ("processed", "repairs")}):
        assert workspace.output("repairs").read_bytes("mended") == b"by hand"


def test_the_room_of_a_stage_is_called_the_same_by_who_gives_it_and_who_clears_it(
    tmp_path: Path,
) -> None:
    project, contract = shipped("walmart")
    rooms: list[str] = []

    def look(work: Work) -> None:
        assert isinstance(work.scratch, DirectoryStore)
        rooms.append(work.scratch.root.name)

    stage = Stage(name="look", run=look, needs=(), makes=(), says="look around")
    runner = Runner(
        workspace=DirectoryWorkspace(tmp_path), clock=lambda: 0.0, listen=lambda _: None
    )
    runner.do(stage, Request(project=project, contract=contract, source=MemorySource({})))

    assert rooms == [scratch("look")]


def test_a_child_that_was_given_the_lock_keeps_it_when_the_run_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, subprocess, sys\n"
        "from pathlib import Path\n"
        "from foresell.adapters.workspace import DirectoryWorkspace\n"
        "with DirectoryWorkspace(Path(sys.argv[1])).locked() as locks:\n"
        "    child = subprocess.Popen(['sleep', '60'], pass_fds=locks,\n"
        "        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "    print(child.pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9
    workspace = DirectoryWorkspace(tmp_path)
    with pytest.raises(MachineError, match=r"^another run is at work"), workspace.locked():
        pass

    subprocess.run(["kill", "-9", killed.stdout.strip()], check=True)

    for _ in range(100):
        try:
            with workspace.locked():
                return
        except MachineError:
            subprocess.run(["sleep", "0.05"], check=True)
    pytest.fail("the lock outlived the last process that held it")
