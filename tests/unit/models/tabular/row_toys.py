"""A small table of order lines, and a project that learns from it within a second."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from foresell.contracts.contract import LogicalType
from foresell.data.row_splits import RowSplit, split_by_groups
from foresell.models.effort import Effort
from foresell.models.parts import Settings
from foresell.models.tabular.learner import TabularLearner, fit_tabular
from foresell.spec.features import FeatureSpec
from foresell.spec.modelling import Modelling
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

KINDS: dict[str, LogicalType] = {"units": "integer", "price": "number", "town": "string"}
_BOOSTED = ("gradient_boosting", "hist_gradient_boosting", "xgboost", "lightgbm", "catboost")
QUICK = Effort(
    settings={
        **{name: {"trees": 8, "learning_rate": 0.3} for name in _BOOSTED},
        "random_forest": {"trees": 8},
    }
)


def lines(orders: int = 90, seed: int = 0) -> pl.DataFrame:
    """Return order lines, three of each order; what is paid is units x price, more in one town."""
    draw = np.random.default_rng(seed)
    count = 3 * orders
    units, price = draw.integers(1, 40, count), np.round(draw.uniform(2, 50, count), 2)
    town = draw.choice(["Gent", "Ypern", "Aalst"], count)
    more = np.where(town == "Gent", 1.3, 1.0) * draw.normal(1, 0.05, count)
    return pl.DataFrame({
        "order": np.repeat(np.arange(orders), 3),
        "units": units,
        "price": price,
        "town": town,
        "paid": units * price * more,
        "day": pl.Series(np.repeat(np.arange(orders), 3) + 12_000).cast(pl.Int32).cast(pl.Date),
    })


def project(candidates: tuple[str, ...] = ("ridge", "lightgbm"), **models: Any) -> ProjectSpec:
    """Return a project over `lines`; ``models``: of the section of that name."""
    return ProjectSpec(
        name="orders",
        title="Order lines",
        kind="tabular",
        tables=(Table(name="lines", file="lines.csv"),),
        columns={
            "order": "group",
            "units": "feature",
            "price": "feature",
            "town": "feature",
            "paid": "target",
            "day": "time",
        },
        split=SplitSpec(test_share=0.2, test_from="2002-12-31", calibration_share=0.3, folds=3),
        features=FeatureSpec(products=(("units", "price"),)),
        models=Modelling(candidates=candidates, **models),
        bands={"price": (25.0,)},
    )


def cut(frame: pl.DataFrame, spec: ProjectSpec) -> tuple[pl.DataFrame, RowSplit, pl.DataFrame]:
    """Return the rows that may be learnt from, their split, and the rows of the test."""
    split = split_by_groups(frame, spec, ("order",))
    mine = split.side("train", "calibration")
    return frame.filter(pl.Series(mine)), split.take(mine), frame.filter(pl.Series(~mine))


def learnt(
    spec: ProjectSpec, frame: pl.DataFrame, effort: Effort = QUICK
) -> tuple[TabularLearner, list[str]]:
    """Return what is learnt of ``frame`` without its test, and what was said meanwhile."""
    said: list[str] = []
    known, split, _ = cut(frame, spec)
    return fit_tabular(known, split, spec, KINDS, effort, said.append), said


def with_settings(settings: Mapping[str, Settings]) -> Effort:
    """Return a preset with settings that no declaration may have, and the libraries refuse."""
    return replace(QUICK, settings={**QUICK.settings, **settings})
