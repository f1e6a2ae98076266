"""The event-aligned seasonal base of every series, as of one origin.

What the same dates and events a year before were worth, for the series itself (``base``), as its
group remembers it (``pooled``) and as the pool's shape at the series' recent level
(``level_shape``), with the year-on-year growth of series and groups beside them. Everything is
computed from the panel as known at its cutoff.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.features.alignment import Sources, sources, week_periods, year_periods
from foresell.features.calendar import period_dates
from foresell.features.effects import drift_effects, weekday_profile
from foresell.features.levels import SHAPE_BOUNDS, Levels, Vector, fit_levels, smooth_history
from foresell.features.months import month_effects
from foresell.features.planned import planned_effects, without_effects
from foresell.features.pools import Recipe, group_codes, group_sum
from foresell.features.years import (
    OWN_SHARE,
    SHAPE_SHARE,
    SMOOTH_SHARE,
    Years,
    steadied,
    years_of,
)
from foresell.spec.project import ProjectSpec

GROWTH_BOUND = 0.7  # of log growth: between half and double
GROWTH_SHRINK = 2.0  # observations that weigh as much as "no growth"


@dataclass(frozen=True, kw_only=True)
class Season:
    """The seasonal view of every series from one origin; n series, s steps.

    ``base``, ``pooled``, ``level_shape``: (n, s), unit of the target, all finite. ``growth``: log
    year-on-year growth, (n,) each: ``series``, ``series_short`` and ``key_NAME`` per key column.
    ``volatility``: (n,) mean absolute miss of the base over the recent periods, per scale.
    ``planned``: (n, s) the factor of the known-future covariates, which the three hold (`planned`).
    ``known_source``: for each known-future covariate what it was in the source periods, (n, s).
    ``aligned``: (s,) whether the step follows an event.
    """

    levels: Levels
    base: Matrix
    pooled: Matrix
    level_shape: Matrix
    growth: Mapping[str, Vector]
    volatility: Vector
    known_source: Mapping[str, Matrix]
    planned: Matrix
    aligned: NDArray[np.bool_]


def recent_windows(project: ProjectSpec) -> tuple[int, int]:
    """Return the long and the short window of recent periods: 13 and 4 weeks, 56 and 14 days."""
    return (56, 14) if week_periods(project) == 7 else (13, 4)


def lead_codes(panel: Panel, recipe: Recipe) -> NDArray[np.int64]:
    """Return the groups whose series share a season: the coarsest pool but everything."""
    return group_codes(panel, recipe.chain[-2] if len(recipe.chain) > 1 else ())


def plan_factors(panel: Panel, project: ProjectSpec, recipe: Recipe, steps: int) -> Matrix:
    """Return (n series, periods to the cutoff + ``steps``): the factor of what is planned.

    See `planned_effects`; the groups are those that share a season.
    """
    codes = lead_codes(panel, recipe)
    return planned_effects(panel, project, codes, panel.cutoff + 1 + steps)


def fit_season(
    panel: Panel, project: ProjectSpec, recipe: Recipe, steps: int, planned: Matrix | None = None
) -> Season:
    """Return the season of every series for the ``steps`` periods after the panel's cutoff.

    Looks at nothing but ``panel.until(panel.cutoff)``. ``planned``: its `plan_factors`, if they are
    at hand.
    """
    cutoff = panel.cutoff
    dates = period_dates(panel.dates, project.frequency, cutoff + 1 + steps)
    codes = lead_codes(panel, recipe)
    if planned is None:
        planned = plan_factors(panel, project, recipe, steps)
    history = without_effects(panel.target[:, : cutoff + 1], planned[:, : cutoff + 1])
    panel, planned = replace(panel, target=history), planned[:, cutoff + 1 :]
    levels = fit_levels(panel, project, recipe)
    weekly = weekday_profile(project, levels, codes, history, len(dates))
    units = history / weekly[:, : cutoff + 1] / levels.scale[:, None]
    factor = drift_effects(project, dates, codes, units, levels.share >= 0.5)
    units = units / factor[:, : cutoff + 1]
    factor *= weekly * month_effects(project, dates, codes, units, levels.share >= 0.5)
    clean = history / factor[:, : cutoff + 1]
    smooth = smooth_history(levels, codes, clean, factor[:, : cutoff + 1])
    filled = np.where(np.isfinite(clean), clean, smooth)
    shape = np.clip(levels.shape / factor[:, : cutoff + 1], *SHAPE_BOUNDS)
    long = min(recent_windows(project)[0], cutoff + 1)
    found = sources(project, dates)
    filled, smooth, shape = _steadied(filled, smooth, shape, years_of(project, found))
    where = _reachable(found, cutoff, year_periods(project))
    window = slice(cutoff + 1 - long, cutoff + 1 + steps)
    views = [_shifted(values, where, window) * factor[:, window] for values in (filled, smooth)]
    shaped = _shifted(shape, where, window) * factor[:, window]
    behind = where.weight[window][:long].sum(axis=1) > 0
    back = np.where(behind, views[0][:, :long], np.nan)
    return Season(
        levels=levels,
        base=views[0][:, long:] * planned,
        pooled=views[1][:, long:] * planned,
        level_shape=_at_recent_level(history[:, -long:], shaped, levels, behind) * planned,
        growth=_growths(panel, project, history[:, -long:], back),
        volatility=_volatility(history[:, -long:], back, levels),
        known_source={
            name: _known_source(values, where, slice(cutoff + 1, cutoff + 1 + steps))
            for name, values in panel.known.items()
        },
        planned=planned,
        aligned=where.aligned[cutoff + 1 :],
    )


def _steadied(
    filled: Matrix, smooth: Matrix, shape: Matrix, years: Years
) -> tuple[Matrix, Matrix, Matrix]:
    """Return the three views of the history, each steadied by the years before (`steadied`).

    What a series adds to its pool's shape is steadied apart from the shape, since more of it is
    accident.
    """
    kept = steadied(shape, years, SHAPE_SHARE)
    own = steadied(filled / shape, years, OWN_SHARE)
    pooled = steadied(smooth / shape, years, SMOOTH_SHARE)
    return own * kept, pooled * kept, kept


def _reachable(where: Sources, cutoff: int, year: int) -> Sources:
    """Move sources that lie after the cutoff back by whole years; those before time weigh 0."""
    beyond = np.maximum(0, -((cutoff - where.index) // year))
    index = where.index - beyond * year
    return Sources(
        index=index, weight=np.where(index >= 0, where.weight, 0.0), aligned=where.aligned
    )


def _shifted(values: Matrix, where: Sources, window: slice) -> Matrix:
    """Return (n series, window): ``values`` at the sources of the window's periods.

    Where no source is within reach: the mean of the last four weeks' worth of values.
    """
    index, weight = where.index[window], where.weight[window]
    total = weight.sum(axis=1)
    share = weight / np.where(total > 0, total, 1.0)[:, None]
    picked = np.zeros((values.shape[0], index.shape[0]))
    for place in range(index.shape[1]):
        picked += values[:, np.maximum(index[:, place], 0)] * share[:, place]
    recent = values[:, -28 if index.shape[1] > 2 else -4 :].mean(axis=1, keepdims=True)
    return np.where(total > 0, picked, recent)


def _known_source(values: Matrix, where: Sources, window: slice) -> Matrix:
    """Return a known covariate at the sources of the window's periods, NaN where unknown."""
    index, weight = where.index[window], where.weight[window]
    picked = np.zeros((values.shape[0], index.shape[0]))
    total = np.zeros_like(picked)
    for place in range(index.shape[1]):
        taken = values[:, np.maximum(index[:, place], 0)]
        known = np.isfinite(taken)
        picked += np.where(known, taken, 0.0) * weight[:, place]
        total += known * weight[:, place]
    return np.where(total > 0, picked / np.where(total > 0, total, 1.0), np.nan)


def _at_recent_level(
    recent: Matrix, shaped: Matrix, levels: Levels, known: NDArray[np.bool_]
) -> Matrix:
    """Return the pool's shape at the level of the series' recent observations, shrunk to scale.

    ``known``: whether a year lies behind each recent period; the others count only if all are so.
    """
    long = recent.shape[1]
    seen = np.isfinite(recent) & (known if known.any() else ~known)
    prior = GROWTH_SHRINK
    sold = np.where(seen, recent, 0.0).sum(axis=1) + prior * levels.scale
    expected = np.where(seen, shaped[:, :long], 0.0).sum(axis=1) + prior
    level: Vector = sold / expected
    return shaped[:, long:] * level[:, None]


def _growths(panel: Panel, project: ProjectSpec, recent: Matrix, back: Matrix) -> dict[str, Vector]:
    """Return log growth of the recent periods against the base that would have been theirs.

    ``back`` is NaN where no year lies behind a period: such periods say nothing about growth.
    """
    short = recent_windows(project)[1]
    growth = {
        "series": _log_growth(recent, back),
        "series_short": _log_growth(recent[:, -short:], back[:, -short:]),
    }
    seen = np.isfinite(recent) & np.isfinite(back)
    for key in project.keys:
        codes = group_codes(panel, [key])
        now = group_sum(np.where(seen, recent, 0.0), codes)
        then = group_sum(np.where(seen, back, 0.0), codes)
        any_seen = group_sum(seen.astype(np.float64), codes) > 0
        growth[f"key_{key}"] = _log_growth(np.where(any_seen, now, np.nan), then)[codes]
    return growth


def _log_growth(now: Matrix, then: Matrix) -> Vector:
    """Return the log of sum over sum of the observed periods, shrunk and bounded."""
    seen = np.isfinite(now) & np.isfinite(then)
    count = seen.sum(axis=1)
    top = np.where(seen, now, 0.0).sum(axis=1)
    bottom = np.where(seen, then, 0.0).sum(axis=1)
    fine = (top > 0) & (bottom > 0)
    logs = np.log(np.where(fine, top, 1.0) / np.where(fine, bottom, 1.0))
    shrunk: Vector = logs * count / (count + GROWTH_SHRINK)
    return np.clip(shrunk, -GROWTH_BOUND, GROWTH_BOUND)


def _volatility(recent: Matrix, back: Matrix, levels: Levels) -> Vector:
    """Return the recent mean absolute miss of the base per scale, shrunk to the median series."""
    seen = np.isfinite(recent) & np.isfinite(back)
    miss = np.where(seen, np.abs(recent - back), 0.0).sum(axis=1) / levels.scale
    count = seen.sum(axis=1)
    typical = float(np.median(miss[count > 0] / count[count > 0])) if seen.any() else 0.2
    volatility: Vector = (miss + GROWTH_SHRINK * typical) / (count + GROWTH_SHRINK)
    return volatility
