"""Which rows of a panel can be answered, and which are when nobody names any."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

import polars as pl

from foresell.bundle.bundle import Bundle
from foresell.errors import UsageError, nearest
from foresell.spec.calendar import step
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project


@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """How far a bundle answers.

    ``last``: the last observed period of all series. ``own``: key columns and ``__own``, the last
    period that was observed of each series.
    """

    keys: tuple[str, ...]
    time: str
    frequency: str
    every: int
    horizon: int
    last: date
    own: pl.DataFrame

    def after(self, periods: int) -> date:
        """Return the date so many periods after the last observed one."""
        return self.last + timedelta(days=periods * self.every)

    def reasons(self, rows: pl.DataFrame) -> pl.Series:
        """Return why each of ``rows`` cannot be answered, null where it can, in their order.

        ``rows``: key columns and date, without nulls.
        """
        day = pl.col(self.time)
        furthest = self.after(self.horizon)
        reason = (
            pl
            .when((day - self.last).dt.total_days() % self.every != 0)
            .then(pl.lit(f"not a date of {self.frequency}"))
            .when(day > furthest)
            .then(pl.lit(f"more than {self.horizon} periods after {self.last}"))
            .when(day <= pl.col("__own"))
            .then(pl.lit("not after the last observed period of its series"))
            .when(pl.col("__own").is_null() & (day <= self.last))
            .then(pl.lit(f"not after {self.last}, and the series was never observed"))
        )
        joined = rows.select([*self.keys, self.time]).join(
            self.own, on=list(self.keys), how="left", maintain_order="left"
        )
        return joined.select(reason.alias("reason"))["reason"]


def reach_of(bundle: Bundle, project: ProjectSpec) -> Reach:
    """Return how far ``bundle`` answers; ``project`` is its declaration."""
    keys, time = list(project.keys), project.time
    own = (
        bundle.history
        .filter(pl.col(project.target).is_not_null())
        .group_by(keys)
        .agg(pl.col(time).max().alias("__own"))
    )
    return Reach(
        keys=project.keys,
        time=time,
        frequency=project.frequency,
        every=step(project.frequency).days,
        horizon=project.horizon,
        last=last_period(bundle, project),
        own=own,
    )


def out_of_reach(bundle: Bundle, rows: pl.DataFrame) -> pl.Series:
    """Return why each row cannot be answered, null where it can, in the order of ``rows``."""
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    refuse_bad_columns(rows, project)
    return reach_of(bundle, project).reasons(rows)


def default_rows(bundle: Bundle) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows to answer when nobody names any, and the asked rows that are out of reach.

    The first are the rows the source asked for that lie within reach, or every series to the
    horizon where there are none. The second have a column ``reason``.
    """
    if bundle.asked.is_empty():
        return horizon_rows(bundle), bundle.asked.with_columns(reason=pl.lit(None, pl.String))
    marked = bundle.asked.with_columns(out_of_reach(bundle, bundle.asked))
    near = marked.filter(pl.col("reason").is_null()).drop("reason")
    rows = near if near.height else horizon_rows(bundle)
    return rows, marked.filter(pl.col("reason").is_not_null())


def horizon_rows(bundle: Bundle) -> pl.DataFrame:
    """Return every series the bundle knows at every period of the horizon: keys and date."""
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    last, every = last_period(bundle, project), step(project.frequency)
    dates = pl.DataFrame({project.time: [last + (i + 1) * every for i in range(project.horizon)]})
    series = bundle.history.select(project.keys).unique().sort(project.keys)
    return series.join(dates, how="cross", maintain_order="left_right")


def last_period(bundle: Bundle, project: ProjectSpec) -> date:
    """Return the last observed period of the bundle's history."""
    return cast("date", bundle.history[project.time].max())


def refuse_bad_columns(rows: pl.DataFrame, project: ProjectSpec) -> None:
    """Refuse rows whose key or date cannot be read.

    Raises:
        UsageError: no rows, or a column is missing or has nulls.
    """
    if rows.height == 0:
        raise UsageError("no rows were asked for", "the rows", "give at least one row")
    for name in (*project.keys, project.time):
        if name not in rows.columns:
            raise UsageError(
                f"the column {name!r} is missing", "the rows asked for", nearest(name, rows.columns)
            )
        if missing := rows[name].null_count():
            raise UsageError(
                f"{missing} row(s) have no {name!r}", "the rows asked for", f"fill in {name!r}"
            )
