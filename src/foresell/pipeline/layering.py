"""How the processed layer is written: rows by year, cleaned, sorted, listed with their hashes."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.gate import ROW
from foresell.pipeline.layer import PASSED
from foresell.pipeline.spill import BATCH_ROWS, Pieces, Spill
from foresell.pipeline.writing import json_bytes
from foresell.spec.ports import Store
from foresell.spec.project import ProjectSpec

_NO_DATE = "__HIVE_DEFAULT_PARTITION__"  # Hive's own name for the partition of nulls


class Years:
    """Rows that passed the gate, gathered by the year of their time column; all in one without it.

    The order in which rows are added is kept within a year.
    """

    def __init__(self, spill: Spill, time: str | None) -> None:
        self._spill, self._time = spill, time
        self._pieces: dict[int | None, Pieces] = {}
        self.rows = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Gather the rows of ``frame``."""
        self.rows += frame.height
        if self._time is None:
            self._place(None).add(frame)
            return
        year = pl.col(self._time).dt.year()
        for (value,), part in frame.group_by(year, maintain_order=True):
            self._place(value if isinstance(value, int) else None).add(part)

    @property
    def pieces(self) -> Mapping[int | None, Pieces]:
        """The rows by year, in order; None, the rows without a date, comes last."""
        return dict(sorted(self._pieces.items(), key=lambda item: (item[0] is None, item[0] or 0)))

    def folder(self, year: int | None) -> str:
        """Return the folder of one year in the layer, with a slash at its end; or nothing."""
        if self._time is None:
            return ""
        return f"year={_NO_DATE if year is None else year}/"

    def _place(self, year: int | None) -> Pieces:
        """Return where the rows of ``year`` are gathered."""
        if year not in self._pieces:
            self._pieces[year] = self._spill.pieces(f"year/{year}")
        return self._pieces[year]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Which columns the layer has, and by which its rows are sorted within a file."""

    columns: Sequence[str]
    order: Sequence[str]


def layer_shape(project: ProjectSpec, contract: Contract) -> Shape:
    """Return the shape of a project's layer.

    Columns in declared order, ``excluded`` ones too. Rows by series and time; those of a tabular
    project by the contract's key; without one they stay in reading order.
    """
    key = project.keys if project.kind == "panel" else contract.key
    time = project.with_role("time")
    order = [name for name in (*key, *(time if key else ())) if name in project.columns]
    return Shape(columns=tuple(project.columns), order=tuple(dict.fromkeys(order)))


def write_layer(
    years: Years, shape: Shape, clean: Callable[[pl.DataFrame], pl.DataFrame], processed: Store
) -> int:
    """Write every row, cleaned, to ``processed``; return how many there are.

    ``<year>/part-00000.parquet`` and on: a file holds about two million rows at most.
    """
    total = 0
    for year, pieces in years.pieces.items():
        written = 0
        for batch in pieces.batches(2 * BATCH_ROWS):
            rows = clean(batch.sort(shape.order or ROW))
            if rows.is_empty():
                continue
            name = f"{years.folder(year)}part-{written:05}.parquet"
            processed.write_frame(name, rows.drop(ROW, strict=False))
            written, total = written + 1, total + rows.height
    return total


def scan_layer(processed: Store) -> pl.LazyFrame:
    """Return the rows that were written, before they are listed as passed; as yet unread."""
    files = [name for name in processed.list() if name.endswith(".parquet")]
    return pl.concat([
        pl.scan_parquet(BytesIO(processed.read_bytes(name)), hive_partitioning=False)
        for name in files
    ])


def list_passed(processed: Store, contract: Contract, rows: int) -> None:
    """Write ``passed.json``: the contract, and the sha256 of every file that passed under it."""
    files = {
        name: hashlib.sha256(processed.read_bytes(name)).hexdigest()
        for name in processed.list()
        if name.endswith(".parquet")
    }
    passed = {
        "contract": {"version": contract.version, "sha256": contract.digest},
        "files": files,
        "rows": rows,
    }
    processed.write_bytes(PASSED, json_bytes(passed))
