"""Where the rows come from: the files, what was read of each, and their fingerprints."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from foresell.dashboard.data.moments import moment
from foresell.dashboard.data.reading import Landed, Manifest, Sources, Unlike
from foresell.dashboard.page import Cell, Table
from foresell.report.wording import count, size

NAME = "files.csv"
_ASKED = "not read as rows"  # the file that says what a forecast is asked for, or others beside it
_SHORT = 12  # characters of a sha256
_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "table": pl.String,
    "file": pl.String,
    "rows": pl.Int64,
    "bytes": pl.Int64,
    "encoding": pl.String,
    "modified": pl.Datetime("ms", "UTC"),
    "sha256": pl.String,
}


@dataclass(frozen=True, kw_only=True)
class Origins:
    """Where the rows come from.

    ``files``: (n files, 7): table, file, rows, bytes, encoding, modified, sha256, in the order of
    the manifest. ``says``: how many, and how large. ``tables``: one row a table, None where each
    has one file. ``notes``: what did not meet when tables were joined, and what was dropped.
    """

    says: str
    synthetic: bool
    files: pl.DataFrame
    tables: Table | None
    each: Table
    notes: tuple[str, ...]


def origins_of(manifest: Manifest, landed: Landed, sources: Sources) -> Origins:
    """Return what ``manifest.json``, ``landing/report.json`` and ``sources.json`` say, joined."""
    files = files_of(manifest, landed, sources)
    many = files.height > files["table"].n_unique()
    return Origins(
        says=_says(files),
        synthetic=manifest.synthetic,
        files=files,
        tables=_tables(files) if many else None,
        each=_each(files),
        notes=_notes(landed),
    )


def files_of(manifest: Manifest, landed: Landed, sources: Sources) -> pl.DataFrame:
    """Return one row a file, in the order of the manifest; see `Origins`."""
    read = {
        file.name: (table, file.encoding) for table, files in landed.files.items() for file in files
    }
    times = {file.name: file.modified for file in sources.files}
    return pl.DataFrame(
        [
            (
                read.get(file.name, (_ASKED, None))[0],
                file.name,
                file.rows,
                file.bytes,
                read.get(file.name, (_ASKED, None))[1],
                times.get(file.name),
                file.sha256,
            )
            for file in manifest.files
        ],
        schema=_SCHEMA,
        orient="row",
    )


def _says(files: pl.DataFrame) -> str:
    """Return how many files there are, how large, and from when."""
    if files.is_empty():
        return "No file was read."
    newest = max(files["modified"].drop_nulls(), default=None)
    first = "the newest of" if files.height > 1 else "of"
    when = f", {first} {moment(newest)}" if newest is not None else ""
    read = files.filter(pl.col("table") != _ASKED)
    rows, tables = sum(read["rows"].drop_nulls()), read["table"].n_unique()
    found = f"{count(rows, 'row')}{f' in {count(tables)} tables' if tables > 1 else ''}"
    if beside := files.height - read.height:
        found += f"; {count(beside, 'file')} {'is' if beside == 1 else 'are'} {_ASKED}"
    return f"{count(files.height, 'file')}, {size(sum(files['bytes']))}{when}. {found}."


def _tables(files: pl.DataFrame) -> Table:
    """Return what was read for each table."""
    by = files.partition_by("table", maintain_order=True)
    return Table(
        caption="What was read for each table.",
        heads=("Table", "Files", "Rows", "Size"),
        rows=[
            (
                Cell(text=part["table"][0]),
                Cell(text=f"{part.height:,}"),
                Cell(text=f"{sum(part['rows'].drop_nulls()):,}"),
                Cell(text=size(sum(part["bytes"]))),
            )
            for part in by
        ],
    )


def _each(files: pl.DataFrame) -> Table:
    """Return every file."""
    return Table(
        caption="Every file, with how its sha256 begins.",
        heads=("File", "Table", "Rows", "Size", "Encoding", "Changed", "sha256"),
        words=("Table", "Encoding", "Changed", "sha256"),
        rows=[
            (
                Cell(text=one["file"]),
                Cell(text=one["table"]),
                Cell(text=f"{one['rows']:,}" if one["rows"] is not None else ""),
                Cell(text=size(one["bytes"])),
                Cell(text=one["encoding"] or ""),
                Cell(text=moment(one["modified"]) if one["modified"] else ""),
                Cell(text=one["sha256"][:_SHORT]),
            )
            for one in files.to_dicts()
        ],
    )


def _notes(landed: Landed) -> tuple[str, ...]:
    """Return what did not meet when tables were joined, and what was dropped as it was read."""
    found = [
        f"{count(told.rows, 'row')} found no partner in {table}{_such(told)}."
        for table, told in landed.unmatched.items()
        if told.rows
    ]
    found += [
        f"{column} says something else than the first table on {count(told.rows, 'row')}"
        f"{_such(told)}."
        for column, told in landed.disagreeing.items()
        if told.rows
    ]
    if dropped := landed.dropped:
        found.append(f"Dropped as they were read: {', '.join(dropped)}.")
    return tuple(found)


def _such(told: Unlike) -> str:
    """Return examples, after a comma."""
    examples = "; ".join(map(_example, told.examples))
    return f", such as {examples}" if examples else ""


def _example(example: object) -> str:
    """Return an example in words: the values by column, or what it is.

    >>> _example({"Store": 3, "Date": "2010-02-05"}), _example("x")
    ('Store 3, Date 2010-02-05', 'x')
    """
    if not isinstance(example, Mapping):
        return str(example)
    return ", ".join(f"{name} {value}" for name, value in example.items())
