"""How the gate reads what ``ingest`` wrote: the landing, part by part."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.gate import ROW
from foresell.errors import DataError
from foresell.spec.ports import Store


@dataclass(frozen=True, kw_only=True)
class Landing:
    """The rows as they landed, in reading order, in parts that fit in memory.

    ``schema``: the types of the columns of the contract that were kept, without ``__row``.
    ``dropped``: those that were not, and why. ``rows``: how many rows there are in all parts.
    """

    store: Store
    rows: int
    schema: Mapping[str, pl.DataType]
    dropped: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that were kept."""
        return tuple(self.schema)

    def parts(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the parts: ``__row`` and all columns, or ``__row`` and ``columns``."""
        wanted = [ROW, *(self.columns if columns is None else columns)]
        for name in _parts(self.store):
            yield pl.read_parquet(BytesIO(self.store.read_bytes(name)), columns=wanted)


def open_landing(store: Store, contract: Contract) -> Landing:
    """Return the landing kept in ``store``.

    Raises:
        DataError: a column of the contract neither landed nor was dropped.
    """
    report: Mapping[str, Any] = json.loads(store.read_bytes("report.json"))
    first = _parts(store)[0]
    landed = pl.read_parquet_schema(BytesIO(store.read_bytes(first)))
    dropped = _dropped(report.get("dropped", ()), contract)
    for name in contract.columns:
        if name not in landed and name not in dropped:
            raise DataError(
                f"the column {name!r} did not land",
                f"landing/{first}",
                "read the files again: foresell run PROJECT",
            )
    schema = {name: landed[name] for name in contract.columns if name in landed}
    return Landing(store=store, rows=report["rows"], schema=schema, dropped=dropped)


def _parts(store: Store) -> Sequence[str]:
    """Return the names of the parts, in reading order."""
    return [name for name in store.list() if name.endswith(".parquet")]


def _dropped(names: Sequence[str], contract: Contract) -> Mapping[str, str]:
    """Return why each column of ``names`` was dropped as it was read."""
    return {
        name: "personal data"
        if name in contract.columns and contract.columns[name].personal
        else "cleaning.drop"
        for name in names
    }
