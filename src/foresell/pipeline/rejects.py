"""The quarantine: rows that broke the contract, in files that a person can mend."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from foresell.contracts.gate import ROW, RULES
from foresell.pipeline.spill import BATCH_ROWS, Pieces
from foresell.spec.ports import Store

REJECTED = "rejected"
FILE, FILE_ROW = "__file", "__file_row"  # where a row came from; nobody has to give them back


def write_rejected(store: Store, rejected: Pieces, columns: Mapping[str, pl.DataType]) -> None:
    """Write ``rejected.csv`` and ``rejected.parquet``: ``__row``, ``broken_rules``, ``columns``.

    Rows in the order in which they were read. Both files are there when there is no row. A million
    rows a file; the next ones are ``rejected-00001.csv`` and on.
    """
    number = 0
    for number, frame in enumerate(rejected.batches(BATCH_ROWS), 1):
        _write(store, number - 1, frame.select(ROW, RULES, *columns).sort(ROW))
    if number == 0:
        _write(store, 0, pl.DataFrame(schema={ROW: pl.UInt64(), RULES: pl.String(), **columns}))


def read_rejected(store: Store) -> pl.DataFrame:
    """Return every row of the quarantine, typed, in reading order."""
    return pl.concat([store.read_frame(name) for name in _files(store, ".parquet")])


def rejected_csv(store: Store) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the quarantine that a person may mend, by name."""
    for name in _files(store, ".csv"):
        yield name, store.read_bytes(name)


def with_files(rows: pl.DataFrame, files: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return ``rows`` with the file each came from and its row there; null where not known.

    ``files``: ``name`` and ``rows`` of each, in the order in which they were read.
    """
    names = pl.Series(FILE, [file["name"] for file in files], dtype=pl.String)
    ends = pl.Series([file["rows"] for file in files], dtype=pl.UInt64).cum_sum()
    index = ends.search_sorted(rows[ROW], side="left")
    starts = pl.concat([pl.Series([0], dtype=pl.UInt64), ends])
    own = rows[ROW] - starts.gather(index) if len(files) else pl.lit(None, pl.UInt64)
    source = names.gather(index) if len(files) else pl.lit(None, pl.String)
    others = [name for name in rows.columns if name != ROW]
    return rows.select(ROW, source.alias(FILE), own.alias(FILE_ROW), *others)


def _files(store: Store, suffix: str) -> Sequence[str]:
    """Return the files of one format, in the order of their rows."""
    found = [name for name in store.list() if name.startswith(REJECTED) and name.endswith(suffix)]
    return sorted(found, key=lambda name: (len(name), name))


def _write(store: Store, number: int, frame: pl.DataFrame) -> None:
    """Write one file of the quarantine in both formats."""
    name = f"{REJECTED}-{number:05}" if number else REJECTED
    store.write_bytes(f"{name}.csv", frame.write_csv().encode())
    store.write_frame(f"{name}.parquet", frame)
