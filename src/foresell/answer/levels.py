"""The sums of answered rows: every declared level, coherent with the rows it is the sum of."""

from dataclasses import dataclass
from datetime import date
from typing import cast

import polars as pl

from foresell.bundle.bundle import Bundle
from foresell.errors import UsageError, nearest
from foresell.features.alignment import year_periods
from foresell.models.learner import Learner
from foresell.models.level_sums import Known, level_sums
from foresell.models.onnx_files import answering_learner
from foresell.spec.calendar import step
from foresell.spec.forecast import quantile_columns
from foresell.spec.hierarchy import level_name
from foresell.spec.ordered_sums import ordered_mean
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project


def answer_levels(
    bundle: Bundle,
    answered: pl.DataFrame,
    level: str | None = None,
    told: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return the sums of ``answered`` for every declared level and date.

    ``answered``: what `foresell.answer.rows.answer` gave for some rows; each sum is that of exactly
    these. ``level``: one level's name (``Store``, ``Type x Dept``, ``total``); by default all, in
    declared order. ``told``: the rows as they were asked for, whose static columns say what a
    series without history is. Columns: ``level``, the levels' columns (null where summed over), the
    date, ``prediction``, quantiles (finite, rising, in the unit of the target),
    ``interval_method``, ``rows`` (how many were summed). The quantiles of a whole node are the
    level's own, calibrated on its sums; those of a part of it are `level_sums`' combination.

    A ``UsageError``: the project declares no hierarchy, or no such level.
    """
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    learner = answering_learner(bundle.model)
    return summed(bundle, answered, Sums(project, learner, level), told)


@dataclass(frozen=True)
class Sums:
    """Which sums are asked for, and what knows of them; ``level`` as `answer_levels` takes it."""

    project: ProjectSpec
    learner: Learner
    level: str | None


def summed(
    bundle: Bundle, answered: pl.DataFrame, asked: Sums, told: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return what `answer_levels` returns.

    Raises:
        UsageError: as there.
    """
    project, learner, level = asked.project, asked.learner, asked.level
    wanted = wanted_levels(project, level)
    if learner.reconciling is None:
        raise UsageError(
            "the model was trained without this hierarchy",
            f"project {project.name!r}",
            f"train it again: foresell run {project.name}",
        )
    described, series = _described(bundle, answered, answered if told is None else told, project)
    known = Known(
        time=project.time, buckets=learner.buckets, method=learner.interval_method, series=series
    )
    every = project.hierarchy.levels if project.hierarchy is not None else ()
    bands = dict(zip(every, learner.reconciling.bands, strict=True))
    frames = [
        level_sums(described, columns, bands[columns], known).with_columns(
            pl.lit(level_name(columns)).alias("level")
        )
        for columns in wanted
    ]
    whole = pl.concat(frames, how="diagonal_relaxed")
    named = tuple(dict.fromkeys(name for columns in wanted for name in columns))
    return whole.select(
        "level", *named, project.time, "prediction", *quantile_columns(), "interval_method", "rows"
    )


def wanted_levels(project: ProjectSpec, level: str | None) -> tuple[tuple[str, ...], ...]:
    """Return the column sets of the levels that are asked for; all of them for None.

    Raises:
        UsageError: the project declares no hierarchy, or no such level.
    """
    if project.hierarchy is None:
        raise UsageError(
            f"the project {project.name!r} declares no hierarchy",
            "project.yaml, hierarchy",
            f"add hierarchy: {{levels: [[{project.keys[0]}], []]}}; [] is the total",
        )
    names = [level_name(columns) for columns in project.hierarchy.levels]
    if level is None:
        return project.hierarchy.levels
    if level not in names:
        raise UsageError(
            f"there is no level {level!r}", f"project {project.name!r}", nearest(level, names)
        )
    return (project.hierarchy.levels[names.index(level)],)


def _described(
    bundle: Bundle, answered: pl.DataFrame, told: pl.DataFrame, project: ProjectSpec
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the answered rows with static columns, step and usual size, and the known series.

    Static columns are as last known; of a series without history, as the rows ``told`` say. Usual
    size: the mean of what a series sold in the last year of history, regardless of sign.
    """
    keys, static, time = list(project.keys), list(project.with_role("static")), project.time
    history = bundle.history
    sources = [
        frame.select(
            *keys, *(pl.col(name).cast(history.schema[name]) for name in static if name in frame)
        )
        for frame in (bundle.asked, told, history)
        if not frame.is_empty()
    ]
    known = pl.concat(sources, how="diagonal_relaxed").group_by(keys, maintain_order=True)
    values = known.agg(pl.col(name).drop_nulls().last() for name in static)
    last, every = cast("date", history[time].max()), step(project.frequency)
    seen = history.filter(
        (pl.col(time) > last - year_periods(project) * every) & pl.col(project.target).is_not_null()
    )
    usual = seen.group_by(keys, maintain_order=True).agg(
        ordered_mean(pl.col(project.target).abs().cast(pl.Float64)).alias("__usual")
    )
    values = values.join(usual, on=keys, how="left", maintain_order="left")
    step_ = ((pl.col(time) - last).dt.total_days() // every.days).clip(1).alias("__step")
    rows = answered.join(values, on=keys, how="left", maintain_order="left").with_columns(step_)
    return rows, values.filter(pl.col("__usual") > 0)
