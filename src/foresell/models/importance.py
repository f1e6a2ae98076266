"""What matters over a whole window: mean absolute contributions of every candidate."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from foresell.features.levels import Vector
from foresell.models.contributing import forecast_columns
from foresell.models.explaining import candidate_splits
from foresell.models.learner import Learner, PanelForecast
from foresell.models.splitting import PARTS, RESIDUAL, Ground, climb

ROWS = 800  # of the window; TreeSHAP of every row would take longer than the training
COLUMNS = {
    "candidate": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "mean_abs": pl.Float64,
    "mean": pl.Float64,
    "share": pl.Float64,
    "rows": pl.Int64,
}


def importance(
    learner: Learner, ground: Ground, made: PanelForecast, frame: pl.DataFrame
) -> pl.DataFrame:
    """Return how much each part and each column of the data adds, on average over the forecasts.

    ``ground``: of the panel that ``made`` forecasts, and as many steps. ``frame``: the direct frame
    that ``made`` was made from, of at least as many steps. One row a
    candidate, ``kind`` and ``name``: kind ``part`` for the parts of the forecast, ``column`` for
    the columns of the data inside what was learnt (TreeSHAP of boosters, weight times term of
    linear parts). ``mean_abs`` and ``mean`` of the contributions are in the unit of the target,
    over ``rows`` rows drawn by the project's seed; ``share`` is that of the sum of ``mean_abs`` of
    its kind. By candidate and kind, largest first.
    """
    steps, project = made.point.shape[1], ground.project
    within = frame.filter(pl.col("step") <= steps)
    draw = np.random.default_rng(project.seed)
    rows = np.sort(draw.permutation(within.height)[:ROWS])
    ladder = climb(ground, within, rows, by_column=False)
    sampled = within[rows]
    lines: list[dict[str, object]] = []
    for name, split in candidate_splits(learner, project, made, ladder).items():
        columns = dict(split.columns.get(RESIDUAL, {}))
        if not columns and name in learner.fitted.parts:
            columns = forecast_columns(learner.fitted.parts[name], sampled, project)
        parts = {part: split.parts[part] for part in PARTS if part in split.parts}
        lines += _lines(name, "part", parts) + _lines(name, "column", columns)
    return pl.DataFrame(lines, schema=COLUMNS)


def total_parts(
    learner: Learner, ground: Ground, made: PanelForecast, frame: pl.DataFrame
) -> pl.DataFrame:
    """Return what the sum of all series is made of: ``date``, ``part``, ``value``, of the champion.

    ``ground`` and ``frame`` as in `importance`. By date and part, in the order of `PARTS`; the
    values of a date sum to the sum of its forecasts, in the unit of the target.
    """
    steps, project = made.point.shape[1], ground.project
    within = frame.filter(pl.col("step") <= steps)
    every = np.arange(within.height)
    ladder = climb(ground, within, every, by_column=False, told=False)
    parts = candidate_splits(learner, project, made, ladder)[learner.chosen].parts
    dates = within[project.time].head(steps)
    names = [name for name in PARTS if name in parts]
    sums = {name: parts[name].reshape(-1, steps).sum(axis=0) for name in names}
    wide = pl.DataFrame({"date": dates, **sums})
    long = wide.unpivot(names, index="date", variable_name="part", value_name="value")
    return long.sort("date", maintain_order=True)


def _lines(candidate: str, kind: str, named: Mapping[str, Vector]) -> list[dict[str, object]]:
    """Return the lines of one candidate and kind, the largest first."""
    sizes = {name: float(np.abs(values).mean()) for name, values in named.items() if len(values)}
    total = sum(sizes.values())
    return [
        {
            "candidate": candidate,
            "kind": kind,
            "name": name,
            "mean_abs": sizes[name],
            "mean": float(named[name].mean()),
            "share": sizes[name] / total if total > 0 else 0.0,
            "rows": len(named[name]),
        }
        for name in sorted(sizes, key=lambda name: (-sizes[name], name))
    ]
