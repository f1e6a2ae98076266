"""Every baseline and candidate on the same rows, best first.

The truth is one long frame (`truth_frame`); each forecast is a long frame with the same key and
time columns, ``prediction`` and, if it has them, ``q0.025`` ... ``q0.975``. Where the truth has a
column ``cutoff`` (a backtest of several origins), it is part of what names a row. Rows of a table
(`foresell.evaluate.row_truth`) are named by ``row`` alone.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.data.panel import Matrix, Panel
from foresell.errors import UsageError
from foresell.evaluate.gate import weighted
from foresell.evaluate.metrics import Rows, Score, metric_names, score, seasonal_scale
from foresell.evaluate.row_truth import ROW
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec

VALUE_ADDED = ("mae", "rmse", "wmae", "wape")
_COUNTS = ("n", "mase_excluded", "mape_excluded")


def truth_frame(panel: Panel, project: ProjectSpec, cutoff: int, steps: int) -> pl.DataFrame:
    """Return what is to be judged: one row for each observation in the ``steps`` after ``cutoff``.

    ``panel``: the whole panel, its own cutoff at or after the last row wanted. Columns: keys, time,
    ``step`` (1 ... steps), ``y`` (raw target), ``holiday`` and ``weight`` where the project
    declares a holiday weight, its segment columns, and two numbers of the series known at
    ``cutoff``: ``scale`` (in-sample error of the seasonal naive) and ``volume`` (mean target), NaN
    where it had no history. Sorted by key and time; a missing period has no row.
    """
    past, future = panel.target[:, : cutoff + 1], slice(cutoff + 1, cutoff + 1 + steps)
    series, ahead = np.nonzero(np.isfinite(panel.target[:, future]))
    dates = pl.Series(project.time, panel.dates[future], dtype=pl.Date)
    columns: dict[str, NDArray[Any]] = {
        "step": ahead + 1,
        "y": panel.target[:, future][series, ahead],
    }
    if (declared := project.holiday_weight) is not None:
        holiday = panel.known[declared.column][:, future][series, ahead] > 0.5
        columns |= {"holiday": holiday, "weight": np.where(holiday, declared.value, 1.0)}
    columns |= {
        "scale": seasonal_scale(past, project.season)[series],
        "volume": _mean(past)[series],
    }
    segments = panel.static.select(project.segments)
    frame = pl.concat([panel.keys, segments], how="horizontal")[series]
    frame = frame.with_columns(dates.gather(ahead)).with_columns(**columns)
    return frame.select([*project.keys, project.time, *project.segments, *columns])


def align(
    truth: pl.DataFrame, forecast: pl.DataFrame, project: ProjectSpec, name: str
) -> pl.DataFrame:
    """Return the rows of ``truth`` with the columns of ``forecast`` beside them, sorted.

    Forecast rows for periods that were never observed are left out.

    Raises:
        UsageError: the forecast of candidate ``name`` answers a row twice, leaves one unanswered
            or not finite, or has only some of the quantiles.
    """
    identity, answers = row_identity(truth, project), _answers(forecast, name)
    if repeated := forecast.height - forecast.select(identity).unique().height:
        raise UsageError(*_refusal(name, f"answers {repeated} of its {forecast.height} rows twice"))
    finite = forecast.select([*identity, *answers]).filter(
        pl.all_horizontal(pl.col(answers).is_finite().fill_null(value=False))
    )
    joined = truth.sort(identity).join(finite, on=identity, how="inner", maintain_order="left")
    if missing := truth.height - joined.height:
        raise UsageError(
            *_refusal(
                name,
                f"leaves {missing} of {truth.height} rows without a finite answer "
                f"({forecast.height} rows given, {finite.height} finite)",
            )
        )
    return joined


def rows_of(aligned: pl.DataFrame) -> Rows:
    """Return the arrays to be scored out of a frame made by `align`."""
    quantiles: Matrix | None = None
    if quantile_columns()[0] in aligned.columns:
        quantiles = aligned.select(quantile_columns()).cast(pl.Float64).to_numpy()
    return Rows(
        truth=_floats(aligned, "y"),
        prediction=_floats(aligned, "prediction"),
        quantiles=quantiles,
        weights=_floats(aligned, "weight") if "weight" in aligned.columns else None,
        scale=_floats(aligned, "scale") if "scale" in aligned.columns else None,
    )


def leaderboard(
    truth: pl.DataFrame,
    forecasts: Mapping[str, pl.DataFrame],
    project: ProjectSpec,
    baselines: Collection[str],
) -> pl.DataFrame:
    """Return one row for each forecast, best first by `main_metric`, ties by name.

    Columns: ``candidate``, ``kind`` (``baseline`` where its name is in ``baselines``, else
    ``candidate``), then every metric of `Score`; a metric that cannot be said is null. Forecasts
    that do not all answer exactly the same rows, each once and finite, are refused
    (`check_same_rows`, `align`).
    """
    check_same_rows(truth, forecasts, project)
    scores = {
        name: score(rows_of(align(truth, frame, project, name)))
        for name, frame in sorted(forecasts.items())
    }
    kinds = ["baseline" if name in baselines else "candidate" for name in scores]
    names = {"candidate": list(scores), "kind": kinds}
    board = pl.DataFrame(names | score_columns(list(scores.values())), schema=_schema())
    return board.sort([main_metric(project), "candidate"], nulls_last=True)


def main_metric(project: ProjectSpec) -> str:
    """Return the metric that orders a leaderboard: WMAE where weights are declared, else RMSE."""
    return "wmae" if weighted(project) else "rmse"


def value_added(board: pl.DataFrame) -> pl.DataFrame:
    """Return the forecast value added of each candidate over each baseline of a leaderboard.

    1 - metric of the candidate / metric of the baseline: 0.1 is a tenth less error, below 0 is
    worse. Columns: ``candidate``, ``baseline``, then mae, rmse, wmae, wape; null where it cannot be
    said. In the order of the leaderboard.
    """
    shown = board.with_row_index("__place").select("__place", "candidate", "kind", *VALUE_ADDED)
    candidates = shown.filter(pl.col("kind") == "candidate").drop("kind")
    baselines = shown.filter(pl.col("kind") == "baseline").drop("kind")
    pairs = candidates.join(baselines, how="cross", suffix="_baseline")
    added = [
        pl
        .when(pl.col(f"{name}_baseline") > 0)
        .then(1 - pl.col(name) / pl.col(f"{name}_baseline"))
        .alias(name)
        for name in VALUE_ADDED
    ]
    return pairs.sort("__place", "__place_baseline").select(
        "candidate", pl.col("candidate_baseline").alias("baseline"), *added
    )


def check_same_rows(
    truth: pl.DataFrame, forecasts: Mapping[str, pl.DataFrame], project: ProjectSpec
) -> None:
    """Refuse forecasts that were not made for the same rows.

    Raises:
        UsageError: there is none, or one has a key and date that another has not.
    """
    if not forecasts:
        raise UsageError("there is no forecast to judge", "leaderboard", "give at least one")
    identity = row_identity(truth, project)
    first, *others = sorted(forecasts)
    asked = forecasts[first].select(identity)
    for name in others:
        given = forecasts[name].select(identity)
        extra = given.join(asked, on=identity, how="anti").height
        lacking = asked.join(given, on=identity, how="anti").height
        if extra or lacking:
            raise UsageError(
                *_refusal(
                    name,
                    f"does not answer the same rows as {first!r}: {lacking} of {asked.height} are "
                    f"missing and {extra} of {given.height} are others",
                )
            )


def row_identity(truth: pl.DataFrame, project: ProjectSpec) -> list[str]:
    """Return the columns that name a judged row: cutoff if there is one, keys, time.

    A row of a table is named by ``row``, its place in the processed layer.
    """
    if project.kind == "tabular":
        return [ROW]
    cutoff = ["cutoff"] if "cutoff" in truth.columns and "cutoff" not in project.keys else []
    return [*cutoff, *project.keys, project.time]


def score_columns(scores: list[Score]) -> dict[str, list[float | int | None]]:
    """Return one column for each metric, in the order of `Score`."""
    numbers = [one.to_json() for one in scores]
    return {name: [one[name] for one in numbers] for name in metric_names()}


def metric_schema() -> dict[str, type[pl.DataType]]:
    """Return the type of each metric column: counts are whole, the rest floats."""
    return {name: pl.Int64 if name in _COUNTS else pl.Float64 for name in metric_names()}


def _schema() -> dict[str, type[pl.DataType]]:
    """Return the columns of a leaderboard."""
    names: dict[str, type[pl.DataType]] = {"candidate": pl.String, "kind": pl.String}
    return names | metric_schema()


def _answers(forecast: pl.DataFrame, name: str) -> list[str]:
    """Return the columns of ``forecast`` that are judged: the prediction and all quantiles, if any.

    Raises:
        UsageError: there is no prediction, or only some of the quantiles.
    """
    quantiles = [column for column in quantile_columns() if column in forecast.columns]
    if "prediction" not in forecast.columns or len(quantiles) not in {0, len(quantile_columns())}:
        raise UsageError(
            *_refusal(
                name,
                f"has the columns {forecast.columns}: a prediction and all or no quantiles wanted",
            )
        )
    return ["prediction", *quantiles]


def _refusal(name: str, what: str) -> tuple[str, str, str]:
    """Return the three parts of the error for candidate ``name``."""
    return (
        f"candidate {name!r} {what}",
        "leaderboard",
        "give every candidate the same keys and dates, each once, each with a finite forecast",
    )


def _floats(frame: pl.DataFrame, column: str) -> Matrix:
    """Return a column as float64, null as NaN."""
    return frame[column].cast(pl.Float64).fill_null(np.nan).to_numpy()


def _mean(history: Matrix) -> Matrix:
    """Return the mean of what was observed of each series, NaN where nothing was."""
    known = np.isfinite(history)
    count, total = known.sum(axis=1), np.where(known, history, 0.0).sum(axis=1)
    mean: Matrix = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return mean
