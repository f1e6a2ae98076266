"""The single numbers of a description: how many rows, series, periods, and what the target is."""

from typing import Any

import numpy as np
import polars as pl

from foresell.eda.context import EdaContext
from foresell.eda.grid import Grid, named_keys, numbers_of
from foresell.spec.project import ProjectSpec


def target_facts(target: pl.Series) -> dict[str, Any]:
    """Return ``target``: n, missing, sum, mean, median, min, max, zeros, negatives.

    >>> target_facts(pl.Series([0.0, 3.0, None]))["target"]["sum"]
    3.0
    """
    values = np.sort(numbers_of(target.drop_nulls()))
    some = len(values) > 0
    return {
        "target": {
            "n": len(values),
            "missing": target.null_count(),
            "sum": float(values.sum()),
            "mean": float(values.mean()) if some else None,
            "median": float(np.median(values)) if some else None,
            "min": float(values[0]) if some else None,
            "max": float(values[-1]) if some else None,
            "zeros": int((values == 0).sum()),
            "negatives": int((values < 0).sum()),
        }
    }


def panel_facts(
    grid: Grid, series: pl.DataFrame, project: ProjectSpec, context: EdaContext
) -> dict[str, Any]:
    """Return the facts of a panel.

    ``target`` (see `target_facts`), ``first``, ``last``, ``periods``, ``series``, ``complete``
    (series with a value in every period), ``gapped``, ``shortest``, ``longest``, ``keys`` (distinct
    values of each) and ``asked``: of the rows to forecast n, first, last, periods, series, and new
    series; None where none are asked for.
    """
    keys = grid.keys.columns
    asked = None
    if context.asked is not None and context.asked.height:
        rows = context.asked
        named = named_keys(rows, project.keys).cast(grid.keys.schema).unique()
        asked = {
            "n": rows.height,
            "first": str(rows[project.time].min()),
            "last": str(rows[project.time].max()),
            "periods": rows[project.time].n_unique(),
            "series": named.height,
            "new_series": named.join(grid.keys, on=keys, how="anti").height,
        }
    n = series["n"].to_numpy()
    return {
        **target_facts(grid.frame[project.target]),
        "first": str(grid.dates[0]),
        "last": str(grid.dates[-1]),
        "periods": len(grid.dates),
        "series": series.height,
        "complete": int((n == len(grid.dates)).sum()),
        "gapped": int((series["gaps"].to_numpy() > 0).sum()),
        "shortest": int(n.min()),
        "longest": int(n.max()),
        "keys": {key: grid.frame[key].n_unique() for key in project.keys},
        "asked": asked,
    }


def row_facts(rows: pl.DataFrame, project: ProjectSpec) -> dict[str, Any]:
    """Return the facts of a table of rows.

    ``first`` and ``last`` day, None without dates; ``groups`` by column with the role group, how
    many there are; ``columns``.
    """
    timed = project.timed and project.time in rows.columns
    days = rows[project.time] if timed and rows[project.time].count() else None
    return {
        "first": None if days is None else str(days.min()),
        "last": None if days is None else str(days.max()),
        "groups": {
            name: rows[name].n_unique()
            for name in project.with_role("group")
            if name in rows.columns
        },
        "columns": rows.width,
    }
