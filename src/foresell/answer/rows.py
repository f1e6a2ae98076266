"""Rows asked for in, forecasts out: the one way every surface answers."""

from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import numpy as np
import polars as pl

from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import parse_contract
from foresell.data.cleaning import learnable
from foresell.data.long import forecast_columns, long_frame
from foresell.data.panel import Panel, build_panel, share_known
from foresell.errors import UsageError, nearest
from foresell.models.calibrating import series_methods
from foresell.models.learner import Learner, forecast
from foresell.models.onnx_files import answering_learner
from foresell.spec.calendar import step
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

_SHOWN = 3


def answer(bundle: Bundle, rows: pl.DataFrame, *, nonnegative: bool = False) -> pl.DataFrame:
    """Answer ``rows`` from the bundle: one answer a row, in their order.

    ``rows``: key columns and date, and any known-future covariates. Rows after the last observed
    period are forecast from it; a row in the gap of a series that ended earlier is forecast from
    the series' own last period, as it was known then (or, beyond the horizon of that, from the
    period one horizon before the row). Returns the key columns and the date as they came, then
    ``prediction`` and quantiles (finite, in the unit of the target), ``interval_method``,
    ``level_used``. ``nonnegative``: none of them is below 0, whatever the project says.

    Raises:
        UsageError: a column is missing, a key or date is null, or a row lies out of reach.
    """
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    project = replace(project, nonnegative=project.nonnegative or nonnegative)
    _refuse_bad_columns(rows, project)
    reasons = out_of_reach(bundle, rows)
    if reasons.is_not_null().any():
        bad = reasons.is_not_null().arg_true()
        shown = "; ".join(
            f"row {i + 1} ({rows[i, project.time]}): {reasons[i]}" for i in bad.head(_SHOWN)
        )
        raise UsageError(
            f"{len(bad)} row(s) cannot be answered: {shown}",
            "the rows asked for",
            f"ask for {project.time}s after the last observed one, up to {project.horizon} "
            "periods ahead",
        )
    asker = _asker(bundle, rows, project)
    identity = [*project.keys, project.time]
    wanted = rows.select(identity).with_columns(asker.origins(rows))
    parts = [
        asker.ask(int(origin), part)
        for (origin,), part in wanted.group_by("__origin", maintain_order=True)
    ]
    answers = pl.concat(parts).unique(identity, keep="first", maintain_order=True)
    columns = ["prediction", *quantile_columns(), "interval_method", "level_used"]
    return rows.select(identity).join(
        answers.select([*identity, *columns]), on=identity, how="left", maintain_order="left"
    )


def out_of_reach(bundle: Bundle, rows: pl.DataFrame) -> pl.Series:
    """Return why each row cannot be answered, null where it can, in the order of ``rows``."""
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    keys, time = list(project.keys), project.time
    _refuse_bad_columns(rows, project)
    own = (
        bundle.history
        .filter(pl.col(project.target).is_not_null())
        .group_by(keys)
        .agg(pl.col(time).max().alias("__own"))
    )
    last, every = _last(bundle, project), step(project.frequency)
    furthest = last + project.horizon * every
    off = (pl.col(time) - last).dt.total_days() % every.days != 0
    reason = (
        pl
        .when(off)
        .then(pl.lit(f"not a date of {project.frequency}"))
        .when(pl.col(time) > furthest)
        .then(pl.lit(f"more than {project.horizon} periods after {last}"))
        .when(pl.col(time) <= pl.col("__own"))
        .then(pl.lit("not after the last observed period of its series"))
        .when(pl.col("__own").is_null() & (pl.col(time) <= last))
        .then(pl.lit(f"not after {last}, and the series was never observed"))
    )
    joined = rows.select([*keys, time]).join(own, on=keys, how="left", maintain_order="left")
    return joined.select(reason.alias("reason"))["reason"]


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
    last, every = _last(bundle, project), step(project.frequency)
    dates = pl.DataFrame({project.time: [last + (i + 1) * every for i in range(project.horizon)]})
    series = bundle.history.select(project.keys).unique().sort(project.keys)
    return series.join(dates, how="cross", maintain_order="left_right")


@dataclass(frozen=True, kw_only=True)
class _Asker:
    """A learner with the panel it answers from."""

    project: ProjectSpec
    panel: Panel
    learner: Learner
    own: pl.DataFrame

    def origins(self, rows: pl.DataFrame) -> pl.Series:
        """Return the index of the period each row is forecast from."""
        first, every = self.panel.dates[0], step(self.project.frequency).days
        joined = rows.select([*self.project.keys, self.project.time]).join(
            self.own, on=list(self.project.keys), how="left", maintain_order="left"
        )
        at = (pl.col(self.project.time) - first).dt.total_days() // every
        late = at > self.panel.cutoff
        early = pl.max_horizontal(pl.col("__own"), at - self.project.horizon)
        origin = pl.when(late).then(self.panel.cutoff).otherwise(early)
        return joined.select(origin.cast(pl.Int64).alias("__origin"))["__origin"]

    def ask(self, origin: int, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the answers of ``rows``, all forecast from the end of period ``origin``."""
        project, seen = self.project, self.panel.until(origin)
        every = step(project.frequency)
        furthest = cast("date", rows[project.time].max())
        steps = (furthest - self.panel.dates[origin]) // every
        made = forecast(self.learner, seen, project, steps)
        long = long_frame(seen, project, origin, forecast_columns(made.point, made.quantiles))
        levels = seen.keys.with_columns(
            pl.Series("level_used", list(made.level_used)),
            pl.Series("interval_method", list(series_methods(made))),
        )
        identity = [*project.keys, project.time]
        return (
            rows
            .select(identity)
            .join(long, on=identity, how="inner", maintain_order="left")
            .join(levels, on=list(project.keys), how="left", maintain_order="left")
        )


def _asker(bundle: Bundle, rows: pl.DataFrame, project: ProjectSpec) -> _Asker:
    """Return the learner with the panel it answers ``rows`` from."""
    panel = asked_panel(bundle, rows, project)
    seen = np.isfinite(panel.target)
    last_seen = np.where(seen.any(axis=1), seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1), -1)
    own = panel.keys.with_columns(pl.Series("__own", last_seen, dtype=pl.Int64))
    return _Asker(project=project, panel=panel, learner=answering_learner(bundle.model), own=own)


def asked_panel(bundle: Bundle, rows: pl.DataFrame, project: ProjectSpec) -> Panel:
    """Return the panel of the bundle's history and what is known of the future of ``rows``.

    A known-future value comes from the rows themselves, else from the rows the source asked for,
    else from the other series where several have it and all the same on that date (a holiday, say).
    """
    built = share_known(build_panel(bundle.history, project, _planned(bundle, rows, project)))
    return replace(built, target=learnable(built.target, project.cleaning.negative_target))


def untold(bundle: Bundle, rows: pl.DataFrame) -> dict[str, int]:
    """Return how many of ``rows`` have no value of a required known-future column, by column.

    Such a value is taken to be what is usual for the series. A column all rows have is left out.
    """
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    needed = [name for name in project.with_role("known_future") if contract.columns[name].required]
    _refuse_bad_columns(rows, project)
    panel = asked_panel(bundle, rows, project)
    keys, first = list(project.keys), panel.dates[0]
    placed = rows.select([*keys, project.time]).join(
        panel.keys.with_row_index("__row"), on=keys, how="left", maintain_order="left"
    )
    period = (placed[project.time] - first).dt.total_days() // step(project.frequency).days
    ahead = (period > panel.cutoff) & (period < len(panel.dates))
    at = placed["__row"].filter(ahead).to_numpy(), period.filter(ahead).to_numpy()
    counts = {name: int(np.isnan(panel.known[name][at]).sum()) for name in needed}
    return {name: count for name, count in counts.items() if count}


def _planned(bundle: Bundle, rows: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return ``rows`` and then the asked rows, one for each series and date, values filled.

    Raises:
        UsageError: a series and date is asked for twice with two values of one column.
    """
    identity = [*project.keys, project.time]
    wanted = {*identity, *project.with_role("known_future", "static")}
    frames = [
        frame.select(name for name in frame.columns if name in wanted)
        for frame in (rows, bundle.asked)
        if not frame.is_empty()
    ]
    values = [name for name in rows.columns if name in wanted and name not in identity]
    said = rows.group_by(identity, maintain_order=True).agg(
        pl.col(name).drop_nulls().n_unique() for name in values
    )
    for name in values:
        torn = said.filter(pl.col(name) > 1)
        if torn.height:
            row = torn.row(0, named=True)
            raise UsageError(
                f"{torn.height} row(s) are asked for with two values of {name!r}",
                ", ".join(f"{key}={row[key]}" for key in identity),
                "ask for a row once, or with one value",
            )
    both = pl.concat(frames, how="diagonal_relaxed")
    static = [name for name in project.with_role("static") if name in both.columns]
    if static:  # what a series is stands in its history; rows only tell of new ones
        known = (
            bundle.history.select(project.keys).unique().with_columns(__known=pl.lit(value=True))
        )
        both = both.join(known, on=list(project.keys), how="left", maintain_order="left")
        fresh = pl.col("__known").is_null()
        both = both.with_columns(pl.when(fresh).then(pl.col(static))).drop("__known")
    values = [name for name in both.columns if name not in identity]
    return both.group_by(identity, maintain_order=True).agg(
        pl.col(name).drop_nulls().first() for name in values
    )


def _last(bundle: Bundle, project: ProjectSpec) -> date:
    """Return the last observed period of the bundle's history."""
    return cast("date", bundle.history[project.time].max())


def _refuse_bad_columns(rows: pl.DataFrame, project: ProjectSpec) -> None:
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
