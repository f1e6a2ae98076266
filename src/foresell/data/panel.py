"""A panel: every series on one completed calendar, as matrices.

Rows are series in key order, columns are periods in time order, a missing period is NaN and never
zero. Learners see nothing of the world but this, cut at a cutoff.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec

Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Series by period.

    ``keys``: (n series, key columns), unique, sorted. ``static``: (n series, static columns), same
    order. ``dates``: (n periods,), evenly spaced; they run past the last observation as far as
    forecasts may be asked for. ``target``: (n series, n periods), NaN where nothing was observed.
    ``known``: known-future covariates, each like ``target``; NaN where unknown. ``past``: past-only
    covariates, NaN where unknown and always NaN after the cutoff. ``cutoff``: index of the last
    period that may be looked at; ``target`` is NaN after it.
    """

    keys: pl.DataFrame
    static: pl.DataFrame
    dates: tuple[date, ...]
    target: Matrix
    known: Mapping[str, Matrix]
    past: Mapping[str, Matrix]
    cutoff: int

    @property
    def n_series(self) -> int:
        """How many series there are."""
        return self.keys.height

    def until(self, cutoff: int) -> "Panel":
        """Return the panel as it was known at the end of period ``cutoff``.

        Later targets and past-only covariates become NaN; known-future covariates stay.
        """

        def blind(values: Matrix) -> Matrix:
            seen = values.copy()
            seen[:, cutoff + 1 :] = np.nan
            return seen

        return replace(
            self,
            target=blind(self.target),
            past={name: blind(values) for name, values in self.past.items()},
            cutoff=min(cutoff, self.cutoff),
        )

    def select(self, rows: NDArray[np.intp]) -> "Panel":
        """Return the series at positions ``rows``, in that order."""
        return replace(
            self,
            keys=self.keys[rows],
            static=self.static[rows],
            target=self.target[rows],
            known={name: values[rows] for name, values in self.known.items()},
            past={name: values[rows] for name, values in self.past.items()},
        )


def build_panel(
    frame: pl.DataFrame, project: ProjectSpec, future: pl.DataFrame | None = None
) -> Panel:
    """Lay the rows of ``frame`` on the completed calendar, ``horizon`` periods past its last date.

    ``frame``: one row per series and date, any order, columns as the project declares them.
    ``future``: rows of known-future covariates (key and time columns, no target) or None; series
    that stand only there join the panel with no history. Periods with no row are NaN. Static
    values are the series' last non-null ones.
    """
    keys, time, target = list(project.keys), project.time, project.target
    known, past = project.with_role("known_future"), project.with_role("past_only")
    static = list(project.with_role("static"))
    observed = frame.select([*keys, time, target, *static, *known, *past]).sort([*keys, time])
    rows = observed if future is None else _with_future(observed, future, keys, time)
    index = rows.select(keys).unique().sort(keys)
    first, last = _span(observed[time])
    every = step(project.frequency)
    periods = (last - first) // every + 1 + project.horizon
    dates = tuple(first + i * every for i in range(periods))
    described = index.join(
        rows.group_by(keys).agg(pl.col(name).drop_nulls().last() for name in static),
        on=keys,
        how="left",
        maintain_order="left",
    ).select(static)
    place = _Place(index, keys, time, first, every, periods)
    return Panel(
        keys=index,
        static=described,
        dates=dates,
        target=place.matrix(observed, target),
        known={name: place.matrix(rows, name) for name in known},
        past={name: place.matrix(observed, name) for name in past},
        cutoff=periods - 1 - project.horizon,
    )


def share_known(panel: Panel) -> Panel:
    """Fill a known-future value that is missing after the cutoff from the series that have it.

    Only where all of them have the same value in that period, as with a holiday; else it stays NaN.
    """

    def shared(values: Matrix) -> Matrix:
        future = values[:, panel.cutoff + 1 :]
        some = np.isfinite(future)
        low = np.where(some, future, np.inf).min(axis=0, initial=np.inf)
        high = np.where(some, future, -np.inf).max(axis=0, initial=-np.inf)
        filled = np.where(~some & (low == high), low, future)
        return np.concatenate([values[:, : panel.cutoff + 1], filled], axis=1)

    return replace(panel, known={name: shared(values) for name, values in panel.known.items()})


def _span(dates: pl.Series) -> tuple[date, date]:
    """Return the first and the last date."""
    return cast("date", dates.min()), cast("date", dates.max())


def _with_future(
    observed: pl.DataFrame, future: pl.DataFrame, keys: list[str], time: str
) -> pl.DataFrame:
    """Return observed rows followed by those future rows whose key and date are new."""
    new = future.select([name for name in observed.columns if name in future.columns]).join(
        observed, on=[*keys, time], how="anti"
    )
    return pl.concat([observed, new], how="diagonal_relaxed").sort([*keys, time])


@dataclass(frozen=True)
class _Place:
    """Where each row of a long frame goes in a matrix of series by period."""

    index: pl.DataFrame
    keys: list[str]
    time: str
    first: date
    every: timedelta
    periods: int

    def matrix(self, frame: pl.DataFrame, column: str) -> Matrix:
        """Return (n series, n periods) of ``column``, NaN where there is no row or no value."""
        out = np.full((self.index.height, self.periods), np.nan)
        placed = (
            frame
            .select([*self.keys, self.time, pl.col(column).cast(pl.Float64)])
            .join(self.index.with_row_index("__row"), on=self.keys, how="inner")
            .with_columns(
                __period=(pl.col(self.time) - self.first).dt.total_days() // self.every.days
            )
            .filter(
                pl.col("__period").is_between(0, self.periods - 1), pl.col(column).is_not_null()
            )
        )
        out[placed["__row"].to_numpy(), placed["__period"].to_numpy()] = placed[column].to_numpy()
        return out
