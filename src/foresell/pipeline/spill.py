"""Rows that wait: in memory while there are few, in a stage's scratch store when there are many."""

from collections.abc import Iterator, Sequence
from io import BytesIO

import polars as pl

from foresell.spec.ports import Store

HELD_CELLS = 40_000_000  # values, about 0.3 GB, that all pieces of one spill hold in memory
BATCH_ROWS = 1_000_000  # rows that are sorted, grouped or compared at once


def shares(rows: int) -> int:
    """Return into how many shares so many rows are divided, each small enough to be held.

    >>> shares(0), shares(2_000_000), shares(2_000_001)
    (1, 1, 2)
    """
    return max(1, -(-rows // (2 * BATCH_ROWS)))


class Pieces:
    """Frames of one schema, given back in the order in which they were added."""

    def __init__(self, spill: "Spill", name: str) -> None:
        self._spill, self._name = spill, name
        self._kept: list[pl.DataFrame | str] = []
        self.rows = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Keep ``frame``."""
        self.rows += frame.height
        if frame.height:
            self._kept.append(self._spill.keep(f"{self._name}/{len(self._kept):05}", frame))

    def read(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the frames; only ``columns`` where given."""
        for kept in self._kept:
            frame = self._spill.give(kept, columns)
            yield frame

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[pl.DataFrame]:
        """Yield all rows in their order, in frames of at least ``rows`` rows but for the last."""
        waiting: list[pl.DataFrame] = []
        for frame in self.read():
            waiting.append(frame)
            if sum(one.height for one in waiting) >= rows:
                yield pl.concat(waiting)
                waiting = []
        if waiting:
            yield pl.concat(waiting)


class Spill:
    """A place for rows of one stage, with one limit to what all of them take in memory."""

    def __init__(self, scratch: Store, held_cells: int = HELD_CELLS) -> None:
        self._scratch, self._room = scratch, held_cells

    def pieces(self, name: str) -> Pieces:
        """Return a new, empty place; ``name`` is its own within this spill."""
        return Pieces(self, name)

    def keep(self, name: str, frame: pl.DataFrame) -> pl.DataFrame | str:
        """Return ``frame`` while there is room for it, else the name it was written under."""
        cells = frame.height * frame.width
        if cells <= self._room:
            self._room -= cells
            return frame
        self._scratch.write_frame(f"{name}.parquet", frame)
        return f"{name}.parquet"

    def give(self, kept: pl.DataFrame | str, columns: Sequence[str] | None) -> pl.DataFrame:
        """Return what ``keep`` was given; only ``columns`` where named."""
        wanted = list(columns) if columns is not None else None
        if isinstance(kept, str):
            return pl.read_parquet(BytesIO(self._scratch.read_bytes(kept)), columns=wanted)
        return kept if wanted is None else kept.select(wanted)
