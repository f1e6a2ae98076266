"""Every candidate of a run on every fold, with settings as declared or searched; who fails, why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from foresell.errors import CandidateError
from foresell.features.levels import Vector
from foresell.models.candidates import Plan
from foresell.models.judging import Judge, Progress, judged_plainly
from foresell.models.parts import Settings, resolve
from foresell.models.stacking import FoldRows, empty_rows, joined


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the folds say.

    ``rows``: the held-out rows, with every candidate that answered all folds. ``settings``: what
    each of these is to be fitted with, in the order of the plans. ``made``: what each said, by
    fold. ``failures``: why others are not among them. ``notes``: what searches could not do.
    """

    rows: FoldRows
    settings: Mapping[str, Settings]
    made: Mapping[str, Mapping[int, Vector]]
    failures: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def without(self, failures: Mapping[str, str], judge: Judge) -> "Judged":
        """Return the same less candidates that failed later.

        The rows are put together again: how far candidates disagree is told of those that are left.
        """
        if not failures:
            return self
        kept = {name: value for name, value in self.settings.items() if name not in failures}
        made = {name: self.made[name] for name in kept}
        return replace(
            self,
            rows=_rows(judge, made),
            settings=kept,
            made=made,
            failures={**self.failures, **failures},
        )


def judge_candidates(
    judge: Judge, plans: Sequence[Plan], trials: int, progress: Progress
) -> Judged:
    """Return what the candidates say on the folds; one that fails is left out by name and reason.

    ``trials``: of a search, for each plan with a space.
    """
    settings = {plan.name: plan.settings for plan in plans if not plan.space}
    made, failures = judged_plainly(judge, settings, progress)
    notes: list[str] = []
    for plan in plans:
        if not plan.space:
            continue
        try:
            search = resolve("foresell.models.tuning:tuned")
            found = search(judge, plan, trials, progress)
        except CandidateError as error:
            failures[plan.name] = f"{error.what} (while its settings were searched)"
            progress(f"{plan.name} failed: {error.what}")
        else:
            made[plan.name], settings[plan.name] = found.made, found.settings
            notes.extend(f"{plan.name}: {note}" for note in found.notes)
    made = {plan.name: made[plan.name] for plan in plans if plan.name in made}
    return Judged(
        rows=_rows(judge, made),
        settings={name: settings[name] for name in made},
        made=made,
        failures=failures,
        notes=tuple(notes),
    )


def _rows(judge: Judge, made: Mapping[str, Mapping[int, Vector]]) -> FoldRows:
    """Return the held-out rows of all folds; ``made``: what each candidate said, by fold."""
    folds = [
        judge.rows(cutoff, {name: by_fold[cutoff] for name, by_fold in made.items()})
        for cutoff in judge.cutoffs
    ]
    return joined(folds) if folds else empty_rows()
