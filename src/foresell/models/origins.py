"""Which origins are learned from, which fold cutoffs judge, and the rows drawn from an origin."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from foresell.data.panel import Matrix, Panel
from foresell.errors import DataError
from foresell.features.alignment import week_periods, year_periods
from foresell.features.levels import Vector
from foresell.features.season import recent_windows
from foresell.models.effort import Effort
from foresell.spec.project import ProjectSpec

Frames = Callable[[int], pl.DataFrame]


def first_origin(project: ProjectSpec) -> int:
    """Return the earliest origin with a year behind it and a month of growth since."""
    return year_periods(project) + recent_windows(project)[1]


def fold_cutoffs(panel: Panel, project: ProjectSpec) -> tuple[int, ...]:
    """Return the declared fold cutoffs that have a season and rows to learn from, in time order."""
    cutoffs = (panel.cutoff - back for back in project.split.validation)
    return tuple(sorted({c for c in cutoffs if c >= first_origin(project) + 4}))


def fallback_cutoffs(panel: Panel, project: ProjectSpec) -> tuple[int, ...]:
    """Return cutoffs to take residuals at when the history is too short for any declared fold."""
    backs = {-(-project.horizon // 2), project.horizon, max(panel.cutoff // 3, 1)}
    return tuple(sorted({panel.cutoff - back for back in backs if panel.cutoff - back >= 3}))


def fitting_origins(panel: Panel, project: ProjectSpec, effort: Effort) -> tuple[int, ...]:
    """Return at most ``effort.origins`` origins before the cutoff, evenly spaced, in time order."""
    first, last = first_origin(project), panel.cutoff - 1
    if last < first:
        return ()
    stride = -(-(last - first + 1) // effort.origins)
    if week_periods(project) > 1 and stride % week_periods(project) == 0:
        stride += 1  # or every origin would fall on the same weekday
    return tuple(range(last, first - 1, -stride))[::-1]


def training_origins(panel: Panel, project: ProjectSpec, effort: Effort) -> tuple[int, ...]:
    """Return every origin a direct frame is needed for: folds, fitting, and the cutoff itself."""
    judged = fold_cutoffs(panel, project) or fallback_cutoffs(panel, project)
    return tuple(sorted({*judged, *fitting_origins(panel, project, effort), panel.cutoff}))


def actual_after(panel: Panel, origin: int, steps: int) -> Matrix:
    """Return (n series, steps) the targets after ``origin``; NaN past the cutoff or unobserved."""
    out = np.full((panel.n_series, steps), np.nan)
    part = panel.target[:, origin + 1 : min(origin + steps, panel.cutoff) + 1]
    out[:, : part.shape[1]] = part
    return out


def steps_of(frame: pl.DataFrame, panel: Panel) -> int:
    """Return the steps per series of a direct ``frame`` of the panel's series, in their order.

    Rows are paired with series and targets by position, so every series must be there, in key
    order, with as many rows as the others.

    Raises:
        DataError: the frame's rows are not the panel's series, step by step.
    """
    steps = frame.height // panel.n_series
    keys = panel.keys.cast(pl.String)
    names = keys.columns
    whole = (
        steps > 0 and frame.height == steps * panel.n_series and set(names) <= set(frame.columns)
    )
    if whole:
        rows = frame.select(pl.col(names).cast(pl.String))
        whole = all(rows.gather_every(steps, offset).equals(keys) for offset in {0, steps - 1})
    if not whole:
        raise DataError(
            f"a frame of {frame.height} rows is not the panel's {panel.n_series} series, step by "
            "step in the order of their keys",
            f"direct frame, key columns {names}",
            "make the frames again from this panel: foresell run PROJECT",
        )
    return steps


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Rows drawn from one origin: the direct frame's rows, and what then happened.

    ``target``: (rows,) in its own unit, never NaN. ``period``: (rows,) the period it happened in.
    """

    frame: pl.DataFrame
    target: Vector
    period: Vector

    def until(self, cutoff: int) -> Vector:
        """Return (rows,) the targets as known at ``cutoff``: NaN where they lie after it."""
        return np.where(self.period <= cutoff, self.target, np.nan)

    def known(self, cutoff: int) -> Vector:
        """Return the periods of the targets known at ``cutoff``, one for each such row."""
        return self.period[self.period <= cutoff]


def draw_sample(
    panel: Panel, project: ProjectSpec, frame: pl.DataFrame, origin: int, rows: int
) -> Sample:
    """Return at most ``rows`` rows of the origin's ``frame`` with an observed target.

    Drawn without replacement by the project's seed and the origin; the order of the frame is kept.
    Every step has the same share of ``rows``, and its observed rows come in an order in which no
    target has a say. So the rows drawn of a period follow from what is observed in it, and from
    nothing later: a lesson at an earlier cutoff is the same whatever came after.
    """
    steps = steps_of(frame, panel)
    target = actual_after(panel, origin, steps)
    seen, window = np.isfinite(target), max(min(steps, panel.cutoff - origin), 1)
    if panel.n_series * window > rows:
        order = np.argsort(np.random.default_rng([project.seed, origin]).random(seen.shape), axis=0)
        place = np.cumsum(np.take_along_axis(seen, order, axis=0), axis=0)
        share = rows // window + (np.arange(steps) < rows % window)
        drawn = np.zeros_like(seen)
        np.put_along_axis(drawn, order, place <= share, axis=0)
        seen &= drawn
    known, target = np.flatnonzero(seen), target.ravel()
    kept = frame[known]
    period = origin + kept["step"].to_numpy().astype(np.float64)
    return Sample(frame=kept, target=target[known], period=period)


def known_by(samples: Sequence[Sample], cutoff: int) -> tuple[list[pl.DataFrame], list[Vector]]:
    """Return the frames and targets of ``samples`` as known at ``cutoff``, for fitting."""
    kept = [sample for sample in samples if np.isfinite(sample.until(cutoff)).any()]
    return [sample.frame for sample in kept], [sample.until(cutoff) for sample in kept]
