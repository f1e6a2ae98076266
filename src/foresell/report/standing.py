"""Who is compared with whom, and the metric they are compared by: decided once for the page."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from foresell.errors import DataError
from foresell.report.context import Result

FAR = 5.0  # times the median error of a segment: what lies beyond is drawn at the edge
METRICS = ("wape", "mae", "wmae", "rmse")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The champion beside the best baseline.

    ``metric`` is the error they are compared by; ``gain`` the share by which the champion's is
    lower (negative: higher), None where either is unknown or they are the same candidate.
    """

    champion: str
    champion_is_baseline: bool
    baseline: str
    metric: str
    error: float | None
    baseline_error: float | None

    @property
    def gain(self) -> float | None:
        """The share by which the champion's error is below the baseline's."""
        if self.error is None or not self.baseline_error or self.champion == self.baseline:
            return None
        return 1 - self.error / self.baseline_error


def standing(report: Result, metrics: Sequence[str] = METRICS) -> Standing:
    """Return who is compared with whom, by the first of ``metrics`` that is known.

    Raises:
        DataError: the leaderboard has no champion, or none of the metrics.
    """
    board = report.leaderboard
    champions = board.filter(pl.col("champion")) if "champion" in board.columns else board.clear()
    known = [name for name in metrics if name in board.columns and board[name].count()]
    if champions.height != 1 or not known:
        raise DataError(
            f"{champions.height} champions and {len(known)} metrics",
            "the report's leaderboard",
            f"mark one row as champion and give one of {', '.join(metrics)}",
        )
    metric = known[0]
    found = best_baseline(board, metric)
    best = report.baseline or (found[0] if found else "")
    return Standing(
        champion=champions["candidate"][0],
        champion_is_baseline=champions["kind"][0] == "baseline",
        baseline=best,
        metric=metric,
        error=champions[metric][0],
        baseline_error=_one(board, best, metric),
    )


def best_baseline(board: pl.DataFrame, metric: str) -> tuple[str, float] | None:
    """Return the baseline of lowest ``metric`` and that error, ties by name; None without one."""
    if metric not in board.columns:
        return None
    known = board.filter(pl.col("kind") == "baseline").drop_nulls(metric)
    ranked = known.sort(metric, "candidate").select("candidate", metric).rows()
    return (str(ranked[0][0]), float(ranked[0][1])) if ranked else None


def paired(report: Result, held: Standing) -> pl.DataFrame:
    """Return the rows of the segments of the champion and the baseline, in the order given."""
    return report.segments.filter(pl.col("candidate").is_in([held.champion, held.baseline]))


def scale_limit(rows: pl.DataFrame) -> float:
    """Return where an axis of ``wape`` ends: past the largest, or at `FAR` times the median.

    The second where the largest lies beyond that: a handful of rows of which almost nothing was
    sold must not press everything else together. 1 where there is no positive error.
    """
    known = rows["wape"].drop_nulls().drop_nans()
    largest, middle = known.max(), known.median()
    if not isinstance(largest, float) or not isinstance(middle, float) or largest <= 0:
        return 1.0
    return 1.08 * largest if largest <= FAR * middle or middle <= 0 else FAR * middle


def _one(board: pl.DataFrame, candidate: str, metric: str) -> float | None:
    """Return one cell of the leaderboard, None where there is none."""
    found = board.filter(pl.col("candidate") == candidate)[metric].to_list()
    return float(found[0]) if found and found[0] is not None else None
