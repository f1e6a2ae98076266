import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import MachineError
from tests.builders import snapshot

STEPS = 5  # renames of a publication of two outputs over two old ones, and of its record


class Killed(BaseException):
    """Stands for a signal: nothing catches it."""


@contextmanager
def killed_at_rename(nth: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Die at the start of the ``nth`` rename of a file or folder, counted from 1."""
    rename, calls = Path.rename, count(1)

    def dying(path: Path, target: Path) -> Path:
        if next(calls) == nth:
            raise Killed
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dying)
        yield


def publish(workspace: DirectoryWorkspace, content: bytes) -> None:
    for output in ("landing", "checks"):
        workspace.draft(output).write_bytes("rows", content)
    workspace.publish("ingest", ["landing", "checks"], b"record of " + content)


@pytest.mark.parametrize("nth", range(1, STEPS + 1))
def test_a_publication_killed_at_any_rename_has_no_record_and_can_be_done_again(
    nth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, undisturbed = DirectoryWorkspace(tmp_path / "a"), DirectoryWorkspace(tmp_path / "b")
    publish(workspace, b"old")
    with pytest.raises(Killed), killed_at_rename(nth, monkeypatch):
        publish(workspace, b"new")
    assert workspace.record("ingest") is None

    with workspace.locked():
        publish(workspace, b"new")
    publish(undisturbed, b"new")

    assert workspace.record("ingest") == b"record of new"
    files = snapshot(tmp_path / "a")
    assert {n: files[n] for n in files if n != ".lock"} == snapshot(tmp_path / "b")


def test_five_renames_are_all_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = DirectoryWorkspace(tmp_path)
    publish(workspace, b"old")
    with killed_at_rename(STEPS + 1, monkeypatch):
        publish(workspace, b"new")
    assert workspace.record("ingest") == b"record of new"


def test_a_first_publication_killed_before_its_record_is_no_publication(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = DirectoryWorkspace(tmp_path)
    with pytest.raises(Killed), killed_at_rename(3, monkeypatch):
        publish(workspace, b"new")
    assert workspace.record("ingest") is None


def test_drafts_of_a_run_that_failed_or_was_killed_are_cleared_away(tmp_path: Path) -> None:
    workspace = DirectoryWorkspace(tmp_path)
    workspace.draft("landing").write_bytes("rows", b"of a killed run")
    with workspace.locked():
        assert not (tmp_path / ".draft").exists()
        workspace.draft("landing").write_bytes("rows", b"of a failing one")
    assert snapshot(tmp_path) == {".lock": b""}


HOLDER = """
import sys, time
from pathlib import Path
from foresell.adapters.workspace import DirectoryWorkspace
with DirectoryWorkspace(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_workspace_held_by_another_process_is_refused_until_that_process_is_gone(
    tmp_path: Path,
) -> None:
    workspace = DirectoryWorkspace(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(MachineError) as caught, workspace.locked():
            pass
        holder.kill()
    assert caught.value.args == (
        "another run is at work in this workspace",
        str(tmp_path),
        "wait for it, or give this one another FORESELL_HOME",
    )
    assert caught.value.exit_code == 3
    with workspace.locked():
        pass


def test_a_lock_is_free_again_after_a_run_that_failed(tmp_path: Path) -> None:
    workspace = DirectoryWorkspace(tmp_path)
    with pytest.raises(Killed), workspace.locked():
        raise Killed
    with workspace.locked():
        pass


def test_a_home_that_cannot_be_made_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"a file where the folder should be")
    with (
        pytest.raises(MachineError, match=r"^the workspace cannot be written: "),
        DirectoryWorkspace(tmp_path / "home" / "walmart").locked(),
    ):
        pass


@pytest.mark.parametrize("nth", range(1, STEPS))
def test_an_output_that_was_moved_aside_is_there_again_in_the_next_run(
    nth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = DirectoryWorkspace(tmp_path)
    publish(workspace, b"old")
    with pytest.raises(Killed), killed_at_rename(nth, monkeypatch):
        publish(workspace, b"new")

    with workspace.locked():
        found = [workspace.output(name).read_bytes("rows") for name in ("landing", "checks")]

    assert set(found) <= {b"old", b"new"}
