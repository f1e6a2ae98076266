"""Keys that stand on more than one row, found a share of the rows at a time."""

from collections.abc import Sequence

import polars as pl

BUCKET = "__bucket"


def split_by_key(
    frame: pl.DataFrame, columns: Sequence[str], buckets: int
) -> dict[int, pl.DataFrame]:
    """Return the rows of ``frame`` by bucket; rows with equal ``columns`` are in the same one.

    Rows with a null in ``columns`` are left out: nulls are never equal. The order of rows is kept.
    """
    whole = frame.drop_nulls(list(columns))
    if buckets == 1:
        return {0: whole}
    bucket = pl.struct(columns).hash(seed=0) % buckets
    parts = whole.with_columns(bucket.alias(BUCKET)).partition_by(
        BUCKET, as_dict=True, include_key=False, maintain_order=True
    )
    return {int(number): part for (number,), part in parts.items()}


def repeated(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return the rows whose ``columns`` stand on more than one row, in their order.

    Every row that shares its key is returned, the first as well. Rows with a null in ``columns``
    share nothing.
    """
    whole, names = frame.drop_nulls(list(columns)), list(columns)
    if whole.n_unique(names) == whole.height:
        return whole.clear()
    return whole.filter(pl.struct(names).is_duplicated())
