"""What a load is about: one batch of rows, what is declared of them, and where they go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.showing import is_guarded
from foresell.spec.project import ProjectSpec
from foresell.spec.warehouse import WarehouseSpec


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One batch of a project's rows on its way into the warehouse.

    ``source``: where they came from; ``target``: the database, without user and password.
    ``partial``: a part of what there is, whose volumes are not held against the last whole one's.
    ``synthetic``: our generator made some of its rows.
    """

    batch: str
    source: str
    target: str
    project: ProjectSpec
    contract: Contract
    warehouse: WarehouseSpec
    partial: bool = False
    synthetic: bool = False

    @property
    def guarded(self) -> bool:
        """Whether the files hold personal data, so that no example is shown."""
        return is_guarded(self.contract)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of a delivery, as they are read: columns by their names in staging.

    ``sales`` may lack columns that may be null. ``plan``: the rows that the project is asked for.
    ``losses``: said once the sales have been read, a sentence each.
    """

    sales: Iterable[pl.DataFrame]
    plan: Iterable[pl.DataFrame] = ()
    losses: Sequence[str] = field(default_factory=list)
