"""split: where time or rows are cut, written down once for every later stage."""

from dataclasses import asdict
from datetime import date
from typing import cast

import polars as pl

from foresell.data.splits import draw_test, identity_columns, make_split
from foresell.errors import SpecError
from foresell.pipeline.layer import layer_parts
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.project import ProjectSpec

POSITION = "__position"


def run(work: Work) -> None:
    """Write ``splits/split.json``, and for a tabular project ``splits/assignment.parquet``.

    A panel: first, test cutoff, last observed. A tabular project: how many rows and groups are in
    the test; and for each row of the layer, in its order, the contract's key (or its position
    there, from 0, where there is none) and ``split``, ``train`` or ``test``.
    """
    project = work.project
    if project.kind == "panel":
        _cut_time(work, project)
    else:
        _cut_rows(work, project)


def _cut_time(work: Work, project: ProjectSpec) -> None:
    """Cut a panel."""
    time = project.time
    spans = [
        (cast("date", part[time].min()), cast("date", part[time].max()))
        for _, part in layer_parts(work.inputs["processed"], [time])
    ]
    first, last = min(low for low, _ in spans), max(high for _, high in spans)
    split = make_split(first, last, project)
    work.outputs["splits"].write_bytes("split.json", json_bytes(asdict(split)))
    work.note(f"learns to {split.test_cutoff}, is tested to {split.last_observed}")


def _cut_rows(work: Work, project: ProjectSpec) -> None:
    """Draw the rows of the test of a tabular project.

    Raises:
        SpecError: all rows, or none, would be in the test.
    """
    key = tuple(name for name in work.contract.key if name in project.columns)
    identity, share = identity_columns(project, work.contract.key), project.split.test_share
    groups = project.with_role("group")
    parts = []
    wanted = tuple(dict.fromkeys((*key, *identity)))
    for _, part in layer_parts(work.inputs["processed"], wanted):
        test = draw_test(part, identity, share, project.seed)
        side = pl.when(test).then(pl.lit("test")).otherwise(pl.lit("train")).alias("split")
        parts.append(part.with_columns(side).select(*dict.fromkeys((*key, *groups)), "split"))
    rows = pl.concat(parts)
    tested = rows.filter(pl.col("split") == "test")
    if tested.height in {0, rows.height}:
        raise SpecError(
            f"{tested.height} of {rows.height} rows would be the test",
            f"project {project.name!r}, split.test_share",
            "use a share that leaves rows on both sides, or give more rows",
        )
    found = {
        "kind": project.kind,
        "test_share": share,
        "seed": project.seed,
        "rows": rows.height,
        "test_rows": tested.height,
        "groups": rows.select(groups).n_unique() if groups else None,
    }
    named = rows.select(*key, "split") if key else rows.select("split").with_row_index(POSITION)
    work.outputs["splits"].write_frame("assignment.parquet", named)
    work.outputs["splits"].write_bytes("split.json", json_bytes(found))
    work.note(f"{rows.height - tested.height:,} rows to learn from, {tested.height:,} for the test")
