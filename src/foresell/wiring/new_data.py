"""Whether the data at hand holds anything that a version did not learn from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.bundle.bundle import SNAPSHOT, read_bundle
from foresell.errors import DataError, MachineError
from foresell.govern.keeping import kept_bundle
from foresell.govern.registry import Registry
from foresell.spec.project import ProjectSpec
from foresell.spec.registry import Version

if TYPE_CHECKING:
    from foresell.bundle.bundle import Evidence as Judged

_SHOWN = 3
_ROWS = ("history.parquet", "asked.parquet", SNAPSHOT)


@dataclass(frozen=True, kw_only=True)
class NewData:
    """Whether the data at hand is other data than a version learnt from, in a sentence."""

    new: bool
    says: str


def new_data(
    place: DirectoryWorkspace,
    registry: Registry,
    version: Version,
    before: "Judged",
    project: ProjectSpec,
) -> NewData:
    """Compare what a run has just read with what ``version`` learnt from.

    The raw files first. Where their bytes are others, the rows that came of them: a file in another
    order, or written anew, holds nothing new. ``before``: what the version says of itself.

    Raises:
        DataError: the manifest of the run cannot be read.
    """
    try:
        listed = json.loads(place.output("manifest").read_bytes("manifest.json"))["files"]
    except (ValueError, KeyError, MachineError) as error:
        raise DataError(
            "the list of the raw files cannot be read",
            str(place.folder("manifest")),
            "run the project again: foresell run PROJECT --until manifest",
        ) from error
    now = {str(one["name"]): one for one in listed}
    data = before.metadata.get("data")
    files = data.get("files", ()) if isinstance(data, Mapping) else ()
    old = {str(one["name"]): one for one in files}
    other = [
        name
        for name in dict.fromkeys([*old, *now])
        if _digest(old.get(name)) != _digest(now.get(name))
    ]
    if not other:
        same = f"the same {len(now)} files" if len(now) > 1 else "the same file"
        says = f"no new data since version {version.version}: {same}, byte for byte"
        return NewData(new=False, says=says)
    shown = [_change(name, old.get(name), now.get(name)) for name in other[:_SHOWN]]
    more = f" and {len(other) - _SHOWN} more" if len(other) > _SHOWN else ""
    said = f"{', '.join(shown)}{more}"
    if _equal_rows(place, registry, version, before, project):
        says = f"no new data since version {version.version}: other files, {said}, with equal rows"
        return NewData(new=False, says=says)
    return NewData(new=True, says=f"new data since version {version.version}: {said}")


def _equal_rows(
    place: DirectoryWorkspace,
    registry: Registry,
    version: Version,
    before: "Judged",
    project: ProjectSpec,
) -> bool:
    """Tell whether the processed rows are those that a version learnt from, in whatever order.

    False where that cannot be told: a table of more rows than its bundle keeps, or with weights.
    """
    # The stages of training are heavy, and where rows are compared nothing may come to be trained.
    from foresell.pipeline.layer import learning_columns, read_layer  # noqa: PLC0415

    if project.with_role("weight"):
        return False
    processed = place.output("processed")
    kept = read_bundle(
        kept_bundle(registry.vault, version.digest),
        verified=True,
        wanted=lambda name: name in _ROWS,
    )
    if project.kind == "panel":
        asked = place.output("asked")
        some = "asked.parquet" in asked.list()
        there = asked.read_frame("asked.parquet") if some else pl.DataFrame()
        own = there.select(name for name in there.columns if name in kept.asked.columns)
        now = read_layer(processed, learning_columns(project))
        return _same(now, kept.history) and _same(own, kept.asked)
    told = before.metadata.get("snapshot")
    if not isinstance(told, Mapping) or told.get("rows") != told.get("of"):
        return False
    rows = read_layer(processed, project.with_role("feature", "time", "target"))
    return _same(rows.filter(pl.col(project.target).is_not_null()), kept.snapshot)


def _same(first: pl.DataFrame, second: pl.DataFrame) -> bool:
    """Tell whether two tables hold the same rows, each as often, in whatever order."""
    if set(first.columns) != set(second.columns) or first.height != second.height:
        return False
    names = sorted(first.columns)
    if dict(first.schema) != dict(second.schema) or not names:
        return not names and first.height == second.height
    one, other = (frame.select(names).sort(names, nulls_last=True) for frame in (first, second))
    return one.equals(other)


def _digest(file: Mapping[str, Any] | None) -> object:
    return None if file is None else file.get("sha256")


def _change(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    """Return what became of one file, in words."""
    if old is None or new is None:
        return f"{name} ({'added' if old is None else 'gone'})"
    rows = (old.get("rows"), new.get("rows"))
    if all(isinstance(one, int) for one in rows) and rows[0] != rows[1]:
        return f"{name} ({rows[0]:,} to {rows[1]:,} rows)"
    return f"{name} (changed)"
