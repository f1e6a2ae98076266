"""The report of a project's rows, as files: what was found of them, told and drawn."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version as installed
from typing import Any

import numpy as np
import polars as pl

from foresell.contracts.contract import Contract
from foresell.eda.context import Rows
from foresell.eda.describe import EdaContext, RawFacts, describe
from foresell.eda.tables import key_names
from foresell.pipeline.fingerprint import digest
from foresell.pipeline.layer import passed_files, read_layer, read_row_splits, read_split
from foresell.pipeline.writing import json_bytes
from foresell.report.eda_facts import EdaFacts
from foresell.report.eda_markdown import eda_markdown
from foresell.report.eda_page import eda_page
from foresell.spec.ports import PROVENANCE, Store
from foresell.spec.project import ProjectSpec

REPORT, PAGE, TEXT, LISTING = (
    "eda_report.json",
    "eda_report.html",
    "eda_report.md",
    "manifest.json",
)
_LIBRARIES = ("altair", "numpy", "polars", "vl-convert-python")  # what the bytes follow from
_ASKED = "asked.parquet"


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """The rows that are told of, how many the layer has, and where those asked for are."""

    frame: pl.DataFrame
    of: int
    cutoff: date | None
    asked: Store | None = None


def explored(
    inputs: Mapping[str, Store],
    project: ProjectSpec,
    contract: Contract,
    *,
    rows: Rows,
    version: str = "",
    asked: Store | None = None,
) -> dict[str, bytes]:
    """Return every file of the report by its name; see docs/eda.md.

    ``inputs``: ``processed``, ``splits`` and ``manifest``; ``asked``: the rows asked for, of a
    panel. ``version``: what the report is called. The last file is `LISTING`, with the sha256 of
    each other one. Equal inputs give equal bytes; bytes that did not pass the gate are a GateError.
    """
    taken = replace(_taken(inputs, project, rows), asked=asked)
    manifest = json.loads(inputs["manifest"].read_bytes("manifest.json"))
    found = describe(
        taken.frame,
        project,
        contract,
        EdaContext(
            rows=rows,
            of=taken.of,
            cutoff=taken.cutoff if rows == "train" else None,
            files=[
                RawFacts(**{name: file[name] for name in ("name", "rows", "bytes", "sha256")})
                for file in manifest["files"]
            ],
            asked=_asked(asked),
        ),
    )
    facts = _facts(inputs, project, contract, taken, rows, version)
    page = eda_page(found.told, found.tables, facts)
    told = {**found.told, "report": facts.told()}
    files = {
        REPORT: _indented(told),
        TEXT: eda_markdown(found.told, found.tables, facts, page.sections).encode(),
        PAGE: page.html.encode(),
        **{f"figures/{name}": content for name, content in page.pictures.items()},
        **{f"tables/{name}.csv": _csv(table) for name, table in found.tables.items()},
    }
    files = dict(sorted(files.items()))
    listed = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    }
    return {**files, LISTING: _indented({**facts.told(), "files": listed})}


def _taken(inputs: Mapping[str, Store], project: ProjectSpec, rows: Rows) -> _Rows:
    """Return the rows that are told of: all, or those that no protocol keeps for its test.

    Rows that calibrate are told of: only the test must not have been looked at. Of a table that is
    cut twice, a row of either test is left out.
    """
    frame = read_layer(inputs["processed"])
    if project.kind == "panel":
        cutoff = read_split(inputs["splits"]).test_cutoff
        kept = frame.filter(pl.col(project.time) <= cutoff) if rows == "train" else frame
        return _Rows(frame=kept, of=frame.height, cutoff=cutoff)
    if rows == "all":
        return _Rows(frame=frame, of=frame.height, cutoff=None)
    inside = np.ones(frame.height, dtype=bool)
    for split in read_row_splits(inputs["splits"]).values():
        inside &= split.side("train", "calibration")
    return _Rows(frame=frame.filter(pl.Series(inside)), of=frame.height, cutoff=None)


def _asked(store: Store | None) -> pl.DataFrame | None:
    """Return the rows that were asked for, where there are any."""
    return store.read_frame(_ASKED) if store is not None and _ASKED in store.list() else None


def _facts(
    inputs: Mapping[str, Store],
    project: ProjectSpec,
    contract: Contract,
    taken: _Rows,
    rows: Rows,
    version: str,
) -> EdaFacts:
    """Return what the report is of."""
    manifest = json.loads(inputs["manifest"].read_bytes("manifest.json"))
    data = {
        "layer": passed_files(inputs["processed"]),
        "contract": contract.digest,
        "rows": rows,
        "splits": _digests(inputs["splits"]),
        "asked": _digests(taken.asked) if taken.asked is not None else {},
    }
    return EdaFacts(
        project=project.name,
        title=project.title,
        kind=project.kind,
        target=project.target,
        unit=project.unit,
        frequency=project.frequency if project.kind == "panel" else "",
        keys=key_names(project.keys),
        synthetic=bool(manifest["synthetic"]),
        rows=rows,
        told_rows=taken.frame.height,
        of_rows=taken.of,
        cutoff=taken.cutoff,
        report_version=version,
        fingerprint=digest(data),
        raw=digest(manifest),
        contract_version=contract.version,
        contract_sha256=contract.digest,
        foresell=installed("foresell"),
        libraries={name: installed(name) for name in _LIBRARIES},
    )


def _digests(store: Store) -> dict[str, str]:
    """Return the sha256 of every file but that which says who made it."""
    return {
        name: hashlib.sha256(store.read_bytes(name)).hexdigest()
        for name in store.list()
        if name != PROVENANCE
    }


def _indented(value: Mapping[str, Any]) -> bytes:
    """Return JSON that people read too, its keys as they stand; NaN and infinity are refused."""
    plain = json.loads(json_bytes(value))
    return (json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _csv(table: pl.DataFrame) -> bytes:
    """Return a table as CSV: lists as text, numbers as short as they can be read back."""
    flat = table.with_columns(
        pl.col(name).cast(pl.List(pl.String)).list.join("; ")
        for name, kind in table.schema.items()
        if kind.base_type() == pl.List
    )
    return flat.write_csv().encode()
