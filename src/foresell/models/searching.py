"""Searching a space of settings with Optuna: who fits and judges a trial is the caller's affair.

Source: T. Akiba et al., "Optuna: A next-generation hyperparameter optimization framework", KDD
2019.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import optuna

from foresell.errors import CandidateError
from foresell.models.candidates import Plan
from foresell.models.parts import Setting, Settings
from foresell.spec.modelling import Range, Space

Found = TypeVar("Found")
Progress = Callable[[str], None]
_DRAWN_FIRST = 5  # trials at random before the sampler learns from them


@dataclass(frozen=True, kw_only=True)
class Tried(Generic[Found]):
    """All that was tried: the settings as declared first, then one entry for each trial.

    ``found``: what the attempt returned, or why it failed. ``notes``: which failed, in words.
    """

    settings: tuple[Settings, ...]
    found: tuple[Found | CandidateError, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Search(Generic[Found]):
    """One search. ``attempt``: settings -> what is found with them, or why they failed.

    ``cost``: of what was found, the less the better: it leads the sampler (TPE), which ``seed``
    starts. Trials follow each other, so equal input finds equal settings.
    """

    plan: Plan
    trials: int
    seed: int
    attempt: Callable[[Settings], Found | CandidateError]
    cost: Callable[[Found], float]


def searched(search: Search[Found], progress: Progress) -> Tried[Found]:
    """Return what was found with the settings as declared and with each trial of the space.

    Raises:
        CandidateError: every trial of the space failed; the last reason is in it.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=search.seed % 2**31, n_startup_trials=_DRAWN_FIRST)
    study = optuna.create_study(sampler=sampler)
    plan, trials = search.plan, search.trials
    tried: list[Settings] = [plan.settings]
    outcomes = [search.attempt(plan.settings)]
    for number in range(1, trials + 1):
        progress(f"searching {plan.name}: trial {number} of {trials}")
        trial = study.ask()
        settings = {**plan.settings, **suggested(trial, plan.space)}
        found = search.attempt(settings)
        if isinstance(found, CandidateError):
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, search.cost(found))
        tried.append(settings)
        outcomes.append(found)
    failed = [error for error in outcomes[1:] if isinstance(error, CandidateError)]
    if len(failed) == trials:
        last = failed[-1]
        raise CandidateError(
            f"{share_of(trials, trials)} of its search failed: {last.what}", last.where, last.mend
        )
    notes = [f"{share_of(len(failed), trials)} failed: {failed[-1].what}"] if failed else []
    if isinstance(first := outcomes[0], CandidateError):
        notes.append(f"its settings as declared failed: {first.what}")
    return Tried(settings=tuple(tried), found=tuple(outcomes), notes=tuple(notes))


def share_of(failed: int, trials: int) -> str:
    """Return how many trials are spoken of.

    >>> share_of(1, 1), share_of(4, 4), share_of(1, 3)
    ('the only trial', 'all 4 trials', '1 of 3 trials')
    """
    if failed == trials:
        return "the only trial" if trials == 1 else f"all {trials} trials"
    return f"{failed} of {trials} trials"


def suggested(trial: optuna.trial.Trial, space: Space) -> dict[str, Setting]:
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
