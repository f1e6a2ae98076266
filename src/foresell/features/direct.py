"""The direct frame: one row per series and step of one origin, the same for training and serving.

Nothing after the origin is looked at but the calendar and known-future covariates, so the frame
that training read and the frame that serving makes for the same origin are the same bytes.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.errors import SpecError
from foresell.features.alignment import year_periods
from foresell.features.calendar import calendar_columns, event_columns, period_dates
from foresell.features.covariates import ahead, cell_covariates, season_lag, series_covariates
from foresell.features.levels import Vector
from foresell.features.pools import Recipe, category_codes, numeric_statics
from foresell.features.rolling import origin_lags, rolling, since_seen
from foresell.features.season import Season, fit_season, lead_codes
from foresell.features.threads import one_thread
from foresell.spec.project import ProjectSpec

Column = NDArray[np.float32]
OWN = ("step", "level_used", "scale", "base")  # columns of a direct frame that no key may be named


def direct_frame(
    panel: Panel,
    project: ProjectSpec,
    recipe: Recipe,
    cutoff: int,
    steps: int,
    planned: Matrix | None = None,
) -> pl.DataFrame:
    """Return (n series x steps) rows, series-major: what is known at ``cutoff`` of each target.

    Key columns as in the panel; the time column (the target's date); ``step`` (1, 2, ...);
    ``level_used``; ``scale`` and ``base`` (unit of the target, float64, finite); then float32
    features, targets per scale, NaN (null in the frame: never) where unknown.
    A key or a time column with the name of a column of the frame is refused. ``planned``: the
    `plan_factors` of the panel as known at ``cutoff``, if they are at hand.
    """
    _refuse_own_names(project)
    with one_thread():
        seen = panel.until(cutoff)
        return _made(seen, project, recipe, fit_season(seen, project, recipe, steps, planned))


def _refuse_own_names(project: ProjectSpec) -> None:
    """Refuse a declared column that would be mixed up with one of the frame's own.

    Raises:
        SpecError: a key or the time column has the name of a column of the frame.
    """
    named = (*project.keys, project.time)
    if taken := sorted({name for name in named if name in OWN or name.startswith("x_")}):
        raise SpecError(
            f"the key or time columns {taken} have names that foresell's own columns have",
            f"columns of project {project.name!r}",
            f"rename them in the data and the project: not {', '.join(OWN)} nor x_...",
        )


def _made(seen: Panel, project: ProjectSpec, recipe: Recipe, season: Season) -> pl.DataFrame:
    """Return the frame of `direct_frame` from the panel as ``seen`` at its cutoff."""
    cutoff, steps = seen.cutoff, season.base.shape[1]
    dates = period_dates(seen.dates, project.frequency, cutoff + 1 + steps)[cutoff + 1 :]
    rows = np.repeat(np.arange(seen.n_series), steps)
    per_series = _series_columns(seen, project, recipe, season)
    per_step = {
        **calendar_columns(project, dates),
        **event_columns(project, seen.dates[0], np.arange(cutoff + 1, cutoff + 1 + steps)),
        "aligned": season.aligned.astype(np.float32),
    }
    per_cell = _cell_columns(seen, project, recipe, season, steps)
    return seen.keys[rows].with_columns(
        pl.Series(project.time, list(dates) * seen.n_series, dtype=pl.Date),
        pl.Series("step", np.tile(np.arange(1, steps + 1, dtype=np.int32), seen.n_series)),
        pl.Series("level_used", list(season.levels.level_used), dtype=pl.String)[rows],
        pl.Series("scale", season.levels.scale[rows]),
        pl.Series("base", season.base.ravel()),
        *(pl.Series(f"x_{name}", _f32(values)[rows]) for name, values in per_series.items()),
        *(
            pl.Series(f"x_{name}", np.tile(values, seen.n_series))
            for name, values in per_step.items()
        ),
        *(pl.Series(f"x_{name}", _f32(values.ravel())) for name, values in per_cell.items()),
        pl.Series("x_step", np.tile(np.arange(1, steps + 1, dtype=np.float32), seen.n_series)),
    )


def feature_names(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return the feature columns of a direct frame, in order."""
    return tuple(name for name in frame.columns if name.startswith("x_"))


def _f32(values: Vector) -> Column:
    """Return ``values`` as float32; what is too large for it is unknown."""
    bounded = np.where(np.abs(values) < 3e38, values, np.nan)
    return bounded.astype(np.float32)


def _series_columns(
    seen: Panel, project: ProjectSpec, recipe: Recipe, season: Season
) -> Mapping[str, Vector]:
    """Return the features that are the same for every step: (n series,) each."""
    history = seen.target[:, : seen.cutoff + 1]
    units = history / season.levels.scale[:, None]
    spec = project.features
    columns: dict[str, Vector] = {
        **origin_lags(units, spec.lags),
        **rolling(units, spec.windows, spec.statistics),
        **{f"growth_{name}": values for name, values in season.growth.items()},
        "volatility": season.volatility,
        "log_scale": np.log(season.levels.scale),
        "seen": np.isfinite(history).sum(axis=1).astype(np.float64),
        "seen_share": season.levels.share,
        "since_seen": since_seen(history),
    }
    columns.update(series_covariates(seen, spec, lead_codes(seen, recipe)))
    for name in recipe.categories:
        columns[f"code_{name}"] = category_codes(seen, recipe, name).astype(np.float64)
    for name in numeric_statics(seen):
        columns[f"static_{name}"] = seen.static[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return columns


def _cell_columns(
    seen: Panel, project: ProjectSpec, recipe: Recipe, season: Season, steps: int
) -> Mapping[str, Matrix]:
    """Return the features of a series at a step: (n series, steps) each."""
    scale = season.levels.scale[:, None]
    columns: dict[str, Matrix] = {
        "base": season.base / scale,
        "pooled": season.pooled / scale,
        "level_shape": season.level_shape / scale,
        "season": season_lag(seen.target, seen.cutoff, project.season, steps) / scale,
        "planned": season.planned,
    }
    for name, values in seen.known.items():
        columns[f"known_{name}"] = ahead(values, seen.cutoff, steps)
        columns[f"source_{name}"] = season.known_source[name]
    place = (steps, year_periods(project))
    codes = lead_codes(seen, recipe)
    columns.update(cell_covariates(seen, project.features, codes, project.horizon, place))
    return columns
