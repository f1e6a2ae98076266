"""The gate: a model is promoted only if it beats the best baseline on every deciding metric.

Which model stands before the gate was decided earlier, on validation folds, and comes in by name:
the gate looks at the test's numbers of that one model and of the baselines, and chooses nothing.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from foresell.errors import UsageError, nearest
from foresell.spec.project import ProjectSpec

_LARGE = 1000  # from here on, errors are shown without decimals
_MOST_DIGITS = 7
_TITLES = {"rmse": "RMSE", "mae": "MAE", "wmae": "WMAE"}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One deciding metric: the champion against the baseline that is best on it (lower is better).

    ``value_added`` is 1 - champion / baseline, None where the baseline is without error.
    """

    metric: str
    champion: float
    baseline: float
    best_baseline: str
    value_added: float | None
    passed: bool

    @property
    def sentence(self) -> str:
        """Say it with its numbers."""
        title = _TITLES.get(self.metric, self.metric)
        change = "" if self.value_added is None else f" ({self.value_added:+.1%} value added)"
        verb = "beats" if self.passed else "does not beat"
        own, rival = _apart(self.champion, self.baseline)
        return f"{title} {own} {verb} {rival} of the best baseline, {self.best_baseline}{change}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether ``champion`` may be promoted, and why, one comparison for each deciding metric.

    ``constant``: the target is the same in all judged rows, so that there is nothing to tell apart.
    """

    champion: str
    passed: bool
    comparisons: tuple[Comparison, ...]
    constant: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """One sentence for each deciding metric."""
        why = "; the target is the same in every judged row" if self.constant else ""
        return tuple(
            f"{self.champion}: {one.sentence}{'' if one.passed else why}"
            for one in self.comparisons
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values: champion, passed, reasons, comparisons."""
        return {
            "champion": self.champion,
            "passed": self.passed,
            "reasons": list(self.reasons),
            "comparisons": [asdict(one) for one in self.comparisons],
        }


def _apart(first: float, second: float) -> tuple[str, str]:
    """Return two errors as the leaderboard shows them, with more digits where they look alike.

    >>> _apart(1234.5, 1500.0), _apart(12.341, 12.344), _apart(2.0, 2.0)
    (('1,234', '1,500'), ('12.341', '12.344'), ('2.00', '2.00'))
    """
    few = 0 if min(first, second) >= _LARGE else 2
    for digits in range(few, _MOST_DIGITS):
        shown = f"{first:,.{digits}f}", f"{second:,.{digits}f}"
        if shown[0] != shown[1]:
            return shown
    return f"{first:,.{few}f}", f"{second:,.{few}f}"


def weighted(project: ProjectSpec) -> bool:
    """Tell whether a project says that some rows count more: a holiday weight, a weight column."""
    return project.holiday_weight is not None or bool(project.with_role("weight"))


def deciding_metrics(project: ProjectSpec) -> tuple[str, str]:
    """Return RMSE and WMAE; RMSE and MAE where the project declares no weights."""
    return ("rmse", "wmae" if weighted(project) else "mae")


def judge(
    board: pl.DataFrame, champion: str, metrics: Sequence[str], *, constant: bool = False
) -> Verdict:
    """Return the verdict on ``champion`` from a leaderboard; equal to the best is not better.

    ``board`` as `foresell.evaluate.leaderboard.leaderboard` makes it, all rows of one protocol;
    ``metrics`` as `deciding_metrics` gives them, ``constant`` as in `Verdict`. A champion
    that is itself a baseline may stand on the board, and never passes: it cannot beat itself.

    Raises:
        UsageError: no such champion, no baseline, no metric, or a metric without a number.
    """
    known = board["candidate"].to_list()
    if champion not in known:
        raise UsageError(f"no candidate {champion!r} was judged", "gate", nearest(champion, known))
    baselines = board.filter(pl.col("kind") == "baseline")
    if baselines.is_empty() or not metrics:
        raise UsageError(
            f"{baselines.height} baselines and {len(metrics)} metrics to decide by",
            "gate",
            "judge the champion beside at least one baseline, on at least one metric",
        )
    own = board.filter(pl.col("candidate") == champion)
    comparisons = tuple(_compare(own, baselines, metric) for metric in metrics)
    return Verdict(
        champion=champion,
        passed=all(one.passed for one in comparisons),
        comparisons=comparisons,
        constant=constant,
    )


def _compare(own: pl.DataFrame, baselines: pl.DataFrame, metric: str) -> Comparison:
    """Return the champion's row against the best baseline on ``metric``, ties by name.

    Raises:
        UsageError: a number is missing on either side.
    """
    value: float | None = own[metric][0]
    best = baselines.drop_nulls(metric).sort([metric, "candidate"]).head(1)
    if value is None or best.is_empty():
        raise UsageError(
            f"{metric} cannot be compared: the champion or every baseline has none",
            "gate",
            "decide by metrics that the judged rows allow",
        )
    rival: float = best[metric][0]
    return Comparison(
        metric=metric,
        champion=value,
        baseline=rival,
        best_baseline=best["candidate"][0],
        value_added=1 - value / rival if rival > 0 else None,
        passed=value < rival,
    )
