"""Searching the settings of a table's candidate on the folds.

A trial is fitted on every fold and its error is what the fold held out. What a searched candidate
is judged by, and weighed with in the ensembles, is crossed: a fold's rows are answered with the
settings that had the least error on the *other* folds, so that no row helped to choose its own. The
settings for use have the least error over all folds. With one fold nothing else could choose, and
the settings stay as declared. Calibration and test rows take no part.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresell.errors import CandidateError
from foresell.models.candidates import Plan
from foresell.models.judging import Progress, side_by_side
from foresell.models.parts import Settings
from foresell.models.searching import Search, searched
from foresell.models.tabular.lessons import held_out
from foresell.models.tabular.selecting import Judging
from foresell.models.tabular.targets import floored

Vector = NDArray[np.float64]
Said = tuple[Vector, ...]  # (judged rows,) of each fold


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What a search found: settings for use, (training rows,) what is said of rows held out."""

    settings: Settings
    said: Vector
    notes: tuple[str, ...] = ()


def tuned(ground: Judging, plan: Plan, trials: int, progress: Progress) -> Tuned:
    """Return the best of the settings as declared and ``trials`` of the space.

    A search of which every trial failed is a CandidateError.
    """
    tried = searched(
        Search(
            plan=plan,
            trials=trials,
            seed=ground.seed,
            attempt=lambda settings: _tried(ground, plan.name, settings),
            cost=lambda said: float(_errors(ground, said).sum()),
        ),
        progress,
    )
    worked = {
        place: said
        for place, said in enumerate(tried.found)
        if not isinstance(said, CandidateError)
    }
    best, by_fold = chosen_trials({place: _errors(ground, said) for place, said in worked.items()})
    crossed = [worked[place][fold] for fold, place in enumerate(by_fold)]
    return Tuned(
        settings=tried.settings[best],
        said=held_out(ground.windows, crossed, len(ground.rows.target)),
        notes=tried.notes,
    )


def _tried(ground: Judging, name: str, settings: Settings) -> Said | CandidateError:
    """Return what a candidate says of each fold's rows, or why it cannot."""
    found: list[Vector] = []
    for values in side_by_side(lambda window: window.judge(name, settings), ground.windows):
        if isinstance(values, CandidateError):
            return values
        found.append(values)
    return tuple(found)


def _errors(ground: Judging, said: Said) -> Vector:
    """Return (folds,) the sum of weighed squared misses of each fold, of answers as given."""
    rows, nonnegative = ground.rows, ground.nonnegative
    answers = [floored(made, nonnegative=nonnegative) for made in said]
    return np.array([
        float((rows.weight[one.places] * (rows.target[one.places] - made) ** 2).sum())
        for one, made in zip(ground.windows, answers, strict=True)
    ])


def chosen_trials(errors: Mapping[int, Vector]) -> tuple[int, list[int]]:
    """Return the trial for use and the one for each fold, chosen on the others.

    ``errors``: (folds,) of each trial by number. Ties go to the first trial; with one fold
    everything stays with it.

    >>> chosen_trials({0: np.array([1.0, 5.0]), 2: np.array([4.0, 1.0])})
    (2, [2, 0])
    """
    numbers = list(errors)
    table = np.array([errors[number] for number in numbers])
    if table.shape[1] < 2:  # no other fold can choose
        return numbers[0], [numbers[0]]
    # summed without the fold, not subtracted: a rounding must not tell of the fold left out
    others = [np.delete(table, fold, axis=1).sum(axis=1) for fold in range(table.shape[1])]
    best = int(table.sum(axis=1).argmin())
    return numbers[best], [numbers[int(one.argmin())] for one in others]
