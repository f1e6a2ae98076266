"""split: where time is cut, written down once for every later stage."""

from dataclasses import asdict
from datetime import date
from typing import cast

from foresell.data.splits import make_split
from foresell.pipeline.layer import read_layer
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes


def run(work: Work) -> None:
    """Write ``splits/split.json``: first, test cutoff, last observed."""
    project = work.project
    dates = read_layer(work.inputs["processed"], [project.time])[project.time]
    split = make_split(cast("date", dates.min()), cast("date", dates.max()), project)
    work.outputs["splits"].write_bytes("split.json", json_bytes(asdict(split)))
    work.note(f"learns to {split.test_cutoff}, is tested to {split.last_observed}")
