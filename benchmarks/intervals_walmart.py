"""Do the intervals hold on Walmart, and do they beat per-series conformal's? Out of sample.

``python -m benchmarks.intervals_walmart DATA [CUTOFF ...]`` fits the learner of the default preset
at each cutoff (a week's number, 77 and 90 unless others are given), scores the weeks after it up to
week 103, where the public test begins, and prints one JSON object for each: coverage of the 80 and
95 % bands overall, by horizon bucket, volume tercile and holiday, the crossed cell of at least 200
rows that is furthest below its level, and the Winkler scores beside those of the reference.

The reference is split conformal for each series on its own: quantiles, with the finite-sample
correction, of the misses the same candidate made of the series on the same folds. A series without
one takes the misses of all, per scale. A cutoff of 103 scores the public test window itself, which
is looked at once, for the report.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.public_task import read_sales, task_project
from foresell.data.panel import Panel, build_panel
from foresell.evaluate.intervals import conformal_quantiles
from foresell.evaluate.metrics import Rows, Score, score, seasonal_scale
from foresell.features.direct import direct_frame
from foresell.features.pools import fit_recipe
from foresell.features.threads import one_thread
from foresell.models.candidates import plans
from foresell.models.coherence import Past, with_reconciled
from foresell.models.combination import bucket_of
from foresell.models.effort import EFFORTS
from foresell.models.judging import Judge, drawn_samples
from foresell.models.learner import Learner, fit_learner, forecast
from foresell.models.origins import Frames, fold_cutoffs
from foresell.models.selecting import judge_candidates
from foresell.models.stacking import FoldRows, with_ensembles
from foresell.spec.forecast import BANDS, QUANTILES
from foresell.spec.project import ProjectSpec

CUTOFFS, TEST_BEGINS, FEWEST = (77, 90), 103, 200
Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]


def judged(whole: Panel, project: ProjectSpec, cutoff: int) -> dict[str, Any]:
    """Return what is printed of one cutoff."""
    panel, effort = whole.until(cutoff), EFFORTS["default"]
    end = TEST_BEGINS if cutoff < TEST_BEGINS else whole.cutoff
    steps = min(project.horizon, end - cutoff)
    recipe, made = fit_recipe(panel, project), dict[int, Any]()

    def frames(origin: int) -> Any:
        if origin not in made:
            made[origin] = direct_frame(panel, project, recipe, origin, project.horizon)
        return made[origin]

    learner = fit_learner(panel, project, effort, frames, lambda _: None)
    answer = forecast(learner, whole.until(cutoff), project, steps)
    truth = whole.target[:, cutoff + 1 : cutoff + 1 + steps]
    seen = np.isfinite(truth)
    scale = answer.scale.reshape(truth.shape)
    bands = reference_bands(*_misses(panel, project, learner, frames), answer.point, scale)
    error_scale = np.repeat(seasonal_scale(panel.target, 1)[:, None], steps, axis=1)[seen]

    def scored(quantiles: Numbers) -> Score:
        return score(
            Rows(
                truth=truth[seen],
                prediction=answer.point[seen],
                quantiles=quantiles[seen],
                scale=error_scale,
            )
        )

    groups = {
        "bucket": np.tile(bucket_of(steps, learner.buckets), panel.n_series).reshape(truth.shape),
        "volume": np.searchsorted(np.quantile(scale[:, 0], [1 / 3, 2 / 3]), scale, side="right"),
        "holiday": answer.holiday.reshape(truth.shape).astype(np.int64),
    }
    ours, theirs = scored(answer.quantiles), scored(bands)
    return {
        "cutoff": cutoff,
        "method": answer.interval_method,
        "chosen": learner.chosen,
        "rows": ours.n,
        **{
            name: {"ours": getattr(ours, name), "per_series": getattr(theirs, name)}
            for name in ("wape", "wql", "sql", "winkler_80", "winkler_95")
        },
        "coverage": {
            percent: _held(answer.quantiles, truth, edges, groups)
            for percent, edges in BANDS.items()
        },
    }


def reference_bands(
    series: Codes, misses: Numbers, scale: Numbers, point: Numbers, new_scale: Numbers
) -> Numbers:
    """Return (n series, steps, levels) of split conformal for each series on its own.

    ``series``, ``misses``, ``scale``: of the held-out rows. ``point``, ``new_scale``: (n, steps).
    """
    pooled = conformal_quantiles(misses / scale)
    bands = np.zeros((*point.shape, len(QUANTILES)))
    for place in range(len(point)):
        own = misses[series == place]
        found = conformal_quantiles(own) if len(own) else pooled * new_scale[place, 0]
        bands[place] = point[place, :, None] + found
    return bands


def _misses(
    panel: Panel, project: ProjectSpec, learner: Learner, frames: Frames
) -> tuple[Codes, Numbers, Numbers]:
    """Return series, miss and scale of each held-out row of the chosen candidate."""
    effort, cutoffs = EFFORTS["default"], fold_cutoffs(panel, project)
    with one_thread():
        samples = drawn_samples(panel, project, effort, frames, lambda _: None)
        judge = Judge(panel, project, frames, samples, learner.buckets, cutoffs)
        rows: FoldRows = judge_candidates(
            judge, plans(project.models, effort), 0, lambda _: None
        ).rows
        candidates, _ = with_ensembles(rows, len(learner.buckets))
        if learner.reconciling is not None:
            past = Past(panel=panel, project=project, recipe=learner.recipe, frames=frames)
            source = learner.reconciling.source
            _, candidates, _ = with_reconciled(past, rows, candidates, source, learner.buckets)
    held = candidates[learner.chosen]
    series = [
        np.nonzero(np.isfinite(panel.target[:, cutoff + 1 : cutoff + 1 + project.horizon]))[0]
        for cutoff in cutoffs
    ]
    return np.concatenate(series), rows.actual - held, rows.scale


def _held(
    bands: Numbers, truth: Numbers, edges: tuple[float, float], groups: dict[str, Codes]
) -> dict[str, Any]:
    """Return the shares of truth inside a band: of all, of each group, of the worst cell."""
    low, high = (bands[..., QUANTILES.index(edge)] for edge in edges)
    seen = np.isfinite(truth)
    inside = ((low <= truth) & (truth <= high))[seen]
    codes = {name: code[seen] for name, code in groups.items()}
    found: dict[str, Any] = {"all": float(inside.mean())}
    for name, code in codes.items():
        found[name] = {int(one): float(inside[code == one].mean()) for one in np.unique(code)}
    cells = np.column_stack(list(codes.values()))
    shares = []
    for cell in np.unique(cells, axis=0):
        mine = (cells == cell).all(axis=1)
        if mine.sum() >= FEWEST:
            shares.append((float(inside[mine].mean()), cell.tolist()))
    return {**found, "lowest_cell": min(shares)}


def main(folder: str, *cutoffs: str) -> None:
    """Print one line of JSON for each cutoff."""
    project = task_project()
    whole = build_panel(read_sales(Path(folder)), project)
    for cutoff in cutoffs or CUTOFFS:
        sys.stdout.write(json.dumps(judged(whole, project, int(cutoff))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
