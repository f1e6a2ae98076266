"""Rows asked for in, forecasts out: the one way every surface answers."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.answer.published import ANSWERS
from foresell.answer.reach import Reach, reach_of, refuse_bad_columns
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import Contract, parse_contract
from foresell.data.cleaning import learnable
from foresell.data.long import forecast_columns, long_frame
from foresell.data.panel import Panel, build_panel, share_known
from foresell.errors import UsageError
from foresell.models.calibrating import series_methods
from foresell.models.learner import Learner, forecast
from foresell.models.onnx_files import answering_learner
from foresell.spec.calendar import step
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
    ``level_used``. ``nonnegative``: none of them is below 0, whatever the project says. A
    ``UsageError``: a column is missing, a key or date is null, or a row lies out of reach.
    """
    return Answering(bundle).answer(rows, nonnegative=nonnegative)


class Answering:
    """A bundle that answers; what is read and built of it is kept for the next rows."""

    def __init__(self, bundle: Bundle) -> None:
        """Read what ``bundle`` declares; its model is read once it is asked."""
        self.bundle = bundle
        self.project: ProjectSpec = parse_project(bundle.project_text, "bundle/project.yaml")

    @cached_property
    def contract(self) -> Contract:
        """What the columns are."""
        return parse_contract(self.bundle.contract_text, "bundle/contract.yaml")

    @cached_property
    def learner(self) -> Learner:
        """The model, as it answers."""
        return answering_learner(self.bundle.model)

    @cached_property
    def reach(self) -> Reach:
        """Which rows can be answered."""
        return reach_of(self.bundle, self.project)

    def answer(self, rows: pl.DataFrame, *, nonnegative: bool = False) -> pl.DataFrame:
        """Answer ``rows``, as `foresell.answer.rows.answer` does.

        Raises:
            UsageError: a column is missing, a key or date is null, or a row lies out of reach.
        """
        project = replace(self.project, nonnegative=self.project.nonnegative or nonnegative)
        refuse_bad_columns(rows, project)
        reasons = self.reach.reasons(rows)
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
        asker = _asker(self.panel(rows), project, self.learner)
        identity = [*project.keys, project.time]
        wanted = rows.select(identity).with_columns(asker.origins(rows))
        parts = [
            asker.ask(int(origin), part)
            for (origin,), part in wanted.group_by("__origin", maintain_order=True)
        ]
        answers = pl.concat(parts).unique(identity, keep="first", maintain_order=True)
        return rows.select(identity).join(
            answers.select([*identity, *ANSWERS]), on=identity, how="left", maintain_order="left"
        )

    def panel(self, rows: pl.DataFrame) -> Panel:
        """Return the panel of the bundle's history and what is known of the future of ``rows``.

        A known-future value comes from the rows themselves, else from the rows the source asked
        for, else from the other series where several have it and all the same on that date (a
        holiday, say).
        """
        told = self._told(rows)
        if told is None:  # a series nobody knows joins the others: all is laid out anew
            built = build_panel(
                self.bundle.history, self.project, _planned(self.bundle, rows, self.project)
            )
            cleaned = learnable(built.target, self.project.cleaning.negative_target)
            return replace(share_known(built), target=cleaned)
        return share_known(replace(self._laid.panel, known=told))

    def untold(self, rows: pl.DataFrame) -> dict[str, int]:
        """Return how many of ``rows`` have no value of a required known-future column, by column.

        Such a value is taken to be what is usual for the series. A column all rows have is left
        out.
        """
        known = self.project.with_role("known_future")
        needed = [name for name in known if self.contract.columns[name].required]
        refuse_bad_columns(rows, self.project)
        panel = self.panel(rows)
        series, period = panel.places(rows, self.project)
        ahead = (series >= 0) & (period > panel.cutoff) & (period < len(panel.dates))
        at = series[ahead], period[ahead]
        counts = {name: int(np.isnan(panel.known[name][at]).sum()) for name in needed}
        return {name: count for name, count in counts.items() if count}

    @cached_property
    def _laid(self) -> "_Laid":
        """The history on its calendar, with the plan of the asked rows alone."""
        nobody = self.bundle.history.head(0).select(self.project.keys, self.project.time)
        asked = None
        if not self.bundle.asked.is_empty():
            asked = _planned(self.bundle, nobody, self.project)
        built = build_panel(self.bundle.history, self.project, asked)
        taken = np.zeros(built.target.shape, dtype=np.bool_)
        taken[built.places(self.bundle.history, self.project)] = True
        cleaned = learnable(built.target, self.project.cleaning.negative_target)
        return _Laid(panel=replace(built, target=cleaned), taken=taken)

    def _told(self, rows: pl.DataFrame) -> "dict[str, NDArray[np.float64]] | None":
        """Return the plan where ``rows`` tell it, else that of the asked rows, by column.

        None where one of them is of a series that is not laid out, or its key of another type.
        """
        project, panel = self.project, self._laid.panel
        if rows.select(project.keys).schema != panel.keys.schema:
            return None
        refuse_torn(rows, project)
        series, period = panel.places(rows, project)
        if (series < 0).any():
            return None
        free = (period >= 0) & (period < len(panel.dates))
        free[free] = ~self._laid.taken[series[free], period[free]]
        known = dict(panel.known)
        for name in (name for name in known if name in rows.columns):
            values = rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
            some = free & rows[name].is_not_null().to_numpy()
            known[name] = known[name].copy()
            known[name][series[some], period[some]] = values[some]
        return known


@dataclass(frozen=True, kw_only=True, eq=False)
class _Laid:
    """A panel, and where its history has a row, (n series, n periods): no plan is laid there."""

    panel: Panel
    taken: NDArray[np.bool_]


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


def _asker(panel: Panel, project: ProjectSpec, learner: Learner) -> _Asker:
    """Return the learner with the panel it answers from."""
    seen = np.isfinite(panel.target)
    last_seen = np.where(seen.any(axis=1), seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1), -1)
    own = panel.keys.with_columns(pl.Series("__own", last_seen, dtype=pl.Int64))
    return _Asker(project=project, panel=panel, learner=learner, own=own)


def _planned(bundle: Bundle, rows: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return ``rows`` and then the asked rows, one for each series and date, values filled.

    A ``UsageError`` as `refuse_torn`.
    """
    refuse_torn(rows, project)
    identity = [*project.keys, project.time]
    wanted = {*identity, *project.with_role("known_future", "static")}
    frames = [
        frame.select(name for name in frame.columns if name in wanted)
        for frame in (rows, bundle.asked)
        if not frame.is_empty()
    ]
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


def refuse_torn(rows: pl.DataFrame, project: ProjectSpec) -> None:
    """Refuse rows that say two things of one series and date.

    Raises:
        UsageError: one is asked for twice with two values of one column.
    """
    identity = [*project.keys, project.time]
    wanted = project.with_role("known_future", "static")
    values = [name for name in rows.columns if name in wanted]
    if not values:
        return
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
