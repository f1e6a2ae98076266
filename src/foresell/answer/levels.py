"""The sums of answered rows: every declared level, coherent with the rows it is the sum of."""

from collections.abc import Sequence
from datetime import date
from typing import cast

import numpy as np
import polars as pl

from foresell.bundle.bundle import Bundle
from foresell.errors import UsageError, nearest
from foresell.models.coherence import Reconciling
from foresell.models.combination import bucket_of
from foresell.models.learner_files import read_learner
from foresell.models.level_bands import band_quantiles
from foresell.spec.calendar import step
from foresell.spec.forecast import quantile_columns
from foresell.spec.hierarchy import level_name
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project


def answer_levels(bundle: Bundle, answered: pl.DataFrame, level: str | None = None) -> pl.DataFrame:
    """Return the sums of ``answered`` for every declared level and date.

    ``answered``: what `foresell.answer.rows.answer` gave for some rows; each sum is that of exactly
    these. ``level``: one level's name (``Store``, ``Type x Dept``, ``total``); by default all, in
    declared order. Columns: ``level``, the levels' columns (null where summed over), the date,
    ``prediction``, quantiles (finite, rising, in the unit of the target), ``rows`` (how many were
    summed). The quantiles are the level's own, calibrated on its sums; they are not sums.

    Raises:
        UsageError: the project declares no hierarchy, or no such level.
    """
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    learner = read_learner(bundle.model)
    wanted = wanted_levels(project, level)
    if learner.reconciling is None:
        raise UsageError(
            "the model was trained without this hierarchy",
            f"project {project.name!r}",
            f"train it again: foresell run {project.name}",
        )
    described = _described(bundle, answered, project)
    last = cast("date", bundle.history[project.time].max())
    named = tuple(dict.fromkeys(name for columns in wanted for name in columns))
    frames = [
        _level(described, columns, project, (last, learner.buckets, learner.reconciling))
        for columns in wanted
    ]
    whole = pl.concat(frames, how="diagonal_relaxed")
    return whole.select("level", *named, project.time, "prediction", *quantile_columns(), "rows")


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


def _described(bundle: Bundle, answered: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return the answered rows with the static columns of their series, as last known."""
    keys, static = list(project.keys), project.with_role("static")
    sources = [
        frame.select(*keys, *(name for name in static if name in frame.columns))
        for frame in (bundle.asked, bundle.history)
        if not frame.is_empty()
    ]
    known = pl.concat(sources, how="diagonal_relaxed").group_by(keys, maintain_order=True)
    values = known.agg(pl.col(name).drop_nulls().last() for name in static)
    return answered.join(values, on=keys, how="left", maintain_order="left")


def _level(
    rows: pl.DataFrame,
    columns: Sequence[str],
    project: ProjectSpec,
    learnt: tuple[date, tuple[int, ...], Reconciling],
) -> pl.DataFrame:
    """Return one level of described rows. ``learnt``: last date, horizon buckets, reconciling."""
    last, buckets, reconciling = learnt
    every, time = step(project.frequency).days, project.time
    sums = (
        rows
        .group_by([*columns, time])
        .agg(
            pl.col("prediction").sum(),
            pl.col("prediction").abs().sum().alias("__size"),
            pl.len().cast(pl.Int64).alias("rows"),
        )
        .sort([*columns, time])
        .with_columns(
            (pl.col("__size") / pl.col("__size").sum().over(time)).fill_nan(0.0).alias("__share"),
            ((pl.col(time) - last).dt.total_days() // every).clip(1).alias("__step"),
        )
    )
    steps = sums["__step"].to_numpy()
    place = [level_name(one) for one in _levels(project)].index(level_name(columns))
    quantiles = band_quantiles(
        reconciling.bands[place],
        sums["prediction"].to_numpy(),
        sums["__size"].to_numpy(),
        sums["__share"].to_numpy(),
        (steps.astype(np.float64), bucket_of(int(steps.max()), buckets)[steps - 1]),
    )
    if not (rows.select(quantile_columns()) < 0).select(pl.any_horizontal(pl.all().any())).item():
        quantiles = np.maximum(quantiles, 0.0)  # rows that cannot be negative have no negative sum
    return sums.with_columns(
        pl.lit(level_name(columns)).alias("level"),
        *(pl.Series(name, quantiles[:, i]) for i, name in enumerate(quantile_columns())),
    )


def _levels(project: ProjectSpec) -> tuple[tuple[str, ...], ...]:
    """Return the declared levels."""
    return project.hierarchy.levels if project.hierarchy is not None else ()
