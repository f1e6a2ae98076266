"""Some rows of a raw file, as they are written there: what a file holds of a span of days."""

import codecs
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from typing import BinaryIO

import numpy as np
import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.decoding import choose_encoding, chunks, utf8_chunks
from foresell.contracts.parquet import parquet_rows
from foresell.contracts.reading import Reader
from foresell.contracts.records import Block, cut_records
from foresell.contracts.text import csv_rows
from foresell.errors import DataError
from foresell.spec.ports import Source
from foresell.spec.sources import Table

_OWN = "ARROW:schema"  # of a Parquet file's metadata, what its writer adds by itself


def days_of(
    source: Source, name: str, table: Table, contract: Contract, time: str
) -> pl.Series | None:
    """Return the day of each row of one file, in its order, from its column ``time``.

    The column may stand in the path of the file (``day=2024-02-01``). None: the file has no such
    column. Null where a row has no day, which the gate of the contract judges. A ``DataError``: the
    file cannot be read as declared.
    """
    with closing(source.open(name)) as content:
        opened = csv_rows if table.format == "csv" else parquet_rows
        columns = opened(content, name, table, contract).columns
    kept = {time}
    if time not in columns:
        if not any(part.startswith(f"{time}=") for part in name.split("/")[:-1]):
            return None
        kept.add(columns[0])  # one that tells how many rows there are
    dropped = tuple(one for one in contract.columns if one not in kept)
    reader = Reader(source=source, contract=contract, dropped=dropped)
    return reader.whole(replace(table, file=name))[time]


def cut(content: BinaryIO, name: str, table: Table, kept: pl.Series) -> bytes:
    """Return the file with those of its rows that are ``kept``: a boolean a row, in file order.

    A row of a delimited file keeps its text; lines end with LF, and the encoding is that of the
    file, unless what is left would be taken for another one: then the first that is declared and
    holds it. A Parquet file keeps its columns, their types and its metadata. A ``DataError``: it
    has another number of rows.
    """
    if table.format != "csv":
        return b"".join(_parquet(content, name, table, kept))
    encoding = choose_encoding(content, table, name)
    rows = b"".join(_text(content, name, table, kept, encoding))
    if encoding == table.encoding[0]:  # tried first, it is the one that is chosen of what is left
        return rows
    return _told_apart(rows, encoding, table, name)


def _told_apart(rows: bytes, encoding: str, table: Table, name: str) -> bytes:
    """Return rows so that they are read as the text they are in ``encoding``.

    Which encoding a file has is told by bytes that others do not decode; those may be cut off.

    Raises:
        DataError: no declared encoding holds the text and is the one that is chosen for it.
    """
    text = rows.decode(encoding)
    for one in (encoding, *table.encoding):
        try:
            written = text.encode(one)
        except UnicodeEncodeError:  # it has no such letter
            continue
        if written.decode(choose_encoding(BytesIO(written), table, name)) == text:
            return written
    raise DataError(
        f"without the rows that are left out it cannot be told that it is {encoding}",
        name,
        f"declare one encoding for it: tables, {table.name}, encoding: [{encoding}]",
    )


def _text(
    content: BinaryIO, name: str, table: Table, kept: pl.Series, encoding: str
) -> Iterator[bytes]:
    """Yield the header and the rows that are kept, encoded as they were."""
    encoder = codecs.getincrementalencoder(encoding)()
    text = utf8_chunks(chunks(content, len), encoding, table, name)
    wanted, at = np.concatenate([[True], kept.to_numpy()]), 0  # the header is the first record
    for block, _ in cut_records(text, table, name):
        mask = wanted[at : at + len(block.ends)]
        if len(mask) != len(block.ends):
            _refuse_changed(name)
        at += len(mask)
        for piece in _runs(block, mask):
            yield encoder.encode(piece.decode())
    if at != len(wanted):
        _refuse_changed(name)
    yield encoder.encode("", final=True)


def _runs(block: Block, mask: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Iterator[bytes]:
    """Yield the text of the records that are kept, those that stand together at once."""
    starts = np.concatenate([[0], block.ends + 1])
    turns = [0, *(np.flatnonzero(np.diff(mask)) + 1).tolist(), len(mask)]
    for first, last in pairwise(turns):
        if mask[first]:
            yield block.text[starts[first] : starts[last]]


def _parquet(content: BinaryIO, name: str, _: Table, kept: pl.Series) -> Iterator[bytes]:
    """Yield the rows that are kept, as a Parquet file."""
    metadata = pl.read_parquet_metadata(content)
    content.seek(0)
    rows = pl.read_parquet(content)
    if rows.height != len(kept):
        _refuse_changed(name)
    buffer = BytesIO()
    own = {key: value for key, value in metadata.items() if key != _OWN}
    rows.filter(kept).write_parquet(
        buffer, compression="zstd", compression_level=1, metadata=own or None
    )
    yield buffer.getvalue()


def _refuse_changed(name: str) -> None:
    """Refuse a file whose rows are not those whose days were read.

    Raises:
        DataError: always.
    """
    raise DataError("the file changed while it was read", name, "try again when it is whole")
