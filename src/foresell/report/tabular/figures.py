"""The charts of the page of a tabular project."""

from functools import partial

import polars as pl

from foresell.charts import calibration as honest
from foresell.charts import predicted as of_rows
from foresell.charts.folds import fold_strips
from foresell.charts.importance import importance_chart
from foresell.evaluate.row_diagnostics import over_folds
from foresell.report import figures as shared
from foresell.report.figures import Figure, half, label_margin
from foresell.report.standing import Standing
from foresell.report.tabular import captions
from foresell.report.tabular.context import TabularReport
from foresell.report.wording import count, name, segment_label

_MOST_BARS = 12  # groups in the chart of coverage


def told(report: TabularReport) -> str:
    """Return the target and its unit."""
    words, unit = name(report.facts.target), report.facts.unit
    return f"{words}, {unit}" if unit not in {"", words} else words


def predicted(report: TabularReport, bins: pl.DataFrame) -> list[Figure]:
    """Return actual against predicted values: row by row, and as means of bins."""
    if report.rows.is_empty():
        return []
    target = told(report)
    return [
        half(
            partial(of_rows.predicted_against_actual, report.rows),
            "predicted",
            captions.predicted(report),
            f"{target}: predicted across, actual up; rows that lie close together are one dot, the "
            "larger the more",
        ),
        half(
            partial(of_rows.mean_by_prediction, bins),
            "bins",
            captions.bins(report, bins),
            f"{target}: mean prediction across, mean actual up, in tenths of the rows by "
            "prediction; whiskers: two standard errors",
        ),
    ]


def errors(report: TabularReport, bins: pl.DataFrame) -> list[Figure]:
    """Return how the errors are spread, and how they hang on the prediction."""
    if report.rows.is_empty():
        return []
    unit = report.facts.unit
    frame = report.rows.select(error=pl.col("prediction") - pl.col("y"))
    spread = shared.residuals(frame, unit, noun="prediction")
    words = f", {unit}" if unit else ""
    against = half(
        partial(of_rows.error_against_prediction, report.rows, bins),
        "against",
        captions.spread(report, bins),
        f"Error (prediction less truth{words}) up, prediction across; between the outer lines lie "
        "80 % of the errors, the thick line is their median",
    )
    return [figure for figure in (spread, against) if figure]


def coverage(report: TabularReport, held: Standing) -> Figure | None:
    """Return the coverage of the 80 % band in the largest groups that are told apart."""
    rows = report.segments
    if not {"coverage_80", "n"} <= set(rows.columns):
        return None
    own = rows.filter(pl.col("candidate") == held.champion).drop_nulls("coverage_80")
    if own.is_empty():
        return None
    largest = own["n"].sort(descending=True)[min(_MOST_BARS, own.height) - 1]
    shown = own.filter(pl.col("n") >= largest).head(_MOST_BARS)
    labels = [
        segment_label(segment, value)
        for segment, value in shown.select("segment", "value").iter_rows()
    ]
    frame = pl.DataFrame({"bucket": labels, "coverage": shown["coverage_80"]})
    rest = own.height - shown.height
    table = f"; the table below has {count(rest, 'smaller one')}, too" if rest else ""
    return half(
        partial(honest.coverage, frame, left=label_margin(labels)),
        "coverage",
        captions.bands(report, held),
        f"Share of the truth inside the 80 % band, by group{table}",
    )


def importance(report: TabularReport, held: Standing) -> Figure | None:
    """Return how far each column of the data moves the champion's predictions."""
    rows = report.importance
    if rows.is_empty() or "mean_abs" not in rows.columns:
        return None
    own = rows.filter((pl.col("candidate") == held.champion) & (pl.col("kind") == "column"))
    if own.is_empty():
        return None
    unit = f", {report.facts.unit}" if report.facts.unit else ""
    return half(
        partial(importance_chart, own),
        "importance",
        captions.importance(report, held),
        f"Mean of how far a column moves a prediction of {held.champion} up or down{unit}",
    )


def folds(report: TabularReport, held: Standing) -> Figure | None:
    """Return the error of every candidate on every fold, baselines left out."""
    rows = report.folds
    if rows.is_empty() or not rows["rmse"].count():
        return None
    baselines = report.leaderboard.filter(pl.col("kind") == "baseline")["candidate"].to_list()
    shown = rows.filter(
        ~pl.col("candidate").is_in(baselines) | (pl.col("candidate") == held.champion)
    )
    error = pl.col("rmse").alias("error")
    parts = [part.select("candidate", error) for part in (shown, over_folds(shown))]
    unit = f", {report.facts.unit}" if report.facts.unit else ""
    return half(
        partial(fold_strips, *parts, champion=held.champion),
        "folds",
        captions.folds(report, held),
        f"RMSE{unit}, a dot for each fold, a bar over all of them; further left is better",
    )
