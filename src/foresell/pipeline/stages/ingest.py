"""ingest: raw files into one typed table."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.text import read_table
from foresell.data.joining import join_tables
from foresell.errors import DataError, nearest
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.project import Table


def run(work: Work) -> None:
    """Write ``landing/`` (the joined rows in key order, a report) and ``asked/`` (rows asked for).

    What cannot be read as declared is a ``DataError`` that names file, line and value.
    """
    project, contract = work.project, work.contract
    manifest = json.loads(work.inputs["manifest"].read_bytes("manifest.json"))
    expected = {file["name"]: file["sha256"] for file in manifest["files"]}
    read = [(table, _read(work, table, contract, expected)) for table in project.tables]
    joined = join_tables(read)
    _refuse_missing(joined.frame, contract, [table.file for table in project.tables])
    order = [name for name in contract.columns if name in joined.frame.columns]
    rows = joined.frame.select(order)
    landing = work.outputs["landing"]
    landing.write_frame("rows.parquet", rows.sort([*contract.key, *order]))
    if project.asked is not None and project.asked.file in expected:
        table = Table(name="asked", file=project.asked.file, na=project.asked.na)
        if table.file.endswith(".parquet"):
            table = replace(table, format="parquet")
        asked = _read(work, table, contract, expected)
        work.outputs["asked"].write_frame("asked.parquet", asked)
    report = {
        "rows": rows.height,
        "rows_by_table": {table.name: frame.height for table, frame in read},
        "unmatched": joined.unmatched,
        "disagreeing": joined.disagreeing,
    }
    landing.write_bytes("report.json", json_bytes(report))
    work.note(f"{rows.height:,} rows, {len(order)} columns from {len(read)} files")
    for name, count in joined.unmatched.items():
        if count:
            work.note(f"{count:,} rows have no partner in {name}")
    for name, count in joined.disagreeing.items():
        if count:
            work.note(f"{count:,} rows disagree with {name}; the first table's value is kept")


def _read(
    work: Work, table: Table, contract: Contract, expected: Mapping[str, str]
) -> pl.DataFrame:
    """Read one table, once its bytes are those of the manifest.

    Raises:
        DataError: the file changed since the manifest was written.
    """
    content = work.source.read(table.file)
    if hashlib.sha256(content).hexdigest() != expected[table.file]:
        raise DataError(
            "the file changed while the run was reading it",
            table.file,
            "run again when it is whole",
        )
    return read_table(content, table, contract)


def _refuse_missing(frame: pl.DataFrame, contract: Contract, files: list[str]) -> None:
    """Refuse rows that lack a column of the contract.

    Raises:
        DataError: the first column that no file has.
    """
    for name in contract.columns:
        if name not in frame.columns:
            raise DataError(
                f"the column {name!r} is missing",
                f"the header of {', '.join(files)}",
                f"add it to the file, or take it out of contract.yaml and project.yaml; "
                f"{nearest(name, frame.columns)}",
            )
