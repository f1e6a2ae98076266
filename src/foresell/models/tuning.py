"""Searching a candidate's settings on the folds, with Optuna.

Tuning is kept apart from calibration by rows. Every trial is fitted at each fold's cutoff on what
was known there and judged on what came after. The settings whose forecasts of a row serve to weigh,
choose and calibrate are those with the least error on the *other* half of the series in the *other*
folds (in the same fold, where there is only one; of the same half, where there is no other): no row
of them helped to choose its own settings. With one fold and one half nothing could, and the
settings stay as declared. The settings for use are those with the least error over all rows. What
remains common is the list of settings that were tried at all: the sampler is led by the sum over
all rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresell.errors import CandidateError
from foresell.features.levels import Vector
from foresell.models.candidates import Plan
from foresell.models.judging import Judge, Progress, side_by_side
from foresell.models.parts import Settings
from foresell.models.searching import Search, searched


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What a search found.

    ``settings``: for use. ``made``: by fold, (rows of its frame,). ``notes``: what the search could
    not do, and why.
    """

    settings: Settings
    made: Mapping[int, Vector]
    notes: tuple[str, ...] = ()


def tuned(judge: Judge, plan: Plan, trials: int, progress: Progress) -> Tuned:
    """Return the best of the settings as declared and ``trials`` of the space, and its folds.

    Each is tried with one seed; the best one's folds are made again as it will be used. The search
    is seeded by the project. One of which every trial failed is a CandidateError.
    """
    tried = searched(
        Search(
            plan=plan,
            trials=trials,
            seed=judge.project.seed,
            attempt=lambda settings: _errors(judge, plan, settings),
            cost=lambda errors: float(errors.sum()),
        ),
        progress,
    )
    table = _table(tried.found)
    seen = np.array([judge.observed(cutoff) for cutoff in judge.cutoffs])
    chosen = choices(table, seen)
    best = int(np.argmin(table.sum(axis=(1, 2)))) if np.count_nonzero(seen) > 1 else 0
    made = _crossed(judge, plan, tried.settings, chosen)
    return Tuned(settings=tried.settings[best], made=made, notes=tried.notes)


def _table(errors: Sequence[NDArray[np.float64] | CandidateError]) -> NDArray[np.float64]:
    """Return (trials, folds, 2) the errors, infinite where a trial failed; at least one did not."""
    shape = next(error.shape for error in errors if not isinstance(error, CandidateError))
    return np.stack([
        np.full(shape, np.inf) if isinstance(error, CandidateError) else error for error in errors
    ])


def choices(errors: NDArray[np.float64], seen: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return (folds, 2) the trial for each fold and half of series, chosen on the others.

    ``errors``: (trials, folds, 2), infinite where a trial failed. ``seen``: (folds, 2) the rows
    each is of. See the head of this module; trial 0, the settings as declared, where no other row
    is observed.

    >>> errors = np.array([[[1.0, 9.0]], [[9.0, 1.0]]])  # two trials, one fold
    >>> choices(errors, np.array([[5, 5]])).tolist()  # half 0 takes what was best on half 1
    [[1, 0]]
    """
    folds = errors.shape[1]
    found = np.zeros((folds, 2), dtype=np.intp)
    for fold, half in np.ndindex(folds, 2):
        others = [place for place in range(folds) if place != fold]
        for places, side in ((others, 1 - half), (others, half), ([fold], 1 - half)):
            if seen[places, side].sum():
                found[fold, half] = np.argmin(errors[:, places, side].sum(axis=1))
                break
    return found


def _errors(judge: Judge, plan: Plan, settings: Settings) -> NDArray[np.float64] | CandidateError:
    """Return (folds, 2) absolute errors of one trial by fold and half, or why it failed."""
    single = {**settings, "seeds": 1} if "seeds" in settings else settings

    def one(cutoff: int) -> tuple[float, float]:
        return judge.errors(judge.held_out(plan.name, single, cutoff), cutoff)

    found = []
    for error in side_by_side(one, judge.cutoffs):
        if isinstance(error, CandidateError):
            return error
        found.append(error)
    return np.array(found)


def _crossed(
    judge: Judge, plan: Plan, tried: Sequence[Settings], chosen: NDArray[np.intp]
) -> dict[int, Vector]:
    """Return each fold's forecasts: a row's settings were chosen on other rows."""
    jobs = [
        (cutoff, int(place))
        for fold, cutoff in enumerate(judge.cutoffs)
        for place in sorted(set(chosen[fold].tolist()))
    ]
    found = side_by_side(lambda job: judge.held_out(plan.name, tried[job[1]], job[0]), jobs)
    made: dict[tuple[int, int], Vector] = {}
    for job, values in zip(jobs, found, strict=True):
        if isinstance(values, CandidateError):
            raise values
        made[job] = values
    return {
        cutoff: np.where(
            judge.halves(cutoff) == 0,
            made[cutoff, int(chosen[fold, 0])],
            made[cutoff, int(chosen[fold, 1])],
        )
        for fold, cutoff in enumerate(judge.cutoffs)
    }
