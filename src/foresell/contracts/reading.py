"""The files of a table, one after the other, as one stream of typed rows."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, NoReturn
from urllib.parse import unquote

import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.decoding import chunks
from foresell.contracts.parquet import count_parquet_rows, parquet_rows
from foresell.contracts.showing import is_guarded
from foresell.contracts.text import FileRows, count_text_rows, csv_rows
from foresell.contracts.values import Place, typed
from foresell.errors import DataError
from foresell.spec.ports import Source
from foresell.spec.sources import Table

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, kw_only=True)
class ReadFile:
    """One file that was read to its end; ``encoding`` is None where it is no text."""

    name: str
    rows: int
    encoding: str | None


def _silent(_: ReadFile) -> None:
    """Hear nothing."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads tables of one source under one contract.

    ``dropped``: columns that are passed over as if they were not there. ``sums``: the sha256 that
    the bytes of each file must have; no file beside those is read. None: any bytes will do.
    """

    source: Source
    contract: Contract
    dropped: tuple[str, ...] = ()
    sums: Mapping[str, str] | None = None

    def batches(
        self, table: Table, done: Callable[[ReadFile], None] = _silent
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows of ``table`` in the order of its files and of their lines.

        At most about a million rows at a time. ``done`` hears of each file that was read whole. A
        part ``column=value`` of a file's path is a column where the contract knows it and the file
        does not hold it.

        A ``DataError``: there is no file, files differ in their columns, a file is not what its
        manifest says, or a file cannot be read as declared.
        """
        names = [file.name for file in self.source.files(table.file)]
        if not names:
            self.source.open(table.file).close()  # raises, and says what is there
        order: list[str] = []
        for name in names:
            with closing(self.source.open(name)) as content:
                digest = hashlib.sha256()
                opened = self._open(content, name, table, digest.update)
                path = self._path_columns(opened, table)
                columns = [column for column in opened.columns if column not in self.dropped]
                columns += [column.meta.output_name() for column in path]
                order = order or columns
                if set(order) != set(columns):
                    _refuse_columns(name, columns, names[0], order)
                height = 0
                for rows in opened.batches:
                    height += rows.height
                    yield rows.with_columns(path).select(order)
                self._verify(content, opened, digest)
            done(ReadFile(name=name, rows=height, encoding=opened.encoding))

    def whole(self, table: Table, done: Callable[[ReadFile], None] = _silent) -> pl.DataFrame:
        """Return all rows of ``table`` at once."""
        return pl.concat(list(self.batches(table, done)))

    def _open(
        self, content: BinaryIO, name: str, table: Table, heard: Callable[[bytes], object]
    ) -> FileRows:
        """Open one file; only of text is every byte ``heard`` as it is read."""
        if table.format == "csv":
            return csv_rows(content, name, table, self.contract, self.dropped, heard)
        return parquet_rows(content, name, table, self.contract, self.dropped)

    def _verify(self, content: BinaryIO, opened: FileRows, digest: "hashlib._Hash") -> None:
        """Refuse a file, now read to its end, with other bytes than the manifest has.

        Raises:
            DataError: it has.
        """
        if opened.encoding is None:
            content.seek(0)
            deque(chunks(content, digest.update), maxlen=0)
        if self.sums is not None and self.sums.get(opened.name) != digest.hexdigest():
            raise DataError(
                "the file changed while the run was reading it",
                opened.name,
                "run again when it is whole",
            )

    def _path_columns(self, opened: FileRows, table: Table) -> Sequence[pl.Expr]:
        """Return the columns that stand in the path of a file."""
        found = {}
        for part in opened.name.split("/")[:-1]:
            name, equals, value = part.partition("=")
            if equals and name in self.contract.columns and name not in self.dropped:
                found[name] = None if value == _HIVE_NULL else unquote(value)
        place = Place(
            file=opened.name,
            row=lambda _: "the name of its folder",
            guarded=is_guarded(self.contract),
        )
        values = [
            typed(
                pl.Series(name, [value], dtype=pl.String), self.contract.columns[name], table, place
            )
            for name, value in found.items()
            if name not in opened.columns
        ]
        return [pl.lit(value[0], dtype=value.dtype).alias(value.name) for value in values]


def count_rows(content: BinaryIO, table: Table, heard: Callable[[bytes], object]) -> int | None:
    """Return how many rows the file ``content`` has, as far as that can be told without its types.

    ``heard`` gets all of its bytes once, in order. None: it is no Parquet file, or its encoding can
    only be told by decoding all of it and none of several fits.
    """
    if table.format == "csv":
        return count_text_rows(content, table, heard)
    deque(chunks(content, heard), maxlen=0)
    return count_parquet_rows(content)


def read_table(
    content: bytes, table: Table, contract: Contract, dropped: Sequence[str] = ()
) -> pl.DataFrame:
    """Return the rows of one file, given as bytes, in the types of the contract, in file order.

    What cannot be read as declared is a ``DataError`` that names file, line and value.
    """
    if table.format == "csv":
        opened = csv_rows(BytesIO(content), table.file, table, contract, dropped)
    else:
        opened = parquet_rows(BytesIO(content), table.file, table, contract, dropped)
    return pl.concat(list(opened.batches))


def _refuse_columns(
    name: str, columns: Sequence[str], first: str, order: Sequence[str]
) -> NoReturn:
    """Refuse a file with other columns than the first of its table.

    Raises:
        DataError: it names them.
    """
    lacks = [column for column in order if column not in columns]
    more = [column for column in columns if column not in order]
    words = [
        *([f"without {', '.join(lacks)}"] if lacks else []),
        *([f"with {', '.join(more)} beside"] if more else []),
    ]
    raise DataError(
        f"the columns are not those of {first}: {' and '.join(words)}",
        name,
        "the files of one table have the same columns; declare another table for others",
    )
