"""The backtest of a monthly series: every candidate at the same origins, on the same months.

At each origin a candidate sees the months up to it and nothing after, orders included, and
forecasts up to the horizon. Scores are over all origins and steps. The candidate with the least
RMSE gives the forecast; of equal ones the simpler.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from foresell.errors import CandidateError
from foresell.risks.candidates import (
    LEVELS,
    SEASON,
    Answer,
    Trouble,
    Values,
    bands,
    floored,
    naive,
    seasonal_naive,
    summed_up,
)
from foresell.risks.sarima import DIFFERENCINGS, forecast_sarima, possible_orders, sarima_name
from foresell.risks.scores import Scores, scores

ORIGINS = 12  # at most
_SPAN = 36  # months before the end, within which origins lie
_SEASONAL = SEASON + 9  # months that the first origin needs for yearly differences
_PLAIN = 10  # ... without them
_FEWEST = 3  # origins

Candidate = Callable[[Values, int], Answer]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a backtest asked for.

    ``origins``: so many months are known at each, ascending. ``steps``: the horizon. ``tried``:
    candidates by name, the simpler first; ``not_tried``: why others are not among them.
    """

    origins: tuple[int, ...]
    steps: int
    tried: Mapping[str, Candidate]
    not_tried: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One month forecast from one origin: places in the series, and the truth."""

    origin: int
    place: int
    step: int
    truth: float


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One candidate in the backtest.

    ``values``: (rows,) as the rows of the `Backtest`. ``lower`` and ``upper``: by percent, alike.
    ``coverage``: share of the truth inside each band, by percent.
    """

    values: Values
    lower: Mapping[int, Values]
    upper: Mapping[int, Values]
    scores: Scores
    coverage: Mapping[int, float]
    told: Sequence[Mapping[str, object]]
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """All candidates on the same rows. ``failed``: why a candidate has no answer, by name."""

    trial: Trial
    rows: tuple[Row, ...]
    judged: Mapping[str, Judged]
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def best(self) -> str:
        """The candidate with the least RMSE; the simpler of equal ones."""
        return least(self.judged)

    @property
    def best_sarima(self) -> str | None:
        """The SARIMA with the least RMSE, None where none could be judged."""
        own = {name: one for name, one in self.judged.items() if name.startswith("sarima")}
        return least(own) if own else None


def least(judged: Mapping[str, Judged]) -> str:
    """Return the name with the least RMSE; of equal ones the first."""
    return min(judged, key=lambda name: float(judged[name].scores["rmse"] or 0.0))


def plan(months: int, steps: int) -> Trial | None:
    """Return what a backtest of ``months`` can ask for; None where they are too few.

    Yearly differences and the seasonal naive need origins with 21 months or more; a shorter series
    is tried without them.
    """
    seasonal = months >= _SEASONAL + _FEWEST
    first = _SEASONAL if seasonal else _PLAIN
    if months < first + _FEWEST:
        return None
    first = max(first, months - _SPAN)
    every = -(-(months - first) // ORIGINS)
    origins = tuple(range(months - 1, first - 1, -every))[::-1]
    tried: dict[str, Candidate] = {"naive": naive}
    not_tried = {}
    if seasonal:
        tried["seasonal_naive"] = seasonal_naive
    else:
        need = _SEASONAL + _FEWEST
        not_tried["seasonal_naive"] = f"{months} months; a year to learn from needs {need}"
    for differencing in DIFFERENCINGS:
        name = sarima_name(differencing)
        if possible_orders(differencing, origins[0]):
            tried[name] = partial(forecast_sarima, differencing=differencing)
        else:
            not_tried[name] = f"too few of {months} months are left after differencing"
    return Trial(origins=origins, steps=steps, tried=tried, not_tried=not_tried)


def backtest(history: Values, trial: Trial, *, nonnegative: bool) -> Backtest:
    """Return every candidate's answers at every origin of ``trial``, and their scores.

    A candidate that cannot answer at one origin is left out whole, and why is told: scores of
    different months cannot be compared.
    """
    rows = tuple(
        Row(origin=origin, place=origin + step, step=step + 1, truth=float(history[origin + step]))
        for origin in trial.origins
        for step in range(min(trial.steps, len(history) - origin))
    )
    truth = np.array([row.truth for row in rows])
    judged, failed = {}, {}
    for name, candidate in trial.tried.items():
        try:
            answers = [
                candidate(history[:origin], min(trial.steps, len(history) - origin))
                for origin in trial.origins
            ]
        except CandidateError as error:
            failed[name] = error.what
            continue
        judged[name] = _judged(answers, truth, nonnegative=nonnegative)
    return Backtest(trial=trial, rows=rows, judged=judged, failed=failed)


def _judged(answers: Sequence[Answer], truth: Values, *, nonnegative: bool) -> Judged:
    """Return the scores of one candidate's answers, one an origin."""
    values = floored(np.concatenate([answer.values for answer in answers]), nonnegative=nonnegative)
    edges = [bands(answer, nonnegative=nonnegative) for answer in answers]
    lower = {level: np.concatenate([one.lower[level] for one in edges]) for level in LEVELS}
    upper = {level: np.concatenate([one.upper[level] for one in edges]) for level in LEVELS}
    return Judged(
        values=values,
        lower=lower,
        upper=upper,
        scores=scores(truth, values),
        coverage={
            level: float(np.mean((lower[level] <= truth) & (truth <= upper[level])))
            for level in LEVELS
        },
        told=tuple(answer.told for answer in answers),
        troubles=summed_up([trouble for answer in answers for trouble in answer.troubles]),
    )
