"""Which columns each of several raw tables has, as far as the training rows show it."""

from collections.abc import Mapping, Sequence

import polars as pl

from foresell.spec.project import ProjectSpec


def joined_columns(
    learnt: pl.DataFrame, spec: ProjectSpec, names: Sequence[str]
) -> Mapping[str, tuple[str, ...]]:
    """Return of each joined table which of ``names`` its files have, in their order.

    Nobody declares that: a contract is of the joined rows. A column is one of the table with the
    fewest ``join_on`` by which ``learnt`` (rows,) has one value of it and no more; the target and
    what names a row are of the first table. Nothing is said of a table whose ``join_on`` name a
    whole row, as all columns have one value by it, and nothing without rows.

    >>> from foresell.spec.sources import Table
    >>> from types import SimpleNamespace
    >>> sales = Table(name="sales", file="sales.csv")
    >>> stores = Table(name="stores", file="stores.csv", join_on=("store",))
    >>> spec = SimpleNamespace(tables=(sales, stores), target="sold", keys=("store",), time="day")
    >>> spec.timed = True
    >>> rows = pl.DataFrame({"store": [1, 1, 2], "day": [1, 2, 1], "size": [9, 9, 4]})
    >>> joined_columns(rows.with_columns(sold=5), spec, ["store", "day", "size", "sold"])
    {'stores': ('store', 'size')}
    """
    own = {spec.target, *spec.keys, *([spec.time] if spec.timed else [])}
    free = [name for name in names if name in learnt.columns and name not in own]
    found: dict[str, tuple[str, ...]] = {}
    if learnt.is_empty():
        return found
    rows = learnt.n_unique(subset=list(own & {*learnt.columns} - {spec.target}))
    for table in sorted(spec.tables[1:], key=lambda one: len(one.join_on)):
        by = list(table.join_on)
        if not by or not set(by) <= set(learnt.columns):
            continue
        levels = learnt.select(by).n_unique()
        if levels == rows:
            continue
        held = [one for one in free if learnt.select(*by, one).n_unique() == levels]
        free = [one for one in free if one not in held]
        found[table.name] = tuple(name for name in names if name in {*by, *held})
    return found
