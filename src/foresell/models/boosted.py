"""The direct boosters: one set of trees for every series and every step of the horizon.

They learn the residual of a reference forecast, divided by the series' scale as of the origin, with
the step as a feature: no recursion. Rows weigh by a power of their scale: 1 minimises the sum of
absolute errors in the target's own unit, 0 lets small series count as much as large ones. Which
library grows the trees makes no other difference (`foresell.models.trees`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.errors import CandidateError
from foresell.features.direct import feature_names
from foresell.features.levels import Vector
from foresell.models.parts import Lesson, Settings, resolve, told
from foresell.models.seasonal import reference
from foresell.models.trees.growing import Growth, Table, Trees

# The module of each library; imported when its trees are grown or read.
LIBRARIES: Mapping[str, str] = {
    "lightgbm": "foresell.models.trees.lightgbm",
    "xgboost": "foresell.models.trees.xgboost",
    "catboost": "foresell.models.trees.catboost",
}
NAMED = ("x_calendar_", "x_year_", "x_week_", "x_event_", "x_aligned", "x_code_")
_FEWEST_ROWS = 50
_LARGEST = 20.0  # of a residual per scale: what is beyond is a slip of the pen


@dataclass(frozen=True, kw_only=True)
class Boosting:
    """How a booster is grown. ``past``: whether it sees the past-only covariates as of the origin.

    ``named``: whether it sees columns that name a place in the calendar or a category (`NAMED`).
    The seasonal base knows of both; with a year or two of origins each week, event and category is
    seen so seldom that trees learn its accidents by heart. ``weight_power``: of a row's scale.
    The number of trees is ``trees_per_period`` for each period with a known target, since few
    periods teach little about time, and at most ``trees``. ``rows``: the most rows it is fitted on.
    ``seeds``: how many boosters' mean is the answer. The rest as in `Growth`.
    """

    trees: int = 240
    trees_per_period: int = 6
    rows: int = 200_000
    seeds: int = 1
    learning_rate: float = 0.03
    leaves: int = 31
    depth: int = 6
    leaf_rows: int = 2000
    columns_share: float = 0.5
    rows_share: float = 0.7
    l2: float = 1.0
    past: bool = False
    named: bool = False
    weight_power: float = 0.5

    def growth(self, rows: int, periods: int, seed: int) -> Growth:
        """Return how trees are grown on so many rows of so many periods."""
        return Growth(
            trees=int(np.clip(self.trees_per_period * periods, min(20, self.trees), self.trees)),
            learning_rate=self.learning_rate,
            leaves=self.leaves,
            depth=self.depth,
            leaf_rows=int(np.clip(rows // 100, 5, max(self.leaf_rows, 5))),
            columns_share=self.columns_share,
            rows_share=self.rows_share,
            l2=self.l2,
            seed=seed,
        )


@dataclass(frozen=True, kw_only=True)
class Booster:
    """Grown trees, one set for each seed, and the features they read, in order."""

    library: str
    features: tuple[str, ...]
    trees: tuple[Trees, ...]

    def table(self, frame: pl.DataFrame) -> Table:
        """Return (n rows, features) of a direct frame, as the trees read them."""
        return frame.select(self.features).to_numpy()

    def forecast(self, frame: pl.DataFrame) -> Vector:
        """Return (n rows,) the reference forecast and the learnt residual, unit of the target."""
        table, total = self.table(frame), np.zeros(frame.height)
        for trees in self.trees:
            total += trees.predict(table)
        forecast: Vector = reference(frame) + total / len(self.trees) * frame["scale"].to_numpy()
        return forecast

    def contributions(self, frame: pl.DataFrame) -> Matrix:
        """Return (n rows, features + 1), unit of the target: what each adds to the residual.

        The last is the residual without any. A row's sum is its forecast less its reference.
        """
        table = self.table(frame)
        total = np.zeros((frame.height, len(self.features) + 1))
        for trees in self.trees:
            total += trees.contributions(table)
        added: Matrix = total / len(self.trees) * frame["scale"].to_numpy()[:, None]
        return added

    def files(self) -> dict[str, bytes]:
        """Return ``booster.json`` and one file of the library's own for each seed."""
        about = {"library": self.library, "features": list(self.features), "seeds": len(self.trees)}
        files = {"booster.json": json.dumps(about).encode()}
        for place, trees in enumerate(self.trees):
            files[f"trees_{place}"] = trees.dump()
        return files


def read_booster(files: Mapping[str, bytes]) -> Booster:
    """Return the booster whose `Booster.files` are ``files``."""
    about = json.loads(files["booster.json"])
    grown: Callable[[bytes], Trees] = resolve(f"{LIBRARIES[about['library']]}:read")
    return Booster(
        library=about["library"],
        features=tuple(about["features"]),
        trees=tuple(grown(files[f"trees_{place}"]) for place in range(about["seeds"])),
    )


def fit_lightgbm(lesson: Lesson) -> Booster:
    """Return LightGBM's trees; too few rows or an impossible setting is a `CandidateError`."""
    return _fitted("lightgbm", lesson)


def fit_xgboost(lesson: Lesson) -> Booster:
    """Return XGBoost's trees; too few rows or an impossible setting is a `CandidateError`."""
    return _fitted("xgboost", lesson)


def fit_catboost(lesson: Lesson) -> Booster:
    """Return CatBoost's trees; too few rows or an impossible setting is a `CandidateError`."""
    return _fitted("catboost", lesson)


def _fitted(library: str, lesson: Lesson) -> Booster:
    """Return the booster of one library."""
    grow: Callable[[Table, Vector, Vector, Growth], Trees]
    grow = resolve(f"{LIBRARIES[library]}:grow")
    boosting = boosting_of(lesson.settings)
    names, table, label, weight = _drawn(lesson, boosting)
    seeds = range(lesson.seed, lesson.seed + max(boosting.seeds, 1))
    growths = [boosting.growth(len(label), lesson.periods, seed) for seed in seeds]
    trees = tuple(grow(table, label, weight, growth) for growth in growths)
    return Booster(library=library, features=names, trees=trees)


def boosting_of(settings: Settings) -> Boosting:
    """Return the settings with the defaults for those not given.

    Raises:
        CandidateError: a setting is none of a booster's.
    """
    known = {field.name for field in fields(Boosting)}
    if unknown := sorted(set(settings) - known):
        raise CandidateError(*told("boosting", f"unknown settings {unknown}"))
    return Boosting(**settings)  # type: ignore[arg-type]  # whole numbers and shares by name


def _drawn(lesson: Lesson, boosting: Boosting) -> tuple[tuple[str, ...], Table, Vector, Vector]:
    """Return the features' names, the table, the label, and the weight (mean 1).

    Raises:
        CandidateError: too few rows have a known target.
    """
    used = [place for place, target in enumerate(lesson.targets) if np.isfinite(target).any()]
    names = _features(lesson.frames[used[0]], boosting) if used else ()
    tables, labels, weights = [], [], []
    for place in used:
        frame, target = lesson.frames[place], lesson.targets[place]
        rows = _sampled(target, max(boosting.rows // len(used), 1), (lesson.seed, place))
        scale = frame["scale"].to_numpy()[rows]
        tables.append(frame.select(names).to_numpy()[rows])
        labels.append((target - reference(frame))[rows] / scale)
        weights.append(scale**boosting.weight_power)
    count = sum(map(len, labels))
    if count < _FEWEST_ROWS:
        raise CandidateError(
            f"{count} rows are too few to grow trees on",
            "the origins before the cutoff",
            f"give a longer history: {_FEWEST_ROWS} rows are needed",
        )
    weight = np.concatenate(weights)
    label = np.clip(np.concatenate(labels), -_LARGEST, _LARGEST)
    return names, np.concatenate(tables), label, weight / weight.mean()


def _features(frame: pl.DataFrame, boosting: Boosting) -> tuple[str, ...]:
    """Return the features that are learnt from."""
    left = (*(() if boosting.past else ("x_past_",)), *(() if boosting.named else NAMED))
    return tuple(name for name in feature_names(frame) if not name.startswith(left))


def _sampled(target: Vector, share: int, seed: Sequence[int]) -> NDArray[np.intp]:
    """Return at most ``share`` positions with a known target, ascending, drawn with ``seed``."""
    rows = np.flatnonzero(np.isfinite(target))
    if len(rows) <= share:
        return rows
    return np.sort(np.random.default_rng(list(seed)).choice(rows, share, replace=False))
