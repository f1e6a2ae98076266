"""How later stages read what earlier ones wrote: the processed layer, the split, the panel.

The layer is read only where every file is, byte for byte, one that passed the gate.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import polars as pl

from foresell.data.cleaning import learnable
from foresell.data.panel import Panel, lay_out
from foresell.data.row_splits import RowSplit
from foresell.data.splits import Split
from foresell.errors import GateError
from foresell.spec.ports import Store
from foresell.spec.project import ProjectSpec

PASSED = "passed.json"
LATE = "late_"  # what the columns of the second split are called, before their names
_MEND = "let the gate make the layer again: foresell run PROJECT"


def passed_files(processed: Store) -> Mapping[str, str]:
    """Return the sha256 of every file of the layer that passed the gate, by name.

    Raises:
        GateError: nothing passed, a file is gone, or one is there that never passed.
    """
    there = {name for name in processed.list() if name.endswith(".parquet")}
    if PASSED not in processed.list():
        raise GateError("no row has passed the gate", f"processed/{PASSED}", _MEND)
    listed: Any = json.loads(processed.read_bytes(PASSED))
    files: dict[str, str] = listed["files"]
    for name in sorted({*files} ^ there):
        what = "is gone" if name in files else "never passed the gate"
        raise GateError(f"the file {name} {what}", f"processed/{name}", _MEND)
    return files


def layer_parts(
    processed: Store, columns: Sequence[str] | None = None
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the files of the layer by name, in order; only ``columns`` where given.

    Raises:
        GateError: the bytes of a file are not those that passed the gate.
    """
    wanted = list(columns) if columns is not None else None
    for name, digest in sorted(passed_files(processed).items()):
        content = processed.read_bytes(name)
        if hashlib.sha256(content).hexdigest() != digest:
            raise GateError(
                f"the file {name} is not the one that passed the gate", f"processed/{name}", _MEND
            )
        yield name, pl.read_parquet(BytesIO(content), columns=wanted, hive_partitioning=False)


def read_layer(processed: Store, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the processed rows, file by file; only ``columns`` where given.

    Bytes that did not pass the gate are refused.
    """
    return pl.concat([part for _, part in layer_parts(processed, columns)])


def learning_columns(project: ProjectSpec) -> tuple[str, ...]:
    """Return the columns that models may see: those with a role other than ``excluded``."""
    return tuple(name for name, role in project.columns.items() if role != "excluded")


def read_split(splits: Store) -> Split:
    """Return the cuts of a panel, as the stage ``split`` wrote them."""
    raw = json.loads(splits.read_bytes("split.json"))
    return Split(
        first=date.fromisoformat(raw["first"]),
        test_cutoff=date.fromisoformat(raw["test_cutoff"]),
        last_observed=date.fromisoformat(raw["last_observed"]),
    )


def read_row_splits(splits: Store) -> Mapping[str, RowSplit]:
    """Return how the rows of the layer are cut, by the folder of the protocol, delivered one first.

    Each split is in the order of the layer: row k of it is row k of `read_layer`.
    """
    told: Any = json.loads(splits.read_bytes("split.json"))
    frame = splits.read_frame("assignment.parquet")
    found = {}
    for protocol in sorted(told["protocols"].values(), key=lambda one: str(one["folder"])):
        late = LATE if protocol["folder"] else ""
        found[str(protocol["folder"])] = RowSplit(
            split=frame[f"{late}split"].alias("split"),
            fold=frame[f"{late}fold"].alias("fold"),
            timed=bool(protocol["timed"]),
        )
    return found


def read_raw_panel(processed: Store, project: ProjectSpec) -> Panel:
    """Return the whole panel with the target as it was observed: for scores, never for models."""
    return lay_out(lambda columns: (part for _, part in layer_parts(processed, columns)), project)


def read_panel(processed: Store, project: ProjectSpec) -> Panel:
    """Return the whole panel with the target that models learn from, series in key order."""
    return as_learnt(read_raw_panel(processed, project), project)


def as_learnt(panel: Panel, project: ProjectSpec) -> Panel:
    """Return a panel of `read_raw_panel` with the target that models learn from."""
    return replace(panel, target=learnable(panel.target, project.cleaning.negative_target))


def feature_name(day: date) -> str:
    """Return the name of the direct frame of one origin in the store ``features``."""
    return f"cutoff={day.isoformat()}/part-0.parquet"


def feature_frames(features: Store, panel: Panel) -> Callable[[int], pl.DataFrame]:
    """Return the reader of direct frames by origin, as the learner asks for them."""

    def read(cutoff: int) -> pl.DataFrame:
        return features.read_frame(feature_name(panel.dates[cutoff]))

    return read


def read_files(store: Store) -> dict[str, bytes]:
    """Return every file of ``store`` by name."""
    return {name: store.read_bytes(name) for name in store.list()}
