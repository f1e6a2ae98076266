"""A workspace whose outputs lie in several folders: as whole, as locked, as safe to be killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import MachineError
from foresell.spec.directories import Place
from tests.builders import snapshot
from tests.unit.adapters.test_workspace import Killed, killed_at_rename, publish

STEPS = 5  # renames of a publication of two outputs over two old ones, and of its record


def moved_in(folder: Path, *outputs: str) -> DirectoryWorkspace:
    data = Place(folder=folder / "data" / "walmart", variable="DATA_DIR")
    return DirectoryWorkspace(folder / "home" / "walmart", dict.fromkeys(outputs, data))


def test_an_output_lies_where_it_was_moved_and_its_record_at_home(tmp_path: Path) -> None:
    workspace = moved_in(tmp_path, "landing")
    publish(workspace, b"rows")
    assert snapshot(tmp_path) == {
        "data/walmart/landing/rows": b"rows",
        "home/walmart/checks/rows": b"rows",
        "home/walmart/.state/ingest.json": b"record of rows",
    }
    assert workspace.folder("landing") == tmp_path / "data" / "walmart" / "landing"
    assert workspace.folder("checks") == tmp_path / "home" / "walmart" / "checks"


@pytest.mark.parametrize("moved", [("landing",), ("checks",), ("landing", "checks")])
@pytest.mark.parametrize("nth", range(1, STEPS + 1))
def test_a_publication_killed_at_any_rename_has_no_record_and_can_be_done_again(
    nth: int, moved: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, undisturbed = moved_in(tmp_path / "a", *moved), moved_in(tmp_path / "b", *moved)
    publish(workspace, b"old")
    with pytest.raises(Killed), killed_at_rename(nth, monkeypatch):
        publish(workspace, b"new")
    assert workspace.record("ingest") is None

    with workspace.locked():
        found = [workspace.output(name).read_bytes("rows") for name in ("landing", "checks")]
        publish(workspace, b"new")
    publish(undisturbed, b"new")

    assert set(found) <= {b"old", b"new"}
    files = snapshot(tmp_path / "a")
    rest = {name: files[name] for name in files if not name.endswith(".lock")}
    assert rest == snapshot(tmp_path / "b")


def test_a_draft_is_on_the_file_system_of_its_output_so_that_publishing_stays_a_rename(
    tmp_path: Path,
) -> None:
    other = Path("/dev/shm")  # noqa: S108 - the one other file system that most machines have
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system")
    place = Place(folder=other / f"foresell-test-{os.getpid()}" / "walmart", variable="DATA_DIR")
    workspace = DirectoryWorkspace(tmp_path / "walmart", {"landing": place})
    try:
        with workspace.locked():
            publish(workspace, b"old")
            publish(workspace, b"new")
        assert snapshot(place.folder) == {".lock": b"", "landing/rows": b"new"}
    finally:
        for path in sorted(place.folder.parent.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        place.folder.parent.rmdir()


def test_drafts_are_cleared_away_in_every_folder(tmp_path: Path) -> None:
    workspace = moved_in(tmp_path, "landing")
    for name in ("landing", "checks"):
        workspace.draft(name).write_bytes("rows", b"of a killed run")
    with workspace.locked():
        assert set(snapshot(tmp_path)) == {"data/walmart/.lock", "home/walmart/.lock"}


HOLDER = """
import sys
from pathlib import Path
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.spec.directories import Place
data = Place(folder=Path(sys.argv[1]), variable="DATA_DIR")
with DirectoryWorkspace(Path(sys.argv[2]), {"landing": data}).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_homes_that_share_a_directory_do_not_run_at_once(tmp_path: Path) -> None:
    workspace = moved_in(tmp_path, "landing")
    shared = tmp_path / "data" / "walmart"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(shared), str(tmp_path / "other home")],
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
        str(shared),
        "wait for it, or give this one another DATA_DIR",
    )
    with workspace.locked():
        pass


def test_a_folder_that_two_variables_name_is_locked_once(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "data")
    names = {"landing": "data", "splits": "link", "bundle": "data/../data"}
    workspace = DirectoryWorkspace(
        tmp_path / "data" / "walmart",
        {
            output: Place(folder=tmp_path / folder / "walmart", variable=output)
            for output, folder in names.items()
        },
    )
    with workspace.locked():
        publish(workspace, b"rows")
    assert workspace.output("landing").read_bytes("rows") == b"rows"


def test_a_directory_that_cannot_be_written_is_named_by_its_variable(tmp_path: Path) -> None:
    workspace = moved_in(tmp_path, "landing")
    (tmp_path / "data").write_bytes(b"a file where the folder should be")
    place = tmp_path / "data" / "walmart"
    with pytest.raises(MachineError) as locking, workspace.locked():
        pass
    with pytest.raises(MachineError) as drafting:
        workspace.draft("landing")
    for caught in (locking, drafting):
        assert caught.value.args == (
            f"the workspace cannot be written: {caught.value.args[0].partition(': ')[2]}",
            str(place),
            "free the disk, mend the rights, or set DATA_DIR to another folder",
        )


def test_a_disk_that_is_full_is_named_by_the_variable_of_its_folder(tmp_path: Path) -> None:
    draft = moved_in(tmp_path, "landing").draft("landing")
    (draft.root / "rows").mkdir()
    with pytest.raises(MachineError, match="set DATA_DIR to another folder"):
        draft.write_bytes("rows", b"1")
