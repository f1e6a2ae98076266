"""A few predictions to look at, with their intervals: some that came true, some of the future."""

import math
from datetime import date, datetime
from typing import Any

import polars as pl

from foresell.pipeline.quality_artifacts import artifact
from foresell.spec.ports import Store
from foresell.spec.project import ProjectSpec

_ROWS = 5
_JUDGED = ("y", "prediction", "q0.1", "q0.9")
_FUTURE = ("prediction", "q0.1", "q0.9")
_NAMES = 4  # columns that name a row of a table without a key: the first few of them


def samples(bundle: Store, project: ProjectSpec) -> list[dict[str, Any]]:
    """Return tables of rows that are spread evenly over what a bundle carries.

    Each has ``title``, ``artifact``, ``sha256``, ``columns``, ``whole`` (false where columns that
    name a row are left out) and ``rows``, lists in the order of the columns in the types of JSON:
    rows of the test beside their truth; of a panel also rows that nobody knows yet. Empty where the
    bundle has neither.
    """
    found = []
    judged = bundle.read_frame("judged.parquet")
    if not judged.is_empty():
        names = [name for name in judged.columns if name not in {*_JUDGED, "weight"}]
        title = "Rows of the test, beside what came true"
        found.append(_table(title, "judged.parquet", bundle, judged, names, _JUDGED))
    if "published.parquet" in bundle.list():
        future = bundle.read_frame("published.parquet")
        names = [*project.keys, *([project.time] if project.time else [])]
        title = "Rows that are still to come"
        found.append(_table(title, "published.parquet", bundle, future, names, _FUTURE))
    return found


def _table(
    title: str,
    file: str,
    bundle: Store,
    frame: pl.DataFrame,
    names: list[str],
    values: tuple[str, ...],
) -> dict[str, Any]:
    """Return a few rows of one file."""
    columns = [*names[:_NAMES], *(name for name in values if name in frame.columns)]
    places = [place * frame.height // _ROWS for place in range(min(_ROWS, frame.height))]
    if frame.height < _ROWS:
        places = [*range(frame.height)]
    source = artifact(f"bundle/{file}", bundle.read_bytes(file))
    return {
        "title": title,
        "artifact": source.name,
        "sha256": source.sha256,
        "columns": columns,
        "whole": len(names) <= _NAMES,
        "rows": [[_plain(value) for value in row] for row in frame[places].select(columns).rows()],
    }


def _plain(value: Any) -> Any:
    """Return a cell in the types of JSON; what is no finite number is nothing."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
