"""The charts of single rows: the truth against the answers, and the sums of both by month."""

import polars as pl

from foresell.charts.answered_rows import MOST, answered_rows
from foresell.charts.monthly import Line, monthly_chart
from foresell.charts.series import HIGH, LOW
from foresell.charts.theme import ACCENT, BASE, INK
from foresell.dashboard.page import Figure
from foresell.dashboard.segments.groups import groups_chart
from foresell.dashboard.segments.judged import BASELINE
from foresell.dashboard.segments.question import Question, finding, row_names
from foresell.evaluate.row_truth import ROW
from foresell.report.wording import amount, count, percent
from foresell.spec.ordered_sums import one_piece, ordered_sum

_NOTHING = 0.0005  # a share that is shown as 0.0 %


def pictures(asked: Question) -> dict[str, Figure]:
    """Return the charts that there is something to draw in, by name."""
    figures = (rows_chart(asked), sums_chart(asked), groups_chart(asked))
    return {one.name: one for one in figures if one is not None}


def rows_chart(asked: Question) -> Figure:
    """Return the chart of the truth against the answers."""
    kept = asked.kept
    banded = [name for name in (LOW, HIGH) if name in kept.columns]
    rows = kept.select(row_names(asked).alias("name"), "y", "prediction", *banded)
    near = (pl.col("prediction") - pl.col("y")).abs() <= 0.1 * pl.col("y").abs()
    share = int(kept.select(near.alias("near"))["near"].sum()) / kept.height
    unit = f" in {asked.spec.unit}" if asked.spec.unit else ""
    many = " Rows that lie close together are one dot, the larger the more."
    return Figure(
        name="answers",
        title=f"{percent(share, 0)} of the answers are within a tenth of the truth.",
        note=f"{asked.spec.target}{unit}: predicted across, actual up; on the dashed line an "
        f"answer was right.{many if kept.height > MOST else ''}",
        says=f"{count(kept.height, 'row')}, predicted against actual. {percent(share, 0)} of the "
        f"answers are within a tenth of the truth. {finding(asked)}.",
        draw=lambda width: answered_rows(rows, width=width),
        rows=rows,
        size=(520, 447),
    )


def sums_of(asked: Question) -> pl.DataFrame:
    """Return the sums of each month: ``date``, ``rows``, ``actual``, ``prediction``, ``baseline``.

    Every month from the first to the last; null where no row lies.
    """
    names = {"actual": "y", "prediction": "prediction"}
    if asked.against:
        names["baseline"] = BASELINE
    sums = (
        asked.kept
        .drop_nulls(asked.spec.time)
        .sort(ROW)
        .group_by(date=pl.col(asked.spec.time).cast(pl.Date).dt.month_start())
        .agg(
            rows=pl.len().cast(pl.Int64),
            **{new: ordered_sum(pl.col(name)) for new, name in names.items()},
        )
        .sort("date")
    )
    if sums.is_empty():
        return sums
    months = pl.date_range(sums["date"][0], sums["date"][-1], "1mo", eager=True).alias("date")
    return months.to_frame().join(sums, on="date", how="left", maintain_order="left")


def sums_chart(asked: Question) -> Figure | None:
    """Return the chart of sums by month; None without dates, or of a single month."""
    if not asked.spec.timed:
        return None
    sums = sums_of(asked)
    if sums.drop_nulls("actual").height < 2:
        return None
    name = asked.judged.case.baseline
    lines = [
        *([Line(column="baseline", name=name, color=BASE, stroke=1.5)] if asked.against else []),
        Line(column="actual", name="actual", color=INK, dots=True),
        Line(column="prediction", name="foresell", color=ACCENT, stroke=2.5, dots=True),
    ]
    totals = {
        one: float(one_piece(sums[one].drop_nulls()).sum()) for one in ("actual", "prediction")
    }
    unit = asked.spec.unit
    title = f"Summed up, the answers come to {amount(totals['prediction'], unit)}"
    if totals["actual"]:
        off = totals["prediction"] / totals["actual"] - 1
        side = "above" if off > 0 else "below"
        title = f"Summed up, the answers lie {percent(abs(off))} {side} the truth"
        if abs(off) < _NOTHING:
            title = f"Summed up, the answers are off by less than {percent(2 * _NOTHING)}"
    return Figure(
        name="sums",
        title=f"{title}.",
        note="The chosen rows by month, summed up. Such a sum has no band: those of single rows do "
        "not add up to one.",
        says=f"Sums of {count(sums.drop_nulls('actual').height, 'month')}. Actual: "
        f"{amount(totals['actual'], unit)}, predicted: {amount(totals['prediction'], unit)}.",
        draw=lambda width: monthly_chart(sums, lines, width=width),
        rows=sums,
        size=(1040, 340),
    )
