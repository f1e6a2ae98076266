"""The forecast of a monthly series: by the candidate that the backtest found best."""

from dataclasses import dataclass

import numpy as np

from foresell.errors import CandidateError
from foresell.risks.backtest import Backtest, Candidate, backtest, plan
from foresell.risks.candidates import Answer, Bands, Trouble, Values, bands, floored, naive

_NAIVE = 4  # months that the naive forecast and its error need


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What can be said of the months to come.

    ``judged``: the backtest, None where the series is too short for one. ``method``: the candidate
    that gives the forecast, None where nothing can. ``values``: (steps,), with ``edges``.
    ``reason``: why the forecast, ``unjudged``: why the backtest is not there; else "".
    ``passed_over``: candidates better in the backtest that failed on the whole series, and why.
    """

    judged: Backtest | None
    unjudged: str
    method: str | None
    answer: Answer | None
    values: Values
    edges: Bands | None
    reason: str
    passed_over: dict[str, str]
    troubles: tuple[Trouble, ...]


def look_ahead(history: Values, steps: int, *, nonnegative: bool) -> Outlook:
    """Return the forecast of ``steps`` months after ``history`` (months,), with its backtest.

    Where the series is too short to judge anything the naive forecast is given, if there are four
    months. ``nonnegative``: no value and no edge is below 0.
    """
    trial = plan(len(history), steps)
    judged = backtest(history, trial, nonnegative=nonnegative) if trial else None
    unjudged = "" if judged else f"{len(history)} months are too few; a backtest needs 13 or more"
    if len(history) < _NAIVE:
        reason = f"{len(history)} months are too few; the naive forecast needs {_NAIVE}"
        return Outlook(
            judged=None, unjudged=unjudged, method=None, answer=None, values=np.empty(0),
            edges=None, reason=reason, passed_over={}, troubles=(),
        )  # fmt: skip
    method, answer, passed_over = _answer(history, steps, judged)
    return Outlook(
        judged=judged,
        unjudged=unjudged,
        method=method,
        answer=answer,
        values=floored(answer.values, nonnegative=nonnegative),
        edges=bands(answer, nonnegative=nonnegative),
        reason="",
        passed_over=passed_over,
        troubles=answer.troubles,
    )


def _answer(
    history: Values, steps: int, judged: Backtest | None
) -> tuple[str, Answer, dict[str, str]]:
    """Return the best candidate that can answer on the whole series: its name and its answer."""
    if judged is None:
        return "naive", naive(history, steps), {}
    passed_over: dict[str, str] = {}
    order = sorted(judged.judged, key=lambda name: float(judged.judged[name].scores["rmse"] or 0))
    for name in order:
        candidate: Candidate = judged.trial.tried[name]
        try:
            return name, candidate(history, steps), passed_over
        except CandidateError as error:
            passed_over[name] = error.what
    return "naive", naive(history, steps), passed_over
