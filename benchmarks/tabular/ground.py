"""The rows that are scored and how they are cut: as `foresell run` cuts them, a seed a split.

Every split is that of the project's own declaration (`foresell.data.row_splits`); only the seed
changes. foresell learns from the rows "train" and calibrates on "calibration"; the other libraries
learn from both. All are scored on the rows "test".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

import foresell
from foresell.contracts.contract import LogicalType, parse_contract
from foresell.data.row_splits import RowSplit, split_by_groups, split_in_time
from foresell.data.splits import identity_columns
from foresell.pipeline.layer import read_layer
from foresell.settings import read_settings
from foresell.spec.project import ProjectSpec
from foresell.wiring import runs as wiring


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A project and all its rows that passed the gate. ``kinds``: contract types by column."""

    project: ProjectSpec
    kinds: Mapping[str, LogicalType]
    rows: pl.DataFrame
    key: tuple[str, ...]

    def cut(self, seed: int) -> tuple[ProjectSpec, RowSplit]:
        """Return the project with another seed, and the split it draws."""
        drawn = replace(self.project, seed=seed)
        return drawn, split_by_groups(self.rows, drawn, identity_columns(drawn, self.key))

    def cut_in_time(self) -> tuple[ProjectSpec, RowSplit]:
        """Return the project as declared and its split in time."""
        return self.project, split_in_time(
            self.rows, self.project, identity_columns(self.project, self.key)
        )


def ground(name: str, folder: Path) -> Ground:
    """Return the rows of the project ``name`` whose raw files are in ``folder``."""
    with TemporaryDirectory() as home:
        foresell.run(name, data=folder, until="validate", home=home)
        texts, project = wiring.declaration(name, read_settings(Path(home)))
        contract = parse_contract(texts.contract_text, name)
        place = wiring.workspace(name, read_settings(Path(home)))
        rows = read_layer(place.output("processed"))
    kinds = {column: about.logical_type for column, about in contract.columns.items()}
    return Ground(project=project, kinds=kinds, rows=rows, key=tuple(contract.key))
