"""The public task ``walmart`` of fev-bench, rebuilt from the raw files, and two older yardsticks.

The task: the series with at least 79 observations, each completed to weekly Fridays; the last 39
weeks of each series are held out, so each has a cutoff of its own. A forecast of a series may use
no value dated after that cutoff, of any series (`Task.known_at`), and no held-out value at all.

Source: fev-bench (github.com/autogluon/fev); its published naive is the scorer's proof.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from statistics import NormalDist

import numpy as np
import polars as pl

from foresell.data.panel import Matrix, Panel, build_panel
from foresell.errors import DataError, GateError
from foresell.evaluate.leaderboard import align, rows_of, truth_frame
from foresell.evaluate.metrics import Score, score, seasonal_scale
from foresell.spec.forecast import QUANTILES, quantile_columns
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

KEYS, TIME, TARGET = ("Store", "Dept"), "Date", "Weekly_Sales"
HORIZON, MINIMUM_ROWS = 39, 79
NAIVE_WAPE, NAIVE_MASE = 0.1967351790763877, 1.5240930926
NAIVE_WQL, NAIVE_SQL = 0.3075, 2.0341

PointForecast = Callable[[Panel, ProjectSpec, int], Matrix]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What may be looked at and what is asked.

    ``history``: the rows of ``train.csv`` up to each series' own cutoff, its five columns.
    ``cutoffs``: Store, Dept, ``cutoff`` (date), one row per series. ``truth``: the held-out rows:
    Store, Dept, Date, ``step`` (1-39 weeks after the cutoff), ``y``, ``scale`` (of MASE, season 1).
    ``calendar``: Store, Date, IsHoliday for past and future weeks. All sorted by key and date.
    """

    history: pl.DataFrame
    cutoffs: pl.DataFrame
    truth: pl.DataFrame
    calendar: pl.DataFrame

    def known_at(self, cutoff: date) -> pl.DataFrame:
        """Return the history a series with this cutoff may use: rows of all series up to it."""
        return self.history.filter(pl.col(TIME) <= cutoff)

    def origins(self) -> list[tuple[date, pl.DataFrame]]:
        """Return each distinct cutoff, latest first, with the keys of the series it belongs to."""
        days = sorted(self.cutoffs["cutoff"].unique().to_list(), reverse=True)
        return [(day, self.cutoffs.filter(pl.col("cutoff") == day).select(KEYS)) for day in days]


@dataclass(frozen=True, kw_only=True)
class TaskScore:
    """The four numbers of the public table and how many rows they are of; lower is better.

    WQL and SQL are None for a forecast without quantiles.
    """

    n: int
    wape: float | None
    mase: float | None
    wql: float | None
    sql: float | None


def read_sales(folder: Path) -> pl.DataFrame:
    """Read ``train.csv`` of ``folder``: its five columns, sorted by key and date.

    Raises:
        DataError: the file is not there.
    """
    path = folder / "train.csv"
    if not path.is_file():
        raise DataError(
            "the sales of the public task are missing",
            str(path),
            "put train.csv and features.csv of the Walmart competition there",
        )
    return _with_holiday(pl.read_csv(path, try_parse_dates=True)).sort(*KEYS, TIME)


def load_task(folder: Path) -> Task:
    """Rebuild the task from ``train.csv`` and ``features.csv`` of ``folder``."""
    sales = read_sales(folder)
    held_out = timedelta(weeks=HORIZON)
    cutoffs = (
        sales
        .group_by(KEYS)
        .agg(rows=pl.len(), cutoff=pl.col(TIME).max() - held_out)
        .filter(pl.col("rows") >= MINIMUM_ROWS)
        .sort(KEYS)
        .drop("rows")
    )
    dated = sales.join(cutoffs, on=KEYS, how="inner", maintain_order="left")
    history = dated.filter(pl.col(TIME) <= pl.col("cutoff")).drop("cutoff")
    panel = build_panel(history, task_project())
    scales = panel.keys.with_columns(scale=pl.Series(seasonal_scale(panel.target, 1)))
    truth = (
        dated
        .filter(pl.col(TIME) > pl.col("cutoff"))
        .with_columns(step=(pl.col(TIME) - pl.col("cutoff")).dt.total_days() // 7)
        .join(scales, on=KEYS, how="left", maintain_order="left")
        .select(*KEYS, TIME, "step", pl.col(TARGET).alias("y"), "scale")
    )
    calendar = _with_holiday(
        pl.read_csv(folder / "features.csv", columns=["Store", TIME, "IsHoliday"]).with_columns(
            pl.col(TIME).str.to_date()
        )
    )
    return Task(
        history=history, cutoffs=cutoffs, truth=truth, calendar=calendar.sort("Store", TIME)
    )


def task_project() -> ProjectSpec:
    """Return the packaged declaration of ``walmart``, narrowed to the columns of ``train.csv``."""
    text = (files("foresell") / "projects" / "walmart" / "project.yaml").read_text("utf-8")
    whole = parse_project(text, "walmart/project.yaml")
    kept = (*KEYS, TIME, TARGET, "IsHoliday")
    columns = {name: role for name, role in whole.columns.items() if name in kept}
    target_only = replace(
        whole.features,
        covariate_lags={},
        covariate_windows={},
        covariate_year=(),
        markdowns=(),
    )
    return replace(whole, columns=columns, segments=(), features=target_only)


def score_task(task: Task, forecast: pl.DataFrame) -> TaskScore:
    """Score a long frame: Store, Dept, Date, ``prediction`` and, if it has them, the quantiles.

    Rows that the task does not score are passed over; every scored row must be answered once, with
    finite numbers, or the frame is refused (`foresell.evaluate.leaderboard.align`).
    """
    whole = score(rows_of(align(task.truth, forecast, task_project(), "forecast")))
    return TaskScore(n=whole.n, wape=whole.wape, mase=whole.mase, wql=whole.wql, sql=whole.sql)


def naive_forecast(task: Task) -> pl.DataFrame:
    """Return the public table's naive: the last value, with normal quantiles as wide as a walk.

    Their standard deviation is ``sqrt(step)`` times the root mean square of the weekly changes, a
    missing week being held at the value before it.
    """
    changes = pl.col(TARGET).diff().over(KEYS)
    weekly = _completed(task).with_columns(change=changes)
    levels = weekly.group_by(KEYS).agg(
        prediction=pl.col(TARGET).last(), sigma=(pl.col("change") ** 2).mean().sqrt()
    )
    asked = task.truth.select(*KEYS, TIME, "step").join(
        levels, on=KEYS, how="left", maintain_order="left"
    )
    spread = pl.col("sigma") * pl.col("step").sqrt()
    quantiles = [
        (pl.col("prediction") + spread * NormalDist().inv_cdf(level)).alias(name)
        for level, name in zip(QUANTILES, quantile_columns(), strict=True)
    ]
    return asked.with_columns(quantiles).select(*KEYS, TIME, "prediction", *quantile_columns())


def forecast_task(task: Task, forecast: PointForecast) -> pl.DataFrame:
    """Return (Store, Dept, Date, prediction) of a panel function, asked once for each cutoff.

    It sees the task's series as they were known at that cutoff, and answers the 39 weeks after it.
    """
    project, frames = task_project(), []
    for cutoff, keys in task.origins():
        panel = build_panel(task.known_at(cutoff), project)
        answers = long_forecast(panel, forecast(panel, project, HORIZON))
        frames.append(answers.join(keys, on=KEYS, how="semi"))
    return pl.concat(frames).sort(*KEYS, TIME)


def long_forecast(panel: Panel, values: Matrix) -> pl.DataFrame:
    """Return (Store, Dept, Date, prediction): column h - 1 of ``values`` is cutoff + h."""
    series, ahead = (index.ravel() for index in np.indices(values.shape))
    start, week = panel.dates[panel.cutoff], timedelta(weeks=1)
    dates = pl.Series(TIME, [start + week * (h + 1) for h in range(values.shape[1])])
    return panel.keys[series].with_columns(dates.gather(ahead), prediction=values.ravel())


def check_scorer(task: Task) -> TaskScore:
    """Score the naive and return it if it is the published one.

    Raises:
        GateError: the task or the scorer is not the public one.
    """
    ours = score_task(task, naive_forecast(task))
    pairs = (
        (ours.wape, NAIVE_WAPE, 1e-12),
        (ours.mase, NAIVE_MASE, 1e-8),
        (ours.wql, NAIVE_WQL, 5e-5),
        (ours.sql, NAIVE_SQL, 5e-5),
    )
    if any(value is None or abs(value - known) > within for value, known, within in pairs):
        raise GateError(
            f"the naive scores {ours}, not WAPE {NAIVE_WAPE} and MASE {NAIVE_MASE}",
            "benchmarks/public_task.py",
            "check that train.csv is the competition's own file",
        )
    return ours


def frozen_score(
    sales: pl.DataFrame, cutoff: date, steps: int, forecast: PointForecast, unseen: float | None
) -> Score:
    """Return the score of all series from one frozen origin: the older yardsticks (WMAE, RMSE).

    ``sales`` as `read_sales` returns it; rows of the ``steps`` weeks after ``cutoff`` are scored on
    the raw target, holiday weeks five times. ``unseen``: what is answered for series with no
    history, as the published yardsticks do with 0; None leaves the forecast's own answer.
    """
    project = task_project()
    whole = build_panel(sales, project)
    place = whole.dates.index(cutoff)
    known = whole.until(place)
    values = forecast(known, project, steps).copy()
    if unseen is not None:
        values[~np.any(np.isfinite(known.target), axis=1)] = unseen
    truth = truth_frame(whole, project, place, steps)
    return score(rows_of(align(truth, long_forecast(known, values), project, "forecast")))


def _with_holiday(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with the words TRUE and FALSE read."""
    return frame.with_columns(pl.col("IsHoliday").cast(pl.String).str.to_uppercase() == "TRUE")


def _completed(task: Task) -> pl.DataFrame:
    """Return Store, Dept, Date, sales of every week from a series' first to its cutoff, carried."""
    firsts = task.history.group_by(KEYS).agg(first=pl.col(TIME).min())
    weeks = (
        task.cutoffs
        .join(firsts, on=KEYS)
        .select(*KEYS, pl.date_ranges("first", "cutoff", "1w").alias(TIME))
        .explode(TIME)
    )
    return (
        weeks
        .join(task.history, on=[*KEYS, TIME], how="left")
        .sort(*KEYS, TIME)
        .select(*KEYS, TIME, pl.col(TARGET).forward_fill().over(KEYS))
    )
