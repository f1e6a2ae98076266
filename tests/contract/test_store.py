"""What every Store promises, whichever place it keeps things in."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.adapters.store import DirectoryStore, MemoryStore
from foresell.errors import DataError, MachineError
from foresell.spec.ports import Store

FRAME = pl.DataFrame(
    {"store": ["b", "a", None], "units": [1.5, None, -0.0], "n": [3, 1, 2]},
    schema={"store": pl.String, "units": pl.Float64, "n": pl.Int32},
)


@pytest.fixture(params=["directory", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return DirectoryStore(tmp_path / "store") if request.param == "directory" else MemoryStore()


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.list() == []


def test_bytes_come_back_as_they_were_kept(store: Store) -> None:
    store.write_bytes("deep/er/name.bin", b"\x00\r\n\xff")
    assert store.read_bytes("deep/er/name.bin") == b"\x00\r\n\xff"


def test_a_frame_comes_back_with_its_types_nulls_and_row_order(store: Store) -> None:
    store.write_frame("frame.parquet", FRAME)
    assert_frame_equal(store.read_frame("frame.parquet"), FRAME, check_exact=True)


def test_writing_a_name_again_replaces_the_content(store: Store) -> None:
    store.write_bytes("a", b"longer content")
    store.write_bytes("a", b"short")
    assert (store.read_bytes("a"), store.list()) == (b"short", ["a"])


def test_names_are_listed_sorted_whole_and_with_slashes(store: Store) -> None:
    for name in ("b", "year=2011/part-0.parquet", "a/z", "a/b"):
        store.write_bytes(name, b"")
    assert store.list() == ["a/b", "a/z", "b", "year=2011/part-0.parquet"]


def test_equal_frames_are_equal_bytes_under_any_name(store: Store) -> None:
    store.write_frame("one.parquet", FRAME)
    store.write_frame("two.parquet", pl.concat([FRAME.head(1), FRAME.tail(2)]))
    assert store.read_bytes("one.parquet") == store.read_bytes("two.parquet")


def test_a_name_that_was_never_written_is_a_data_error_that_names_it(store: Store) -> None:
    with pytest.raises(DataError, match=r"^gone\.json is missing\n"):
        store.read_bytes("gone.json")
    with pytest.raises(DataError, match=r"^gone\.parquet is missing\n"):
        store.read_frame("gone.parquet")


def test_a_folder_that_cannot_be_written_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(b"a file where the folder should be")
    with pytest.raises(MachineError, match=r"^rows cannot be written: "):
        DirectoryStore(tmp_path / "store").write_bytes("rows", b"")


@settings(deadline=None, max_examples=30)
@given(rows=st.lists(st.tuples(st.integers(-9, 9), st.none() | st.floats(allow_nan=False))))
def test_every_store_keeps_a_frame_as_the_same_bytes(
    rows: list[tuple[int, float | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    schema = {"a": pl.Int64, "b": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    stores: list[Store] = [DirectoryStore(tmp_path_factory.mktemp("store")), MemoryStore()]
    for store in stores:
        store.write_frame("f", frame)
        assert_frame_equal(store.read_frame("f"), frame, check_exact=True)
    assert stores[0].read_bytes("f") == stores[1].read_bytes("f")
