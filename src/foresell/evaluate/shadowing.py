"""Two versions that answered the same rows, compared: how far apart, how quick, and who was nearer.

One report for each pair of versions, the live one and its shadow, for a number means nothing where
it mixes several.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.evaluate.metrics import Rows, score

Vector = NDArray[np.float64]

PAIR = ("version", "shadow_version")
LINES: Mapping[str, pl.DataType] = {
    "timestamp": pl.String(),
    "request_id": pl.String(),
    "row": pl.Int64(),
    "version": pl.String(),
    "shadow_version": pl.String(),
    "prediction": pl.Float64(),
    "shadow_prediction": pl.Float64(),
    "delta": pl.Float64(),
    "latency_ms": pl.Float64(),
    "shadow_latency_ms": pl.Float64(),
    "refused": pl.String(),
}
ACTUAL = "actual"
_QUANTILES = {"p01": 0.01, "p10": 0.1, "p50": 0.5, "p90": 0.9, "p99": 0.99}
_SPEEDS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_REASONS = 3
_Z = 1.959963984540054  # of a normal distribution: 95 % lie within


@dataclass(frozen=True, kw_only=True)
class PairReport:
    """What is known of one pair of versions.

    ``rows`` that both were asked, of which ``scored`` have an answer of the shadow and ``refused``
    none; ``reasons``: why, the most frequent first, with their numbers. ``first``, ``last``: when,
    UTC. ``delta``: shadow less live, in the unit of the target: ``mean``, ``mean_abs``, ``min``,
    quantiles, ``max``, ``share_higher``, ``share_equal``, and ``relative``, the sum of absolute
    deltas over that of absolute live answers; None where nothing was scored or, of ``relative``,
    all answers are 0. ``latency_ms``: ``live`` and ``shadow`` in their models, a request counted
    once. ``actuals``: see `_truth`; None where none are known.
    """

    version: str
    shadow_version: str
    rows: int
    scored: int
    refused: int
    reasons: Mapping[str, int]
    first: str
    last: str
    delta: Mapping[str, float | None] | None
    latency_ms: Mapping[str, Mapping[str, float] | None]
    actuals: Mapping[str, Any] | None


def compare_pairs(lines: pl.DataFrame) -> tuple[PairReport, ...]:
    """Return a report for each pair of versions in ``lines``, the pair that was met last first.

    ``lines``: the columns of `LINES`, in any order of rows, and `ACTUAL` where truth is known, null
    where it is not.
    """
    pairs = lines.partition_by(PAIR, maintain_order=True, include_key=True)
    return tuple(
        sorted(
            map(_report, pairs),
            key=lambda one: (one.last, one.version, one.shadow_version),
            reverse=True,
        )
    )


def _report(lines: pl.DataFrame) -> PairReport:
    """Return the report of one pair."""
    scored = lines.filter(pl.col("delta").is_not_null())
    reasons = (
        lines
        .filter(pl.col("refused").is_not_null())
        .group_by("refused")
        .len()
        .sort("len", "refused", descending=[True, False])
        .head(_REASONS)
    )
    first, last = lines["timestamp"].min(), lines["timestamp"].max()
    return PairReport(
        version=lines["version"][0],
        shadow_version=lines["shadow_version"][0],
        rows=lines.height,
        scored=scored.height,
        refused=lines.height - scored.height,
        reasons=dict(reasons.iter_rows()),
        first=str(first),
        last=str(last),
        delta=_delta(scored) if scored.height else None,
        latency_ms={
            "live": _speeds(lines, "latency_ms"),
            "shadow": _speeds(lines, "shadow_latency_ms"),
        },
        actuals=_truth(scored) if ACTUAL in lines.columns else None,
    )


def _delta(scored: pl.DataFrame) -> dict[str, float | None]:
    """Return how far the shadow's answers lie from the live ones."""
    delta = np.sort(scored["delta"].to_numpy())  # so that the order of lines changes no bit
    live = float(np.sort(np.abs(scored["prediction"].to_numpy())).sum())
    apart = float(np.sort(np.abs(delta)).sum())
    return {
        "mean": float(delta.mean()),
        "mean_abs": apart / len(delta),
        "relative": apart / live if live else None,
        "min": float(delta[0]),
        **_quantiles(delta, _QUANTILES),
        "max": float(delta[-1]),
        "share_higher": float((delta > 0).mean()),
        "share_equal": float((delta == 0).mean()),
    }


def _speeds(lines: pl.DataFrame, name: str) -> dict[str, float] | None:
    """Return quantiles of a latency, a request counted once; None where it is not known."""
    found = lines.filter(pl.col("row") == 1)[name].drop_nulls().to_numpy()
    return _quantiles(found, _SPEEDS) if len(found) else None


def _quantiles(values: Vector, wanted: Mapping[str, float]) -> dict[str, float]:
    """Return quantiles by name."""
    found = np.quantile(values, list(wanted.values()))
    return dict(zip(wanted, map(float, found), strict=True))


def _truth(scored: pl.DataFrame) -> dict[str, Any]:
    """Return who was nearer to what came.

    ``matched``: rows whose truth is known. ``wins``: the shadow was nearer, ``losses``: the live
    version, ``ties``: neither. ``win_rate``: the share of wins among wins and losses, with ``low``
    and ``high``, between which it is with 95 % were the rows independent (Wilson). ``live`` and
    ``shadow``: ``mae``, ``rmse`` and ``bias`` of each on these rows. None where there are no rows.
    """
    rows = scored.filter(pl.col(ACTUAL).is_finite()).sort("request_id", "row", "timestamp")
    told: dict[str, Any] = {"matched": rows.height, "live": None, "shadow": None}
    truth = rows[ACTUAL].to_numpy()
    live, shadow = rows["prediction"].to_numpy(), rows["shadow_prediction"].to_numpy()
    nearer = np.sign(np.abs(live - truth) - np.abs(shadow - truth))
    wins, losses = int((nearer > 0).sum()), int((nearer < 0).sum())
    if rows.height:
        told |= {"live": _errors(truth, live), "shadow": _errors(truth, shadow)}
    told |= {"wins": wins, "losses": losses, "ties": rows.height - wins - losses}
    low, high = wilson(wins, wins + losses)
    rate = wins / (wins + losses) if wins + losses else None
    return {**told, "win_rate": rate, "low": low, "high": high}


def _errors(truth: Vector, said: Vector) -> dict[str, float | None]:
    """Return the errors of one version."""
    found = score(Rows(truth=truth, prediction=said)).to_json()
    return {name: found[name] for name in ("mae", "rmse", "bias")}


def wilson(wins: int, of: int) -> tuple[float | None, float | None]:
    """Return between what a share lies with 95 %, None where there is nothing to share.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    1927.

    >>> low, high = wilson(60, 100)
    >>> round(low, 3), round(high, 3), wilson(0, 0)
    (0.502, 0.691, (None, None))
    """
    if not of:
        return None, None
    share, spread = wins / of, _Z**2 / of
    middle = share + spread / 2
    reach = float(np.sqrt(spread * (share * (1 - share) + spread / 4)))
    return max(0.0, (middle - reach) / (1 + spread)), min(1.0, (middle + reach) / (1 + spread))


def bins(deltas: Sequence[float], most: int = 41) -> pl.DataFrame:
    """Return how many deltas lie where: ``low``, ``high``, ``rows``; at most ``most`` bins.

    All have one width, and 0 is the middle of one of them where it lies among them. What lies
    beyond the 1st and 99th percentile counts with the outermost bin.
    """
    values = np.asarray(deltas, dtype=float)
    low, high = map(float, np.quantile(values, [0.01, 0.99]))
    width = (high - low) / (most - 1)
    if width <= 0 or not np.isfinite(width):
        width = max(1e-9, abs(low) * 1e-3)
    places = np.round(np.clip(values, low, high) / width).astype(int)
    found, rows = np.unique(places, return_counts=True)
    every = np.arange(found[0], found[-1] + 1)
    counts = np.zeros(len(every), dtype=int)
    counts[found - found[0]] = rows
    return pl.DataFrame({
        "low": (every - 0.5) * width,
        "high": (every + 0.5) * width,
        "rows": counts,
    })
