"""Rows summed up to the series that are forecast: at once, or in parts that are put together."""

from collections.abc import Callable, Iterable, Mapping

import polars as pl

from foresell.spec.cleaning import Aggregate, Grouping
from foresell.spec.ordered_sums import ordered_mean, ordered_sum

_COUNT = "__n_"


def _sum(values: pl.Expr) -> pl.Expr:
    """Return the sum; a sum of nothing is null, not zero."""
    return pl.when(values.count() > 0).then(ordered_sum(values))


_VERBS: Mapping[Aggregate, Callable[[pl.Expr], pl.Expr]] = {
    "sum": _sum,
    "mean": ordered_mean,
    "max": pl.Expr.max,
    "min": pl.Expr.min,
    "first": pl.Expr.first,
}


def group_rows(frame: pl.DataFrame, grouping: Grouping) -> pl.DataFrame:
    """Sum rows up to one per combination of ``grouping.by``, sorted by it.

    (n rows, c columns) -> (groups, by + aggregated columns). Booleans are averaged as 0 and 1; a
    null is left out of a sum or mean; a group of nulls stays null.
    """
    by = list(grouping.by)
    return (
        frame
        .sort(frame.columns)  # so that a floating sum never depends on the order of rows
        .group_by(by, maintain_order=True)
        .agg(_VERBS[verb](pl.col(name)) for name, verb in grouping.columns.items())
        .sort(by)
    )


def partial_groups(frame: pl.DataFrame, grouping: Grouping) -> pl.DataFrame:
    """Sum one part of the rows up, so that ``join_groups`` can put parts together.

    As ``group_rows``, with the sum of a column that is averaged, and beside it the number of values
    in ``__n_<column>``.
    """
    averaged = [name for name, verb in grouping.columns.items() if verb == "mean"]
    verbs: Mapping[str, Aggregate] = {**grouping.columns, **dict.fromkeys(averaged, "sum")}
    counted = frame.with_columns(
        pl.col(name).is_not_null().cast(pl.UInt64).alias(_COUNT + name) for name in averaged
    ).with_columns(pl.col(averaged).cast(pl.Float64))
    counts: Mapping[str, Aggregate] = {_COUNT + name: "sum" for name in averaged}
    return group_rows(counted, Grouping(by=grouping.by, columns={**verbs, **counts}))


def join_groups(parts: Iterable[pl.DataFrame], grouping: Grouping) -> pl.DataFrame:
    """Put the results of ``partial_groups`` together, in the order of ``parts``.

    Equal to ``group_rows`` of all rows at once, except that floating sums are taken part by part,
    and ``first`` is that of the first part that has the group.
    """
    averaged = [name for name, verb in grouping.columns.items() if verb == "mean"]
    verbs: Mapping[str, Aggregate] = {
        **grouping.columns,
        **dict.fromkeys(averaged, "sum"),
        **{_COUNT + name: "sum" for name in averaged},
    }
    by = list(grouping.by)
    return (
        pl
        .concat(list(parts))
        .group_by(by, maintain_order=True)
        .agg(_VERBS[verb](pl.col(name)) for name, verb in verbs.items())
        .with_columns(pl.col(name) / pl.col(_COUNT + name) for name in averaged)
        .select(*by, *grouping.columns)
        .sort(by)
    )
