"""Small fitted learners whose answers are taken apart: every candidate, with gaps and texts."""

from functools import lru_cache

import numpy as np
import polars as pl

from foresell.features.rows import RowColumn
from foresell.models.tabular.contributions import with_means
from foresell.models.tabular.deriving import FACTOR, Deriver
from foresell.models.tabular.estimators import ESTIMATORS, settled
from foresell.models.tabular.fitted import plain_part, plain_places
from foresell.models.tabular.pipelines import fit_part, make_part
from foresell.models.tabular.plain import PlainLearner
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

TEXTS = ("Planes", "Ships", "Trains")
BASELINES = {"mean": 3.5, "median": 2.25}
ENSEMBLES = {
    "simple_ensemble": {"linear": 0.5, "random_forest": 0.5},
    "greedy_ensemble": {"catboost": 0.25, "ridge": 0.0, "lightgbm": 0.75},
}
CANDIDATES = (*ESTIMATORS, *ENSEMBLES, *BASELINES)
COLUMNS = (
    RowColumn(name="units", of=("units",), how="number"),
    RowColumn(name="price", of=("price",), how="number"),
    RowColumn(name="north", of=("north",), how="number"),
    RowColumn(name="east", of=("east",), how="number"),
    RowColumn(name="units x price", of=("units", "price"), how="product"),
    RowColumn(name="turned", of=("north", "east"), how="turned", weights=(0.6, 0.8)),
    RowColumn(name="place", of=("north", "east"), how="place"),
    RowColumn(name="line", of=("line",), how="category"),
)
FEW = {"trees": 12, "leaf_rows": 4}


def table(rows: int, seed: int, *, known: bool = False) -> pl.DataFrame:
    """Rows with gaps, but for units and price where ``known``, and a text that is seldom new."""
    draw = np.random.default_rng(seed)
    numbers = {name: draw.normal(size=rows) for name in ("north", "east")}
    amounts = {name: draw.uniform(1, 9, rows).round(1) for name in ("units", "price")}
    frame = pl.DataFrame({**amounts, **numbers, "line": draw.choice([*TEXTS, "Kites"], rows)})
    if not known:
        gaps = draw.uniform(size=rows) < 0.15
        frame = frame.with_columns(
            pl.when(pl.lit(pl.Series(gaps))).then(None).otherwise("price").alias("price")
        )
    new = draw.uniform(size=rows) < 0.1
    return frame.with_columns(
        pl.when(pl.lit(pl.Series(new))).then(None).otherwise("line").alias("line"),
        pl.when(pl.lit(pl.Series(~new))).then("north").alias("north"),
    )


@lru_cache
def learner(*, relative: bool) -> tuple[PlainLearner, pl.DataFrame]:
    """A learner of every candidate, and the rows it was fitted on; they hold no "Kites"."""
    frame = table(260, 11, known=relative).filter(pl.col("line") != "Kites")
    known = frame.fill_null(1.0)
    label = np.asarray(
        2 * known["units"] + known["price"].log() + (known["north"] > 0) + known["east"].abs()
    )
    target = label * np.asarray(known["units"] * known["price"]) if relative else label
    relative_to = ("units", "price") if relative else ()
    deriver = Deriver(COLUMNS, relative_to, seed=3)
    derived = deriver.fit_transform(frame, target)
    factor = derived[FACTOR].to_numpy() if relative else np.ones(frame.height)
    weight = factor**2 / np.mean(factor**2)
    parts = {}
    for name in ESTIMATORS:
        own = settled(name, {}, frame.height)
        small = {key: value for key, value in FEW.items() if key in own}
        part = make_part(name, {**own, **small}, COLUMNS, seed=5)
        parts[name] = plain_part(name, fit_part(name, part, derived, target / factor, weight))
    plain = PlainLearner(
        columns=COLUMNS,
        places=plain_places(deriver),
        relative_to=relative_to,
        parts=parts,
        ensembles=ENSEMBLES,
        baselines=BASELINES,
        chosen="greedy_ensemble",
        size=None,
        uncertainty={},
        interval_method="residual_quantiles",
    )
    return with_means(plain, frame), frame


def project() -> ProjectSpec:
    """The declaration that such rows would have."""
    features = ("units", "price", "north", "east", "line")
    return ProjectSpec(
        name="toys",
        title="Toys",
        kind="tabular",
        unit="USD",
        tables=(Table(name="rows", file="rows.csv"),),
        columns={**dict.fromkeys(features, "feature"), "sales": "target"},
        split=SplitSpec(test_share=0.2),
    )
