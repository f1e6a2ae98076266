"""Every candidate of a table on the folds: what each says of rows held out, and which is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.errors import CandidateError
from foresell.models.candidates import Plan
from foresell.models.judging import Progress
from foresell.models.parts import Settings, resolve
from foresell.models.tabular.ensembles import ENSEMBLES, SIMPLE, Weights, with_ensembles
from foresell.models.tabular.estimators import settled
from foresell.models.tabular.lessons import Rows, Vector, Window, judged_plainly
from foresell.models.tabular.targets import BASELINES, baselines_of, floored

FOLD_COLUMNS = {
    "candidate": pl.String,
    "fold": pl.Int64,
    "n": pl.Int64,
    "rmse": pl.Float64,
    "mae": pl.Float64,
}


@dataclass(frozen=True, kw_only=True)
class Judging:
    """Where candidates are judged: the folds, and the training rows they hold out.

    ``trials``: of each search; ``seed`` starts it. ``nonnegative``: no answer lies below 0.
    """

    windows: Sequence[Window]
    rows: Rows
    seed: int
    trials: int
    nonnegative: bool = False

    @property
    def fold(self) -> NDArray[np.int64]:
        """(rows,) the fold that holds a row out, -1 where none does."""
        found = np.full(len(self.rows.target), -1, dtype=np.int64)
        for window in self.windows:
            found[window.places] = window.number
        return found


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the folds say.

    ``said``: (rows,) by candidate, ensemble and baseline, of training rows held out, NaN of others;
    as it would be answered, none below 0 where the project says so. ``members``: what the
    candidates say before that, of which ensembles are made.
    ``settings``: all of each candidate, in the order of the plans. ``weights``: of each ensemble.
    ``folds``: see `fold_table`. ``failures``: why others are not among them.
    """

    rows: Rows
    said: Mapping[str, Vector]
    members: Mapping[str, Vector]
    settings: Mapping[str, Settings]
    weights: Mapping[str, Weights]
    chosen: str
    folds: pl.DataFrame
    failures: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def without(self, failures: Mapping[str, str], ground: Judging) -> "Verdict":
        """Return the same less candidates that failed later."""
        if not failures:
            return self
        kept = {name: value for name, value in self.settings.items() if name not in failures}
        found = _combined(ground, {name: self.members[name] for name in kept}, kept)
        return replace(found, failures={**self.failures, **failures}, notes=self.notes)


def judged(ground: Judging, plans: Sequence[Plan], progress: Progress) -> Verdict:
    """Return what the folds say of all ``plans``; one that fails is left out by name and reason."""
    rows = len(ground.rows.target)
    full = [replace(plan, settings=settled(plan.name, plan.settings, rows)) for plan in plans]
    settings = {plan.name: plan.settings for plan in full if not plan.space}
    said, failures = judged_plainly(ground.windows, settings, rows, progress)
    notes: list[str] = []
    for plan in full:
        if not plan.space:
            continue
        try:
            search = resolve("foresell.models.tabular.tuning:tuned")
            found = search(ground, plan, ground.trials, progress)
        except CandidateError as error:
            failures[plan.name] = f"{error.what} (while its settings were searched)"
            progress(f"{plan.name} failed: {error.what}")
        else:
            said[plan.name], settings[plan.name] = found.said, found.settings
            notes.extend(f"{plan.name}: {note}" for note in found.notes)
    kept = {plan.name: settings[plan.name] for plan in full if plan.name in said}
    verdict = _combined(ground, {name: said[name] for name in kept}, kept)
    return replace(verdict, failures=failures, notes=tuple(notes))


def _combined(
    ground: Judging, members: Mapping[str, Vector], settings: Mapping[str, Settings]
) -> Verdict:
    """Return what the folds say of the candidates, their ensembles and the baselines."""
    rows, fold = ground.rows, ground.fold
    seen = fold >= 0
    said: dict[str, Vector] = dict(members)
    weights: Mapping[str, Weights] = {}
    if members:
        held = {name: values[seen] for name, values in members.items()}
        weight = rows.weight[seen] / max(float(rows.weight[seen].mean()), 1e-300)
        found, weights = with_ensembles(held, rows.target[seen], weight, fold[seen])
        for name in weights:
            said[name] = np.full(len(seen), np.nan)
            said[name][seen] = found[name]
    for name in BASELINES:
        said[name] = np.full(len(seen), np.nan)
    for window in ground.windows:
        known = window.known
        for name, value in baselines_of(rows.target[known], rows.weight[known]).items():
            said[name][window.places] = value
    said = {name: floored(values, nonnegative=ground.nonnegative) for name, values in said.items()}
    return Verdict(
        rows=rows,
        said=said,
        members=members,
        settings=settings,
        weights=weights,
        chosen=_chosen(rows, said, tuple(members), fold),
        folds=fold_table(rows, said, fold),
        failures={},
    )


def _chosen(
    rows: Rows, said: Mapping[str, Vector], singles: Sequence[str], fold: NDArray[np.int64]
) -> str:
    """Return what is delivered: the best candidate, or an ensemble where that errs less.

    An ensemble's error is what weights taught by other folds give. The least of many candidates'
    errors is too good by luck; so the ensembles are compared with what taking, for each fold, the
    candidate that was best on the others would have given. Errors are root mean squares; ties go
    to the candidate, and to the first by name. A baseline alone is never chosen. Where nothing was
    held out it is the plain mean of all; "" where nothing answers.
    """
    if not singles:
        return ""
    if not (fold >= 0).any():
        return SIMPLE

    def error(name: str, mask: NDArray[np.bool_]) -> tuple[float, float, str]:
        return (*error_of(rows.target[mask] - said[name][mask], rows.weight[mask]), name)

    seen = fold >= 0
    best = min(error(name, seen) for name in singles)
    picked = np.full(len(seen), np.nan)
    for number in np.unique(fold[seen]):
        others = seen & (fold != number)
        name = min(error(name, others) for name in singles)[-1] if others.any() else best[-1]
        picked[fold == number] = said[name][fold == number]
    lone = error_of(rows.target[seen] - picked[seen], rows.weight[seen])[0]
    blended = [error(name, seen) for name in ENSEMBLES if name in said]
    together = min(blended, default=best)
    return together[-1] if together[0] < lone else best[-1]


def error_of(misses: Vector, weight: Vector) -> tuple[float, float]:
    """Return the root mean squared and the mean absolute error of weighed misses (n,).

    >>> error_of(np.array([3.0, -1.0]), np.array([1.0, 1.0]))[1]
    2.0
    """
    total = float(weight.sum())
    share = weight / total if total > 0 else np.full(len(weight), 1 / max(len(weight), 1))
    return float(np.sqrt((share * misses**2).sum())), float((share * np.abs(misses)).sum())


def fold_table(rows: Rows, said: Mapping[str, Vector], fold: NDArray[np.int64]) -> pl.DataFrame:
    """Return one row per candidate and fold, by fold, then error: `FOLD_COLUMNS`.

    ``n``: rows held out; errors in the unit of the target, rows weighed as the data says.
    """
    lines = []
    for number in np.unique(fold[fold >= 0]).tolist():
        mine = fold == number
        for name, values in said.items():
            rmse, mae = error_of(rows.target[mine] - values[mine], rows.weight[mine])
            lines.append({
                "candidate": name,
                "fold": number,
                "n": int(mine.sum()),
                "rmse": rmse,
                "mae": mae,
            })
    return pl.DataFrame(lines, schema=FOLD_COLUMNS).sort("fold", "rmse", "candidate")
