"""The forecasts every model has to beat: five of them, vectorised over all series.

Each is a function ``(panel, project, steps) -> (n series, steps)``: column ``h - 1`` is the
forecast of period ``panel.cutoff + h``, in the unit of the target. Only the target up to the cutoff
is looked at. Every value is finite: what a series cannot say itself, its relatives say for it
(`pooled_level`).

Source: Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., section 5.2.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec

Baseline = Callable[[Panel, ProjectSpec, int], Matrix]

MOVING_AVERAGE_DAYS = 28


def naive(panel: Panel, _project: ProjectSpec, steps: int) -> Matrix:
    """Return the last observed value of each series, however old, for every step."""
    last = _carried_forward(_history(panel))[:, -1:]
    return _answered(np.repeat(last, steps, axis=1), panel)


def seasonal_naive(panel: Panel, project: ProjectSpec, steps: int) -> Matrix:
    """Return the value of the same period of the last season, ``project.season`` periods before.

    By date on the completed calendar. Where that period is missing: the season before it, and so
    on; then the nearest earlier observation of the series; then its last one.
    """
    history = _history(panel)
    carried = _carried_forward(history)
    forecast = _latest(_seasons(history, project.season))
    forecast = _first_finite(forecast, _seasons(carried, project.season)[:, -1])
    forecast = _first_finite(forecast, carried[:, -1:])
    return _answered(_cycled(forecast, steps), panel)


def moving_average(panel: Panel, project: ProjectSpec, steps: int) -> Matrix:
    """Return the mean of the last 28 days' worth of observed periods, for every step.

    Periods are counted as observed, so a series that ended early still has its own average.
    """
    return _answered(np.repeat(_recent_mean(panel, project)[:, None], steps, axis=1), panel)


def seasonal_average(panel: Panel, project: ProjectSpec, steps: int) -> Matrix:
    """Return the mean over all past seasons of the same period of the season."""
    return _answered(_cycled(_mean(_seasons(_history(panel), project.season)), steps), panel)


def hybrid(panel: Panel, project: ProjectSpec, steps: int) -> Matrix:
    """Return the best a series' own length allows.

    Seasonal naive where first and last observation span at least a season; else the mean of the
    same period of the season; else the moving average; else the mean of the series.
    """
    history = _history(panel)
    seasons = _seasons(history, project.season)
    long_enough = _span(history) >= project.season
    forecast = np.where(long_enough[:, None], _latest(seasons), np.nan)
    forecast = _first_finite(forecast, _mean(seasons))
    forecast = _first_finite(forecast, _recent_mean(panel, project)[:, None])
    return _answered(_cycled(forecast, steps), panel)


BASELINES: Mapping[str, Baseline] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "moving_average": moving_average,
    "seasonal_average": seasonal_average,
    "hybrid": hybrid,
}


def pooled_level(panel: Panel) -> NDArray[np.float64]:
    """Return one finite level for each series: (n series,), in the unit of the target.

    The mean of the series up to the cutoff; for a series without history the mean of the levels of
    the series that share its last key column; then the mean over all series; then 0.
    """
    own = _mean(_history(panel))
    relatives = (panel.keys[panel.keys.columns[-1]].rank("dense") - 1).to_numpy().astype(np.intp)
    seen = np.isfinite(own)
    counts = np.bincount(relatives, weights=seen)
    sums = np.bincount(relatives, weights=np.where(seen, own, 0.0))
    group = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    overall = float(own[seen].mean()) if seen.any() else 0.0
    return _first_finite(_first_finite(own, group[relatives]), np.full_like(own, overall))


def _history(panel: Panel) -> Matrix:
    """Return (n series, cutoff + 1): the target as far as it may be looked at."""
    return panel.target[:, : panel.cutoff + 1]


def _answered(forecast: Matrix, panel: Panel) -> Matrix:
    """Put the pooled level where a series had nothing to say."""
    return _first_finite(forecast, pooled_level(panel)[:, None])


def _first_finite(values: Matrix, otherwise: Matrix) -> Matrix:
    """Return ``values``, and ``otherwise`` where they are NaN."""
    chosen: Matrix = np.where(np.isfinite(values), values, otherwise)
    return chosen


def _carried_forward(history: Matrix) -> Matrix:
    """Return ``history`` with every gap filled by the observation before it."""
    position = np.where(np.isfinite(history), np.arange(history.shape[1]), 0)
    latest = np.maximum.accumulate(position, axis=1)
    return np.take_along_axis(history, latest, axis=1)


def _seasons(history: Matrix, season: int) -> Matrix:
    """Return (n series, seasons, season): cut back from the cutoff, the oldest padded with NaN.

    Place ``p`` of a season is the period that returns at steps ``p + 1``, ``p + 1 + season``, ...
    """
    short = -history.shape[1] % season
    padded = np.pad(history, ((0, 0), (short, 0)), constant_values=np.nan)
    return padded.reshape(len(history), -1, season)


def _latest(seasons: Matrix) -> Matrix:
    """Return (n series, season): the most recent observed value of each place."""
    seen = np.isfinite(seasons)
    back = np.argmax(seen[:, ::-1], axis=1)  # 0 where nothing was seen: that value is NaN
    newest = seasons.shape[1] - 1 - back
    return np.take_along_axis(seasons, newest[:, None], axis=1)[:, 0]


def _mean(values: Matrix) -> Matrix:
    """Return the mean over axis 1 of what was observed, NaN where nothing was."""
    seen = np.isfinite(values)
    counts = seen.sum(axis=1)
    sums = np.where(seen, values, 0.0).sum(axis=1)
    mean: Matrix = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return mean


def _recent_mean(panel: Panel, project: ProjectSpec) -> NDArray[np.float64]:
    """Return (n series,): the mean of the last observations, as many as fit in 28 days."""
    window = max(1, MOVING_AVERAGE_DAYS // step(project.frequency).days)
    history = _history(panel)
    age = np.cumsum(np.isfinite(history)[:, ::-1], axis=1)[:, ::-1]
    return _mean(np.where(age <= window, history, np.nan))


def _span(history: Matrix) -> NDArray[np.intp]:
    """Return (n series,): periods from the first observation to the last, 0 where there is none."""
    seen = np.isfinite(history)
    last = history.shape[1] - np.argmax(seen[:, ::-1], axis=1)
    span: NDArray[np.intp] = np.where(seen.any(axis=1), last - np.argmax(seen, axis=1), 0)
    return span


def _cycled(season: Matrix, steps: int) -> Matrix:
    """Return (n series, steps): the places of a season, over and over."""
    return season[:, np.arange(steps) % season.shape[1]]
