"""Why a forecast is what it is: named parts that sum to it, for every candidate, series and step.

``base + events + growth + known + residual + newcomer + floor + reconciliation = forecast``. See
`foresell.models.splitting` for what each part is. An ensemble's parts are its members' parts,
weighed as the ensemble weighs the members.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Panel
from foresell.errors import DataError
from foresell.features.direct import direct_frame
from foresell.features.levels import Vector
from foresell.models.baselines import BASELINES
from foresell.models.coherence import RECONCILED
from foresell.models.combination import bucket_of
from foresell.models.contributing import AVERAGE, learns_residual, residual_columns
from foresell.models.learner import Learner, PanelForecast, forecast
from foresell.models.parts import Part
from foresell.models.seasonal import reference, seasonal_members, stopped
from foresell.models.splitting import (
    BASE,
    PARTS,
    RECONCILIATION,
    RESIDUAL,
    Ground,
    Ladder,
    Places,
    Split,
    answered,
    climb,
    floored,
    mixed,
    split_answer,
    whole,
)
from foresell.spec.forecast import QUANTILES
from foresell.spec.project import ProjectSpec

TOLERANCE = 1e-6  # of the larger of 1 and the forecast


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be explained: ``steps`` from the panel's cutoff on of the series ``series``.

    ``series``: positions in the panel. ``candidate``: None for the learner's choice.
    """

    steps: int
    series: Places
    candidate: str | None = None


def explain(learner: Learner, panel: Panel, project: ProjectSpec, asked: Asked) -> pl.DataFrame:
    """Return the forecasts that are ``asked`` for, taken apart: one row a date and named part.

    Key columns, date, ``step``, ``candidate``, ``part`` (in the order of `PARTS`), ``column`` and
    ``value`` (unit of the target). ``column`` names the column of the data where a part is told by
    column (``known``, ``residual``), else it is null. The values of one series and date sum to its
    forecast, within 1e-6 of the larger of 1 and the forecast.
    """
    return open_forecasts(learner, panel, project, asked.steps).take_apart(asked)


@dataclass(frozen=True, kw_only=True, eq=False)
class Opened:
    """The forecasts of all series of a panel, and the frames that their parts are told from."""

    learner: Learner
    ground: Ground
    frame: pl.DataFrame
    made: PanelForecast

    def take_apart(self, asked: Asked) -> pl.DataFrame:
        """Return what `explain` returns; ``asked``: no more steps than there are."""
        project, name = self.ground.project, asked.candidate or self.learner.chosen
        places = asked.series[:, None] * self.ground.steps + np.arange(asked.steps)
        rows = places.ravel().astype(np.intp)
        ladder = climb(self.ground, self.frame, rows, by_column=True)
        split = candidate_splits(self.learner, project, self.made, ladder)[name]
        return _long(self.frame[rows].select(*project.keys, project.time, "step"), name, split)


def open_forecasts(learner: Learner, panel: Panel, project: ProjectSpec, steps: int) -> Opened:
    """Return the forecasts of ``steps`` periods from the panel's cutoff on."""
    frame = direct_frame(panel, project, learner.recipe, panel.cutoff, steps)
    made = forecast(learner, panel, project, steps, frame)
    ground = Ground(panel, project, learner.recipe, steps)
    return Opened(learner=learner, ground=ground, frame=frame, made=made)


def candidate_splits(
    learner: Learner, project: ProjectSpec, made: PanelForecast, ladder: Ladder
) -> dict[str, Split]:
    """Return the split of every candidate of ``made`` at the rows of ``ladder``.

    A split that does not sum to its forecast, which would be a mistake in foresell, is a DataError.
    """
    splits = {
        name: floored(split) if project.nonnegative else split
        for name, split in _member_splits(learner, project, made, ladder).items()
    }
    rows, steps = ladder.rows, made.point.shape[1]
    place = rows % steps
    weighed = {
        name: split_answer(partial(_planned, splits[name].parts[BASE]), ladder)
        for name in BASELINES
        if name in splits
    }
    for name, shares in ensemble_weights(learner, bucket_of(steps, learner.buckets)).items():
        there = {member: share for member, share in shares.items() if member in splits}
        splits[name] = mixed([
            (weighed.get(member, splits[member]), share[place]) for member, share in there.items()
        ])
    new = made.newcomers[..., QUANTILES.index(0.5)].ravel()[rows]
    for name, split in splits.items():
        if name not in BASELINES:
            splits[name] = answered(split, new)
    if learner.reconciling is not None:
        own = learner.reconciling.source
        moved = (made.members[RECONCILED] - made.members[own]).ravel()[rows]
        splits[RECONCILED] = splits[own].with_part(RECONCILIATION, moved)
    for name, split in splits.items():
        _refuse_gap(name, split.total, made.members[name].ravel()[rows])
    return splits


def ensemble_weights(learner: Learner, bucket: NDArray[np.int64]) -> dict[str, dict[str, Vector]]:
    """Return, by ensemble, the weight of each member that has any at each step, (steps,)."""
    found: dict[str, dict[str, Vector]] = {}
    for ensemble, weights in learner.ensembles.items():
        names = sorted({name for one in weights for name in one})
        shares = {
            name: np.array([weights[place].get(name, 0.0) for place in bucket]) for name in names
        }
        found[ensemble] = {name: share for name, share in shares.items() if share.any()}
    return found


def _member_splits(
    learner: Learner, project: ProjectSpec, made: PanelForecast, ladder: Ladder
) -> dict[str, Split]:
    """Return the splits of the members that are no ensembles, before anything is held at 0."""
    frame = ladder.rungs[-1][2]
    shut = stopped(frame)
    splits = {
        name: split_answer(partial(_seasonal, name), ladder) for name in seasonal_members(frame)
    }
    seasonal = split_answer(reference, ladder)
    for name, part in learner.fitted.parts.items():
        if name in made.members:
            if learns_residual(part):
                columns = residual_columns(part, frame, project) if ladder.told else {}
                columns = {column: np.where(shut, 0.0, told) for column, told in columns.items()}
                said = np.where(shut, 0.0, part.forecast(frame))
                splits[name] = with_residual(seasonal, said, columns)
            else:
                splits[name] = split_answer(partial(_said, part), ladder)
    for name in BASELINES:
        if name in made.members:
            splits[name] = whole(made.members[name].ravel()[ladder.rows])
    return splits


def _seasonal(name: str, frame: pl.DataFrame) -> Vector:
    """Return what one seasonal member says of a frame."""
    return seasonal_members(frame)[name]


def _planned(values: Vector, frame: pl.DataFrame) -> Vector:
    """Return a baseline's forecast as ensembles weigh it: times the factor of what is planned."""
    told: Vector = values * frame["x_planned"].to_numpy()
    return told


def _said(part: Part, frame: pl.DataFrame) -> Vector:
    """Return what a part says of a frame: nothing is sold where the plan stops it."""
    return np.where(stopped(frame), 0.0, part.forecast(frame))


def with_residual(seasonal: Split, said: Vector, columns: Mapping[str, Vector]) -> Split:
    """Return the split of a part that adds ``columns`` to the reference, whose split is given.

    What a library's sums of 32 bits leave of the forecast it ``said`` goes to `AVERAGE`.
    """
    residual = said - seasonal.total
    parts = {**seasonal.parts, RESIDUAL: residual}
    if not columns:
        return Split(parts=parts, columns=seasonal.columns)
    rest = residual - np.sum(list(columns.values()), axis=0)
    return Split(
        parts=parts,
        columns={**seasonal.columns, RESIDUAL: {**columns, AVERAGE: columns[AVERAGE] + rest}},
    )


def _refuse_gap(name: str, total: Vector, said: Vector) -> None:
    """Refuse parts that do not sum to the forecast.

    Raises:
        DataError: the largest gap.
    """
    gap = np.abs(total - said) / np.maximum(1.0, np.abs(said))
    if gap.size and not gap.max() <= TOLERANCE:
        raise DataError(
            f"the parts of {name!r} miss its forecast by {gap.max():.2g} of it",
            "explanation of a forecast",
            "this is a mistake in foresell: please report it with the project file",
        )


def _long(identity: pl.DataFrame, candidate: str, split: Split) -> pl.DataFrame:
    """Return one row a row of ``identity``, part and column, in the order of all three."""
    pieces = []
    for part in PARTS:
        if part not in split.parts:
            continue
        inside: Mapping[str | None, Vector] = split.columns.get(part, {})  # type: ignore[assignment]
        for column, values in (inside or {None: split.parts[part]}).items():
            pieces.append(
                identity.with_columns(
                    pl.lit(candidate).alias("candidate"),
                    pl.lit(part).alias("part"),
                    pl.lit(column, pl.String).alias("column"),
                    pl.Series("value", values),
                    pl.int_range(pl.len()).alias("__row"),
                )
            )
    return pl.concat(pieces).sort("__row", maintain_order=True).drop("__row")
