"""Judging candidates on the folds: what a fold's cutoff knew is fitted, the rest is held out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl

from foresell.data.panel import Panel
from foresell.errors import CandidateError
from foresell.features.levels import Vector
from foresell.models.candidates import fit, refuse_unfinished
from foresell.models.effort import Effort
from foresell.models.members import assembled
from foresell.models.origins import (
    Frames,
    Sample,
    actual_after,
    draw_sample,
    fitting_origins,
    known_by,
    steps_of,
)
from foresell.models.parts import Lesson, Part, Settings
from foresell.models.stacking import FoldRows, fold_rows, series_halves
from foresell.spec.project import ProjectSpec

Progress = Callable[[str], None]
Asked = TypeVar("Asked")
Made = TypeVar("Made")

# One thread a candidate, candidates side by side: OpenMP's threads wait for each other by spinning,
# so on a busy machine two of them take several times longer than one. The results are the same.
WORKERS = 2


@dataclass(frozen=True)
class Judge:
    """What a fold needs to be judged. ``cutoffs``: of the folds, in time order."""

    panel: Panel
    project: ProjectSpec
    frames: Frames
    samples: Sequence[Sample]
    buckets: tuple[int, ...]
    cutoffs: tuple[int, ...]

    def frame(self, cutoff: int) -> pl.DataFrame:
        """Return the direct frame of a fold, as far as its window is known."""
        frame = self.frames(cutoff)
        steps_of(frame, self.panel)
        return frame.filter(pl.col("step") <= self._steps(cutoff))

    def held_out(self, name: str, settings: Settings, cutoff: int) -> Vector:
        """Return (rows of the fold's frame,) what a candidate fitted at ``cutoff`` says of them.

        What keeps it from an answer, be it a library, a setting or an answer that is no number, is
        a `CandidateError`.
        """
        seen = self.panel.until(cutoff)
        part = fit(name, lesson_at(self.samples, seen, self.project, settings))
        values = part.forecast(self.frame(cutoff))
        refuse_unfinished(name, values)
        return values

    def errors(self, values: Vector, cutoff: int) -> tuple[float, float]:
        """Return the sum of absolute errors over a fold's observed rows, of each half of series."""
        actual = actual_after(self.panel, cutoff, self._steps(cutoff)).ravel()
        miss = np.nan_to_num(np.abs(actual - values), nan=0.0)
        half = self.halves(cutoff)
        return float(miss[half == 0].sum()), float(miss[half == 1].sum())

    def observed(self, cutoff: int) -> tuple[int, int]:
        """Return the number of a fold's observed rows, of each half of series."""
        seen = np.isfinite(actual_after(self.panel, cutoff, self._steps(cutoff)).ravel())
        half = self.halves(cutoff)
        return int((seen & (half == 0)).sum()), int((seen & (half == 1)).sum())

    def halves(self, cutoff: int) -> Vector:
        """Return (rows of the fold's frame,) the half of the series each row's series is in."""
        return np.repeat(series_halves(self.panel), self._steps(cutoff)).astype(np.float64)

    def rows(self, cutoff: int, made: Mapping[str, Vector]) -> FoldRows:
        """Return the held-out rows of a fold; ``made``: what `held_out` says, by candidate."""
        frame, seen = self.frame(cutoff), self.panel.until(cutoff)
        members = assembled(made, seen, self.project, frame)
        return fold_rows(self.panel, self.project, frame, members, (cutoff, self.buckets))

    def _steps(self, cutoff: int) -> int:
        """Return how many periods of a fold's window are known."""
        return min(self.project.horizon, self.panel.cutoff - cutoff)


def side_by_side(
    work: Callable[[Asked], Made], asked: Iterable[Asked]
) -> Iterator[Made | CandidateError]:
    """Yield what ``work`` makes of each, in order, or the reason why a candidate could not."""

    def guarded(one: Asked) -> Made | CandidateError:
        try:
            return work(one)
        except CandidateError as error:
            return error

    with ThreadPoolExecutor(WORKERS) as pool:
        yield from pool.map(guarded, asked)


def judged_plainly(
    judge: Judge, wanted: Mapping[str, Settings], progress: Progress
) -> tuple[dict[str, dict[int, Vector]], dict[str, str]]:
    """Return what each candidate says on every fold, and the reason why where one fails."""
    jobs = [(name, cutoff) for cutoff in reversed(judge.cutoffs) for name in wanted]
    made: dict[str, dict[int, Vector]] = {name: {} for name in wanted}
    failures: dict[str, str] = {}
    found = side_by_side(lambda job: judge.held_out(job[0], wanted[job[0]], job[1]), jobs)
    for (name, cutoff), values in zip(jobs, found, strict=True):
        if isinstance(values, CandidateError):
            failures[name] = f"{values.what} (fold at period {cutoff})"
            progress(f"{name} failed: {values.what}")
        else:
            made[name][cutoff] = values
            progress(f"{name} judged on the fold at period {cutoff}")
    return {name: by_fold for name, by_fold in made.items() if name not in failures}, failures


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


def lesson_at(
    samples: Sequence[Sample], panel: Panel, project: ProjectSpec, settings: Settings
) -> Lesson:
    """Return what can be learnt at the cutoff of ``panel``.

    Raises:
        CandidateError: that is nothing.
    """
    cutoff = panel.cutoff
    frames, targets = known_by(samples, cutoff)
    if not frames:
        raise CandidateError(
            "there is no row to learn from",
            f"the origins before period {cutoff}",
            "give a longer history",
        )
    return Lesson(
        frames=frames,
        targets=targets,
        periods=len(np.unique(np.concatenate([sample.known(cutoff) for sample in samples]))),
        horizon=project.horizon,
        seed=project.seed % 2**31,
        settings=settings,
        panel=panel,
        project=project,
    )


def fit_parts(
    samples: Sequence[Sample],
    panel: Panel,
    project: ProjectSpec,
    frames: Frames,
    wanted: Mapping[str, Settings],
) -> tuple[dict[str, Part], dict[str, str]]:
    """Return the parts fitted on what is known at the panel's cutoff; reasons where one fails."""
    frame = frames(panel.cutoff) if wanted else pl.DataFrame()

    def fitted(name: str) -> Part:
        part = fit(name, lesson_at(samples, panel, project, wanted[name]))
        refuse_unfinished(name, part.forecast(frame))
        return part

    parts: dict[str, Part] = {}
    failures: dict[str, str] = {}
    for name, part in zip(wanted, side_by_side(fitted, wanted), strict=True):
        if isinstance(part, CandidateError):
            failures[name] = part.what
        else:
            parts[name] = part
    return parts, failures
