"""The learner of a table: candidates fitted, combined and calibrated, the same for every project.

Candidates are judged on folds of the training rows; what is delivered is the one with the least
root mean squared error there. Calibration rows teach how wide intervals are and nothing else. Rows
of the test are not here at all.

In time it is as with a panel: the rows next before the test calibrate candidates that did not know
them, and then those who answer learn from them too. Left out, they would take the nearest past away
from what is judged, and the error of a model that never would be used would be told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from foresell.data.row_splits import RowSplit
from foresell.errors import CandidateError
from foresell.features.threads import one_thread
from foresell.models.candidates import left_out, plans
from foresell.models.effort import Effort
from foresell.models.judging import Progress
from foresell.models.parts import Settings
from foresell.models.tabular.calibration import (
    Calibrated,
    Calibrating,
    Size,
    calibrated,
    sizes_at,
)
from foresell.models.tabular.deriving import Deriver
from foresell.models.tabular.ensembles import blend
from foresell.models.tabular.learner_files import Judged
from foresell.models.tabular.lessons import (
    Kinds,
    Rows,
    Taught,
    Vector,
    all_train,
    fit_parts,
    ordered,
    teach,
    windows_of,
)
from foresell.models.tabular.pipelines import part_says
from foresell.models.tabular.selecting import Judging, Verdict, judged
from foresell.models.tabular.targets import baselines_of, floored
from foresell.models.tabular.uncertainty import RowUncertainty, band_codes, row_quantiles
from foresell.spec.forecast import ENSEMBLE
from foresell.spec.project import ProjectSpec

Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TabularLearner:
    """A fitted learner, whole.

    ``parts``: the fitted candidates; they answer a derived frame per factor of the row.
    ``settings``: all of each, as declared, settled or found. ``ensembles``: the weights of each by
    part, summing to 1. ``baselines``: what each says of any row, unit of the target. ``chosen``:
    what is delivered.
    ``folds``: see `fold_table`. ``failures``: the reason of every candidate that failed. ``notes``:
    what was not done and why, these among it. ``size``: the expected size of a miss, per factor and
    as a log; None where intervals do not need it. ``uncertainty``: by candidate, ensemble and
    baseline, made by ``interval_method``. ``bands``: as declared, where numbers are cut for it.
    ``nonnegative``: what parts and ensembles say is lifted to 0 where it is below.
    """

    deriver: Deriver
    parts: Mapping[str, Pipeline]
    settings: Mapping[str, Settings]
    ensembles: Mapping[str, Mapping[str, float]]
    baselines: Mapping[str, float]
    chosen: str
    folds: pl.DataFrame
    failures: Mapping[str, str]
    notes: tuple[str, ...]
    size: Size
    uncertainty: Mapping[str, RowUncertainty]
    interval_method: str
    bands: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    nonnegative: bool = False


def fit_tabular(
    frame: pl.DataFrame,
    split: RowSplit,
    project: ProjectSpec,
    kinds: Kinds,
    effort: Effort,
    progress: Progress,
) -> TabularLearner:
    """Fit everything on the rows of ``frame``, none of which is of the test.

    ``split``: where each row stands, train or calibration; neither the order of rows nor anything
    outside them changes the result. ``kinds``: the type of every feature. ``progress`` is told what
    is going on. Rows without a target teach nothing. In time, the latest rows calibrate, and then
    the candidates are fitted again with them: what comes next is most like them. A run of which
    every candidate failed is a CandidateError.
    """
    with one_thread():
        rows, cut = ordered(frame, project, split)
        mine = cut.side("train")
        train, calibration = rows.take(mine), rows.take(cut.side("calibration"))
        progress(f"deriving what {len(train.target):,} rows teach")
        windows = windows_of(train, cut.take(mine), project, kinds)
        wanted = plans(project.models, effort)
        ground = Judging(
            windows=windows,
            rows=train,
            seed=project.seed,
            trials=project.models.tuning.trials * effort.trials,
            nonnegative=project.nonnegative,
        )
        verdict = judged(ground, wanted, progress)
        progress("fitting on all training rows")
        taught = teach(train, project, kinds)
        parts, late = fit_parts(taught, verdict.settings, progress)
        verdict = verdict.without(late, ground)
        _refuse_nothing(verdict)
        progress("calibrating the intervals")
        made = _calibrated(taught, parts, verdict, calibration, project)
        if cut.timed and len(calibration.target):
            progress("fitting on the latest rows as well")
            taught = teach(rows, project, kinds)
            parts, late = fit_parts(taught, verdict.settings, progress)
            verdict = verdict.without(late, ground)
            _refuse_nothing(verdict)
    known = rows if cut.timed else train
    notes = (
        *left_out(project.models, effort, "tabular"),
        *verdict.notes,
        *(f"{name} failed: {why}" for name, why in verdict.failures.items()),
    )
    return TabularLearner(
        deriver=taught.deriver,
        parts=parts,
        settings=verdict.settings,
        ensembles=verdict.weights,
        baselines=baselines_of(known.target, known.weight),
        chosen=verdict.chosen,
        folds=verdict.folds,
        failures=verdict.failures,
        notes=notes,
        size=made.size,
        uncertainty=made.uncertainty,
        interval_method=made.method,
        bands={name: tuple(edges) for name, edges in project.bands.items()},
        nonnegative=project.nonnegative,
    )


def _refuse_nothing(verdict: Verdict) -> None:
    """Refuse a run of which no candidate is left.

    Raises:
        CandidateError: what the sentence above names.
    """
    if not verdict.settings:
        reasons = "; ".join(f"{name}: {why}" for name, why in verdict.failures.items())
        raise CandidateError(
            f"every candidate failed: {reasons or 'the preset leaves all of them out'}",
            "models.candidates",
            "change their settings, name others, or install what they need",
        )


def _calibrated(
    taught: Taught,
    parts: Mapping[str, Pipeline],
    verdict: Verdict,
    calibration: Rows,
    project: ProjectSpec,
) -> Calibrated:
    """Return the intervals of everything that answers, from rows it was not fitted on."""
    held = calibration.frame
    said = _said(taught.deriver, parts, verdict.weights, held) if held.height else {}
    baselines = baselines_of(verdict.rows.target, verdict.rows.weight)
    said |= {name: np.full(held.height, value) for name, value in baselines.items()}
    floor = project.nonnegative
    said = {name: floored(values, nonnegative=floor) for name, values in said.items()}
    return calibrated(
        Calibrating(
            taught=taught,
            rows=verdict.rows,
            held_out=verdict.said,
            members={name: verdict.members[name] for name in parts},
            chosen=verdict.chosen,
            calibration=calibration,
            said=said,
            bands=project.bands,
        )
    )


def judged_of(learner: TabularLearner) -> Judged:
    """Return what a fitted learner leaves behind."""
    return Judged(
        settings=learner.settings,
        ensembles=learner.ensembles,
        baselines=learner.baselines,
        chosen=learner.chosen,
        folds=learner.folds,
        failures=learner.failures,
        notes=learner.notes,
        size=learner.size,
        uncertainty=learner.uncertainty,
        interval_method=learner.interval_method,
    )


def refit_tabular(
    judged: Judged, frame: pl.DataFrame, project: ProjectSpec, kinds: Kinds, progress: Progress
) -> TabularLearner:
    """Fit the judged candidates again on every row of ``frame``.

    Settings, weights, choice, expected size and calibration stay the judged learner's. A candidate
    that cannot be fitted on all rows is left out with the ensembles that need it, which is noted.

    Raises:
        CandidateError: what is delivered cannot be fitted on all rows.
    """
    with one_thread():
        rows, _ = ordered(frame, project, all_train(frame.height))
        progress(f"fitting on all {len(rows.target):,} rows")
        taught = teach(rows, project, kinds)
        parts, failures = fit_parts(taught, judged.settings, progress)
    ensembles = {
        name: weights
        for name, weights in judged.ensembles.items()
        if all(part in parts for part, weight in weights.items() if weight)
    }
    if judged.chosen not in {*parts, *ensembles}:
        reasons = "; ".join(f"{name}: {why}" for name, why in failures.items())
        raise CandidateError(
            f"{judged.chosen} was chosen, and cannot be fitted on every row: {reasons}",
            "models.candidates",
            "leave the candidate out that fails, or change its settings",
        )
    answering = {*parts, *ensembles, *judged.baselines}
    late = (f"{name} failed on all rows: {why}" for name, why in failures.items())
    return TabularLearner(
        deriver=taught.deriver,
        parts=parts,
        settings={name: judged.settings[name] for name in parts},
        ensembles=ensembles,
        baselines=baselines_of(rows.target, rows.weight),
        chosen=judged.chosen,
        folds=judged.folds,
        failures={**judged.failures, **failures},
        notes=(*judged.notes, *late),
        size=judged.size,
        uncertainty={name: one for name, one in judged.uncertainty.items() if name in answering},
        interval_method=judged.interval_method,
        bands={name: tuple(edges) for name, edges in project.bands.items()},
        nonnegative=project.nonnegative,
    )


def predict_tabular(learner: TabularLearner, frame: pl.DataFrame) -> dict[str, Vector]:
    """Return (n rows,) what every part, ensemble and baseline says, in the unit of the target.

    ``frame``: raw rows with the features. Nothing is below 0 where the project says so: an ensemble
    is made of what its parts say before. A factor that is unknown or not above 0 is a DataError.
    """
    with one_thread():
        made = _said(learner.deriver, learner.parts, learner.ensembles, frame)
    made |= {name: np.full(frame.height, value) for name, value in learner.baselines.items()}
    floor = learner.nonnegative
    return {name: floored(values, nonnegative=floor) for name, values in made.items()}


def quantiles_tabular(
    learner: TabularLearner, frame: pl.DataFrame, made: Mapping[str, Vector]
) -> dict[str, Matrix]:
    """Return (n rows, levels) the quantiles of each answer in ``made``, of `predict_tabular`."""
    members = _members(learner, frame, made)
    size = sizes_at(learner.interval_method, learner.size, learner.deriver, frame, members)
    band = band_codes(frame, learner.bands)
    return {
        name: row_quantiles(
            learner.uncertainty[name], said, size, band, nonnegative=learner.nonnegative
        )
        for name, said in made.items()
    }


def _members(
    learner: TabularLearner, frame: pl.DataFrame, made: Mapping[str, Vector]
) -> list[Vector]:
    """Return (n rows,) what each part says before it is lifted to 0: how far they disagree."""
    if learner.nonnegative and learner.interval_method == ENSEMBLE:
        with one_thread():
            made = _said(learner.deriver, learner.parts, {}, frame)
    return [made[name] for name in learner.parts]


def _said(
    deriver: Deriver,
    parts: Mapping[str, Pipeline],
    ensembles: Mapping[str, Mapping[str, float]],
    frame: pl.DataFrame,
) -> dict[str, Vector]:
    """Return (n rows,) what parts and ensembles say of raw rows, in the unit of the target."""
    derived, factor = deriver.transform(frame), deriver.factors(frame)
    alone = {name: part_says(name, part, derived) for name, part in parts.items()}
    both = alone | {name: blend(weights, alone) for name, weights in ensembles.items()}
    return {name: values * factor for name, values in both.items()}
