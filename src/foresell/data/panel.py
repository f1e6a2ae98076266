"""A panel: every series on one completed calendar, as matrices.

Rows are series in key order, columns are periods in time order, a missing period is NaN and never
zero. Learners see nothing of the world but this, cut at a cutoff.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
            static=self.static[rows] if self.static.width else self.static,  # no column, no row
            target=self.target[rows],
            known={name: values[rows] for name, values in self.known.items()},
            past={name: values[rows] for name, values in self.past.items()},
        )

    def places(
        self, rows: pl.DataFrame, project: ProjectSpec
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the series of each of ``rows``, -1 where there is none of it, and its period.

        ``rows``: key columns and date. A period may lie outside the calendar.
        """
        keys = list(project.keys)
        named = rows.select(pl.col(name).cast(self.keys.schema[name]) for name in keys)
        found = named.join(
            self.keys.with_row_index("__row"), on=keys, how="left", maintain_order="left"
        )["__row"]
        period = (rows[project.time] - self.dates[0]).dt.total_days()
        period = period // step(project.frequency).days
        return found.cast(pl.Int64).fill_null(-1).to_numpy(), period.cast(pl.Int64).to_numpy()


def build_panel(
    frame: pl.DataFrame, project: ProjectSpec, future: pl.DataFrame | None = None
) -> Panel:
    """Lay the rows of ``frame`` on the completed calendar, ``horizon`` periods past its last date.

    ``frame``: one row per series and date, any order, columns as the project declares them.
    ``future``: rows of known-future covariates (key and time columns, no target) or None; series
    that stand only there join the panel with no history. Periods with no row are NaN. Static
    values are the series' last non-null ones.
    """
    return lay_out(lambda columns: [frame.select(columns)], project, future)


def lay_out(
    read: Callable[[Sequence[str]], Iterable[pl.DataFrame]],
    project: ProjectSpec,
    future: pl.DataFrame | None = None,
) -> Panel:
    """Return the panel of `build_panel`, of rows in parts, of which one at a time is in memory.

    ``read``: gives the named columns of all rows, part by part; it is called twice.
    """
    keys, time = list(project.keys), project.time
    known, past = project.with_role("known_future"), project.with_role("past_only")
    static = list(project.with_role("static"))
    named, first, last = _outline(read([*keys, time]), time)
    if future is not None:
        named.append(future.select(keys))
    index = pl.concat(named, how="vertical_relaxed").unique().sort(keys)
    every = step(project.frequency)
    periods = (last - first) // every + 1 + project.horizon
    place = _Place(index, keys, time, first, every, periods)
    matrices = {
        name: np.full((index.height, periods), np.nan) for name in (project.target, *known, *past)
    }
    taken = np.zeros((index.height, periods), dtype=np.bool_)
    told = []
    for part in read([*keys, time, project.target, *static, *known, *past]):
        at = place.of(part)
        taken[at.rows, at.periods] = True
        for name, values in matrices.items():
            at.lay(part, name, values)
        told.append(at.last_known(part, static))
    if future is not None:
        at = place.of(future, taken)
        for name in (name for name in known if name in future.columns):
            at.lay(future, name, matrices[name])
        told.append(at.last_known(future, [name for name in static if name in future.columns]))
    return Panel(
        keys=index,
        static=_described(told, index.height, static),
        dates=tuple(first + i * every for i in range(periods)),
        target=matrices[project.target],
        known={name: matrices[name] for name in known},
        past={name: matrices[name] for name in past},
        cutoff=periods - 1 - project.horizon,
    )


def share_known(panel: Panel) -> Panel:
    """Fill a known-future value that is missing after the cutoff from the series that have it.

    Only where all of them, and more than one, have the same value in that period, as with a
    holiday; else it stays NaN: what one series plans says nothing of another.
    """

    def shared(values: Matrix) -> Matrix:
        future = values[:, panel.cutoff + 1 :]
        some = np.isfinite(future)
        low = np.where(some, future, np.inf).min(axis=0, initial=np.inf)
        high = np.where(some, future, -np.inf).max(axis=0, initial=-np.inf)
        alike = (some.sum(axis=0) > 1) & (low == high)
        filled = np.where(~some & alike, low, future)
        return np.concatenate([values[:, : panel.cutoff + 1], filled], axis=1)

    return replace(panel, known={name: shared(values) for name, values in panel.known.items()})


def _outline(parts: Iterable[pl.DataFrame], time: str) -> tuple[list[pl.DataFrame], date, date]:
    """Return the key columns of each part, each series once, and the first and the last date."""
    named, dates = [], []
    for part in parts:
        named.append(part.drop(time).unique())
        dates += [day for day in (part[time].min(), part[time].max()) if day is not None]
    first, last = cast("date", min(dates)), cast("date", max(dates))
    return named, first, last


def _described(
    told: Sequence[Sequence[pl.DataFrame]], n_series: int, static: Sequence[str]
) -> pl.DataFrame:
    """Return (n series, static columns) the last of what the parts tell; null where none does."""
    described = pl.DataFrame({"__row": pl.arange(n_series, dtype=pl.Int64, eager=True)})
    for name in static:
        parts = [frame for part in told for frame in part if name in frame.columns]
        last = (
            pl
            .concat(parts, how="vertical_relaxed")
            .sort("__period", maintain_order=True)
            .group_by("__row")
            .agg(pl.col(name).last())
        )
        described = described.join(last, on="__row", how="left", maintain_order="left")
    return described.select(static)


@dataclass(frozen=True)
class _Placed:
    """Rows of a long frame that have a place: which ones, their series and their periods."""

    which: NDArray[np.intp]
    rows: NDArray[np.int64]
    periods: NDArray[np.int64]

    def lay(self, frame: pl.DataFrame, column: str, out: Matrix) -> None:
        """Write the values of ``column`` into ``out``, (n series, n periods); not the nulls."""
        values = frame[column].cast(pl.Float64).fill_null(np.nan).to_numpy()[self.which]
        some = frame[column].is_not_null().to_numpy()[self.which]
        out[self.rows[some], self.periods[some]] = values[some]

    def last_known(self, frame: pl.DataFrame, columns: Sequence[str]) -> list[pl.DataFrame]:
        """Return for each column ``__row``, ``__period`` and its last non-null value by series."""
        placed = pl.DataFrame({"__row": self.rows, "__period": self.periods}).with_columns(
            frame[name].gather(self.which) for name in columns
        )
        if (np.diff(self.rows * self.periods.max(initial=0) + self.periods) < 0).any():
            placed = placed.sort("__period", maintain_order=True)
        return [
            placed
            .select("__row", "__period", name)
            .drop_nulls(name)
            .group_by("__row")
            .agg(pl.col("__period").last(), pl.col(name).last())
            for name in columns
        ]


@dataclass(frozen=True)
class _Place:
    """Where each row of a long frame goes in a matrix of series by period."""

    index: pl.DataFrame
    keys: list[str]
    time: str
    first: date
    every: timedelta
    periods: int

    def of(self, frame: pl.DataFrame, taken: NDArray[np.bool_] | None = None) -> _Placed:
        """Return the rows that have a place on the calendar, and not one that is ``taken``."""
        named = frame.select(self.keys).cast(self.index.schema)
        rows = named.join(
            self.index.with_row_index("__row"), on=self.keys, how="left", maintain_order="left"
        )["__row"]
        period = (frame[self.time] - self.first).dt.total_days() // self.every.days
        fine = rows.is_not_null() & period.is_between(0, self.periods - 1)
        which = fine.fill_null(value=False).arg_true().to_numpy().astype(np.intp)
        at = rows.cast(pl.Int64).gather(which).to_numpy(), period.gather(which).to_numpy()
        if taken is not None:
            free = ~taken[at]
            which, at = which[free], (at[0][free], at[1][free])
        return _Placed(which=which, rows=at[0], periods=at[1].astype(np.int64))
