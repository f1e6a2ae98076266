"""ingest: raw files into one typed table, in parts that fit in memory."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import polars as pl

from foresell.contracts.headers import dropped_columns
from foresell.contracts.reading import Reader, ReadFile
from foresell.contracts.showing import is_guarded
from foresell.contracts.text import BATCH
from foresell.data.joining import Joiner
from foresell.data.leakage import check_known
from foresell.errors import DataError, counted, nearest
from foresell.pipeline.tables import asked_table
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.ports import Store
from foresell.spec.sources import Table

ROW = "__row"  # counts the rows of the first table from 1, over all its files


def run(work: Work) -> None:
    """Write ``landing/`` (the joined rows in reading order, a report) and ``asked/``.

    A part of ``landing/`` has the column ``__row`` and those of the contract, in its order, without
    the ones that are dropped; it holds at most a million rows. What cannot be read as declared is a
    ``DataError`` that names file, line and value; values of dropped columns are never looked at.
    """
    project, contract, landing = work.project, work.contract, work.outputs["landing"]
    sums = _sums(work.inputs["manifest"])
    dropped = dropped_columns(contract, project.cleaning)
    reader = Reader(source=work.source, contract=contract, dropped=dropped, sums=sums)
    columns = [name for name in contract.columns if name not in dropped]
    first, *others = project.tables
    read: dict[str, list[ReadFile]] = {table.name: [] for table in project.tables}
    held = [(table, reader.whole(table, read[table.name].append)) for table in others]
    joiner = Joiner(held, guarded=is_guarded(contract))
    joined = map(joiner.join, reader.batches(first, read[first.name].append))
    rows = _land(_complete(joined, columns, project.tables), landing)
    by_table = {name: sum(file.rows for file in files) for name, files in read.items()}
    heard = _read_asked(work, reader, sums)
    _refuse_vanished(sums, {file.name for files in (*read.values(), heard) for file in files})
    report = {
        "rows": rows,
        "rows_by_table": by_table,
        "files": read,
        "unmatched": joiner.unmatched,
        "disagreeing": joiner.disagreeing,
        "dropped": dropped,
    }
    landing.write_bytes("report.json", json_bytes(report))
    count = sum(len(read[table.name]) for table in project.tables)
    size = f"{counted(rows, 'row')}, {counted(len(columns), 'column')}"
    work.note("; ".join([f"{size} from {counted(count, 'file')}", *_losses(joiner)]))


def _read_asked(work: Work, reader: Reader, sums: Mapping[str, str]) -> list[ReadFile]:
    """Write the rows asked for, where there are any, and return what was read.

    They have a report of their own, so that they change nothing for the rows that were sold.
    """
    heard: list[ReadFile] = []
    asked = asked_table(work.project)
    if asked is not None and asked.file in sums:
        frame = reader.whole(asked, heard.append)
        check_known(frame, work.project)
        work.outputs["asked"].write_frame("asked.parquet", frame)
        work.outputs["asked"].write_bytes("report.json", json_bytes({"files": heard}))
    return heard


def _sums(manifest: Store) -> Mapping[str, str]:
    """Return the sha256 of every file of the manifest, by name."""
    files = json.loads(manifest.read_bytes("manifest.json"))["files"]
    return {file["name"]: file["sha256"] for file in files}


def _land(joined: Iterable[pl.DataFrame], landing: Store) -> int:
    """Write the rows in parts, numbered; return how many there are."""
    rows, parts, waiting = 0, 0, pl.DataFrame()
    for batch in joined:
        numbers = pl.int_range(rows + 1, rows + batch.height + 1, dtype=pl.UInt64, eager=True)
        numbered = batch.insert_column(0, numbers.alias(ROW))
        rows += batch.height
        waiting = pl.concat([waiting, numbered]) if waiting.height else numbered
        while waiting.height >= BATCH:
            landing.write_frame(f"part-{parts:05}.parquet", waiting.head(BATCH))
            waiting, parts = waiting.slice(BATCH), parts + 1
    if waiting.height:
        landing.write_frame(f"part-{parts:05}.parquet", waiting)
    return rows


def _complete(
    joined: Iterable[pl.DataFrame], columns: Sequence[str], tables: Sequence[Table]
) -> Iterator[pl.DataFrame]:
    """Yield the rows with ``columns`` in that order.

    Raises:
        DataError: the first column that no file has.
    """
    for rows in joined:
        for name in columns:
            if name not in rows.columns:
                told = all(table.relation for table in tables)
                raise DataError(
                    f"the column {name!r} is missing",
                    f"the {'columns' if told else 'header'} of "
                    f"{', '.join(table.file for table in tables)}",
                    f"add it to the {'query or its table' if told else 'file'}, or take it out of "
                    f"contract.yaml and project.yaml; {nearest(name, rows.columns)}",
                )
        yield rows.select(columns)


def _refuse_vanished(sums: Collection[str], read: Collection[str]) -> None:
    """Refuse to go on without a file that the manifest has.

    Raises:
        DataError: one was not there any more when its table was read.
    """
    for name in sums:
        if name not in read:
            raise DataError(
                "the file vanished while the run was reading", name, "run again when it is there"
            )


def _losses(joiner: Joiner) -> Iterator[str]:
    """Yield how many rows have no partner in a table, and how many disagree with theirs."""
    for name, count in joiner.unmatched.items():
        if count.rows:
            verb = "has" if count.rows == 1 else "have"
            yield f"{counted(count.rows, 'row')} {verb} no partner in {name}"
    for name, count in joiner.disagreeing.items():
        if count.rows:
            verb = "disagrees" if count.rows == 1 else "disagree"
            kept = "the first table's value is kept"
            yield f"{counted(count.rows, 'row')} {verb} with {name}, {kept}"
