"""What each column of the data adds to a part of the learner, by the part's own account.

For boosters that is TreeSHAP of their own library, for linear parts weight times term.
Source: S. M. Lundberg et al., "From local explanations to global understanding with explainable AI
for trees", Nature Machine Intelligence 2 (2020).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from foresell.data.panel import Matrix
from foresell.features.levels import Vector
from foresell.models.boosted import Booster
from foresell.models.lad import Lad
from foresell.models.originals import original
from foresell.models.parts import Part
from foresell.models.ridge import Ridge
from foresell.spec.project import ProjectSpec

AVERAGE = "(average)"  # what a part says before it has looked at any column


@dataclass(frozen=True)
class Traced:
    """A part that answers by another one, its ONNX graph, and is told of by itself."""

    answers: Part
    own: Part

    def forecast(self, frame: pl.DataFrame) -> Vector:
        """Return (n rows,) what the other one says, in the unit of the target."""
        return self.answers.forecast(frame)

    def files(self) -> dict[str, bytes]:
        """Return the files of the part itself."""
        return self.own.files()


def learns_residual(part: Part) -> bool:
    """Return whether a part is the reference forecast and what it has learnt beside it."""
    if isinstance(part, Traced):
        return learns_residual(part.own)
    return isinstance(part, (Booster, Ridge))


def residual_columns(part: Part, frame: pl.DataFrame, project: ProjectSpec) -> dict[str, Vector]:
    """Return what a part adds to the reference forecast by column of the data; (rows,) each.

    In the unit of the target; the values of a row sum to what the part adds. `AVERAGE` is what it
    adds to no row in particular. Nothing for a part that learns no residual of the reference.
    """
    if isinstance(part, Traced):
        return residual_columns(part.own, frame, project)
    if isinstance(part, Booster):
        return _summed(part.features, part.contributions(frame), project)
    if isinstance(part, Ridge):
        return _summed(part.terms, part.contributions(frame), project)
    return {}


def forecast_columns(part: Part, frame: pl.DataFrame, project: ProjectSpec) -> dict[str, Vector]:
    """Return a linear part's whole forecast by column of the data, (rows,) each, or nothing."""
    if not isinstance(part, Lad):
        return {}
    added = part.contributions(frame)
    found = _summed(part.terms, np.column_stack([added, np.zeros(frame.height)]), project)
    return {name: values for name, values in found.items() if name != AVERAGE}


def _summed(features: tuple[str, ...], added: Matrix, project: ProjectSpec) -> dict[str, Vector]:
    """Return contributions (rows, features + 1) by column of the data; the last is `AVERAGE`."""
    total: dict[str, Vector] = {}
    for name, values in zip(features, added.T, strict=False):
        column = original(name.removeprefix("near_"), project)
        total[column] = total.get(column, np.zeros(len(added))) + values
    return {**dict(sorted(total.items())), AVERAGE: added[:, -1]}
