"""Small fitted tabular learners with every candidate, and the rows they were fitted on."""

from functools import lru_cache

import numpy as np
import polars as pl
from sklearn.pipeline import Pipeline

from foresell.features.rows import RowColumn
from foresell.features.threads import one_thread
from foresell.models.parts import Settings
from foresell.models.tabular.deriving import Deriver
from foresell.models.tabular.estimators import ESTIMATORS, settled
from foresell.models.tabular.fitted import plain_part
from foresell.models.tabular.learner import TabularLearner
from foresell.models.tabular.pipelines import fit_part, make_part
from foresell.models.tabular.plain import SIZE
from foresell.models.tabular.relative import labels
from foresell.models.tabular.uncertainty import RowUncertainty
from foresell.spec.row_names import PLACE

TOWNS = ("Aalst", "Brügge", "", "Gent", "Ypern")
COLUMNS = (
    *(
        RowColumn(name=name, of=(name,), how="number")
        for name in ("units", "price", "size", "new", "day", "year", "month", "lat", "lon")
    ),
    RowColumn(name="units x price", of=("units", "price"), how="product"),
    RowColumn(name="price / size", of=("price", "size"), how="ratio"),
    RowColumn(name="price from 50", of=("price",), how="step", weights=(50.0,)),
    RowColumn(name="size from 0", of=("size",), how="step", weights=(0.0,)),
    RowColumn(name="months", of=("year", "month"), how="months"),
    RowColumn(name="lat from 36", of=("lat",), how="step", weights=(36.0,)),
    RowColumn(name="turned", of=("lat", "lon"), how="turned", weights=(0.8, 0.6)),
    RowColumn(name="turned across", of=("lat", "lon"), how="turned", weights=(-0.6, 0.8)),
    RowColumn(name=PLACE, of=("lat", "lon"), how="place"),
    RowColumn(name="town", of=("town",), how="category"),
    RowColumn(name="kind", of=("kind",), how="category"),
)
_SETTINGS: Settings = {"trees": 12, "learning_rate": 0.2}


def rows_of(seed: int, count: int = 300) -> tuple[pl.DataFrame, np.ndarray]:
    """Raw rows of every type, with gaps, and their target above 0."""
    draw = np.random.default_rng(seed)

    def gaps(values: np.ndarray, share: float = 0.1) -> pl.Series:
        known = pl.Series(draw.uniform(size=count) >= share)
        return pl.select(pl.when(known).then(pl.Series(values))).to_series()

    lat, lon = draw.uniform(30, 42, count), draw.uniform(-124, -114, count)
    units, price = draw.integers(1, 60, count), np.round(draw.uniform(5, 100, count), 2)
    size = np.round(draw.uniform(-1, 4, count))
    town, kind = draw.integers(0, len(TOWNS), count), draw.integers(0, 70, count)
    frame = pl.DataFrame({
        "units": units,
        "price": price,
        "size": gaps(size),
        "new": gaps(draw.uniform(size=count) < 0.4),
        "day": gaps(draw.integers(12_000, 13_000, count).astype(np.int32)),
        "year": draw.integers(2003, 2006, count),
        "month": draw.integers(1, 13, count),
        "lat": lat,
        "lon": lon,
        "town": gaps(np.array(TOWNS)[town]),
        "kind": [f"k{number}" for number in kind],
    })
    wave = np.sin(lat) + np.abs(size) / 3 + town + 0.05 * (kind % 7) + (lon > -118)
    return frame, units * price * (1 + 0.1 * wave + draw.normal(0, 0.02, count))


@lru_cache(maxsize=4)
def fitted(seed: int = 0, relative: bool = True) -> tuple[TabularLearner, pl.DataFrame]:
    """A learner with every candidate and three ensembles, and its training rows."""
    frame, target = rows_of(seed)
    deriver = Deriver(COLUMNS, ("units", "price") if relative else (), seed=seed)
    with one_thread():
        derived = deriver.fit_transform(frame, target)
        factor = deriver.factors(frame)
        label, weight = labels(target, factor), np.ones(len(target))

        def part(name: str, values: np.ndarray) -> Pipeline:
            known = settled(name, {}, frame.height)
            few = {key: value for key, value in _SETTINGS.items() if key in known}
            made = make_part(name, {**known, **few}, COLUMNS, seed)
            return fit_part(name, made, derived, values, weight)

        parts = {name: part(name, label) for name in ESTIMATORS}
        sizes = plain_part(SIZE, part("lightgbm", np.log(0.01 + np.abs(label - label.mean()))))
    flat = RowUncertainty(
        method="conformal_intervals",
        table=np.zeros((2, 3, 11)),
        edges=np.zeros((2, 2)),
        floors=np.ones(2),
        rows=40,
    )
    ensembles = {
        "simple_ensemble": {name: 1 / len(parts) for name in parts},
        "greedy_ensemble": {**dict.fromkeys(parts, 0.0), "ridge": 0.3, "catboost": 0.7},
    }
    baselines = {"mean": float(target.mean()), "median": float(np.median(target))}
    learner = TabularLearner(
        deriver=deriver,
        parts=parts,
        settings={name: {} for name in parts},
        ensembles=ensembles,
        baselines=baselines,
        chosen="greedy_ensemble",
        folds=pl.DataFrame(),
        failures={},
        notes=(),
        size=sizes,
        uncertainty=dict.fromkeys([*parts, *ensembles, *baselines], flat),
        interval_method="conformal_intervals",
    )
    return learner, frame
