"""One split scored: foresell, its baselines, and other libraries on the same test rows."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.tabular.ground import Ground
from benchmarks.tabular.peers import PLAIN, Make, Suggest, answers, tuned_settings
from foresell.data.row_splits import RowSplit
from foresell.models.effort import TABULAR_EFFORTS
from foresell.models.tabular.learner import fit_tabular, predict_tabular, quantiles_tabular
from foresell.spec.forecast import QUANTILES
from foresell.spec.project import ProjectSpec

Vector = NDArray[np.float64]
Say = Callable[[str], None]
LOW, HIGH = QUANTILES.index(0.1), QUANTILES.index(0.9)


@dataclass(frozen=True, kw_only=True)
class Peers:
    """What other libraries say of one split: RMSE by name, the same apart, seconds by name."""

    split: str
    rmse: Mapping[str, float]
    apart: Mapping[str, Mapping[str, float]]
    seconds: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What foresell and its baselines say of one split.

    ``rmse`` by who answered, ``apart`` the same in each declared band. ``champion``: foresell's,
    chosen on folds. ``coverage``: the share of test rows from p10 to p90. ``width``: the mean of
    that band, in the unit of the target. ``seconds``: to fit and answer.
    """

    split: str
    champion: str
    method: str
    rows: int
    rmse: Mapping[str, float]
    apart: Mapping[str, Mapping[str, float]]
    coverage: float
    width: float
    seconds: float


def scored(ground: Ground, cut: tuple[ProjectSpec, RowSplit], name: str, preset: str) -> Scored:
    """Score foresell with ``preset`` on one split, called ``name``."""
    project, split = cut
    known = split.side("train", "calibration")
    began = time.perf_counter()
    learner = fit_tabular(
        ground.rows.filter(pl.Series(known)),
        split.take(known),
        project,
        ground.kinds,
        TABULAR_EFFORTS[preset],
        lambda _: None,
    )
    asked = ground.rows.filter(pl.Series(split.side("test")))
    made = predict_tabular(learner, asked)
    bands = quantiles_tabular(learner, asked, made)[learner.chosen]
    seconds = time.perf_counter() - began
    said = {"foresell": made[learner.chosen], **{name: made[name] for name in learner.baselines}}
    truth = asked[project.target].to_numpy().astype(np.float64)
    inside = (truth >= bands[:, LOW]) & (truth <= bands[:, HIGH])
    return Scored(
        split=name,
        champion=learner.chosen,
        method=learner.interval_method,
        rows=len(truth),
        rmse={who: _rmse(values, truth) for who, values in said.items()},
        apart=_apart(said, asked, project),
        coverage=float(inside.mean()),
        width=float((bands[:, HIGH] - bands[:, LOW]).mean()),
        seconds=seconds,
    )


def peers_scored(
    ground: Ground,
    cut: tuple[ProjectSpec, RowSplit],
    name: str,
    tuned: Mapping[str, tuple[Make, Suggest]],
) -> Peers:
    """Score the plain peer and the ``tuned`` ones on one split.

    They learn from all rows but the test's.
    """
    project, split = cut
    tested, known = split.side("test"), split.side("train", "calibration")
    rows, target = ground.rows, ground.rows[project.target].to_numpy().astype(np.float64)
    features, groups = list(project.with_role("feature")), _groups(rows, project)
    asked = rows.filter(pl.Series(tested))
    lesson = rows.filter(pl.Series(known)).select(features), target[known]
    said: dict[str, Vector] = {}
    seconds: dict[str, float] = {}
    for peer, make in PLAIN.items():
        said[peer], seconds[peer] = _timed(make, {}, lesson, asked.select(features))
    for peer, (make, suggest) in tuned.items():
        began = time.perf_counter()
        trials = project.models.tuning.trials
        best = tuned_settings((make, suggest), *lesson, groups[known], trials)
        searched = time.perf_counter() - began
        said[peer], fitted = _timed(make, best, lesson, asked.select(features))
        seconds[peer] = searched + fitted
    return Peers(
        split=name,
        rmse={who: _rmse(values, target[tested]) for who, values in said.items()},
        apart=_apart(said, asked, project),
        seconds=seconds,
    )


def _apart(
    said: Mapping[str, Vector], asked: pl.DataFrame, project: ProjectSpec
) -> dict[str, dict[str, float]]:
    """Return the RMSE in each declared band, by who answered."""
    truth = asked[project.target].to_numpy().astype(np.float64)
    return {
        part: {who: _rmse(values[inside], truth[inside]) for who, values in said.items()}
        for part, inside in _parts(asked, project).items()
    }


def _timed(
    make: Make,
    settings: Mapping[str, Any],
    lesson: tuple[pl.DataFrame, Vector],
    asked: pl.DataFrame,
) -> tuple[Vector, float]:
    """Return what a peer says, and how long it took to fit and answer."""
    began = time.perf_counter()
    found = answers(make, settings, lesson, asked, 0)
    return found, time.perf_counter() - began


def _rmse(values: Vector, truth: Vector) -> float:
    return float(np.sqrt(np.mean((values - truth) ** 2)))


def _groups(rows: pl.DataFrame, project: ProjectSpec) -> Vector:
    """Return (n,) the number of each row's group; a row for itself where none is declared."""
    names = project.with_role("group")
    if not names:
        return np.arange(rows.height, dtype=np.float64)
    return rows.select(pl.struct(names).rank("dense")).to_series().to_numpy().astype(np.float64)


def _parts(rows: pl.DataFrame, project: ProjectSpec) -> dict[str, NDArray[np.bool_]]:
    """Return the rows in each declared band of a number, by a name that says which."""
    found = {}
    for name, edges in project.bands.items():
        values, ends = rows[name].to_numpy(), [-np.inf, *edges, np.inf]
        for low, high in pairwise(ends):
            words = [f"from {low:g}"] * (low > -np.inf) + [f"below {high:g}"] * (high < np.inf)
            inside = (values >= low) & (values < high)
            if inside.any():
                found[f"{name} {' '.join(words)}"] = inside
    return found
