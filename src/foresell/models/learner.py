"""The panel learner: seasonal base, regression and booster, combined and calibrated on folds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from foresell.data.panel import Matrix, Panel
from foresell.errors import DataError
from foresell.evaluate.intervals import calibrated_quantiles, spread_of, volume_codes
from foresell.features.direct import direct_frame
from foresell.features.levels import Vector
from foresell.features.newcomers import newcomer_levels
from foresell.features.pools import Recipe, fit_recipe
from foresell.features.threads import one_thread
from foresell.models.baselines import BASELINES
from foresell.models.boosted import Boosting
from foresell.models.combination import bucket_of, combined, horizon_thirds
from foresell.models.effort import Effort
from foresell.models.judging import Judge, Progress, best_settings, drawn_samples, fit_parts
from foresell.models.members import Fitted, forecast_members, own_members
from foresell.models.origins import (
    Frames,
    fallback_cutoffs,
    fold_cutoffs,
    steps_of,
)
from foresell.models.stacking import (
    GREEDY,
    MEAN,
    FoldRows,
    Uncertainty,
    Weights,
    empty_rows,
    fit_uncertainty,
    fold_table,
    joined,
    with_ensembles,
)
from foresell.models.uncertainty import holiday_rows, spread_design
from foresell.spec.forecast import QUANTILES
from foresell.spec.project import ProjectSpec


@dataclass(frozen=True, kw_only=True)
class Learner:
    """A fitted learner, whole.

    ``cutoff``: the period index it was fitted up to. ``weights``: the greedy ensemble's, one
    mapping per horizon bucket. ``chosen``: the candidate with the least absolute error over the
    folds; its forecast is the point. ``uncertainty``: by candidate. ``folds``: see `fold_table`.
    ``notes``: what could not be done and why.
    """

    recipe: Recipe
    cutoff: int
    buckets: tuple[int, ...]
    fitted: Fitted
    boosting: Boosting
    weights: Weights
    chosen: str
    uncertainty: Mapping[str, Uncertainty]
    interval_method: str
    folds: pl.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PanelForecast:
    """A forecast of every series: n series, s steps from the panel's cutoff on.

    ``point``: (n, s). ``quantiles``: (n, s, 9), rising. ``members``: every candidate's (n, s).
    ``level_used``: (n,) the level of the hierarchy each series was answered from. ``design``,
    ``scale`` and ``holiday``: what `candidate_quantiles` needs, one row per series and step.
    ``newcomers``: (n, s, 9) quantiles of series without history, learnt from earlier newcomers; NaN
    elsewhere. Where it is finite it is the answer of every candidate but the baselines.
    """

    point: Matrix
    quantiles: Matrix
    members: Mapping[str, Matrix]
    level_used: tuple[str, ...]
    interval_method: str
    design: Matrix
    scale: Vector
    holiday: Vector
    newcomers: Matrix


def fit_learner(
    panel: Panel, project: ProjectSpec, effort: Effort, frames: Frames, progress: Progress
) -> Learner:
    """Fit everything on ``panel``, which ends at its cutoff.

    ``frames``: the direct frame of an origin in `training_origins`, ``project.horizon`` steps, made
    with ``fit_recipe(panel, project)``. ``progress`` is told what is going on.
    """
    with one_thread():
        return _fitted(panel, project, effort, frames, progress)


def _fitted(
    panel: Panel, project: ProjectSpec, effort: Effort, frames: Frames, progress: Progress
) -> Learner:
    """Return the learner of `fit_learner`."""
    samples = drawn_samples(panel, project, effort, frames, progress)
    cutoffs = fold_cutoffs(panel, project)
    buckets = horizon_thirds(project.horizon)
    notes = [
        f"the history is too short for the fold {back} periods before its end"
        for back in sorted(project.split.validation)
        if panel.cutoff - back not in cutoffs
    ]
    if cutoffs:
        method = "conformal_intervals"
    else:
        method, cutoffs = "residual_quantiles", fallback_cutoffs(panel, project)
        samples = []
        notes.append("no fold is possible: seasonal bases alone, bands from plain residuals")
    judge = Judge(panel, project, frames, samples, buckets)
    boosting, folds = best_settings(judge, (effort.boosting, *effort.search), cutoffs, progress)
    rows = joined(folds) if folds else empty_rows()
    candidates, weights = _candidates(rows, len(buckets))
    progress("calibrating the intervals")
    uncertainty = {
        name: fit_uncertainty(rows, values, len(buckets)) for name, values in candidates.items()
    }
    progress("fitting on the whole history")
    return Learner(
        recipe=fit_recipe(panel, project),
        cutoff=panel.cutoff,
        buckets=buckets,
        fitted=fit_parts(samples, panel.cutoff, project, boosting),
        boosting=boosting,
        weights=weights,
        chosen=_chosen(rows, candidates),
        uncertainty=uncertainty,
        interval_method=method,
        folds=fold_table(rows, candidates),
        notes=tuple(notes),
    )


def refit_learner(
    learner: Learner,
    panel: Panel,
    project: ProjectSpec,
    effort: Effort,
    frames: Frames,
    progress: Progress = lambda _: None,
) -> Learner:
    """Fit regression and booster again on everything up to the panel's later cutoff.

    Recipe, settings, weights, calibration and folds stay the judged learner's. One that was judged
    without regression and booster stays without: no fold weighed them or measured their misses.
    """
    if learner.fitted.lad is None:
        return replace(learner, cutoff=panel.cutoff)
    samples = drawn_samples(panel, project, effort, frames, progress)
    progress("fitting on the whole history")
    with one_thread():
        fitted = fit_parts(samples, panel.cutoff, project, learner.boosting)
    return replace(learner, cutoff=panel.cutoff, fitted=fitted)


def forecast(
    learner: Learner,
    panel: Panel,
    project: ProjectSpec,
    steps: int,
    frame: pl.DataFrame | None = None,
) -> PanelForecast:
    """Forecast every series ``steps`` periods past the panel's cutoff, whatever that cutoff is.

    ``frame``: the direct frame of that cutoff, if it is at hand, of at least as many steps. A
    member that no fold judged is not among the candidates.

    Raises:
        DataError: the frame is of other series, or of fewer steps.
    """
    if frame is None:
        frame = direct_frame(panel, project, learner.recipe, panel.cutoff, steps)
    if (given := steps_of(frame, panel)) < steps:
        raise DataError(
            f"a frame of {given} steps cannot answer {steps}",
            "direct frame of the cutoff",
            "leave the frame out, or make it with as many steps as are asked for",
        )
    if given > steps:
        frame = frame.filter(pl.col("step") <= steps)
    seen = panel.until(panel.cutoff)
    made = forecast_members(learner.fitted, seen, project, frame)
    members = {name: values for name, values in made.items() if name in learner.uncertainty}
    holiday = holiday_rows(frame, project)
    design = spread_design(frame, members, holiday)
    bucket = bucket_of(steps, learner.buckets)
    members[MEAN] = np.mean([members[name] for name in own_members(members)], axis=0)
    members[GREEDY] = combined(members, learner.weights, bucket)
    newcomers = _newcomers(learner, seen, project, frame)
    for name in own_members(members):
        middle = newcomers[..., QUANTILES.index(0.5)]
        members[name] = np.where(np.isfinite(middle), middle, members[name])
    answer = PanelForecast(
        point=members[learner.chosen],
        quantiles=np.zeros((panel.n_series, steps, len(QUANTILES))),
        members=members,
        level_used=tuple(frame["level_used"].gather_every(steps)),
        interval_method=learner.interval_method,
        design=design,
        scale=frame["scale"].to_numpy(),
        holiday=holiday.astype(np.float64),
        newcomers=newcomers,
    )
    quantiles = candidate_quantiles(learner, answer, learner.chosen, project)
    return replace(answer, quantiles=quantiles)


def _newcomers(learner: Learner, seen: Panel, project: ProjectSpec, frame: pl.DataFrame) -> Matrix:
    """Return (n series, steps, 9) the quantiles of series without history, NaN elsewhere."""
    levels = newcomer_levels(seen, project, learner.recipe)
    shape = frame["x_level_shape"].to_numpy().astype(np.float64).reshape(seen.n_series, -1, 1)
    quantiles: Matrix = levels[:, None, :] * shape
    return np.maximum(quantiles, 0.0) if project.nonnegative else quantiles


def candidate_quantiles(
    learner: Learner, answer: PanelForecast, candidate: str, project: ProjectSpec
) -> Matrix:
    """Return the (n series, steps, 9) quantiles of any candidate of ``answer``, rising."""
    point = answer.members[candidate]
    steps = point.shape[1]
    known = learner.uncertainty[candidate]
    groups = (
        np.tile(bucket_of(steps, learner.buckets), point.shape[0]),
        volume_codes(answer.scale, known.calibration.volumes),
        answer.holiday.astype(np.int64),
    )
    size = spread_of(known.spread, answer.design, answer.scale)
    flat = calibrated_quantiles(known.calibration, point.ravel(), size, groups)
    bounded = np.maximum(flat, 0.0) if project.nonnegative else flat
    bands = bounded.reshape(*point.shape, len(QUANTILES))
    learnt = np.isfinite(answer.newcomers) & (candidate not in BASELINES)
    return np.where(learnt, answer.newcomers, bands)


def _candidates(rows: FoldRows, buckets: int) -> tuple[dict[str, Vector], Weights]:
    """Return the candidates' held-out forecasts and the greedy weights."""
    if len(rows.actual):
        return with_ensembles(rows, buckets)
    own = ("seasonal_base", "seasonal_pooled", "level_shape")
    names = (*own, *BASELINES, MEAN, GREEDY)
    even = dict.fromkeys(own, 1 / len(own))
    return {name: np.zeros(0) for name in names}, tuple(even for _ in range(buckets))


def _chosen(rows: FoldRows, candidates: Mapping[str, Vector]) -> str:
    """Return the candidate with the least absolute error; the plain mean where nothing was held.

    A baseline alone is never chosen: it could not beat itself at the gate, and the ensembles hold
    as much of it as helps.
    """
    if not len(rows.actual):
        return MEAN
    errors = {
        name: float(np.abs(rows.actual - values).sum())
        for name, values in candidates.items()
        if name not in BASELINES
    }
    return min(errors, key=lambda name: (errors[name], name))
