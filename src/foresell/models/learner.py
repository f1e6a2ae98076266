"""The panel learner: seasonal base, regression and booster, combined and calibrated on folds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from foresell.data.panel import Matrix, Panel
from foresell.evaluate.intervals import calibrated_quantiles, spread_of, volume_codes
from foresell.features.direct import direct_frame
from foresell.features.levels import Vector
from foresell.features.pools import Recipe, fit_recipe
from foresell.models.baselines import BASELINES
from foresell.models.boosted import Boosting, fit_booster
from foresell.models.combination import bucket_of, combined, horizon_buckets
from foresell.models.effort import Effort
from foresell.models.lad import fit_lad
from foresell.models.members import Fitted, forecast_members, own_members
from foresell.models.origins import (
    Frames,
    Sample,
    draw_sample,
    fallback_cutoffs,
    fitting_origins,
    fold_cutoffs,
    known_by,
)
from foresell.models.seasonal import reference
from foresell.models.stacking import (
    GREEDY,
    MEAN,
    FoldRows,
    Uncertainty,
    Weights,
    empty_rows,
    fit_uncertainty,
    fold_rows,
    fold_table,
    joined,
    with_ensembles,
)
from foresell.models.uncertainty import holiday_rows, spread_design
from foresell.spec.forecast import QUANTILES
from foresell.spec.project import ProjectSpec

Progress = Callable[[str], None]


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
    """

    point: Matrix
    quantiles: Matrix
    members: Mapping[str, Matrix]
    level_used: tuple[str, ...]
    interval_method: str
    design: Matrix
    scale: Vector
    holiday: Vector


def fit_learner(
    panel: Panel, project: ProjectSpec, effort: Effort, frames: Frames, progress: Progress
) -> Learner:
    """Fit everything on ``panel``, which ends at its cutoff.

    ``frames``: the direct frame of an origin in `training_origins`, ``project.horizon`` steps, made
    with ``fit_recipe(panel, project)``. ``progress`` is told what is going on.
    """
    samples = _samples(panel, project, effort, frames, progress)
    cutoffs = fold_cutoffs(panel, project)
    buckets = horizon_buckets(project.horizon)
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
    judge = _Judge(panel, project, frames, samples, buckets)
    boosting, folds = _best(judge, (effort.boosting, *effort.search), cutoffs, progress)
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
        fitted=_fit(samples, panel.cutoff, project, boosting),
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

    Recipe, settings, weights, calibration and folds stay the judged learner's.
    """
    if learner.fitted.lad is None:
        return replace(learner, cutoff=panel.cutoff)
    samples = _samples(panel, project, effort, frames, progress)
    progress("fitting on the whole history")
    fitted = _fit(samples, panel.cutoff, project, learner.boosting)
    return replace(learner, cutoff=panel.cutoff, fitted=fitted)


def forecast(
    learner: Learner,
    panel: Panel,
    project: ProjectSpec,
    steps: int,
    frame: pl.DataFrame | None = None,
) -> PanelForecast:
    """Forecast every series ``steps`` periods past the panel's cutoff, whatever that cutoff is.

    ``frame``: the direct frame of that cutoff, if it is at hand, of at least as many steps.
    """
    if frame is None:
        frame = direct_frame(panel, project, learner.recipe, panel.cutoff, steps)
    elif frame.height > panel.n_series * steps:
        frame = frame.filter(pl.col("step") <= steps)
    seen = panel.until(panel.cutoff)
    members = forecast_members(learner.fitted, seen, project, frame)
    holiday = holiday_rows(frame, project)
    design = spread_design(frame, members, holiday)
    bucket = bucket_of(steps, learner.buckets)
    members[MEAN] = np.mean([members[name] for name in own_members(members)], axis=0)
    members[GREEDY] = combined(members, learner.weights, bucket)
    answer = PanelForecast(
        point=members[learner.chosen],
        quantiles=np.zeros((panel.n_series, steps, len(QUANTILES))),
        members=members,
        level_used=tuple(frame["level_used"].gather_every(steps)),
        interval_method=learner.interval_method,
        design=design,
        scale=frame["scale"].to_numpy(),
        holiday=holiday.astype(np.float64),
    )
    quantiles = candidate_quantiles(learner, answer, learner.chosen, project)
    return replace(answer, quantiles=quantiles)


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
    return bounded.reshape(*point.shape, len(QUANTILES))


@dataclass(frozen=True)
class _Judge:
    """What a fold needs to be judged."""

    panel: Panel
    project: ProjectSpec
    frames: Frames
    samples: Sequence[Sample]
    buckets: tuple[int, ...]

    def fold(self, cutoff: int, boosting: Boosting) -> FoldRows:
        """Fit on what was known at ``cutoff`` and return the held-out rows after it."""
        steps = min(self.project.horizon, self.panel.cutoff - cutoff)
        frame = self.frames(cutoff).filter(pl.col("step") <= steps)
        fitted = _fit(self.samples, cutoff, self.project, boosting)
        seen = self.panel.until(cutoff)
        members = forecast_members(fitted, seen, self.project, frame)
        return fold_rows(self.panel, self.project, frame, members, (cutoff, self.buckets))


def _best(
    judge: _Judge, settings: Sequence[Boosting], cutoffs: Sequence[int], progress: Progress
) -> tuple[Boosting, list[FoldRows]]:
    """Return the settings with the least fold error of the booster, and their folds.

    With more than one to choose from, each is tried with one seed; the winner's folds are made
    again as it will be used.
    """
    best = settings[0]
    if len(settings) > 1 and judge.samples and cutoffs:
        errors = []
        for place, boosting in enumerate(settings):
            progress(f"trying settings {place + 1} of {len(settings)}")
            single = replace(boosting, seeds=1)
            folds = [judge.fold(cutoff, single) for cutoff in cutoffs]
            errors.append(sum(_booster_error(fold) for fold in folds))
        best = settings[int(np.argmin(errors))]
    folds = []
    for cutoff in cutoffs:
        progress(f"judging the fold at period {cutoff}")
        folds.append(judge.fold(cutoff, best))
    return best, folds


def _booster_error(fold: FoldRows) -> float:
    """Return the booster's sum of absolute errors on a fold, 0 where there was none."""
    if "lightgbm" not in fold.members:
        return 0.0
    return float(np.abs(fold.actual - fold.members["lightgbm"]).sum())


def _samples(
    panel: Panel, project: ProjectSpec, effort: Effort, frames: Frames, progress: Progress
) -> list[Sample]:
    """Return the rows drawn from every fitting origin, in time order."""
    origins = fitting_origins(panel, project, effort)
    progress(f"drawing rows from {len(origins)} origins")
    return [
        draw_sample(panel, project, frames(origin), origin, effort.origin_rows)
        for origin in origins
    ]


def _fit(
    samples: Sequence[Sample], cutoff: int, project: ProjectSpec, boosting: Boosting
) -> Fitted:
    """Return the parts fitted on what was known at ``cutoff``; nothing where that is nothing."""
    frames, targets = known_by(samples, cutoff)
    if not frames:
        return Fitted()
    references = [reference(frame) for frame in frames]
    return Fitted(
        lad=fit_lad(frames, targets, project.horizon),
        booster=fit_booster(frames, targets, references, boosting, project.seed % 2**31),
    )


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
