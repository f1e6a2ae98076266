"""Tables of the page: text ready to print, numbers right, bars as shares of the largest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from foresell.charts.signs import minus
from foresell.report.context import DataFacts, Result, RunReport
from foresell.report.standing import Standing
from foresell.report.wording import (
    count,
    meaning,
    measured,
    percent,
    segment_heading,
    signed,
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell. ``bar`` is a length between 0 and 1; ``best`` the best of its column."""

    text: str
    bar: float | None = None
    best: bool = False
    number: bool = True


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row; the first cell is its heading. ``tone``: "champion", "baseline" or "".

    ``means`` explains the heading, where it needs that.
    """

    head: str
    cells: tuple[Cell, ...]
    tone: str = ""
    note: str = ""
    means: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: ``head`` has one entry for each column, (text, explanation).

    ``wide`` takes the width of the page; in a ``tight`` one the bars lie under the numbers.
    """

    caption: str
    head: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    wide: bool = False
    tight: bool = False


@dataclass(frozen=True, kw_only=True)
class Metric:
    """How a metric is named, explained and printed."""

    title: str
    means: str
    show: Callable[[float], str]
    lower_is_better: bool = True


METRICS = {
    "wape": Metric(
        title="WAPE", means="sum of absolute errors over sum of actuals", show=percent
    ),
    "wmae": Metric(
        title="WMAE", means="mean absolute error, holidays weighted", show=measured
    ),
    "rmse": Metric(title="RMSE", means="root of the mean squared error", show=measured),
    "mae": Metric(title="MAE", means="mean absolute error", show=measured),
    "mase": Metric(
        title="MASE", means="MAE over that of the seasonal naive in training",
        show=lambda value: f"{value:.3f}",
    ),
    "wql": Metric(
        title="WQL", means="weighted quantile loss over 0.1 ... 0.9",
        show=lambda value: f"{value:.4f}",
    ),
    "r2": Metric(
        title="R²", means="share of the variance that is explained",
        show=lambda value: minus(f"{round(value, 3) + 0.0:.3f}"), lower_is_better=False,
    ),
    "bias": Metric(
        title="Bias share", means="sum of errors over sum of actuals; above zero: too high",
        show=signed, lower_is_better=False,
    ),
    "coverage_80": Metric(
        title="80\u00a0% held", means="share of the truth inside the 80 % band",
        show=percent, lower_is_better=False,
    ),
    "width_80": Metric(
        title="80\u00a0% width", means="mean width of the 80 % band", show=measured,
        lower_is_better=False,
    ),
    "winkler_80": Metric(
        title="Winkler 80", means="interval score of the 80 % band: its width, and ten times what "
        "lies outside", show=measured,
    ),
    "coverage_95": Metric(
        title="95\u00a0% held", means="share of the truth inside the 95 % band",
        show=percent, lower_is_better=False,
    ),
    "width_95": Metric(
        title="95\u00a0% width", means="mean width of the 95 % band", show=measured,
        lower_is_better=False,
    ),
    "winkler_95": Metric(
        title="Winkler 95", means="interval score of the 95 % band: its width, and forty times "
        "what lies outside", show=measured,
    ),
}  # fmt: skip


POINT = ("wape", "wmae", "rmse", "mae", "mase", "bias")
BANDS = (
    "wql", "coverage_80", "width_80", "winkler_80", "coverage_95", "width_95", "winkler_95",
)  # fmt: skip


def leaderboard(report: RunReport, held: Standing) -> Table:
    """Return the errors of the point forecasts, one column per metric that has a value."""
    caption = "Frozen origin. Every candidate on the same rows, origins and horizons"
    return board(report.leaderboard, report.ranked_by or held.metric, POINT, caption)


def one_step(report: RunReport, held: Standing) -> Table | None:
    """Return the same errors one step ahead, or None where that was not judged."""
    if report.one_step.is_empty():
        return None
    caption = "One step ahead. Every candidate on the same rows, each from the period before"
    return board(report.one_step, report.ranked_by or held.metric, POINT, caption)


def intervals(
    report: Result, held: Standing, protocol: str = "Frozen origin", unit: str = ""
) -> Table | None:
    """Return what is known of each candidate's intervals, or None where none were judged."""
    frame = report.leaderboard
    if not any(key in frame.columns and frame[key].count() for key in BANDS):
        return None
    widths = f", widths in {unit}" if unit else ""
    caption = (
        f"{protocol}. The intervals of every candidate{widths}, in the order of the leaderboard"
    )
    return board(frame, report.ranked_by or held.metric, BANDS, caption)


def board(
    frame: pl.DataFrame,
    ranked_by: str,
    metrics: Sequence[str],
    caption: str,
    means: Mapping[str, str] | None = None,
) -> Table:
    """Return a leaderboard in the order every surface has: by ``ranked_by``, then by name.

    ``means`` explains metrics otherwise than `METRICS` does.
    """
    means = {key: METRICS[key].means for key in metrics} | dict(means or {})
    frame = frame.sort(ranked_by, "candidate", nulls_last=True)
    shown = [key for key in metrics if key in frame.columns and frame[key].count()]
    columns = [_column(frame[key], METRICS[key], barred=key == ranked_by) for key in shown]
    return Table(
        caption=f"{caption}; lowest {title(ranked_by)} first.",
        head=(("Candidate", ""), *((METRICS[key].title, means[key]) for key in shown)),
        rows=tuple(
            Row(
                head=row["candidate"],
                means=meaning(row["candidate"]),
                cells=tuple(column[i] for column in columns),
                tone="champion" if row["champion"] else str(row["kind"]),
                note="champion" if row["champion"] else "",
            )
            for i, row in enumerate(frame.iter_rows(named=True))
        ),
        wide=True,
    )


def _column(values: pl.Series, metric: Metric, *, barred: bool = False) -> list[Cell]:
    """Return the cells of one metric."""
    known = [float(value) for value in values.drop_nulls().to_list()]
    low, high = min(known), max(known)
    return [
        Cell(text="–")
        if value is None
        else Cell(
            text=metric.show(float(value)),
            bar=float(value) / high if barred and high > 0 else None,
            best=metric.lower_is_better and float(value) == low and len(known) > 1,
        )
        for value in values.to_list()
    ]


def value_added(report: Result) -> Table | None:
    """Return by how much the champion's errors lie below each baseline's, or None."""
    rows = report.value_added
    if rows.is_empty():
        return None
    metrics = list(dict.fromkeys(rows["metric"].to_list()))
    baselines = list(dict.fromkeys(rows["baseline"].to_list()))
    known = {(row["baseline"], row["metric"]): row["value"] for row in rows.iter_rows(named=True)}
    return Table(
        caption="Forecast value added: how far the champion's error lies below each baseline's.",
        head=(("Baseline", ""), *((title(key), "") for key in metrics)),
        rows=tuple(
            Row(
                head=baseline,
                means=meaning(baseline),
                cells=tuple(_gain(known.get((baseline, metric))) for metric in metrics),
            )
            for baseline in baselines
        ),
        wide=True,
        tight=len(metrics) > 4,
    )


def _gain(value: float | None) -> Cell:
    """Return a share gained, as a bar where it is a gain."""
    if value is None:
        return Cell(text="–")
    return Cell(text=percent(value), bar=min(max(value, 0.0), 1.0))


def title(key: str) -> str:
    """Return the heading of a metric, known or not."""
    return METRICS[key].title if key in METRICS else key.upper()


ERRORS = ("wape", "mae", "rmse", "coverage_80", "coverage_95")


def segments(
    report: Result,
    held: Standing,
    keys: Sequence[str] = ERRORS,
    caption: str = "The champion's errors by segment.",
) -> Table | None:
    """Return the champion's errors by segment as numbers, or None."""
    rows = report.segments
    if rows.is_empty():
        return None
    ours = rows.filter(pl.col("candidate") == held.champion)
    shown = [key for key in keys if key in ours.columns and ours[key].count()]
    if not shown:
        return None
    columns = [_column(ours[key], METRICS[key]) for key in shown]
    sizes = ours["n"].to_list() if "n" in ours.columns else []
    return Table(
        caption=caption,
        head=(
            ("Segment", ""),
            *([("Rows", "rows judged")] if sizes else []),
            *((METRICS[key].title, METRICS[key].means) for key in shown),
        ),
        rows=tuple(
            Row(
                head=segment_heading(row["segment"], row["value"]),
                means=f"{row['segment']}: {row['value']}",
                cells=(
                    *([_counted(sizes[i])] if sizes else []),
                    *(Cell(text=column[i].text) for column in columns),
                ),
            )
            for i, row in enumerate(ours.iter_rows(named=True))
        ),
        wide=True,
    )


def _counted(value: int | None) -> Cell:
    """Return a count, or a dash."""
    return Cell(text="–" if value is None else count(value))


def counted(frame: pl.DataFrame, columns: Sequence[str], caption: str, head: str) -> Table | None:
    """Return a two-column table of names (``columns[0]``) and counts (``columns[1]``), or None."""
    if frame.is_empty():
        return None
    largest = max([1, *(int(value or 0) for value in frame[columns[1]].to_list())])
    pairs: Iterable[tuple[object, int | None]] = frame.select(columns).iter_rows()
    return Table(
        caption=caption,
        head=((head, ""), ("Rows", "")),
        rows=tuple(
            Row(head=str(key), cells=(Cell(text=count(n or 0), bar=(n or 0) / largest),))
            for key, n in pairs
        ),
    )


def rules(data: DataFacts) -> Table | None:
    """Return how many rows failed each rule of the gate, or None where none failed."""
    caption = "Rows that failed a rule of the gate."
    return counted(data.rules, ["rule", "rows"], caption, "Rule")
