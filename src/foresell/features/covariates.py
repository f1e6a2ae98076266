"""Features of covariates: promotions, prices, and what is known only when a period is over.

Names tell what a column rests on, and so who may leave it out: ``past_`` on past-only covariates as
of the origin, ``promo_`` on the plan of promotions, ``ratio_`` on prices known in advance.
"""

from collections.abc import Mapping

import numpy as np

from foresell.data.panel import Matrix, Panel
from foresell.features.levels import Vector
from foresell.features.pools import Codes, group_sum
from foresell.features.rolling import last_known, origin_lags, rolling
from foresell.spec.features import FeatureSpec

RATIOS = (1 / 64, 64.0)  # bounds of a price ratio; powers of two are the same as float32


def series_covariates(seen: Panel, spec: FeatureSpec, codes: Codes) -> dict[str, Vector]:
    """Return the declared features that are the same for every step: (n series,) each.

    ``seen``: the panel as known at its cutoff. ``codes``: (n series,) the groups that prices are
    compared in. In the covariates' own units; NaN where unknown, which is never zero. In order:
    ``past_NAME`` (the newest known value), ``past_NAME_lag_K``, ``past_NAME_mean_W``,
    ``past_NAME_known`` (1 where the value of the last period is known), ``past_NAME_to_recent`` and
    ``past_NAME_to_group`` (ratios), ``promo_NAME_share`` (of the recent periods with a promotion).
    """
    columns: dict[str, Vector] = {}
    end = seen.cutoff + 1
    for name, values in seen.past.items():
        columns[f"past_{name}"] = newest = last_known(values[:, :end])
        own = {
            **origin_lags(values[:, :end], spec.covariate_lags.get(name, ())),
            **rolling(values[:, :end], spec.covariate_windows.get(name, ()), ("mean",)),
        }
        columns.update({f"past_{name}_{part}": found for part, found in own.items()})
        if name in spec.markdowns:
            columns[f"past_{name}_known"] = np.isfinite(values[:, end - 1]).astype(np.float64)
        if name in spec.price_ratios:
            recent = _recent_mean(values[:, :end], spec.price_window)
            columns[f"past_{name}_to_recent"] = _ratio(newest, recent)
            mates = _group_mean(newest[:, None], codes)[:, 0]
            columns[f"past_{name}_to_group"] = _ratio(newest, mates)
    for name in spec.promotions:
        recently = seen.known[name][:, max(0, end - spec.promotion_window) : end]
        columns[f"promo_{name}_share"] = _recent_mean(_on(recently), spec.promotion_window)
    return columns


def cell_covariates(
    seen: Panel, spec: FeatureSpec, codes: Codes, horizon: int, place: tuple[int, int]
) -> Mapping[str, Matrix]:
    """Return the declared features of a series at a step: (n series, steps) each.

    ``place``: steps, and the periods of a year. ``past_NAME_year``: the value a year before the
    target's period, or so many years that it lies before the origin. ``promo_NAME_to`` and
    ``promo_NAME_since``: periods to the next start of a promotion, in the plan up to the
    ``horizon``, and since the last; 0 at a start, capped. ``ratio_NAME_recent`` and
    ``ratio_NAME_group``: the price of the step against the series' own recent mean, and against
    its group's of the same step.
    """
    steps, year = place
    columns = {
        f"past_{name}_year": season_lag(seen.past[name], seen.cutoff, year, steps)
        for name in spec.covariate_year
    }
    for name in spec.promotions:
        to, since = _starts(seen.known[name], seen.cutoff, horizon, spec.promotion_window)
        for end, found in (("to", to), ("since", since)):
            columns[f"promo_{name}_{end}"] = ahead(found, -1, steps, float(spec.promotion_window))
    for name in spec.price_ratios:
        if name in seen.known:
            values = ahead(seen.known[name], seen.cutoff, steps)
            recent = _recent_mean(seen.known[name][:, : seen.cutoff + 1], spec.price_window)
            columns[f"ratio_{name}_recent"] = _ratio(values, recent[:, None])
            columns[f"ratio_{name}_group"] = _ratio(values, _group_mean(values, codes))
    return columns


def ahead(values: Matrix, cutoff: int, steps: int, beyond: float = np.nan) -> Matrix:
    """Return columns ``cutoff + 1 .. cutoff + steps``, ``beyond`` past the end.

    >>> ahead(np.array([[1.0, 2.0, 3.0]]), 1, 2).tolist()
    [[3.0, nan]]
    """
    out = np.full((values.shape[0], steps), beyond)
    part = values[:, cutoff + 1 : cutoff + 1 + steps]
    out[:, : part.shape[1]] = part
    return out


def season_lag(values: Matrix, cutoff: int, season: int, steps: int) -> Matrix:
    """Return the value of the same period of the last whole season before the origin, or NaN.

    >>> season_lag(np.array([[1.0, 2.0, 3.0, 4.0]]), 3, 2, 3).tolist()
    [[3.0, 4.0, 3.0]]
    """
    periods = cutoff + np.arange(1, steps + 1)
    back = -(-np.arange(1, steps + 1) // season) * season
    source = periods - back
    return np.where(source >= 0, values[:, np.maximum(source, 0)], np.nan)


def _on(values: Matrix) -> Matrix:
    """Return 1 where a promotion is on, 0 where it is not, NaN where that is unknown."""
    return np.where(np.isfinite(values), (values > 0).astype(np.float64), np.nan)


def _starts(values: Matrix, cutoff: int, horizon: int, window: int) -> tuple[Matrix, Matrix]:
    """Return (n series, horizon) each: periods to the next start of a promotion and since the last.

    Nothing beyond the horizon is looked at, since whoever forecasts has no plan beyond it.
    """
    first = max(0, cutoff + 1 - window)
    plan = ahead(values, first - 1, cutoff + 1 + horizon - first)
    on = np.where(np.isfinite(plan), plan, 0.0) > 0
    begins = on.copy()
    begins[:, 1:] &= ~on[:, :-1]
    begins[:, 0] &= first == 0
    place = np.arange(plan.shape[1], dtype=np.float64)
    last = np.maximum.accumulate(np.where(begins, place, -np.inf), axis=1)
    following = np.where(begins, place, np.inf)[:, ::-1]
    following = np.minimum.accumulate(following, axis=1)[:, ::-1]
    here = slice(cutoff + 1 - first, None)
    return (
        np.minimum(following - place, window)[:, here],
        np.minimum(place - last, window)[:, here],
    )


def _recent_mean(values: Matrix, window: int) -> Vector:
    """Return (n series,) the mean of the known values among the last ``window`` columns, or NaN."""
    return rolling(values, [window], ["mean"])[f"mean_{window}"]


def _group_mean(values: Matrix, codes: Codes) -> Matrix:
    """Return the mean of each group per column, in the shape of ``values``."""
    known = np.isfinite(values)
    count = group_sum(known.astype(np.float64), codes)
    total = group_sum(np.where(known, values, np.nan), codes)
    mean: Matrix = np.where(count > 0, total / np.maximum(count, 1.0), np.nan)
    return mean[codes]


def _ratio(values: Matrix, to: Matrix) -> Matrix:
    """Return ``values / to`` within `RATIOS`; NaN where either is unknown or not above 0."""
    fine = (values > 0) & (to > 0)
    ratio = np.where(fine, values, 1.0) / np.where(fine, to, 1.0)
    return np.where(fine, np.clip(ratio, *RATIOS), np.nan)
