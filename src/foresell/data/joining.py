"""Several files into one: the first holds the observations, the others are joined to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from foresell.errors import DataError, nearest
from foresell.spec.project import Table


@dataclass(frozen=True, kw_only=True)
class Joined:
    """The joined rows, in the order of the first table, and what the joins found.

    ``unmatched``: rows of the first table with no partner, per joined table. ``disagreeing``: rows
    where a column that stands in two tables has two values, per ``table.column``; the first
    table's value is kept.
    """

    frame: pl.DataFrame
    unmatched: Mapping[str, int]
    disagreeing: Mapping[str, int]


def join_tables(tables: Sequence[tuple[Table, pl.DataFrame]]) -> Joined:
    """Join every later table to the first, left, by its declared keys.

    The number of rows never changes. A ``SpecError``-free declaration can still meet a file without
    its key columns or with a key twice; both are refused.
    """
    (_, frame), *others = tables
    unmatched: dict[str, int] = {}
    disagreeing: dict[str, int] = {}
    for table, other in others:
        on = list(table.join_on)
        _check_keys(frame, other, table)
        both = [name for name in other.columns if name in frame.columns and name not in on]
        found = frame.join(
            other.with_columns(pl.lit(value=True).alias("__found")),
            on=on,
            how="left",
            suffix="__other",
            maintain_order="left",
        )
        unmatched[table.name] = int(found["__found"].is_null().sum())
        for name in both:
            differs = found[name] != found[f"{name}__other"]
            disagreeing[f"{table.name}.{name}"] = int(differs.sum())
        frame = found.drop("__found", *(f"{name}__other" for name in both))
    return Joined(frame=frame, unmatched=unmatched, disagreeing=disagreeing)


def _check_keys(frame: pl.DataFrame, other: pl.DataFrame, table: Table) -> None:
    """Refuse a join that would lose or multiply rows.

    Raises:
        DataError: a key column is missing on one side, or a key stands twice in the joined table.
    """
    on = list(table.join_on)
    for side, columns in ((table.file, other.columns), ("the tables before it", frame.columns)):
        for name in on:
            if name not in columns:
                raise DataError(
                    f"the join column {name!r} is missing",
                    f"{side}, joined by tables.{table.name}.join_on",
                    nearest(name, columns),
                )
    twice = other.group_by(on).len().filter(pl.col("len") > 1).sort(on)
    if twice.height:
        shown = "; ".join(
            ", ".join(f"{name}={row[name]}" for name in on) for row in twice.head(3).to_dicts()
        )
        raise DataError(
            f"{twice.height} key(s) stand on more than one row: {shown}",
            table.file,
            f"keep one row for each ({', '.join(on)}), or declare more columns in join_on",
        )
