"""The direct booster: one LightGBM for every series and every step of the horizon.

It learns the residual of a reference forecast, divided by the series' scale as of the origin, with
the step as a feature: no recursion. Rows weigh by their scale, so that what is minimised is the sum
of absolute errors in the target's own unit. Models travel as LightGBM's own text.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.features.direct import feature_names
from foresell.features.levels import Vector

# One thread a booster, boosters side by side: OpenMP's threads wait for each other by spinning, so
# on a busy machine two of them take several times longer than one. The trees are the same.
WORKERS = 2


@dataclass(frozen=True, kw_only=True)
class Boosting:
    """How a booster is grown. ``past``: whether it sees the past-only covariates as of the origin.

    The number of trees is ``trees_per_origin`` for each origin that gave rows, since few origins
    teach little about time, and at most ``trees``. ``rows``: the most rows it is fitted on.
    """

    trees: int = 240
    trees_per_origin: int = 20
    rows: int = 150_000
    seeds: int = 1
    learning_rate: float = 0.05
    leaves: int = 31
    leaf_rows: int = 200
    columns_share: float = 0.5
    past: bool = False


@dataclass(frozen=True, kw_only=True)
class Booster:
    """Fitted boosters, one text per seed, and the features they read in order."""

    features: tuple[str, ...]
    texts: tuple[str, ...]


def _sampled(target: Vector, share: int, seed: Sequence[int]) -> NDArray[np.intp]:
    """Return at most ``share`` positions with a known target, ascending, drawn with ``seed``."""
    rows = np.flatnonzero(np.isfinite(target))
    if len(rows) <= share:
        return rows
    return np.sort(np.random.default_rng(list(seed)).choice(rows, share, replace=False))


def fit_booster(
    frames: Sequence[pl.DataFrame],
    targets: Sequence[Vector],
    references: Sequence[Vector],
    settings: Boosting,
    seed: int,
) -> Booster | None:
    """Fit on the rows of ``frames`` whose ``targets`` are not NaN; None where there are too few.

    ``targets`` and ``references``: (rows of the frame,) in the unit of the target.
    """
    used = [place for place, target in enumerate(targets) if np.isfinite(target).any()]
    if not used:
        return None
    names = tuple(
        name
        for name in feature_names(frames[used[0]])
        if settings.past or not name.startswith("x_past_")
    )
    share = max(settings.rows // len(used), 1)
    tables, labels, weights = [], [], []
    for place in used:
        rows = _sampled(targets[place], share, (seed, place))
        scale = frames[place]["scale"].to_numpy()[rows]
        tables.append(frames[place].select(names).to_numpy()[rows])
        labels.append((targets[place] - references[place])[rows] / scale)
        weights.append(scale)
    weight = np.concatenate(weights)
    table, label = np.concatenate(tables), np.clip(np.concatenate(labels), -20.0, 20.0)
    if len(label) < 50:
        return None
    trees = int(np.clip(settings.trees_per_origin * len(used), 20, settings.trees))
    weight /= weight.mean()
    with ThreadPoolExecutor(WORKERS) as pool:
        texts = pool.map(
            lambda extra: _grown(table, label, weight, settings, (trees, seed + extra)),
            range(settings.seeds),
        )
    return Booster(features=names, texts=tuple(texts))


def _grown(
    table: NDArray[np.float32],
    label: Vector,
    weight: Vector,
    settings: Boosting,
    trees_and_seed: tuple[int, int],
) -> str:
    """Return one fitted booster as text."""
    trees, seed = trees_and_seed
    parameters = {
        "objective": "l1",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": int(np.clip(len(label) // 100, 5, settings.leaf_rows)),
        "feature_fraction": settings.columns_share,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "seed": seed,
    }
    data = lgb.Dataset(table, label, weight=weight, free_raw_data=True)
    return str(lgb.train(parameters, data, num_boost_round=trees).model_to_string())


def predict_booster(booster: Booster, frame: pl.DataFrame) -> Vector:
    """Return (n rows,) the residual of the reference: mean over seeds, unit of the target."""
    table: Matrix = frame.select(booster.features).to_numpy()
    total = np.zeros(frame.height)
    for text in booster.texts:
        total += np.asarray(lgb.Booster(model_str=text).predict(table, num_threads=1))
    residual: Vector = total / len(booster.texts) * frame["scale"].to_numpy()
    return residual
