"""The rows of a panel that stand out: jumps from one period to the next, and extreme values."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from foresell.eda.grid import Grid
from foresell.spec.project import ProjectSpec

_SHOWN = 10


def extremes(
    grid: Grid, project: ProjectSpec, events: Mapping[date, Sequence[str]]
) -> pl.DataFrame:
    """Return the table ``extremes``: ten rises, falls, highest and lowest values.

    A jump is between two periods next to each other that both have a value. Of equal ones the first
    in key and date order come first. Zero is no low value that stands out.
    ``events``: as for the totals.
    """
    near = (np.diff(grid.series, prepend=-1) == 0) & (np.diff(grid.period, prepend=0) == 1)
    before = np.where(near, np.append([np.nan], grid.y[:-1]), np.nan)
    change = grid.y - before
    parts = []
    for kind, values in (
        ("rise", np.where(change > 0, -change, np.nan)),
        ("fall", np.where(change < 0, change, np.nan)),
        ("highest", -grid.y),
        ("lowest", np.where(grid.y == 0, np.nan, grid.y)),
    ):
        order = np.argsort(values, kind="stable")  # NaN comes last
        rows = order[: min(_SHOWN, int(np.isfinite(values).sum()))]
        parts.append(
            grid.keys[grid.series[rows]].with_columns(
                grid.frame[project.time][rows].alias("date"),
                pl.lit(kind).alias("kind"),
                pl.Series("y", grid.y[rows], dtype=pl.Float64),
                pl.Series("before", before[rows], dtype=pl.Float64),
                pl.Series("change", change[rows], dtype=pl.Float64),
                pl.Series(
                    "events",
                    [", ".join(events.get(grid.dates[at], ())) for at in grid.period[rows]],
                    dtype=pl.String,
                ),
            )
        )
    return pl.concat(parts).with_columns(pl.col("before", "change").fill_nan(None))
