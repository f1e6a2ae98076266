"""Bytes in a file without a name: several readers, no trace, and no room."""

import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.held_file import HeldFile
from foresell.errors import MachineError

moves = st.tuples(st.sampled_from([0, 1, 2]), st.integers(0, 9), st.integers(-1, 7))


@settings(max_examples=50)
@given(content=st.binary(max_size=40), walk=st.lists(moves, max_size=8))
def test_it_is_read_as_a_file_on_a_disk_is(
    content: bytes, walk: list[tuple[int, int, int]]
) -> None:
    held = HeldFile()
    held.write(content)
    with tempfile.TemporaryFile() as plain, held.open() as file:
        plain.write(content)
        plain.seek(0)
        for whence, offset, count in walk:
            back = whence == os.SEEK_END
            to = max(-len(content), -offset) if back else offset
            assert file.seek(to, whence) == plain.seek(to, whence)
            assert file.read(count) == plain.read(count)
            assert file.tell() == plain.tell()


def test_readers_do_not_disturb_each_other_nor_the_end_of_the_one_who_wrote() -> None:
    held = HeldFile()
    held.write(b"abc")
    first, second = held.open(), held.open()
    assert (first.read(2), second.read(), held.size) == (b"ab", b"abc", 3)
    second.close()
    held.write(b"def")
    del held
    assert first.read() == b"cdef"
    first.close()


def test_what_was_written_can_be_forgotten() -> None:
    held = HeldFile()
    held.write(b"wrong")
    held.clear()
    held.write(b"ok")
    with held.open() as file:
        assert (held.size, file.read()) == (2, b"ok")


def test_polars_reads_parquet_from_it_by_its_handle() -> None:
    held, frame = HeldFile(), pl.DataFrame({"a": range(1000)})
    with tempfile.TemporaryFile() as file:
        frame.write_parquet(file)
        file.seek(0)
        held.write(file.read())
    with held.open() as one, held.open() as two:
        assert pl.scan_parquet(one).collect().equals(frame)
        assert pl.scan_parquet(two).select(pl.len()).collect().item() == 1000


def handles() -> set[str]:
    return {path.name for path in Path("/dev/fd").iterdir()}


def test_it_leaves_no_name_and_no_open_handle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = handles()
    held = HeldFile()
    held.write(b"private")
    file = held.open()
    assert list(tmp_path.iterdir()) == []
    file.close()
    del held
    assert handles() == before


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_without_room_is_said_to_be_one() -> None:
    held = HeldFile()
    with largest_file(1000), pytest.raises(MachineError) as refused:
        held.write(bytes(2000))
    assert refused.value.what.startswith("nothing more can be held there: ")
    assert "TMPDIR" in refused.value.mend


def test_a_folder_that_cannot_be_written_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(MachineError, match="nothing more can be held there"):
        HeldFile()
