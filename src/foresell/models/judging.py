"""Judging booster settings on the folds: what a fold's cutoff knew is fitted, the rest held out.

The regression and the baselines of a fold do not depend on the settings and are made once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from foresell.data.panel import Matrix, Panel
from foresell.models.boosted import Booster, Boosting, fit_booster
from foresell.models.effort import Effort
from foresell.models.lad import Lad, fit_lad
from foresell.models.members import Fitted, baseline_members, forecast_members
from foresell.models.origins import (
    Frames,
    Sample,
    draw_sample,
    fitting_origins,
    known_by,
    steps_of,
)
from foresell.models.seasonal import reference
from foresell.models.stacking import FoldRows, fold_rows
from foresell.spec.project import ProjectSpec

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Ground:
    """What all booster settings share at a fold: its cutoff, the regression and the baselines."""

    cutoff: int
    lad: Lad | None
    baselines: Mapping[str, Matrix]


@dataclass(frozen=True)
class Judge:
    """What a fold needs to be judged."""

    panel: Panel
    project: ProjectSpec
    frames: Frames
    samples: Sequence[Sample]
    buckets: tuple[int, ...]

    def ground(self, cutoff: int) -> Ground:
        """Fit what does not depend on the booster's settings on what was known at ``cutoff``."""
        steps = min(self.project.horizon, self.panel.cutoff - cutoff)
        return Ground(
            cutoff=cutoff,
            lad=_fit_lad(self.samples, cutoff, self.project),
            baselines=baseline_members(self.panel.until(cutoff), self.project, steps),
        )

    def fold(self, ground: Ground, boosting: Boosting) -> FoldRows:
        """Fit the booster on what was known at the cutoff and return the held-out rows after it."""
        cutoff = ground.cutoff
        steps = min(self.project.horizon, self.panel.cutoff - cutoff)
        frame = self.frames(cutoff)
        steps_of(frame, self.panel)
        frame = frame.filter(pl.col("step") <= steps)
        booster = _fit_booster(self.samples, cutoff, self.project, boosting)
        fitted, seen = Fitted(lad=ground.lad, booster=booster), self.panel.until(cutoff)
        members = forecast_members(fitted, seen, self.project, frame, ground.baselines)
        return fold_rows(self.panel, self.project, frame, members, (cutoff, self.buckets))


def best_settings(
    judge: Judge, settings: Sequence[Boosting], cutoffs: Sequence[int], progress: Progress
) -> tuple[Boosting, list[FoldRows]]:
    """Return the settings with the least fold error of the booster, and their folds.

    With more than one to choose from, each is tried with one seed; the winner's folds are made
    again as it will be used.
    """
    best, grounds = settings[0], [judge.ground(cutoff) for cutoff in cutoffs]
    if len(settings) > 1 and judge.samples and cutoffs:
        errors = []
        for place, boosting in enumerate(settings):
            progress(f"trying settings {place + 1} of {len(settings)}")
            single = replace(boosting, seeds=1)
            errors.append(sum(_booster_error(judge.fold(ground, single)) for ground in grounds))
        best = settings[int(np.argmin(errors))]
    folds = []
    for ground in grounds:
        progress(f"judging the fold at period {ground.cutoff}")
        folds.append(judge.fold(ground, best))
    return best, folds


def _booster_error(fold: FoldRows) -> float:
    """Return the booster's sum of absolute errors on a fold, 0 where there was none."""
    if "lightgbm" not in fold.members:
        return 0.0
    return float(np.abs(fold.actual - fold.members["lightgbm"]).sum())


def drawn_samples(
    panel: Panel, project: ProjectSpec, effort: Effort, frames: Frames, progress: Progress
) -> list[Sample]:
    """Return the rows drawn from every fitting origin, in time order."""
    origins = fitting_origins(panel, project, effort)
    progress(f"drawing rows from {len(origins)} origins")
    return [
        draw_sample(panel, project, frames(origin), origin, effort.origin_rows)
        for origin in origins
    ]


def fit_parts(
    samples: Sequence[Sample], cutoff: int, project: ProjectSpec, boosting: Boosting
) -> Fitted:
    """Return the parts fitted on what was known at ``cutoff``; nothing where that is nothing."""
    return Fitted(
        lad=_fit_lad(samples, cutoff, project),
        booster=_fit_booster(samples, cutoff, project, boosting),
    )


def _fit_lad(samples: Sequence[Sample], cutoff: int, project: ProjectSpec) -> Lad | None:
    """Return the regression fitted on what was known at ``cutoff``; None where that is nothing."""
    frames, targets = known_by(samples, cutoff)
    return fit_lad(frames, targets, project.horizon) if frames else None


def _fit_booster(
    samples: Sequence[Sample], cutoff: int, project: ProjectSpec, boosting: Boosting
) -> Booster | None:
    """Return the booster fitted on what was known at ``cutoff``; None where that is too little."""
    frames, targets = known_by(samples, cutoff)
    references = [reference(frame) for frame in frames]
    return fit_booster(frames, targets, references, boosting, project.seed % 2**31)
