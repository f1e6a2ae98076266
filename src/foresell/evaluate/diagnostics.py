"""Where the errors sit: by step, by level of the quantiles, in total, and in a few series."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from foresell.data.panel import Panel
from foresell.evaluate.leaderboard import align
from foresell.evaluate.segments import horizon_buckets
from foresell.spec.forecast import QUANTILES
from foresell.spec.ordered_sums import ordered_mean, ordered_sum
from foresell.spec.project import ProjectSpec

_RESIDUALS = 5000
_PLACES = (0.0, 0.004, 0.02, 0.1, 0.2, 0.35, 0.45, 0.55, 0.7, 0.85)  # in the ranking by volume
_NAMES = ((0.05, "big"), (0.4, "upper half"), (0.6, "middle"), (1.0, "small"))


def errors_by_step(
    truth: pl.DataFrame, forecasts: Mapping[str, pl.DataFrame], project: ProjectSpec
) -> pl.DataFrame:
    """Return ``candidate``, ``step``, ``wape``: sum of |error| / sum of |truth|, null if that is 0.

    ``truth`` and ``forecasts`` as `foresell.evaluate.leaderboard` describes them; the result is by
    candidate, then by step.
    """
    parts = []
    for name in sorted(forecasts):
        rows = align(truth, forecasts[name], project, name)
        size = ordered_sum(pl.col("y").abs())
        parts.append(
            rows
            .group_by("step")
            .agg(
                pl
                .when(size > 0)
                .then(ordered_sum((pl.col("prediction") - pl.col("y")).abs()) / size)
                .alias("wape")
            )
            .sort("step")
            .select(pl.lit(name).alias("candidate"), "step", "wape")
        )
    return pl.concat(parts)


def calibration(truth: pl.DataFrame, forecast: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return ``level``, ``bucket``, ``observed``: the share of truth below each quantile.

    Truth equal to the quantile counts half, so that days on which nothing can be sold (0 = 0) say
    neither too high nor too low. Buckets: "all", then those of the horizon in order.
    """
    rows = align(truth, forecast, project, "champion")
    buckets = [("all", pl.lit(value=True))]
    longest = max(project.horizon, project.split.test)
    buckets += [
        (f"{first}-{last}", pl.col("step").is_between(first, last))
        for first, last in horizon_buckets(longest, project.frequency)
    ]
    found = [
        {
            "level": level,
            "bucket": name,
            "observed": rows
            .filter(where)
            .select(
                ordered_mean(
                    (pl.col("y") < pl.col(f"q{level}")) + (pl.col("y") <= pl.col(f"q{level}"))
                )
                / 2
            )
            .item(),
        }
        for name, where in buckets
        for level in QUANTILES
    ]
    schema = {"level": pl.Float64, "bucket": pl.String, "observed": pl.Float64}
    return pl.DataFrame(found, schema=schema).drop_nulls("observed")


def totals(
    truth: pl.DataFrame, forecast: pl.DataFrame, baseline: pl.DataFrame, project: ProjectSpec
) -> pl.DataFrame:
    """Return ``date``, ``y``, ``prediction``, ``baseline``: sums over all judged rows of a date."""
    own = align(truth, forecast, project, "champion")
    other = align(truth, baseline, project, "baseline").select(baseline=pl.col("prediction"))
    return (
        pl
        .concat([own, other], how="horizontal")
        .group_by(pl.col(project.time).alias("date"))
        .agg(ordered_sum(pl.col("y", "prediction", "baseline")))
        .sort("date")
    )


def residuals(truth: pl.DataFrame, forecast: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return ``error``: forecast less truth as a share of the series' mean, evenly sampled.

    At most 5,000 rows, every n-th in key order; series without a positive mean are left out.
    """
    rows = align(truth, forecast, project, "champion").filter(pl.col("volume") > 0)
    every = max(1, rows.height // _RESIDUALS)
    errors = (pl.col("prediction") - pl.col("y")) / pl.col("volume")
    return rows.gather_every(every).select(errors.alias("error"))


def pick_samples(panel: Panel, cutoff: int) -> Sequence[tuple[int, str]]:
    """Return up to a dozen series worth a look, as (row of the panel, why): big ones first.

    By mean target up to ``cutoff``, among series observed to the end; then the most erratic of
    the bigger half (coefficient of variation), then the one with the shortest history.
    """
    past = panel.target[:, : cutoff + 1]
    seen = np.isfinite(past)
    count = seen.sum(axis=1)
    sums = np.where(seen, past, 0.0).sum(axis=1)
    mean = np.divide(sums, count, out=np.zeros_like(sums), where=count > 0)
    alive = np.isfinite(panel.target[:, cutoff + 1 : panel.cutoff + 1]).all(axis=1)
    full = np.flatnonzero(alive & (count >= 0.9 * count.max()) & (mean > 0))
    ranked = full[np.argsort(-mean[full], kind="stable")]
    if len(ranked) == 0:
        return []
    picks = {int(ranked[place]): _size(place / len(ranked)) for place in _places(len(ranked))}
    bigger = np.array([row for row in ranked[: len(ranked) // 2 + 1] if int(row) not in picks])
    if len(bigger):
        spread = np.nanstd(past[bigger], axis=1) / mean[bigger]
        picks[int(bigger[int(np.argmax(spread))])] = "erratic"
    young = np.flatnonzero(alive & (count > 0) & (count < 0.9 * count.max()))
    if len(young):
        picks[int(young[np.argsort(count[young], kind="stable")][0])] = "short history"
    return list(picks.items())


def _places(n: int) -> Sequence[int]:
    """Return up to ten distinct places of a ranking of ``n``, spread as `_PLACES` says."""
    places: list[int] = []
    for share in _PLACES:
        place = int(share * (n - 1))
        places.append(max(place, places[-1] + 1 if places else 0))
    return [place for place in places if place < n]


def _size(share: float) -> str:
    """Return what a place in the ranking by volume is called; ``share`` from 0 to 1."""
    return next(name for limit, name in _NAMES if share <= limit)
