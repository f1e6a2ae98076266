"""Every candidate of a run on every fold, with settings as declared or searched; who fails, why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foresell.errors import CandidateError
from foresell.models.candidates import Plan
from foresell.models.judging import Judge, Progress, judged_plainly
from foresell.models.parts import Settings, resolve
from foresell.models.stacking import FoldRows, empty_rows, joined


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the folds say.

    ``rows``: the held-out rows, with every candidate that answered all folds. ``settings``: what
    each of these is to be fitted with, in the order of the plans. ``failures``: why others are not
    among them.
    """

    rows: FoldRows
    settings: Mapping[str, Settings]
    failures: Mapping[str, str]

    def without(self, failures: Mapping[str, str]) -> "Judged":
        """Return the same less candidates that failed later."""
        kept = {name: value for name, value in self.settings.items() if name not in failures}
        return Judged(
            rows=self.rows.without(failures),
            settings=kept,
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
    order = [plan.name for plan in plans if plan.name in made]
    folds = [
        judge.rows(cutoff, {name: made[name][cutoff] for name in order}) for cutoff in judge.cutoffs
    ]
    return Judged(
        rows=joined(folds) if folds else empty_rows(),
        settings={name: settings[name] for name in order},
        failures=failures,
    )
