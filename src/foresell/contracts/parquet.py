"""Parquet into typed columns, a slice at a time."""

from collections.abc import Collection, Iterator
from typing import BinaryIO

import polars as pl

from foresell.contracts.contract import Column, Contract
from foresell.contracts.headers import kept_columns
from foresell.contracts.showing import is_guarded
from foresell.contracts.text import BATCH, FileRows
from foresell.contracts.values import Place, cast, typed
from foresell.errors import DataError
from foresell.spec.sources import Table


def parquet_rows(
    content: BinaryIO,
    name: str,
    table: Table,
    contract: Contract,
    dropped: Collection[str] = (),
) -> FileRows:
    """Open one Parquet file; rows in file order.

    A number may be stored in any numeric type that holds it exactly, a date as midnight, and
    anything as text, which is then read as in a delimited file.

    Raises:
        DataError: here or as the batches are read: the bytes are no Parquet file, it has no rows,
            or a column is unknown or does not hold what the contract says.
    """
    try:
        content.seek(0)
        stored = pl.scan_parquet(content)
        columns = stored.collect_schema().names()
        height = stored.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError("not a Parquet file", name, "get the file again") from error
    kept = [columns[at] for at in kept_columns(columns, contract, dropped, name)]
    if height == 0:
        raise DataError("the file has columns and no rows", name, "get the file again")

    def batches() -> Iterator[pl.DataFrame]:
        for start in range(0, height, BATCH):
            place = Place(
                file=name,
                row=lambda row, start=start: f"row {start + row + 1}",  # type: ignore[misc]
                whole=start + BATCH >= height,
                guarded=is_guarded(contract),
            )
            try:
                rows = stored.select(kept).slice(start, BATCH).collect()
            except (pl.exceptions.PolarsError, OSError) as error:
                raise DataError("not a Parquet file", name, "get the file again") from error
            yield rows.select(
                _exact(rows[column], contract.columns[column], table, place) for column in kept
            )

    return FileRows(name=name, columns=tuple(columns), encoding=None, batches=batches())


def count_parquet_rows(content: BinaryIO) -> int | None:
    """Return the number of rows as the file's metadata have it; None where it is no Parquet."""
    try:
        content.seek(0)
        return int(pl.scan_parquet(content).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError):
        return None


def _exact(stored: pl.Series, column: Column, table: Table, place: Place) -> pl.Series:
    """Return ``stored`` in the column's type, text as in a delimited file."""
    if stored.dtype == pl.String:
        return typed(stored, column, table, place)
    return cast(stored, column, place)
