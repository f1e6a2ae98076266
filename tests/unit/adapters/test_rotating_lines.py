"""Files of lines: nothing lost by a kill, none too long, the oldest gone, nothing else touched."""

import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.rotating_lines import Limits, RotatingLines, files_of
from foresell.errors import MachineError

AT = 1_795_000_000.25  # 2026-11-18T11:06:40.25Z


def clock(step: float = 1.0) -> Callable[[], float]:
    """Return a clock that is ``step`` seconds further whenever it is looked at."""
    moments = iter(AT + step * number for number in range(10_000))
    return lambda: next(moments)


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """While it lasts, the system lets no file of this process grow beyond ``size`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in files_of(folder, "lines")]


def test_a_line_is_in_its_file_as_soon_as_it_was_written(tmp_path: Path) -> None:
    lines = RotatingLines(tmp_path / "a" / "b", "lines", Limits(), now=lambda: AT)
    lines.write(b"one\n")
    lines.write(b"two\nthree\n")
    (file,) = files_of(tmp_path / "a" / "b", "lines")
    assert file.read_bytes() == b"one\ntwo\nthree\n"
    assert file.name.startswith("lines-20261118T110640250000Z-")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines.close()


def test_no_file_begins_before_there_is_a_line(tmp_path: Path) -> None:
    RotatingLines(tmp_path / "a", "lines", Limits()).close()
    assert not (tmp_path / "a").exists()


@settings(max_examples=25)
@given(sizes=st.lists(st.integers(1, 40), max_size=40), most=st.integers(1, 60))
def test_every_line_is_kept_once_in_order_and_whole_however_files_are_cut(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], most: int
) -> None:
    folder = tmp_path_factory.mktemp("rotating")
    lines = RotatingLines(folder, "lines", Limits(file_bytes=most), now=clock())
    told = [b"%d:" % at + b"x" * size + b"\n" for at, size in enumerate(sizes)]
    for line in told:
        lines.write(line)
    lines.close()
    found = contents(folder)
    assert b"".join(found) == b"".join(told)
    assert all(text.endswith(b"\n") for text in found)
    assert all(len(text) < most + 45 for text in found)


def test_a_file_that_is_old_is_ended_too(tmp_path: Path) -> None:
    lines = RotatingLines(tmp_path, "lines", Limits(file_s=5), now=clock(2))
    for at in range(6):
        lines.write(b"%d\n" % at)
    lines.close()
    assert len(contents(tmp_path)) > 1
    assert b"".join(contents(tmp_path)) == b"0\n1\n2\n3\n4\n5\n"


def test_the_oldest_files_go_when_all_are_too_much_and_nothing_else_does(tmp_path: Path) -> None:
    others = ["notes.txt", "lines-old.jsonl", "other-20261118T110640250000Z-00000000.jsonl"]
    for name in others:
        (tmp_path / name).write_bytes(b"y" * 500)
    lines = RotatingLines(tmp_path, "lines", Limits(file_bytes=10, all_bytes=35), now=clock())
    for at in range(10):
        lines.write(b"%08d-\n" % at)
    lines.close()
    assert contents(tmp_path) == [b"%08d-\n" % at for at in (7, 8, 9)]
    assert all((tmp_path / name).exists() for name in others)


def test_the_file_that_is_written_stays_however_large_it_is(tmp_path: Path) -> None:
    lines = RotatingLines(tmp_path, "lines", Limits(all_bytes=3), now=clock())
    lines.write(b"a long line\n")
    lines.write(b"another\n")
    assert contents(tmp_path) == [b"a long line\nanother\n"]
    lines.close()


def test_an_ended_file_is_handed_on_once(tmp_path: Path) -> None:
    handed: list[bytes] = []
    lines = RotatingLines(
        tmp_path,
        "lines",
        Limits(file_bytes=4),
        ended=lambda path: handed.append(path.read_bytes()),
        now=clock(),
    )
    for text in (b"one\n", b"two\n", b"three\n"):
        lines.write(text)
    lines.close()
    lines.close()
    assert handed == [b"one\n", b"two\n", b"three\n"]


def test_two_servers_write_beside_each_other(tmp_path: Path) -> None:
    first, second = (RotatingLines(tmp_path, "lines", Limits(), now=lambda: AT) for _ in "ab")
    first.write(b"first\n")
    second.write(b"second\n")
    first.write(b"first again\n")
    assert sorted(contents(tmp_path)) == [b"first\nfirst again\n", b"second\n"]
    first.close()
    second.close()


def test_a_disk_that_takes_no_more_is_told_keeps_no_half_line_and_is_tried_again(
    tmp_path: Path,
) -> None:
    lines = RotatingLines(tmp_path, "lines", Limits(), now=lambda: AT)
    lines.write(b"one\n")
    with _files_of_at_most(12), pytest.raises(MachineError, match="File too large"):
        lines.write(b"only half of this fits\n")
    lines.write(b"three\n")
    lines.close()
    assert contents(tmp_path) == [b"one\nthree\n"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    lines = RotatingLines(tmp_path / "file", "lines", Limits())
    with pytest.raises(MachineError, match="cannot write"):
        lines.write(b"one\n")


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert files_of(tmp_path / "nowhere", "lines") == []
