"""What reconciling did to the test window: every level's error, by where its forecast is from.

And how often the level's own quantiles, as they are delivered, held what was then observed.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from foresell.data.panel import Matrix, Panel
from foresell.features.alignment import year_periods
from foresell.features.hierarchy import hierarchy_levels, own_forecasts
from foresell.features.season import plan_factors
from foresell.features.threads import one_thread
from foresell.models.coherence import RECONCILED
from foresell.models.learner import Learner
from foresell.models.level_sums import Known, level_sums
from foresell.spec.forecast import BANDS, quantile_columns
from foresell.spec.ordered_sums import one_piece, ordered_sum
from foresell.spec.project import ProjectSpec

SERIES = "series"
SCHEMA = {
    "level": pl.String,
    "forecast": pl.String,
    "n": pl.Int64,
    "wape": pl.Float64,
    "mae": pl.Float64,
    "rmse": pl.Float64,
    **{f"coverage_{percent}": pl.Float64 for percent in BANDS},
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
    (of the series: the candidate that is reconciled). ``coverage_80`` and ``coverage_95``: the
    share inside these bands of the forecast that is delivered, null for the others. No rows without
    a hierarchy.
    """
    reconciling = learner.reconciling
    if project.hierarchy is None or reconciling is None:
        return pl.DataFrame(schema=SCHEMA)
    keys, time = list(project.keys), project.time
    rows = truth.select(*keys, time, "y")
    for name, candidate in (("bottom_up", reconciling.source), ("reconciled", RECONCILED)):
        made = forecasts[candidate].select(*keys, time, pl.col("prediction").alias(f"__{name}"))
        rows = rows.join(made, on=[*keys, time], how="left", maintain_order="left")
    described = pl.concat([known.keys, known.static, _usual(known, project)], how="horizontal")
    rows = rows.join(described, on=keys, how="left", maintain_order="left")
    delivered = _delivered(rows, forecasts[learner.chosen], project, learner)
    way = "reconciled" if learner.chosen == RECONCILED else "bottom_up"
    alone = rows.with_columns(__own=pl.col("__bottom_up"))
    tables = [_errors(SERIES, alone, (way, _covered(delivered, rows)))]
    sure = Known(
        time=time,
        buckets=learner.buckets,
        method=learner.interval_method,
        series=described.filter(pl.col("__usual") > 0),
    )
    steps = int(truth["step"].to_numpy().max(initial=1))
    levels = hierarchy_levels(known, project.hierarchy.levels)
    bottom = _grid(known, project, forecasts[reconciling.source], steps)
    with one_thread():
        planned = plan_factors(known, project, learner.recipe, steps)
        targets = own_forecasts(known, project, levels, planned, bottom)
    for level, target, band in zip(levels, targets, reconciling.bands, strict=True):
        own = _long(level.nodes, known, time, target)
        sums = _sums(rows, level.columns, time)
        on = [*level.columns, time]
        sums = sums.join(own, on=on, how="left", nulls_equal=True, maintain_order="left")
        bands = level_sums(delivered, level.columns, band, sure)
        bands = sums.select(on).join(
            bands, on=on, how="left", nulls_equal=True, maintain_order="left"
        )
        tables.append(_errors(level.name, sums, (way, _covered(bands, sums))))
    return pl.concat(tables)


def _usual(known: Panel, project: ProjectSpec) -> pl.DataFrame:
    """Return ``__usual``: the mean size of each series in the last year, 0 of one not seen then."""
    year = np.abs(known.target[:, : known.cutoff + 1][:, -year_periods(project) :])
    count = np.isfinite(year).sum(axis=1)
    return pl.DataFrame({"__usual": np.nan_to_num(year).sum(axis=1) / np.maximum(count, 1)})


def _delivered(
    rows: pl.DataFrame, made: pl.DataFrame, project: ProjectSpec, learner: Learner
) -> pl.DataFrame:
    """Return ``rows`` with the forecast that is delivered, its quantiles, method and step."""
    identity = [*project.keys, project.time]
    own = made.select(
        *identity,
        "prediction",
        *quantile_columns(),
        pl.col("step").cast(pl.Int64).alias("__step"),
        pl.lit(learner.interval_method).alias("interval_method"),
    )
    return rows.join(own, on=identity, how="left", maintain_order="left")


def _covered(bands: pl.DataFrame, truth: pl.DataFrame) -> dict[str, float]:
    """Return the share of ``y`` inside each band, row by row of both."""
    true = truth["y"]
    return {
        f"coverage_{percent}": float(
            true.is_between(bands[f"q{low}"], bands[f"q{high}"]).mean() or 0.0  # type: ignore[arg-type]
        )
        for percent, (low, high) in BANDS.items()
    }


def _grid(known: Panel, project: ProjectSpec, made: pl.DataFrame, steps: int) -> Matrix:
    """Return (n series, steps) what was forecast, 0 where nothing was."""
    keys = list(project.keys)
    cells = known.keys.join(pl.DataFrame({"step": range(1, steps + 1)}), how="cross")
    own = made.select(*keys, pl.col("step").cast(pl.Int64), "prediction")
    found = cells.join(own, on=[*keys, "step"], how="left", maintain_order="left")
    return found["prediction"].fill_null(0.0).to_numpy().reshape(known.n_series, steps)


def _sums(rows: pl.DataFrame, columns: Sequence[str], time: str) -> pl.DataFrame:
    """Return the sums of truth and forecasts by node and date."""
    groups = rows.group_by([*columns, time], maintain_order=True)
    return groups.agg(ordered_sum(pl.col("y", "__bottom_up", "__reconciled")))


def _long(nodes: pl.DataFrame, known: Panel, time: str, own: Matrix) -> pl.DataFrame:
    """Return the own forecasts as rows: the level's columns, date, ``__own``."""
    count, steps = own.shape
    first = known.cutoff + 1
    place = np.repeat(np.arange(count), steps)
    dates = pl.Series(time, list(known.dates[first : first + steps]) * count, dtype=pl.Date)
    columns = [nodes[name][place] for name in nodes.columns]
    return pl.DataFrame([*columns, dates, pl.Series("__own", own.ravel())])


def _errors(
    level: str, sums: pl.DataFrame, covered: tuple[str, Mapping[str, float]]
) -> pl.DataFrame:
    """Return one row for each forecast of a level: n, WAPE, MAE, RMSE and coverage.

    ``covered``: which of the forecasts is delivered, and how often its bands held.
    """
    size = float(one_piece(sums["y"].abs()).sum())
    found = []
    for name in ("own", "bottom_up", "reconciled"):
        miss = (sums["y"] - sums[f"__{name}"]).to_numpy()
        found.append({
            "level": level,
            "forecast": name,
            "n": len(miss),
            "wape": float(np.abs(miss).sum() / size) if size > 0 else None,
            "mae": float(np.abs(miss).mean()),
            "rmse": float(np.sqrt((miss**2).mean())),
            **(covered[1] if name == covered[0] else {}),
        })
    return pl.DataFrame(found, schema=SCHEMA)
