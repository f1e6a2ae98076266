"""Values of the columns that tell series apart, which training never held."""

from collections.abc import Sequence

import polars as pl

from foresell.errors import counted

_NAMED = 5  # values of a column
_LONG = 40  # characters of a value


def new_levels(learnt: pl.DataFrame, asked: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Return a sentence for each of ``names`` with values that ``learnt`` never held, most first.

    >>> rows = [pl.DataFrame({"kind": kinds}) for kinds in (["food"], ["food", "toys", "toys"])]
    >>> new_levels(*rows, ["kind"])
    ['kind: toys (2 rows) was never in training']
    """
    said = []
    for name in names:
        if name not in learnt.columns or name not in asked.columns:
            continue
        held = learnt[name].cast(pl.String).unique()
        fresh = (
            asked
            .select(level=pl.col(name).cast(pl.String))
            .drop_nulls()
            .filter(~pl.col("level").is_in(held.implode()))
            .group_by("level")
            .agg(rows=pl.len())
            .sort("rows", "level", descending=[True, False])
        )
        if fresh.is_empty():
            continue
        told = [
            f"{level if len(level) <= _LONG else f'{level[:_LONG]}…'} ({counted(rows, 'row')})"
            for level, rows in fresh.head(_NAMED).iter_rows()
        ]
        more = f" and {fresh.height - _NAMED:,} more" if fresh.height > _NAMED else ""
        were = "was" if fresh.height == 1 else "were"
        said.append(f"{name}: {', '.join(told)}{more} {were} never in training")
    return said
