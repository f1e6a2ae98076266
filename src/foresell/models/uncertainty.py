"""How large a forecast's miss will be: the design of the spread, and who is in which group."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.features.levels import Vector
from foresell.models.members import own_members
from foresell.spec.project import ProjectSpec

TERMS = (
    "constant",
    "volatility",
    "own_against_pool",
    "disagreement",
    "forecast",
    "scale",
    "step",
    "holiday",
    "unseen",
)


def holiday_rows(frame: pl.DataFrame, project: ProjectSpec) -> NDArray[np.int64]:
    """Return (n rows,) 1 where the target's period is a holiday, by declaration or by event."""
    weight = project.holiday_weight
    if weight is not None and f"x_known_{weight.column}" in frame.columns:
        flag = frame[f"x_known_{weight.column}"].to_numpy() > 0.5
    else:
        events = [f"x_event_{event.name}" for event in project.events]
        flag = np.zeros(frame.height, dtype=bool)
        for name in events:
            flag |= frame[name].to_numpy() > 0.5
    return flag.astype(np.int64)


def spread_design(
    frame: pl.DataFrame, members: Mapping[str, Matrix], holiday: NDArray[np.int64]
) -> Matrix:
    """Return (n rows, len(TERMS)) what the size of a miss depends on; all finite, without unit.

    ``members``: the candidates' forecasts for the rows of ``frame``, series-major.
    """
    scale = frame["scale"].to_numpy()
    own = np.stack([members[name].ravel() / scale for name in own_members(members)])
    middle = own.mean(axis=0)
    gap = frame["x_base"].to_numpy() - frame["x_pooled"].to_numpy()
    columns: dict[str, Vector] = {
        "constant": np.ones(frame.height),
        "volatility": np.log(frame["x_volatility"].to_numpy() + 0.01),
        "own_against_pool": np.log(np.abs(gap) + 0.01),
        "disagreement": np.log(own.std(axis=0) + 0.01),
        "forecast": np.log(np.maximum(middle, 0.0) + 0.05),
        "scale": frame["x_log_scale"].to_numpy(),
        "step": np.log(frame["x_step"].to_numpy()),
        "holiday": holiday.astype(np.float64),
        "unseen": 1.0 - frame["x_seen_share"].to_numpy(),
    }
    return np.column_stack([columns[name].astype(np.float64) for name in TERMS])
