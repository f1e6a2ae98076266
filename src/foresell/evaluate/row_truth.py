"""What is judged of a table: the rows of a test with their truth, and how each row is named."""

from collections.abc import Sequence

import polars as pl

from foresell.data.row_weights import row_weights
from foresell.spec.project import ProjectSpec

ROW = "row"  # the place of a row in the processed layer, from 0


def row_truth(
    frame: pl.DataFrame, rows: pl.Series, project: ProjectSpec, key: Sequence[str]
) -> pl.DataFrame:
    """Return the judged rows of ``frame``: the processed layer, whole and in its order.

    ``rows``: (n,) booleans. ``key``: the contract's key columns. Columns: key, groups, time, the
    features, ``row``, ``y`` (raw target, Float64) and ``weight`` where a column has that role (0
    where it is null). Rows whose target is null are left out: nothing is known of them. Sorted by
    ``row``. A weight below 0 is a DataError.
    """
    names = dict.fromkeys((*key, *project.with_role("key", "group", "time", "feature")))
    weights = row_weights(frame, project)
    counted = () if weights is None else (weights.alias("weight"),)
    return (
        frame
        .with_columns(*counted)
        .with_row_index(ROW)
        .filter(rows)
        .filter(pl.col(project.target).is_not_null())
        .select(
            *(name for name in names if name in frame.columns),
            ROW,
            pl.col(project.target).cast(pl.Float64).alias("y"),
            *(one.name for one in counted),
        )
    )
