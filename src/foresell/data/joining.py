"""Several tables into one: the first holds the observations, the others are joined to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from foresell.errors import DataError, counted, nearest
from foresell.spec.sources import Table

EXAMPLES = 3
_FOUND, _OTHER = "__found", "__other"


@dataclass(kw_only=True)
class Count:
    """How many rows are of some kind, and the first few of them."""

    rows: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, rows: pl.DataFrame, key: Sequence[str]) -> None:
        """Count ``rows``; the first of each ``key``, in their order, become the examples."""
        self.rows += rows.height
        if len(self.examples) == EXAMPLES:
            return
        told = [[example[name] for name in key] for example in self.examples]
        firsts = rows.unique(key, keep="first", maintain_order=True).head(2 * EXAMPLES).to_dicts()
        new = [row for row in firsts if [row[name] for name in key] not in told]
        self.examples += new[: EXAMPLES - len(self.examples)]


class Joiner:
    """Joins the other tables to the first, left, batch by batch, and remembers what was found.

    ``unmatched``: by joined table, the rows of the first one with no partner in it; an example is
    the key that was looked for. ``disagreeing``: by ``table.column``, the rows where a column that
    stands in both has two values; an example is the key, the value ``kept`` (that of the table
    before) and the ``other`` one. No key stands twice among the examples. ``guarded``: an error
    shows no key, for the files hold personal data. ``beside``: such columns, by ``table.column``,
    whose other value is kept too, under that name; null where a row has no partner.
    """

    def __init__(
        self,
        others: Sequence[tuple[Table, pl.DataFrame]],
        *,
        guarded: bool = False,
        beside: Collection[str] = (),
    ) -> None:
        for table, other in others:
            _check_keys(table, other, guarded=guarded)
        self._others = [
            (table, other.with_columns(pl.lit(1).alias(_FOUND))) for table, other in others
        ]
        self.unmatched = {table.name: Count() for table, _ in others}
        self.disagreeing: dict[str, Count] = {}
        self._beside = frozenset(beside)

    def join(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return ``rows``, in their order and number, with the columns of the other tables.

        A ``DataError``: a join column is missing.
        """
        for table, other in self._others:
            on = list(table.join_on)
            _refuse_missing(table, on, rows.columns, "the tables before it")
            both = [name for name in other.columns if name in rows.columns and name not in on]
            found = rows.join(other, on=on, how="left", suffix=_OTHER, maintain_order="left")
            alone = found.filter(pl.col(_FOUND).is_null())
            self.unmatched[table.name].add(alone.select(on), on)
            for name in both:
                differs = pl.col(name) != pl.col(f"{name}{_OTHER}")
                pair = [pl.col(name).alias("kept"), pl.col(f"{name}{_OTHER}").alias("other")]
                count = self.disagreeing.setdefault(f"{table.name}.{name}", Count())
                count.add(found.lazy().filter(differs).select(*on, *pair).collect(), on)
            kept = {
                f"{name}{_OTHER}": f"{table.name}.{name}"
                for name in both
                if f"{table.name}.{name}" in self._beside
            }
            others = {f"{name}{_OTHER}" for name in both}
            rows = found.drop(_FOUND, *(others - kept.keys())).rename(kept)
        return rows


def _check_keys(table: Table, other: pl.DataFrame, *, guarded: bool) -> None:
    """Refuse a table whose rows its keys do not tell apart: the join would multiply rows.

    Raises:
        DataError: a key stands twice; the first ones are named, unless they are ``guarded``.
    """
    on = list(table.join_on)
    _refuse_missing(table, on, other.columns, table.file)
    if not (twice := other.select(on).is_duplicated()).any():
        return
    keys = other.filter(twice).select(on).unique().sort(on)
    shown = "; ".join(
        ", ".join(f"{name}={row[name]}" for name in on) for row in keys.head(EXAMPLES).to_dicts()
    )
    raise DataError(
        f"{counted(keys.height, 'key')} {'stands' if keys.height == 1 else 'stand'} "
        f"on more than one row{'' if guarded else f': {shown}'}",
        table.file,
        f"keep one row for each ({', '.join(on)}), or declare more columns in join_on",
    )


def _refuse_missing(table: Table, on: Sequence[str], columns: Sequence[str], side: str) -> None:
    """Refuse a join by columns that are not there.

    Raises:
        DataError: the first such column, and the nearest one that is there.
    """
    for name in on:
        if name not in columns:
            raise DataError(
                f"the join column {name!r} is missing",
                f"{side}, joined by tables.{table.name}.join_on",
                nearest(name, columns),
            )
