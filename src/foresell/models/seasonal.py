"""Forecasts straight from the season: last year aligned by date and event, times shrunk growth."""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.features.levels import Vector

SERIES_GROWTH = 0.35
POOLED_GROWTH = 0.5  # shared by the key columns
LEVEL_SHARE = 0.2  # of the pool's shape at the recent level in the reference


def growth_factor(frame: pl.DataFrame) -> Vector:
    """Return (n rows,) the shrunk year-on-year growth of a direct frame's series and groups."""
    keys = [name for name in frame.columns if name.startswith("x_growth_key_")]
    logs = SERIES_GROWTH * frame["x_growth_series"].to_numpy().astype(np.float64)
    for name in keys:
        logs += POOLED_GROWTH / len(keys) * frame[name].to_numpy()
    return np.exp(logs)


# Each (frame, growth) -> (n rows,) in the unit of the target.
SEASONAL: Mapping[str, Callable[[pl.DataFrame, Vector], Vector]] = {
    "seasonal_base": lambda frame, growth: frame["base"].to_numpy() * growth,
    "seasonal_pooled": lambda frame, growth: (
        frame["x_pooled"].to_numpy() * frame["scale"].to_numpy() * growth
    ),
    "level_shape": lambda frame, _: frame["x_level_shape"].to_numpy() * frame["scale"].to_numpy(),
}


def seasonal_members(frame: pl.DataFrame) -> dict[str, Vector]:
    """Return the seasonal forecasts of a direct frame's rows: (n rows,) each, in the target's unit.

    ``seasonal_base``: the series' own last year; ``seasonal_pooled``: last year as its group
    remembers it; both times growth. ``level_shape``: the pool's shape at the recent level.
    """
    growth = growth_factor(frame)
    return {name: member(frame, growth) for name, member in SEASONAL.items()}


def stopped(frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Return (n rows,) where the plan of a direct frame means that nothing is sold."""
    shut: NDArray[np.bool_] = frame["x_planned"].to_numpy() == 0
    return shut


def reference(frame: pl.DataFrame) -> Vector:
    """Return (n rows,) the forecast whose residual the booster learns."""
    members = seasonal_members(frame)
    half = (members["seasonal_base"] + members["seasonal_pooled"]) / 2
    mixed: Vector = (1 - LEVEL_SHARE) * half + LEVEL_SHARE * members["level_shape"]
    return mixed
