"""Coherent forecasts of a declared hierarchy: how far its sums are heeded, and how sure they are.

The sums' own forecasts (`own_forecasts`) are made for every fold as for the answer. How far each
level is trusted is chosen where the folds' errors of all levels, each against the better of its own
forecast and the plain sum of the series, are least together. Trust that a fold is scored with was
chosen on the other folds.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from foresell.data.panel import Matrix, Panel
from foresell.features.hierarchy import hierarchy_levels, own_forecasts, presence
from foresell.features.levels import Vector
from foresell.features.pools import Codes, Recipe
from foresell.features.season import plan_factors
from foresell.features.threads import one_thread
from foresell.models.level_bands import LevelBand, band_from_dict, fit_bands, row_places
from foresell.models.origins import Frames, actual_after, first_origin
from foresell.models.reconciling import reconcile
from foresell.models.seasonal import reference
from foresell.models.stacking import FoldRows
from foresell.spec.project import ProjectSpec

RECONCILED = "reconciled"
USUAL_TRUST = 0.5  # least error of all levels together, cutoffs of 64 to 91 weeks of a weekly panel
TRUSTS = (0.0, 0.25, USUAL_TRUST, 0.75)
RELUCTANCE = 0.2  # to leave the usual trust: what a squared step must save in log error
ROUNDS = 2
SPARED = 1.005  # of the series' error: what coherence may cost them


@dataclass(frozen=True, kw_only=True)
class Reconciling:
    """What reconciling remembers.

    ``source``: the candidate whose forecasts are reconciled. ``trust``: for each declared level,
    see `reconcile`; 0 leaves a level out. ``bands``: for each level, of the delivered forecast.
    """

    source: str
    trust: tuple[float, ...]
    bands: tuple[LevelBand, ...] = ()

    def to_json(self) -> str:
        """Return it as JSON text; equal ones give equal text."""
        return json.dumps({
            "source": self.source,
            "trust": list(self.trust),
            "bands": [band.to_dict() for band in self.bands],
        })


def reconciling_from_json(text: str) -> Reconciling:
    """Return what ``to_json`` made ``text`` of."""
    read = json.loads(text)
    bands = tuple(band_from_dict(band) for band in read["bands"])
    return Reconciling(source=read["source"], trust=tuple(read["trust"]), bands=bands)


def sums_of_a_draw(project: ProjectSpec, drawn: int, count: int) -> list[str]:
    """Return the note that levels are learnt from ``drawn`` of ``count`` series, if they are.

    Sums of fewer series miss by more, in proportion, than sums of all: the bands err on the wide
    side.
    """
    if project.hierarchy is None or drawn == count:
        return []
    return [
        f"trust in the levels and their bands are learnt from sums of {drawn:,} of {count:,} series"
    ]


@dataclass(frozen=True, kw_only=True)
class Past:
    """What is learnt from: the panel, its project and recipe, and the frames of its folds."""

    panel: Panel
    project: ProjectSpec
    recipe: Recipe
    frames: Frames


def reconciled(
    trust: Sequence[float], panel: Panel, project: ProjectSpec, bottom: Matrix, planned: Matrix
) -> Matrix:
    """Return (n series, steps) the forecasts ``bottom`` from the panel's cutoff, reconciled.

    ``planned``: the `plan_factors` of the panel and as many steps. Not below 0 where the project
    says so. A project without a hierarchy: ``bottom`` itself.
    """
    if project.hierarchy is None:
        return bottom
    with one_thread():
        ground = _ground(panel, project, bottom, planned)
        return ground.answer(bottom, trust, nonnegative=project.nonnegative)


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """What reconciling the forecasts of one origin rests on, whatever the trust."""

    codes: list[Codes]
    targets: list[Matrix]
    share: Matrix

    def answer(self, bottom: Matrix, trust: Sequence[float], *, nonnegative: bool) -> Matrix:
        """Return ``bottom`` reconciled."""
        return reconcile(
            bottom, self.codes, self.targets, trust, self.share, nonnegative=nonnegative
        )


def _ground(panel: Panel, project: ProjectSpec, bottom: Matrix, planned: Matrix) -> _Ground:
    """Return the ground of the forecasts ``bottom`` of the origin at the panel's cutoff."""
    declared = project.hierarchy.levels if project.hierarchy is not None else ()
    levels = hierarchy_levels(panel, declared)
    targets = own_forecasts(panel, project, levels, planned, bottom)
    if project.nonnegative:
        targets = [np.maximum(target, 0.0) for target in targets]
    return _Ground(
        codes=[level.codes for level in levels],
        targets=targets,
        share=presence(panel, project, bottom.shape[1]),
    )


@dataclass(frozen=True, kw_only=True)
class _Fold:
    """One fold: its rows' places, what was forecast of all series, and what then happened."""

    rows: Codes
    places: tuple[Codes, Codes]
    bottom: Matrix
    actual: Matrix
    ground: _Ground

    def errors(self, forecast: Matrix) -> Vector:
        """Return (1 + levels,) the sums of absolute errors of the observed rows and their sums."""
        miss = np.where(np.isfinite(self.actual), self.actual - forecast, 0.0)
        return np.array([np.abs(_summed(miss, codes)).sum() for codes in self._levels()])

    def own_errors(self) -> Vector:
        """Return (1 + levels,) the errors of each level's own forecast, of the series first."""
        true = np.nan_to_num(self.actual)
        seen = np.isfinite(self.actual)
        errors = [np.abs(true - self.bottom)[seen].sum()]
        errors += [
            np.abs(_summed(true, codes) - target).sum()
            for codes, target in zip(self.ground.codes, self.ground.targets, strict=True)
        ]
        return np.array(errors)

    def _levels(self) -> list[Codes]:
        """Return the codes of the series themselves and of every level."""
        return [np.arange(len(self.actual)), *self.ground.codes]


def _summed(values: Matrix, codes: Codes) -> Matrix:
    """Return (n nodes, steps) the sums of the rows of each node."""
    total = np.zeros((int(codes.max()) + 1, values.shape[1]))
    np.add.at(total, codes, values)
    return total


def fit_reconciling(
    past: Past, rows: FoldRows, source: tuple[str, Vector]
) -> tuple[Reconciling, Vector]:
    """Return how the candidate ``source`` is reconciled, and (rows,) its held-out rows reconciled.

    ``source``: the candidate's name and its held-out forecasts. Where a series was not observed in
    a fold, no candidate's forecast is at hand and the seasonal reference stands in. Folds without a
    year behind them say nothing about a level: with no other, the usual trust is taken.
    """
    project = past.project
    folds = [
        _fold(past, rows, (int(cutoff), source[1]))
        for cutoff in dict.fromkeys(rows.cutoff.tolist())
    ]
    judges = [
        fold
        for fold, cutoff in zip(folds, dict.fromkeys(rows.cutoff.tolist()), strict=True)
        if cutoff >= first_origin(project)
    ]
    count = len(project.hierarchy.levels) if project.hierarchy is not None else 0
    held_out = source[1].copy()
    for fold in folds:
        others = [judge for judge in judges if judge is not fold]
        trust = _best_trust(others, count, nonnegative=project.nonnegative)
        whole = fold.ground.answer(fold.bottom, trust, nonnegative=project.nonnegative)
        held_out[fold.rows] = whole[fold.places]
    trust = _best_trust(judges, count, nonnegative=project.nonnegative)
    return Reconciling(source=source[0], trust=trust), held_out


def _fold(past: Past, rows: FoldRows, held: tuple[int, Vector]) -> _Fold:
    """Return the fold of one cutoff. ``held``: the cutoff and a candidate's held-out forecasts."""
    (cutoff, forecast), panel, project = held, past.panel, past.project
    steps = min(project.horizon, panel.cutoff - cutoff)
    whole = reference(past.frames(cutoff)).reshape(panel.n_series, -1)[:, :steps].copy()
    if project.nonnegative:
        whole = np.maximum(whole, 0.0)
    mine, places = np.flatnonzero(rows.cutoff == cutoff), row_places(panel, project, cutoff)
    whole[places] = forecast[mine]
    seen = panel.until(cutoff)
    planned = plan_factors(seen, project, past.recipe, steps)
    return _Fold(
        rows=mine,
        places=places,
        bottom=whole,
        actual=actual_after(panel, cutoff, steps),
        ground=_ground(seen, project, whole, planned),
    )


def _best_trust(folds: Sequence[_Fold], count: int, *, nonnegative: bool) -> tuple[float, ...]:
    """Return the trust in each of ``count`` levels with the least error over ``folds``.

    One level is moved at a time, twice round; no fold: the usual trust.
    """
    best = [USUAL_TRUST] * count
    if not folds:
        return tuple(best)
    cost = _cost(folds, nonnegative=nonnegative)
    for _ in range(ROUNDS):
        for place in range(count):
            tried = {one: cost([*best[:place], one, *best[place + 1 :]]) for one in TRUSTS}
            best[place] = min(tried, key=lambda one: (tried[one], one))
    return tuple(best)


def _cost(folds: Sequence[_Fold], *, nonnegative: bool) -> Callable[[Sequence[float]], float]:
    """Return the function of a trust that is to be least: log errors against the better rival."""
    plain = np.sum([fold.errors(fold.bottom) for fold in folds], axis=0)
    own = np.sum([fold.own_errors() for fold in folds], axis=0)
    rival = np.maximum(np.minimum(plain, own), 1e-12)
    known: dict[tuple[float, ...], float] = {}

    def cost(trust: Sequence[float]) -> float:
        if (named := tuple(trust)) not in known:
            answers = [fold.ground.answer(fold.bottom, trust, nonnegative=False) for fold in folds]
            if nonnegative:
                answers = [np.maximum(answer, 0.0) for answer in answers]
            errors = np.sum(
                [fold.errors(answer) for fold, answer in zip(folds, answers, strict=True)], axis=0
            )
            steps = np.array(trust) - USUAL_TRUST
            logs = np.log(np.maximum(errors, 1e-12) / rival)
            known[named] = float(logs.sum() + RELUCTANCE * (steps**2).sum())
        return known[named]

    return cost


def with_reconciled(
    past: Past,
    rows: FoldRows,
    candidates: Mapping[str, Vector],
    chosen: str,
    buckets: Sequence[int],
) -> tuple[Reconciling | None, dict[str, Vector], str]:
    """Return the reconciling, the candidates with the reconciled one, and which is delivered.

    ``candidates``: held-out forecasts by name; ``chosen`` is the one reconciled. The reconciled one
    is delivered unless it costs the series more than half a percent of their error on the folds
    that have a year behind them (on all folds where none has), or nothing at all was held out. A
    project without a hierarchy: all stays as it is.
    """
    panel, project = past.panel, past.project
    if project.hierarchy is None:
        return None, dict(candidates), chosen
    found, held_out = fit_reconciling(past, rows, (chosen, candidates[chosen]))
    judged = rows.cutoff >= first_origin(project)
    judged |= not judged.any()  # no such fold: all of them say what there is to say
    cost, plain = (
        float(np.abs(rows.actual - values)[judged].sum())
        for values in (held_out, candidates[chosen])
    )
    spared = len(rows.actual) > 0 and cost <= SPARED * plain
    delivered = RECONCILED if spared else chosen
    whole = {**candidates, RECONCILED: held_out}
    bands = fit_bands(panel, project, rows, whole[delivered], buckets)
    return replace(found, bands=bands), whole, delivered
