import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from foresell.adapters.digest_cache import (
    DigestCache,
    DigestCaches,
    files_below,
    sha256_of,
    stamps_at_rest,
)
from foresell.adapters.workspace import DirectoryWorkspace

LATER = 3_000_000_000  # nanoseconds: a file written now is at rest by then


@dataclass
class Reader:
    """Learns the text of a file, and remembers which it read."""

    read: list[str] = field(default_factory=list)

    def __call__(self, path: Path) -> str:
        self.read.append(path.name)
        return path.read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "landing"
    (place / "part").mkdir(parents=True)
    (place / "rows").write_text("one")
    (place / "part" / "more").write_text("two")
    return place


def asked(folder: Path, *, ns: int = LATER) -> tuple[dict[str, str], list[str]]:
    """Ask as a new process would, ``ns`` after the files were written."""
    newest = max(path.stat().st_ctime_ns for path in files_below(folder).values())
    cache = DigestCache(folder.parent / "kept" / "landing.json", lambda: newest + ns)
    reader = Reader()
    return dict(cache.facts(files_below(folder), reader)), reader.read


def test_a_file_that_nobody_touched_is_read_once(folder: Path) -> None:
    facts = {"part/more": "two", "rows": "one"}
    assert asked(folder) == (facts, ["more", "rows"])
    assert asked(folder) == (facts, [])


def test_a_file_that_was_written_a_moment_ago_is_read_again(folder: Path) -> None:
    asked(folder, ns=1_000)
    assert asked(folder, ns=1_000)[1] == ["more", "rows"]


def test_a_file_of_the_same_size_and_time_with_other_bytes_is_read_again(folder: Path) -> None:
    asked(folder)
    before = (folder / "rows").stat()
    (folder / "rows").write_text("two")
    os.utime(folder / "rows", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert asked(folder) == ({"part/more": "two", "rows": "two"}, ["rows"])


def test_another_file_in_its_place_is_read(folder: Path) -> None:
    asked(folder)
    other = folder.parent / "other"
    other.write_text("six")
    os.utime(other, ns=((folder / "rows").stat().st_atime_ns, (folder / "rows").stat().st_mtime_ns))
    other.replace(folder / "rows")
    assert asked(folder)[0]["rows"] == "six"


def test_what_is_gone_is_forgotten_and_what_is_new_is_read(folder: Path) -> None:
    asked(folder)
    (folder / "rows").unlink()
    (folder / "new").write_text("three")
    assert asked(folder) == ({"new": "three", "part/more": "two"}, ["new"])
    kept = json.loads((folder.parent / "kept" / "landing.json").read_bytes())
    assert set(kept["files"]) == {"new", "part/more"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'"x"', b'{"version": 0, "files": {}}', b'{"version": 1}',
     b'{"version": 1, "files": {"rows": 3}}', b'{"version": 1, "files": {"rows": [[1], "x", 2]}}',
     b"\xff\xfe"],
)  # fmt: skip
def test_a_broken_cache_is_no_cache(content: bytes, folder: Path) -> None:
    asked(folder)
    (folder.parent / "kept" / "landing.json").write_bytes(content)
    assert asked(folder) == ({"part/more": "two", "rows": "one"}, ["more", "rows"])
    assert asked(folder)[1] == []


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(folder: Path) -> None:
    (folder.parent / "kept").write_bytes(b"a file where the folder would be")
    for _ in range(2):
        assert asked(folder) == ({"part/more": "two", "rows": "one"}, ["more", "rows"])


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert files_below(tmp_path / "nothing") == {}


def test_files_are_at_rest_together_or_not_at_all(folder: Path) -> None:
    files = dict(files_below(folder))
    newest = max(path.stat().st_ctime_ns for path in files.values())
    assert stamps_at_rest(files, newest + 1_000) is None
    found = stamps_at_rest(files, newest + LATER)
    assert found is not None
    assert {name: stamp[0] for name, stamp in found.items()} == {"part/more": 3, "rows": 3}


def test_files_of_which_one_is_gone_are_not_at_rest(folder: Path) -> None:
    files = dict(files_below(folder))
    (folder / "rows").unlink()
    assert stamps_at_rest(files, 2**62) is None


def test_a_workspace_with_a_cache_tells_the_digests_of_one_without(tmp_path: Path) -> None:
    caches = DigestCaches(tmp_path / "kept", lambda: 2**62)  # long after all was written
    plain, quick = (
        DirectoryWorkspace(tmp_path / "home"),
        DirectoryWorkspace(tmp_path / "home", caches=caches),
    )
    plain.draft("landing").write_bytes("a/rows", b"one")
    plain.publish("ingest", ["landing"], b"{}")
    expected = {"a/rows": sha256_of(plain.folder("landing") / "a" / "rows")}
    assert plain.digests("landing") == quick.digests("landing") == expected
    assert quick.digests("landing") == expected
    (plain.folder("landing") / "a" / "rows").write_bytes(b"two")
    assert quick.digests("landing") == plain.digests("landing") != expected
