"""A vault in a folder: what lies there, and what a killed writer, a full or a bad disk leave."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from foresell.adapters.vault import DirectoryVault
from foresell.errors import MachineError

ABC = hashlib.sha256(b"abc").hexdigest()
CONTENTS = (b"", b"abc", b"\x00\r\n\xff" * 1000, bytes(range(256)) * 5000)


def test_a_folder_holds_one_file_a_content_and_no_draft(tmp_path: Path) -> None:
    vault = DirectoryVault(tmp_path)
    for content in CONTENTS:
        vault.put(content)

    held = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert held == []
    assert (tmp_path / ABC[:2] / ABC[2:]).read_bytes() == b"abc"


def test_a_right_content_that_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    vault = DirectoryVault(tmp_path)
    vault.put(b"abc")
    before = (tmp_path / ABC[:2] / ABC[2:]).stat()
    vault.put(b"abc")
    after = (tmp_path / ABC[:2] / ABC[2:]).stat()

    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_files_of_others_in_the_folder_are_not_listed(tmp_path: Path) -> None:
    vault = DirectoryVault(tmp_path)
    vault.put(b"abc")
    for name in ("README", "ab/README", f"ab/.{'c' * 62}.draft", f"xy/{'c' * 62}", "ab/cd/ef"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")

    assert list(vault.list()) == [ABC]


def test_a_draft_left_a_day_ago_is_swept_by_the_next_put_and_a_young_one_is_not(
    tmp_path: Path,
) -> None:
    vault, folder = DirectoryVault(tmp_path), tmp_path / ABC[:2]
    folder.mkdir()
    for name, hours in ((".old.1.draft", 25), (".young.2.draft", 23)):
        (folder / name).write_bytes(b"half")
        then = time.time() - hours * 3600
        os.utime(folder / name, (then, then))
    vault.put(b"abc")

    assert sorted(path.name for path in folder.iterdir()) == [".young.2.draft", ABC[2:]]


_FOREVER = """
import os, sys
from pathlib import Path
from foresell.adapters.vault import DirectoryVault

vault = DirectoryVault(Path(sys.argv[1]))
content = bytes(range(256)) * 4000
print("ready", flush=True)
number = 0
while True:
    number += 1
    digest = vault.put(content + str(number).encode())
    if number % 3 == 0:
        Path(sys.argv[1], digest[:2], digest[2:]).unlink()
"""


def test_a_writer_killed_at_any_moment_leaves_no_content_that_is_not_whole(tmp_path: Path) -> None:
    for milliseconds in (0, 3, 7, 11, 19, 31):
        writer = subprocess.Popen(
            [sys.executable, "-c", _FOREVER, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(milliseconds / 1000)
        writer.send_signal(signal.SIGKILL)
        writer.wait(30)
        writer.stdout.close()
    vault = DirectoryVault(tmp_path)

    kept = [vault.get(digest) for digest in vault.list()]
    assert all(content.startswith(bytes(range(256))) for content in kept)
    assert vault.get(vault.put(b"abc")) == b"abc"


def test_a_folder_that_cannot_be_written_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "vault").write_bytes(b"a file where the folder should be")
    vault = DirectoryVault(tmp_path / "vault")

    asked: list[Callable[[], object]] = [lambda: vault.put(b"abc"), lambda: vault.get(ABC)]
    for ask in asked:
        with pytest.raises(MachineError) as refused:
            ask()
        assert refused.value.args == (
            "the place where artifacts are kept is no folder",
            str(tmp_path / "vault"),
            "set FORESELL_ARTIFACTS to a folder or to s3://BUCKET/PREFIX, or move away what lies "
            "there",
        )
    assert (vault.has(ABC), list(vault.list())) == (False, [])


def test_an_artifact_that_cannot_be_read_or_kept_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    vault = DirectoryVault(tmp_path)
    (tmp_path / ABC[:2] / ABC[2:]).mkdir(parents=True)

    with pytest.raises(MachineError, match=r"^the registry cannot keep an artifact: "):
        vault.put(b"abc")
    with pytest.raises(MachineError, match=r"^the registry cannot read an artifact: "):
        vault.get(ABC)


def test_a_disk_that_damages_what_it_is_given_is_found_before_anything_is_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: whole(path)[:-1] + b"?")
    vault = DirectoryVault(tmp_path)

    with pytest.raises(MachineError, match="reads back other than it was written"):
        vault.put(b"abc")
    monkeypatch.undo()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_full_disk_leaves_what_was_there_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = DirectoryVault(tmp_path)
    vault.put(b"abc")
    (tmp_path / ABC[:2] / ABC[2:]).write_bytes(b"wrong")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MachineError, match="No space left on device"):
        vault.put(b"abc")

    held = {path.name: path.read_bytes() for path in (tmp_path / ABC[:2]).iterdir()}
    assert held == {ABC[2:]: b"wrong"}
