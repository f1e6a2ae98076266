"""split: where time or rows are cut, written down once for every later stage."""

from dataclasses import asdict
from datetime import date
from typing import Any, cast

import polars as pl

from foresell.data.row_splits import SIDES, RowSplit, row_splits
from foresell.data.splits import identity_columns, make_split
from foresell.evaluate.protocols import row_protocols
from foresell.evaluate.row_truth import ROW
from foresell.pipeline.layer import LATE, layer_parts, read_layer
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.project import ProjectSpec


def run(work: Work) -> None:
    """Write ``splits/split.json``, and for a tabular project ``splits/assignment.parquet``.

    A panel: first, test cutoff, last observed. A tabular project: for each protocol, how many rows
    are on each side and in each fold; and for each row of the layer, in its order, the contract's
    key columns, ``row`` (its place there, from 0), ``split`` and ``fold`` (`RowSplit`), and those
    of the cut in time in ``late_split`` and ``late_fold`` where it is the second one.
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
    """Cut the rows of a tabular project as it declares, once or twice."""
    identity = identity_columns(project, work.contract.key)
    key = [name for name in work.contract.key if name in project.columns]
    times = project.with_role("time") if project.split.test_from is not None else ()
    frame = read_layer(work.inputs["processed"], tuple(dict.fromkeys((*key, *identity, *times))))
    named, told = frame.with_row_index(ROW).select(*key, ROW), {}
    splits, lines = row_splits(frame, project, identity), []
    for protocol, split in zip(row_protocols(project), splits, strict=True):
        late = LATE if protocol.folder else ""
        named = named.with_columns(
            split.split.alias(f"{late}split"), split.fold.alias(f"{late}fold")
        )
        told[protocol.name] = {**_counts(split, frame, project), "folder": protocol.folder}
        sides = told[protocol.name]["rows"]
        lines.append(
            f"{protocol.title.lower()}: {sides['train']:,} rows to learn from, "
            f"{sides['calibration']:,} to calibrate by, {sides['test']:,} for the test"
        )
    work.note("; ".join(lines))
    found = {
        "kind": project.kind,
        "seed": project.seed,
        "rows": frame.height,
        "groups": frame.select(identity).n_unique(),
        "identity": list(identity),
        "protocols": told,
    }
    work.outputs["splits"].write_frame("assignment.parquet", named)
    work.outputs["splits"].write_bytes("split.json", json_bytes(found))


def _counts(split: RowSplit, frame: pl.DataFrame, project: ProjectSpec) -> dict[str, Any]:
    """Return the rows on each side and in each fold, and in time the days of each side."""
    sides = {side: split.side(side) for side in SIDES}
    groups = frame.select(project.with_role("group"))
    found: dict[str, Any] = {
        "timed": split.timed,
        "rows": {side: int(mask.sum()) for side, mask in sides.items()},
        "groups": {
            side: groups.filter(mask).n_unique() if groups.width else None
            for side, mask in sides.items()
        },
        "folds": [int(judged.sum()) for _, _, judged in split.windows()],
    }
    if split.timed:
        days = {side: frame[project.time].filter(mask) for side, mask in sides.items()}
        found["days"] = {
            side: [str(part.min()), str(part.max())] for side, part in days.items() if len(part)
        }
    return found
