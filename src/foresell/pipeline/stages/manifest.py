"""manifest: what raw files there are, byte for byte."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any, BinaryIO

from foresell.contracts.reading import count_rows
from foresell.errors import DataError, counted
from foresell.pipeline.tables import asked_table
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.ports import RawFile, Source
from foresell.spec.sources import Table

_SAID = ("name", "bytes", "sha256", "rows")  # of a file in the manifest
_PIECE = 1 << 20  # bytes that are read at a time
_Identity = tuple[str, ...]
_Counts = Mapping[tuple[str, str], int | None]  # rows by name and sha256


def run(work: Work) -> None:
    """Write ``manifest/manifest.json`` and ``sources/sources.json``, both a list of ``files``.

    The manifest has name, bytes, sha256 and rows of every declared file: what is in it, so that an
    equal file changes nothing. Rows are null where the file is not what its table says. The
    sources say the same, and URI, ETag, version and time: where it came from. The rows asked for
    (``asked``) are listed where their file exists. A table without a file is a ``DataError``.

    An object of the same URI, size, ETag and version as last time is not fetched: an object store
    vouches that its bytes are those of then. A file on a disk is always read; its rows are counted
    anew where its bytes are others.
    """
    source = work.source
    tables = list(work.project.tables)
    asked = asked_table(work.project)
    absent = ""
    if asked is not None and source.files(asked.file):
        tables.append(asked)
    elif asked is not None:
        absent = f"; {asked.file} is not there: forecasts run to the horizon for every series"
    found = {file.name: (file, table) for table in tables for file in _files(source, table)}
    _refuse_personal_paths(found, [c.name for c in work.contract.columns.values() if c.personal])
    known, counts = _known(work)
    described = [
        known.get(_identity(asdict(file))) or _describe(source, file, table, counts)
        for file, table in found.values()
    ]
    work.outputs["manifest"].write_bytes(
        "manifest.json", json_bytes({"synthetic": source.synthetic, "files": described})
    )
    origins = [
        {**asdict(file), **said} for (file, _), said in zip(found.values(), described, strict=True)
    ]
    work.outputs["sources"].write_bytes("sources.json", json_bytes({"files": origins}))
    size = sum(file["bytes"] for file in described)
    made = ", synthetic" if source.synthetic else ""
    count = counted(len(described), "file")
    kept = sum(_identity(origin) in known for origin in origins)
    as_before = f", {kept} of them as before" if kept else ""
    work.note(f"{count}, {size / 1e6:,.1f} MB{made}, from {source.label}{as_before}{absent}")


def _known(work: Work) -> tuple[dict[_Identity | None, dict[str, Any]], _Counts]:
    """Return what the last manifest says of each object, by what its store calls it.

    And the rows of each file, by its name and its sha256.
    """
    last = work.last("sources")
    files = json.loads(last.read_bytes("sources.json"))["files"] if last is not None else []
    known: dict[_Identity | None, dict[str, Any]] = {
        identity: {word: file[word] for word in _SAID}
        for file in files
        if (identity := _identity(file)) is not None
    }
    return known, {(file["name"], file["sha256"]): file["rows"] for file in files}


def _identity(file: Mapping[str, Any]) -> _Identity | None:
    """Return what vouches for the bytes of a file: None where there is nothing but the bytes."""
    if file["etag"] is None:
        return None
    return tuple(str(file[word]) for word in ("name", "uri", "bytes", "etag", "version"))


def _files(source: Source, table: Table) -> Sequence[RawFile]:
    """Return the files of a table, at least one."""
    files = source.files(table.file)
    if not files:
        source.open(table.file).close()  # raises, and says what is there
    return files


def _refuse_personal_paths(names: Iterable[str], personal: Collection[str]) -> None:
    """Refuse a Hive folder that holds a value of a personal column: paths stand in every log.

    Raises:
        DataError: it names the column, not the value.
    """
    told = [part.partition("=")[0] for name in names for part in name.split("/")[:-1]]
    for column in personal:
        if column in told:
            raise DataError(
                f"the personal column {column!r} stands in the path of {told.count(column)} files",
                "the folders of the source",
                "write its values into the files, where they are dropped as they are read",
            )


def _describe(source: Source, file: RawFile, table: Table, counts: _Counts) -> dict[str, Any]:
    """Return what the manifest says of one file; ``counts``: the rows of bytes that are known.

    Raises:
        DataError: it is empty.
    """
    with closing(source.open(file.name)) as content:
        told = _known_bytes(content, file, counts) or _counted(content, file, table)
    if told["bytes"] == 0:
        raise DataError("the file is empty", file.name, "get the file again from its source")
    return told


def _known_bytes(content: BinaryIO, file: RawFile, counts: _Counts) -> dict[str, Any] | None:
    """Return what is known of a file on a disk by its bytes; None, and its start, if they are new.

    An object that its store calls another one is counted without this: its bytes are new.
    """
    if file.etag is not None or file.name not in {name for name, _ in counts}:
        return None
    sums, size = hashlib.sha256(), 0
    while piece := content.read(_PIECE):
        sums.update(piece)
        size += len(piece)
    known = (file.name, sums.hexdigest())
    if known in counts:
        return {"name": file.name, "bytes": size, "sha256": known[1], "rows": counts[known]}
    content.seek(0)
    return None


def _counted(content: BinaryIO, file: RawFile, table: Table) -> dict[str, Any]:
    """Return what the manifest says of a file whose bytes are new; its rows are counted."""
    sums, size = hashlib.sha256(), 0

    def heard(piece: bytes) -> None:
        nonlocal size
        sums.update(piece)
        size += len(piece)

    rows = count_rows(content, table, heard)
    return {"name": file.name, "bytes": size, "sha256": sums.hexdigest(), "rows": rows}
