"""What came of a load test, in numbers: by endpoint, by time, and against its thresholds."""

import os
import platform
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from foresell.wiring.loadtesting import Load

QUANTILES: Mapping[str, float] = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
_POINTS = 60  # of the picture, at most
_REASONS = 20
_FIGURES: Sequence[pl.Expr] = (
    pl.len().alias("requests"),
    (pl.col("failure") != "").sum().alias("failures"),
    *(
        pl.col("milliseconds").quantile(share, "higher").round(3).alias(name)
        for name, share in QUANTILES.items()
    ),
    pl.col("milliseconds").max().round(3).alias("max_ms"),
)


def by_endpoint(requests: pl.DataFrame) -> pl.DataFrame:
    """Return (endpoints,) how many requests and failures, a second, and quantiles of latency."""
    return (
        requests
        .group_by("name")
        .agg(*_FIGURES)
        .with_columns(requests_per_second=(pl.col("requests") / _lasted(requests)).round(2))
        .sort("name")
    )


def by_time(requests: pl.DataFrame) -> pl.DataFrame:
    """Return (stretches,) ``second`` at which each begins, its figures, and requests a second.

    Stretches of time are of whole seconds, 60 at the most.
    """
    step = max(1, -(-int(_lasted(requests)) // _POINTS))
    return (
        requests
        .with_columns((pl.col("second") // step * step).alias("second"))
        .group_by("second")
        .agg(*_FIGURES)
        .with_columns(requests_per_second=pl.col("requests") / step)
        .sort("second")
    )


def summary(
    requests: pl.DataFrame, load: "Load", projects: Sequence[str], url: str | None
) -> dict[str, Any]:
    """Return all that is told of a load test, in plain values; ``url`` None: its own server."""
    told = requests.select(*_FIGURES).row(0, named=True)
    share = told["failures"] / told["requests"]
    thresholds = [
        _threshold("p95_ms", told["p95_ms"], load.max_p95_ms),
        _threshold("failures", share, load.max_failures),
    ]
    return {
        "passed": all(one["passed"] for one in thresholds),
        "thresholds": thresholds,
        "projects": [*projects],
        "url": url,
        "version": load.version if url is None else None,
        "users": load.users,
        "spawn_rate": load.spawn_rate,
        "pace": load.pace,
        "duration_s": load.seconds,
        **told,
        "failure_share": share,
        "requests_per_second": round(told["requests"] / _lasted(requests), 2),
        "endpoints": by_endpoint(requests).to_dicts(),
        "reasons": _reasons(requests),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def _threshold(name: str, found: float, limit: float) -> dict[str, Any]:
    """Return a figure beside what it may be at the most."""
    return {"name": name, "found": found, "limit": limit, "passed": found <= limit}


def _reasons(requests: pl.DataFrame) -> list[dict[str, Any]]:
    """Return why requests failed, the most frequent first."""
    failed = requests.filter(pl.col("failure") != "").group_by("name", "failure").len("requests")
    order = failed.sort("requests", "name", "failure", descending=[True, False, False])
    return order.head(_REASONS).to_dicts()


def _lasted(requests: pl.DataFrame) -> float:
    """Return from the first to the last reply, in seconds, at least one."""
    return max(1.0, float(requests["second"].max()))  # type: ignore[arg-type]
