"""Delimited text into typed columns: nothing is guessed, every failure names its lines."""

import csv
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import BinaryIO

import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.decoding import (
    choose_encoding,
    chunks,
    is_like_ascii,
    plain_line_ends,
    utf8_chunks,
)
from foresell.contracts.headers import kept_columns
from foresell.contracts.records import Block, count_records, cut_records
from foresell.contracts.showing import is_guarded
from foresell.contracts.signatures import HEAD, PARQUET, kind_of
from foresell.contracts.values import Place, typed
from foresell.errors import DataError
from foresell.spec.sources import Table

BATCH = 1_000_000


@dataclass(frozen=True, kw_only=True)
class FileRows:
    """One file, opened: its columns in their order, dropped ones too, and its rows in batches.

    ``encoding`` is None for a file that is no text. ``batches`` hold the columns that are kept, in
    the types of the contract, at most ``BATCH`` rows each.
    """

    name: str
    columns: tuple[str, ...]
    encoding: str | None
    batches: Iterator[pl.DataFrame]


def csv_rows(
    content: BinaryIO,
    name: str,
    table: Table,
    contract: Contract,
    dropped: Collection[str] = (),
    heard: Callable[[bytes], object] = len,
) -> FileRows:
    """Open one delimited file. ``heard`` gets all of its bytes once, in order, as they are read.

    Line ends may be LF, CRLF or bare CR; a byte order mark and blank lines at the end are left out.
    ``table.na`` tokens and empty fields become null. The columns ``dropped`` are passed over:
    their values are neither parsed nor shown.

    Raises:
        DataError: here or as the batches are read: no bytes, no text, no rows, bytes that no
            declared encoding decodes, a line with too many or too few fields, a column that stands
            twice or that the contract does not know, or a value that is not of its type.
    """
    _refuse_other_kinds(content, name)
    encoding = choose_encoding(content, table, name)
    text = utf8_chunks(chunks(content, heard), encoding, table, name)
    blocks = cut_records(text, table, name)
    first, last = next(blocks, (None, True))
    if first is None or not first.text.strip():
        raise DataError("the file is empty", name, "get the file again from its source")
    head = first.text[: first.ends[0] + 1]
    header = next(csv.reader(StringIO(head.decode(), newline=""), delimiter=table.separator), [""])
    kept = kept_columns(header, contract, dropped, name)
    if last and len(first.ends) == 1:
        raise DataError("the file has a header and no rows", name, "get the file again")

    form = _Form(name=name, table=table, contract=contract, header=tuple(header), kept=tuple(kept))

    def batches() -> Iterator[pl.DataFrame]:
        yield from _typed_rows(first, form, skip=1, whole=last)
        for block, is_last in blocks:
            yield from _typed_rows(block, form, skip=0, whole=is_last)

    return FileRows(name=name, columns=form.header, encoding=encoding, batches=batches())


def _refuse_other_kinds(content: BinaryIO, name: str) -> None:
    """Refuse a file that is no text by its first bytes; ``content`` is at its start after.

    Raises:
        DataError: it says what the file is.
    """
    kind = kind_of(content.read(HEAD))
    content.seek(0)
    if kind is not None:
        raise DataError(
            f"the file is {kind}, and its table is declared as csv",
            name,
            "declare format: parquet for its table in project.yaml"
            if kind == PARQUET
            else "unpack it or save it as CSV (UTF-8), and give that file",
        )


def count_text_rows(
    content: BinaryIO, table: Table, heard: Callable[[bytes], object]
) -> int | None:
    """Return how many records stand below the header; None where no declared encoding fits.

    ``heard`` gets all of its bytes once, in order. Quotes are respected, fields are not counted.
    """
    pieces = chunks(content, heard)
    if all(map(is_like_ascii, table.encoding)):
        return max(count_records(plain_line_ends(pieces)) - 1, 0)
    deque(pieces, maxlen=0)
    content.seek(0)
    try:
        encoding = choose_encoding(content, table, table.file)
        text = utf8_chunks(chunks(content, len), encoding, table, table.file)
        return max(count_records(text) - 1, 0)
    except DataError:
        return None


@dataclass(frozen=True, kw_only=True)
class _Form:
    """What the records of one file look like; ``kept`` are places in ``header``."""

    name: str
    table: Table
    contract: Contract
    header: tuple[str, ...]
    kept: tuple[int, ...]


def _typed_rows(block: Block, form: _Form, *, skip: int, whole: bool) -> Iterator[pl.DataFrame]:
    """Yield the records of ``block`` without the first ``skip`` (the header), typed.

    Raises:
        DataError: a value is not of its type, or Polars sees other records than we do.
    """
    count = len(block.ends) - skip
    if not count:
        return
    text = block.text[block.ends[0] + 1 :] if skip else block.text
    try:
        raw = pl.read_csv(
            BytesIO(text),
            has_header=False,
            infer_schema=False,
            separator=form.table.separator,
            quote_char='"',
            columns=list(form.kept),
        )
    except pl.exceptions.PolarsError as error:
        raise DataError(
            "not a table", f"{form.name}, line {block.line_of(skip)} or below", "mend the file"
        ) from error
    if raw.height != count:
        raise DataError(
            f"not a table: {count} records read as {raw.height} rows",
            f"{form.name}, line {block.line_of(skip)} or below",
            "mend the quotes and line ends of the file",
        )
    place = Place(
        file=form.name,
        row=lambda row: f"line {block.line_of(row + skip)}",
        whole=whole,
        guarded=is_guarded(form.contract),
    )
    rows = pl.DataFrame([
        typed(
            column.rename(form.header[at]),
            form.contract.columns[form.header[at]],
            form.table,
            place,
        )
        for column, at in zip(raw.get_columns(), form.kept, strict=True)
    ])
    yield from rows.iter_slices(BATCH)
