"""How later stages read what earlier ones wrote: the processed layer, the split, the panel."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO

import polars as pl

from foresell.data.cleaning import learnable
from foresell.data.panel import Panel, build_panel
from foresell.data.splits import Split
from foresell.spec.ports import Store
from foresell.spec.project import ProjectSpec


def read_layer(processed: Store, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the processed rows by series and date; only ``columns`` where given."""
    wanted = list(columns) if columns is not None else None
    parts = [
        pl.read_parquet(BytesIO(processed.read_bytes(name)), columns=wanted)
        for name in processed.list()
    ]
    return pl.concat(parts)


def read_split(splits: Store) -> Split:
    """Return the cuts written by the stage ``split``."""
    raw = json.loads(splits.read_bytes("split.json"))
    return Split(
        first=date.fromisoformat(raw["first"]),
        test_cutoff=date.fromisoformat(raw["test_cutoff"]),
        last_observed=date.fromisoformat(raw["last_observed"]),
    )


def read_raw_panel(processed: Store, project: ProjectSpec) -> Panel:
    """Return the whole panel with the target as it was observed: for scores, never for models."""
    return build_panel(read_layer(processed).sort([*project.keys, project.time]), project)


def read_panel(processed: Store, project: ProjectSpec) -> Panel:
    """Return the whole panel with the target that models learn from, series in key order."""
    panel = read_raw_panel(processed, project)
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
