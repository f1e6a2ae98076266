"""Searching a candidate's settings on the folds, with Optuna.

Tuning is kept apart from calibration by rows. Every trial is fitted at each fold's cutoff on what
was known there and judged on what came after. The settings whose forecasts of a row serve to weigh,
choose and calibrate are those with the least error on the *other* half of the series in the *other*
folds (in the same fold, where there is only one): no row of them helped to choose its own settings.
The settings for use are those with the least error over all rows. What remains common is the list
of settings that were tried at all: the sampler is led by the sum over all rows.

Source: T. Akiba et al., "Optuna: A next-generation hyperparameter optimization framework", KDD
2019.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import optuna
from numpy.typing import NDArray

from foresell.errors import CandidateError
from foresell.features.levels import Vector
from foresell.models.candidates import Plan
from foresell.models.judging import Judge, Progress, side_by_side
from foresell.models.parts import Setting, Settings
from foresell.spec.modelling import Range, Space


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What a search found. ``settings``: for use. ``made``: by fold, (rows of its frame,)."""

    settings: Settings
    made: Mapping[int, Vector]


def tuned(judge: Judge, plan: Plan, trials: int, progress: Progress) -> Tuned:
    """Return the best of the settings as declared and ``trials`` of the space, and its folds.

    Each is tried with one seed; the best one's folds are made again as it will be used. The sampler
    (TPE) is seeded by the project, and trials follow each other, so equal input finds equal
    settings.

    Raises:
        CandidateError: every trial failed; the last reason is in it.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=judge.project.seed % 2**31, n_startup_trials=5)
    )
    tried: list[Settings] = [plan.settings]
    errors = [_errors(judge, plan, plan.settings)]
    for number in range(1, trials + 1):
        progress(f"searching {plan.name}: trial {number} of {trials}")
        trial = study.ask()
        settings = {**plan.settings, **_suggested(trial, plan.space)}
        found = _errors(judge, plan, settings)
        if isinstance(found, CandidateError):
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, float(found.sum()))
        tried.append(settings)
        errors.append(found)
    known = [error for error in errors if not isinstance(error, CandidateError)]
    if not known:
        last = [error for error in errors if isinstance(error, CandidateError)][-1]
        raise CandidateError(f"all {len(errors)} trials failed; {last.what}", last.where, last.mend)
    lost = np.full_like(known[0], np.inf)
    table = np.stack([lost if isinstance(error, CandidateError) else error for error in errors])
    best = int(np.argmin(table.sum(axis=(1, 2))))
    made = _crossed(judge, plan, tried, choices(table))
    return Tuned(settings=tried[best], made=made)


def choices(errors: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return (folds, 2) the trial for each fold and half of series, chosen on the others.

    ``errors``: (trials, folds, 2), infinite where a trial failed. See the head of this module.

    >>> errors = np.array([[[1.0, 9.0]], [[9.0, 1.0]]])  # two trials, one fold
    >>> choices(errors).tolist()  # half 0 takes what was best on half 1
    [[1, 0]]
    """
    folds = errors.shape[1]
    found = np.zeros((folds, 2), dtype=np.intp)
    for fold in range(folds):
        others = [place for place in range(folds) if place != fold] or [fold]
        for half in (0, 1):
            found[fold, half] = np.argmin(errors[:, others, 1 - half].sum(axis=1))
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
    judge: Judge, plan: Plan, tried: list[Settings], chosen: NDArray[np.intp]
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


def _suggested(trial: optuna.trial.Trial, space: Space) -> dict[str, Setting]:
    """Return one point of the space."""
    point: dict[str, Setting] = {}
    for name, choice in space.items():
        if not isinstance(choice, Range):
            point[name] = trial.suggest_categorical(name, list(choice))
        elif isinstance(choice.low, int) and isinstance(choice.high, int):
            point[name] = trial.suggest_int(name, choice.low, choice.high, log=choice.log)
        else:
            point[name] = trial.suggest_float(name, choice.low, choice.high, log=choice.log)
    return point
