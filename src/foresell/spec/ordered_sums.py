"""Sums of floats that are the same to the last bit on any number of threads, in every run.

A sum of floats depends on the order in which it is taken, and Polars 2.1 chooses that order anew:
``group_by(...).agg(pl.col(x).sum())`` of 1,000 rows or more adds up what its threads found in parts
of the rows, in the order in which they get done (``maintain_order`` orders only the groups); and a
sum over whole columns adds up their chunks, of which a sort, a filter or a join makes as many as
there are threads, and ``over`` and ``pivot`` do either. So what is summed is put into one list
first, of one group's values in the order of the rows, and a list is summed at once. That takes no
longer.
"""

import polars as pl


def ordered_sum(values: pl.Expr) -> pl.Expr:
    """Return the sum of ``values`` of a group (in ``agg``, ``over``) or of all rows (``select``).

    As `polars.Expr.sum` of numbers: nulls are left out, of nothing it is 0, in the type of the
    values; several columns have a sum each.

    >>> rows = pl.DataFrame({"store": ["a", "a", "b"], "units": [1.5, 2.0, None]})
    >>> rows.group_by("store", maintain_order=True).agg(ordered_sum(pl.col("units"))).rows()
    [('a', 3.5), ('b', 0.0)]
    """
    total = values.implode().list.sum()
    return pl.when(total != 0).then(total).otherwise(total.abs())  # that of an empty list is -0.0


def ordered_mean(values: pl.Expr) -> pl.Expr:
    """Return the mean of ``values``, as `ordered_sum` takes sums; null of nothing.

    >>> rows = pl.DataFrame({"store": ["a", "a", "b"], "units": [1.5, 2.0, None]})
    >>> rows.group_by("store", maintain_order=True).agg(ordered_mean(pl.col("units"))).rows()
    [('a', 1.75), ('b', None)]
    """
    return values.implode().list.mean()


def ordered_std(values: pl.Expr) -> pl.Expr:
    """Return the standard deviation of a sample, of numbers as `ordered_sum` takes sums.

    Null of fewer than two.

    >>> pl.DataFrame({"units": [1.0, 3.0, 5.0]}).select(ordered_std(pl.col("units"))).item()
    2.0
    """
    return values.implode().list.std()


def one_piece(values: pl.Series) -> pl.Series:
    """Return ``values`` in one chunk, so that its sum or mean is always taken in the same order.

    >>> one_piece(pl.Series([1.5]).append(pl.Series([2.5]))).n_chunks()
    1
    """
    return values.rechunk()
