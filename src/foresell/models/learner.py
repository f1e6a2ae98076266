"""The panel learner: seasonal base and fitted candidates, combined and calibrated on folds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.errors import DataError
from foresell.features.direct import direct_frame
from foresell.features.levels import Vector
from foresell.features.newcomers import newcomer_levels
from foresell.features.pools import Recipe, fit_recipe
from foresell.features.season import plan_factors
from foresell.features.threads import one_thread
from foresell.models.baselines import BASELINES
from foresell.models.calibrating import (
    Uncertainty,
    candidate_quantiles,
    fit_shape,
    fit_uncertainty,
    named_method,
)
from foresell.models.candidates import left_out, plans
from foresell.models.coherence import (
    RECONCILED,
    Past,
    Reconciling,
    reconciled,
    sums_of_a_draw,
    with_reconciled,
)
from foresell.models.combination import bucket_of, combined, horizon_thirds
from foresell.models.effort import Effort
from foresell.models.judging import Judge, Progress, drawn_samples, fit_parts
from foresell.models.learning_series import learning_frames, learning_rows
from foresell.models.members import Fitted, forecast_members, own_members, with_plan
from foresell.models.origins import (
    Frames,
    fallback_cutoffs,
    fold_cutoffs,
    steps_of,
)
from foresell.models.parts import Settings
from foresell.models.seasonal import SEASONAL
from foresell.models.selecting import judge_candidates
from foresell.models.shape import Shape, shape_table
from foresell.models.stacking import (
    ENSEMBLES,
    GREEDY,
    MEAN,
    FoldRows,
    Weights,
    fold_table,
    with_ensembles,
)
from foresell.models.uncertainty import holiday_rows, spread_design
from foresell.spec.forecast import CONFORMAL, QUANTILES, RESIDUAL
from foresell.spec.project import ProjectSpec

NO_FOLD = "no fold is possible: seasonal bases alone, bands from plain residuals"


@dataclass(frozen=True, kw_only=True)
class Learner:
    """A fitted learner, whole.

    ``cutoff``: the period index it was fitted up to. ``settings``: of each fitted candidate, as
    declared or found. ``ensembles``: the weights of each, one mapping per horizon bucket.
    ``chosen``: the candidate with the least absolute error over the folds; its forecast is the
    point. ``uncertainty``: by candidate. ``folds``: see `fold_table`. ``failures``: the reason of
    every candidate that failed. ``notes``: what could not be done and why, these among it.
    ``reconciling``: of the candidate ``reconciled``; None without a declared hierarchy. ``shape``:
    how far the misses of the chosen candidate reach; None where too few rows were held out.
    """

    recipe: Recipe
    cutoff: int
    buckets: tuple[int, ...]
    fitted: Fitted
    settings: Mapping[str, Settings]
    ensembles: Mapping[str, Weights]
    chosen: str
    uncertainty: Mapping[str, Uncertainty]
    interval_method: str
    folds: pl.DataFrame
    notes: tuple[str, ...]
    failures: Mapping[str, str] = field(default_factory=dict)

    reconciling: Reconciling | None = None
    shape: Shape | None = None

    @property
    def weights(self) -> Weights:
        """The greedy ensemble's weights."""
        return self.ensembles[GREEDY]


@dataclass(frozen=True, kw_only=True)
class PanelForecast:
    """A forecast of every series: n series, s steps from the panel's cutoff on.

    ``point``: (n, s). ``quantiles``: (n, s, levels), rising. ``members``: every candidate's (n, s).
    ``level_used``: (n,) the level of the hierarchy each series was answered from. ``design``,
    ``reach``, ``scale`` and ``holiday``: what `candidate_quantiles` needs, one row per series and
    step.
    ``newcomers``: (n, s, levels) quantiles of series without history, learnt from earlier
    newcomers; NaN elsewhere. Where it is finite it is the answer of every candidate but the
    baselines. ``stopped``: (n, s) where the plan means that nothing is sold.
    """

    point: Matrix
    quantiles: Matrix
    members: Mapping[str, Matrix]
    level_used: tuple[str, ...]
    interval_method: str
    design: Matrix
    reach: Matrix
    scale: Vector
    holiday: Vector
    newcomers: Matrix
    stopped: NDArray[np.bool_]


def fit_learner(
    panel: Panel, project: ProjectSpec, effort: Effort, frames: Frames, progress: Progress
) -> Learner:
    """Fit everything on ``panel``, which ends at its cutoff; on a draw of very many series.

    ``frames``: the direct frame of an origin in `training_origins`, ``project.horizon`` steps, made
    with ``fit_recipe(panel, project)``. ``progress`` is told what is going on.
    """
    with one_thread():
        return _fitted(panel, project, effort, frames, progress)


def _fitted(
    panel: Panel, project: ProjectSpec, effort: Effort, frames: Frames, progress: Progress
) -> Learner:
    """Return the learner of `fit_learner`."""
    recipe, count = fit_recipe(panel, project), panel.n_series
    panel, frames = _drawn(panel, project, recipe, frames)
    samples = drawn_samples(panel, project, effort, frames, progress)
    cutoffs = fold_cutoffs(panel, project)
    buckets = horizon_thirds(project.horizon)
    notes = [
        f"the history is too short for the fold {back} periods before its end"
        for back in sorted(project.split.validation)
        if panel.cutoff - back not in cutoffs
    ]
    notes += sums_of_a_draw(project, panel.n_series, count)
    if cutoffs:
        method = CONFORMAL
    else:
        method, cutoffs = RESIDUAL, fallback_cutoffs(panel, project)
        samples = []
        notes.append(NO_FOLD)
    judge = Judge(panel, project, frames, samples, buckets, cutoffs)
    wanted = plans(project.models, effort) if samples else ()
    trials = project.models.tuning.trials * effort.trials
    judged = judge_candidates(judge, wanted, trials, progress)
    progress("fitting on the whole history")
    parts, failures = fit_parts(samples, panel, project, frames, judged.settings)
    judged = judged.without(failures, judge)
    candidates, ensembles = _candidates(judged.rows, len(buckets))
    best = _chosen(judged.rows, candidates)
    past = Past(panel=panel, project=project, recipe=recipe, frames=frames)
    reconciling, candidates, chosen = with_reconciled(past, judged.rows, candidates, best, buckets)
    progress("calibrating the intervals")
    sold = judged.rows.planned > 0  # where nothing can be, nothing is missed
    rows = judged.rows.taken(sold)
    shape, reach = fit_shape(rows, candidates[chosen][sold], project.seed)
    uncertainty = {
        name: fit_uncertainty(
            rows, values[sold], len(buckets), None if name in BASELINES else reach
        )
        for name, values in candidates.items()
    }
    return Learner(
        recipe=recipe,
        cutoff=panel.cutoff,
        buckets=buckets,
        fitted=Fitted(parts=parts),
        settings=judged.settings,
        ensembles=ensembles,
        chosen=chosen,
        uncertainty=uncertainty,
        interval_method=named_method(method, len(judged.rows.actual)),
        folds=fold_table(judged.rows, candidates),
        notes=(
            *(*notes, *(left_out(project.models, effort) if samples else ()), *judged.notes),
            *(f"{name} failed: {why}" for name, why in judged.failures.items()),
        ),
        failures=judged.failures,
        reconciling=reconciling,
        shape=shape,
    )


def _drawn(
    panel: Panel, project: ProjectSpec, recipe: Recipe, frames: Frames
) -> tuple[Panel, Frames]:
    """Return the series that are learnt from, and the reader of their frames."""
    rows = learning_rows(panel, project, recipe)
    if len(rows) == panel.n_series:
        return panel, frames
    return panel.select(rows), learning_frames(frames, rows, panel.n_series)


def refit_learner(
    learner: Learner,
    panel: Panel,
    project: ProjectSpec,
    effort: Effort,
    frames: Frames,
    progress: Progress = lambda _: None,
) -> Learner:
    """Fit the judged candidates again on everything up to the panel's later cutoff.

    Recipe, settings, weights, calibration and folds stay the judged learner's. One that was judged
    without fitted candidates stays without: no fold weighed them or measured their misses. A
    candidate that cannot be fitted again stays as it was judged, which is noted.
    """
    if not learner.fitted.parts:
        return replace(learner, cutoff=panel.cutoff)
    panel, frames = _drawn(panel, project, learner.recipe, frames)
    samples = drawn_samples(panel, project, effort, frames, progress)
    progress("fitting on the whole history")
    with one_thread():
        parts, failures = fit_parts(samples, panel, project, frames, learner.settings)
    late = (f"{name} stays as judged: {why}" for name, why in failures.items())
    return replace(
        learner,
        cutoff=panel.cutoff,
        fitted=Fitted(parts={**learner.fitted.parts, **parts}),
        notes=(*learner.notes, *late),
    )


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
    seen = panel.until(panel.cutoff)
    planned = _planned(learner, seen, project, steps)
    if frame is None:
        frame = direct_frame(panel, project, learner.recipe, panel.cutoff, steps, planned)
    if (given := steps_of(frame, panel)) < steps:
        raise DataError(
            f"a frame of {given} steps cannot answer {steps}",
            "direct frame of the cutoff",
            "leave the frame out, or make it with as many steps as are asked for",
        )
    if given > steps:
        frame = frame.filter(pl.col("step") <= steps)
    made = forecast_members(learner.fitted, seen, project, frame)
    members = {name: values for name, values in made.items() if name in learner.uncertainty}
    holiday = holiday_rows(frame, project)
    design, reach = spread_design(frame, members, holiday), np.ones((frame.height, 2))
    if learner.shape is not None:
        reach = learner.shape.sides(design, shape_table(frame, members))
    bucket = bucket_of(steps, learner.buckets)
    factor = frame["x_planned"].to_numpy().astype(np.float64).reshape(-1, steps)
    alone = with_plan(members, factor)
    for name, weights in learner.ensembles.items():
        members[name] = combined(alone, weights, bucket)
    newcomers = _newcomers(learner, seen, project, frame)
    for name in own_members(members):
        middle = newcomers[..., QUANTILES.index(0.5)]
        members[name] = np.where(np.isfinite(middle), middle, members[name])
    if learner.reconciling is not None and planned is not None:
        source = members[learner.reconciling.source]
        members[RECONCILED] = reconciled(learner.reconciling.trust, seen, project, source, planned)
    answer = PanelForecast(
        point=members[learner.chosen],
        quantiles=np.zeros((panel.n_series, steps, len(QUANTILES))),
        members=members,
        level_used=tuple(frame["level_used"].gather_every(steps)),
        interval_method=learner.interval_method,
        design=design,
        reach=reach,
        scale=frame["scale"].to_numpy(),
        holiday=holiday.astype(np.float64),
        newcomers=newcomers,
        stopped=factor == 0,
    )
    quantiles = candidate_quantiles(learner, answer, learner.chosen, project)
    return replace(answer, quantiles=quantiles)


def _planned(learner: Learner, seen: Panel, project: ProjectSpec, steps: int) -> Matrix | None:
    """Return the `plan_factors` of an answer, where reconciling needs more of them than a frame."""
    if learner.reconciling is None:
        return None
    with one_thread():
        return plan_factors(seen, project, learner.recipe, steps)


def _newcomers(learner: Learner, seen: Panel, project: ProjectSpec, frame: pl.DataFrame) -> Matrix:
    """Return (n series, steps, levels) the quantiles of series without history, else NaN."""
    levels = newcomer_levels(seen, project, learner.recipe)
    shape = frame["x_level_shape"].to_numpy().astype(np.float64).reshape(seen.n_series, -1, 1)
    quantiles: Matrix = levels[:, None, :] * shape
    return np.maximum(quantiles, 0.0) if project.nonnegative else quantiles


def _candidates(rows: FoldRows, buckets: int) -> tuple[dict[str, Vector], dict[str, Weights]]:
    """Return the candidates' held-out forecasts and the ensembles' weights."""
    if len(rows.actual):
        return with_ensembles(rows, buckets)
    names = (*SEASONAL, *BASELINES, *ENSEMBLES)
    even = tuple(dict.fromkeys(SEASONAL, 1 / len(SEASONAL)) for _ in range(buckets))
    return {name: np.zeros(0) for name in names}, dict.fromkeys(ENSEMBLES, even)


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
