import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.adapters.store import MemoryStore
from foresell.pipeline.spill import Spill, shares

FRAME = pl.DataFrame({"a": range(10), "b": [str(n) for n in range(10)]})


@pytest.mark.parametrize("room", [0, 8, 1000])
def test_what_was_added_comes_back_in_its_order_wherever_it_waited(room: int) -> None:
    scratch = MemoryStore()
    pieces = Spill(scratch, held_cells=room).pieces("rows")
    for part in FRAME.iter_slices(3):
        pieces.add(part)
    assert pieces.rows == 10
    assert_frame_equal(pl.concat(pieces.read()), FRAME)
    assert_frame_equal(pl.concat(pieces.read(["b"])), FRAME.select("b"))
    assert [batch.height for batch in pieces.batches(4)] == [6, 4]
    assert len(scratch.list()) == {0: 4, 8: 2, 1000: 0}[room]


def test_one_limit_holds_for_all_pieces_of_a_spill_and_each_has_its_own_files() -> None:
    scratch = MemoryStore()
    spill = Spill(scratch, held_cells=20)
    one, other = spill.pieces("one"), spill.pieces("other")
    one.add(FRAME)
    other.add(FRAME)
    assert scratch.list() == ["other/00000.parquet"]
    assert_frame_equal(next(other.read()), FRAME)


def test_an_empty_frame_leaves_nothing() -> None:
    pieces = Spill(MemoryStore()).pieces("rows")
    pieces.add(FRAME.clear())
    assert (pieces.rows, list(pieces.read()), list(pieces.batches())) == (0, [], [])


@pytest.mark.parametrize(("rows", "many"), [(0, 1), (2_000_000, 1), (2_000_001, 2)])
def test_rows_are_divided_into_shares_that_can_be_held(rows: int, many: int) -> None:
    assert shares(rows) == many
