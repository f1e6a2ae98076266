"""Everything that can be said of a segment's months, and what cannot, with the reason."""

from dataclasses import dataclass

import numpy as np

from foresell.errors import UsageError
from foresell.features.threads import one_thread
from foresell.risks.forecasting import Outlook, look_ahead
from foresell.risks.garch import LEAST as GARCH_LEAST
from foresell.risks.gauging import gauge
from foresell.risks.months import Series, monthly
from foresell.risks.returns import Returns, safe_returns
from foresell.risks.segment import Gathered
from foresell.risks.value_at_risk import LEVELS as LOSS_LEVELS
from foresell.risks.value_at_risk import Losses, Rolled, losses, roll
from foresell.risks.volatility import LEAST_EWMA, Gauged, Recursion, ewma
from foresell.spec.project import ProjectSpec

_MOST = 120  # months ahead
_REFITS = 24  # of the volatility in its backtest, at most


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How far ahead is asked for, in months."""

    forecast_steps: int = 6
    garch_horizon: int = 6

    def __post_init__(self) -> None:
        """Refuse no month, and more than ten years.

        Raises:
            UsageError: what the sentence above names.
        """
        for name in ("forecast_steps", "garch_horizon"):
            if not 1 <= (steps := getattr(self, name)) <= _MOST:
                raise UsageError(f"{name} is {steps}", name, f"use 1 to {_MOST} months")


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """A segment, gauged.

    ``nonnegative``: why no forecast is below 0, or "". ``gauged``: None where there are too few
    returns; ``smoothed``: EWMA beside it, alike. ``losses``: of the next month, by level; empty
    where the volatility is not known. ``rolled``: the volatility's own backtest, None where there
    are no months for it.
    """

    project: ProjectSpec
    asked: Asked
    gathered: Gathered
    series: Series
    nonnegative: str
    outlook: Outlook
    returns: Returns
    gauged: Gauged | None
    smoothed: Recursion | None
    losses: tuple[Losses, ...]
    rolled: Rolled | None


def assess(gathered: Gathered, project: ProjectSpec, asked: Asked) -> Assessment:
    """Return the months of a segment, their forecast, and how far they may fall.

    Nothing is refused: what cannot be said of few or no months is left out, with the reason.
    """
    with one_thread():
        return _assessed(gathered, project, asked)


def _assessed(gathered: Gathered, project: ProjectSpec, asked: Asked) -> Assessment:
    """Return the assessment; every matrix is small."""
    series = monthly(gathered, project)
    values = np.array(series.values, dtype=np.float64)
    nonnegative = _nonnegative(project, series)
    returns = safe_returns(series.values)
    gauged = gauge(returns.values)
    state = gauged.recursion if gauged is not None else None
    return Assessment(
        project=project,
        asked=asked,
        gathered=gathered,
        series=series,
        nonnegative=nonnegative,
        outlook=look_ahead(values, asked.forecast_steps, nonnegative=bool(nonnegative)),
        returns=returns,
        gauged=gauged,
        smoothed=ewma(returns.values) if gauged is not None else None,
        losses=tuple(
            losses(state.mean, float(np.sqrt(state.variance)), level) for level in LOSS_LEVELS
        )
        if state is not None
        else (),
        rolled=_rolled(returns),
    )


def _nonnegative(project: ProjectSpec, series: Series) -> str:
    """Return why no forecast may be below 0, "" where it may."""
    if project.nonnegative:
        return "the project says nonnegative"
    if series.values and min(series.values) >= 0:
        return "no month was ever below 0"
    return ""


def _rolled(returns: Returns) -> Rolled | None:
    """Return the backtest of the volatility: from twenty returns on, or half of fewer."""
    known = len(returns.values)
    first = min(GARCH_LEAST, max(LEAST_EWMA, known // 2))
    every = max(1, -(-(known - first) // _REFITS))
    return roll(returns.values, first, every, gauge)
