"""The file in which somebody tells what came true: of a panel its series, of a table its rows."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from foresell.contracts.contract import Column, Contract
from foresell.contracts.showing import is_guarded
from foresell.contracts.values import Place, cast, typed
from foresell.errors import DataError, UsageError
from foresell.monitor.actuals import OCCURRENCE, numbered, refuse_twice
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.wiring.predicting import existing_file

OPTION = "--actuals"
REQUEST, ROW = "request_id", "row"


def read_actuals(path: Path, spec: ProjectSpec, contract: Contract) -> pl.DataFrame:
    """Return what a CSV or Parquet file tells: what names a row, and the target.

    Of a panel: key columns, time, target. Of a table: ``request_id`` and ``row`` (1 where it is not
    told), or every feature, and the time, null where the file lacks one; beside
    them the whole key where it has that, else ``occurrence``: 1 for the first of rows that are the
    same in all of it and in the target, then 2. Values in the contract's types; rows without a
    target are left out, and no personal column is read. A value of another type, and a file that
    tells one row twice, are a ``DataError``.
    """
    existing_file(path, OPTION)
    table = spec.tables[0]
    stored = _stored(path, table)
    by = _named_by(stored.columns, spec, contract, path.name)
    plain = spec.kind == "panel" or REQUEST in by
    more = () if plain else (*_key(stored, contract), *spec.with_role("time"))
    wanted = [*by, *more, spec.target]
    frame = pl.DataFrame([
        _read(stored, name, contract, table, path.name) for name in dict.fromkeys(wanted)
    ]).filter(pl.col(spec.target).is_not_null())
    if not plain and not _key(stored, contract):
        return numbered(frame.sort(frame.columns), frame.columns)
    _refuse_unnamed(frame, identity := identity_of(frame, spec, contract), path.name)
    refuse_twice(frame, identity, path.name)
    return frame


def identity_of(frame: pl.DataFrame, spec: ProjectSpec, contract: Contract) -> list[str]:
    """Return the columns that name a row of what `read_actuals` returned.

    Rows of a table that neither a request nor a key names are named by all they hold, the target
    too: of two that differ in it nobody knows whether one corrects the other or is another row, and
    none may be lost.
    """
    if REQUEST in frame.columns:
        return [REQUEST, ROW]
    if spec.kind == "panel":
        return [*spec.keys, spec.time]
    return list(frame.columns) if OCCURRENCE in frame.columns else _key(frame, contract)


def ways(frame: pl.DataFrame, contract: Contract) -> int:
    """Return in how many ways the rows of a table are named: by request, by key, by all of it."""
    unnamed = pl.lit(value=True)
    found = 0
    for names in ([REQUEST], _key(frame, contract)):
        if names and names[0] in frame.columns:
            named = unnamed & pl.col(names[0]).is_not_null()
            found += bool(frame.select(named.any()).item())
            unnamed &= pl.col(names[0]).is_null()
    return found + bool(frame.select(unnamed.any()).item())


def _refuse_unnamed(frame: pl.DataFrame, identity: Sequence[str], file: str) -> None:
    """Refuse a file with rows that lack what names them.

    Raises:
        DataError: it has some.
    """
    if lacks := [name for name in identity if frame[name].null_count()]:
        raise DataError(
            f"rows have no {' or '.join(lacks)}", file, "fill it in, or leave those rows out"
        )


def _key(stored: pl.DataFrame, contract: Contract) -> list[str]:
    """Return the key of a table where the file has all of it and none of it is personal."""
    key = list(contract.key)
    there = all(name in stored.columns and not contract.columns[name].personal for name in key)
    return key if there else []


def _named_by(columns: list[str], spec: ProjectSpec, contract: Contract, name: str) -> list[str]:
    """Return the columns by which a file names rows.

    Raises:
        UsageError: it has no target, or nothing that names a row.
    """
    if spec.target not in columns:
        raise UsageError(
            f"{name} has no column {spec.target!r}", OPTION, "give what came true in it"
        )
    if spec.kind == "panel":
        wanted, more = [*spec.keys, spec.time], ""
    elif REQUEST in columns:
        return [REQUEST, ROW]
    else:
        wanted = [one for one in spec.with_role("feature") if contract.columns[one].required]
        more = f", or {REQUEST}, as every answer tells it"
    if lacks := [one for one in wanted if one not in columns]:
        raise UsageError(
            f"{name} lacks {', '.join(lacks)}: nothing tells what was forecast for its rows",
            OPTION,
            f"give {', '.join(wanted)}{more}",
        )
    return wanted if spec.kind == "panel" else list(spec.with_role("feature"))


def _read(
    stored: pl.DataFrame, name: str, contract: Contract, table: Table, file: str
) -> pl.Series:
    """Return a column in the contract's type; a ``DataError`` where a value is of another."""
    if name == ROW and name not in stored.columns:
        return pl.repeat(1, stored.height, dtype=pl.Int64, eager=True).alias(ROW)
    column = contract.columns.get(name) or Column(
        name=name, logical_type="integer" if name == ROW else "string"
    )
    place = Place(file=file, row=lambda row: f"row {row + 1}", guarded=is_guarded(contract))
    if name not in stored.columns:
        return cast(
            pl.repeat(None, stored.height, dtype=pl.Null, eager=True).alias(name), column, place
        )
    raw = stored[name]
    return typed(raw, column, table, place) if raw.dtype == pl.String else cast(raw, column, place)


def _stored(path: Path, table: Table) -> pl.DataFrame:
    """Return a file as it is: text of a CSV, the stored types of Parquet.

    Raises:
        DataError: it is neither, or its bytes are no text in a declared encoding.
    """
    try:
        if path.suffix.lower() == ".parquet":
            return pl.read_parquet(path, glob=False, hive_partitioning=False)
        text = _decoded(path.read_bytes(), table, path.name)
        return pl.read_csv(text.encode(), infer_schema=False, separator=table.separator)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(
            f"{path.name} cannot be read as a table", OPTION, "give a CSV or Parquet file"
        ) from error


def _decoded(content: bytes, table: Table, name: str) -> str:
    """Return the text of a file in the first encoding that fits.

    Raises:
        DataError: none does.
    """
    for encoding in dict.fromkeys(("utf-8-sig", *table.encoding)):
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise DataError(
        f"{name} is no text in UTF-8 or {', '.join(table.encoding)}", OPTION, "write it in UTF-8"
    )
