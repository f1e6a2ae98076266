"""What reconciling did to the test window: every level's error, by where its forecast is from."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from foresell.data.panel import Matrix, Panel
from foresell.features.hierarchy import hierarchy_levels, own_forecasts
from foresell.features.season import plan_factors
from foresell.models.coherence import RECONCILED
from foresell.models.learner import Learner
from foresell.spec.project import ProjectSpec

SERIES = "series"
SCHEMA = {
    "level": pl.String,
    "forecast": pl.String,
    "n": pl.Int64,
    "wape": pl.Float64,
    "mae": pl.Float64,
    "rmse": pl.Float64,
}


def level_scores(
    known: Panel,
    project: ProjectSpec,
    truth: pl.DataFrame,
    forecasts: Mapping[str, pl.DataFrame],
    learner: Learner,
) -> pl.DataFrame:
    """Return the errors of the series and of each declared level on the rows of ``truth``.

    ``known``: the panel as learnt from, cut at the test cutoff. ``forecasts``: long frames by
    candidate. A level's truth is the sum of what was observed; ``bottom_up`` and ``reconciled``
    are sums of the same rows, before and after; ``own`` is the level's forecast from its own past
    (of the series: the candidate that is reconciled). No rows without a hierarchy.
    """
    reconciling = learner.reconciling
    if project.hierarchy is None or reconciling is None:
        return pl.DataFrame(schema=SCHEMA)
    keys, time = list(project.keys), project.time
    rows = truth.select(*keys, time, "y")
    for name, candidate in (("bottom_up", reconciling.source), ("reconciled", RECONCILED)):
        made = forecasts[candidate].select(*keys, time, pl.col("prediction").alias(name))
        rows = rows.join(made, on=[*keys, time], how="left", maintain_order="left")
    described = pl.concat([known.keys, known.static], how="horizontal")
    rows = rows.join(described, on=keys, how="left", maintain_order="left")
    tables = [_errors(SERIES, rows.with_columns(own=pl.col("bottom_up")))]
    steps = int(truth["step"].to_numpy().max(initial=1))
    levels = hierarchy_levels(known, project.hierarchy.levels)
    planned = plan_factors(known, project, learner.recipe, steps)
    bottom = _grid(known, project, forecasts[reconciling.source], steps)
    targets = own_forecasts(known, project, levels, planned, bottom)
    for level, target in zip(levels, targets, strict=True):
        own = _long(level.nodes, known, time, target)
        sums = _sums(rows, level.columns, time)
        on = [*level.columns, time]
        sums = sums.join(own, on=on, how="left", nulls_equal=True, maintain_order="left")
        tables.append(_errors(level.name, sums))
    return pl.concat(tables)


def _grid(known: Panel, project: ProjectSpec, made: pl.DataFrame, steps: int) -> Matrix:
    """Return (n series, steps) what was forecast, 0 where nothing was."""
    keys = list(project.keys)
    cells = known.keys.join(pl.DataFrame({"step": range(1, steps + 1)}), how="cross")
    own = made.select(*keys, pl.col("step").cast(pl.Int64), "prediction")
    found = cells.join(own, on=[*keys, "step"], how="left", maintain_order="left")
    return found["prediction"].fill_null(0.0).to_numpy().reshape(known.n_series, steps)


def _sums(rows: pl.DataFrame, columns: Sequence[str], time: str) -> pl.DataFrame:
    """Return the sums of truth and forecasts by node and date."""
    groups = rows.group_by([*columns, time], maintain_order=True)  # or sums differ in a last digit
    return groups.agg(pl.col("y", "bottom_up", "reconciled").sum())


def _long(nodes: pl.DataFrame, known: Panel, time: str, own: Matrix) -> pl.DataFrame:
    """Return the own forecasts as rows: the level's columns, date, ``own``."""
    count, steps = own.shape
    first = known.cutoff + 1
    place = np.repeat(np.arange(count), steps)
    dates = pl.Series(time, list(known.dates[first : first + steps]) * count, dtype=pl.Date)
    columns = [nodes[name][place] for name in nodes.columns]
    return pl.DataFrame([*columns, dates, pl.Series("own", own.ravel())])


def _errors(level: str, sums: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each forecast of a level: n, WAPE, MAE and RMSE."""
    size = float(sums["y"].abs().sum())
    found = []
    for name in ("own", "bottom_up", "reconciled"):
        miss = (sums["y"] - sums[name]).to_numpy()
        found.append({
            "level": level,
            "forecast": name,
            "n": len(miss),
            "wape": float(np.abs(miss).sum() / size) if size > 0 else None,
            "mae": float(np.abs(miss).mean()),
            "rmse": float(np.sqrt((miss**2).mean())),
        })
    return pl.DataFrame(found, schema=SCHEMA)
