"""The candidates of the panel learner, each a forecast of every series and step."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.features.levels import Vector
from foresell.models.baselines import BASELINES
from foresell.models.origins import steps_of
from foresell.models.parts import Part
from foresell.models.seasonal import seasonal_members, stopped
from foresell.spec.project import ProjectSpec


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The fitted parts by candidate; none where the history was too short to judge any."""

    parts: Mapping[str, Part] = field(default_factory=dict)


def own_members(names: Mapping[str, object]) -> tuple[str, ...]:
    """Return the members that are not baselines, in order."""
    return tuple(name for name in names if name not in BASELINES)


def with_plan(
    members: Mapping[str, NDArray[np.float64]], planned: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return the members as ensembles weigh them: baselines times the factor of what is planned.

    They know no plan by themselves, and a changed plan must move the whole ensemble. ``planned``:
    as the forecasts, rows or (n series, steps), see `foresell.features.planned`.
    """
    return {
        name: values * planned if name in BASELINES else values for name, values in members.items()
    }


def baseline_members(panel: Panel, project: ProjectSpec, steps: int) -> dict[str, Matrix]:
    """Return each baseline's (n series, steps) forecast from the panel's cutoff on."""
    return {name: baseline(panel, project, steps) for name, baseline in BASELINES.items()}


def forecast_members(
    fitted: Fitted,
    panel: Panel,
    project: ProjectSpec,
    frame: pl.DataFrame,
    baselines: Mapping[str, Matrix] | None = None,
) -> dict[str, Matrix]:
    """Return each member's (n series, steps) forecast for the rows of the direct ``frame``.

    The frame's origin is the panel's cutoff. All values are finite, and not below 0 where the
    project says so; but for the baselines, 0 where the plan means that nothing is sold.
    ``baselines``: what `baseline_members` gives, if it is at hand.
    """
    made = {name: part.forecast(frame) for name, part in fitted.parts.items()}
    return assembled(made, panel, project, frame, baselines)


def assembled(
    made: Mapping[str, Vector],
    panel: Panel,
    project: ProjectSpec,
    frame: pl.DataFrame,
    baselines: Mapping[str, Matrix] | None = None,
) -> dict[str, Matrix]:
    """Return the seasonal members, what the parts made of the rows of ``frame``, the baselines."""
    steps = steps_of(frame, panel)
    flat: dict[str, Vector] = {**seasonal_members(frame), **made}
    shut = stopped(frame)
    members = {
        name: np.where(shut, 0.0, values).reshape(panel.n_series, steps)
        for name, values in flat.items()
    }
    members.update(baseline_members(panel, project, steps) if baselines is None else baselines)
    if project.nonnegative:
        members = {name: np.maximum(values, 0.0) for name, values in members.items()}
    return members
