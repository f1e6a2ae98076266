"""Where forecasts fail: the error of each part of the rows, beside its own backtest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from foresell.dashboard.monitoring.performance import OUTPUT, SEGMENTS
from foresell.dashboard.page import Cell, Table
from foresell.dashboard.reading.shown import Shown
from foresell.report.performance_words import or_dash
from foresell.report.wording import percent, segment_heading, signed

SURE = 0.01  # the chance below which a part's error is hardly one: `monitor.segment_errors.SURE`
_SEGMENTS = 12  # rows of the table
_BESIDE = (
    "Each part over the last periods that are judged, beside its own backtest; the first is where "
    "most was missed beyond what that lets us expect. A number in colour is one that chance hardly "
    "explains, all parts together."
)
_ALONE = (
    "Each part over the last periods that are judged. None has a backtest of its own to be held "
    "against, so nobody can say which of these errors are larger than expected."
)


@dataclass(frozen=True, kw_only=True)
class Segments:
    """The parts whose forecasts fail most. ``note``: what they stand beside, and what is marked."""

    table: Table
    note: str


def segments_of(shown: Shown, folder: str) -> Segments | None:
    """Return the parts whose forecasts fail most; None where rows have no parts.

    A ratio that chance hardly explains is marked. Where no part has a backtest of its own, those
    with the largest errors come first.
    """
    numbers = ("share", "wape", "backtest_wape", "ratio", "bias_share", "coverage_80")
    typed = shown.csv(OUTPUT, f"{folder}{SEGMENTS}").select(
        pl.col("by").cast(pl.String),
        pl.col("value").cast(pl.String),
        *(pl.col(one).cast(pl.Float64) for one in (*numbers, "value_added", "chance")),
    )
    if typed.is_empty():
        return None
    beside = typed["ratio"].null_count() < typed.height
    if not beside:
        typed = typed.sort("wape", "by", "value", descending=[True, False, False], nulls_last=True)
    rows = [_segment(row, beside=beside) for row in typed.head(_SEGMENTS).to_dicts()]
    first = "beyond what was expected first" if beside else "first"
    table = Table(
        caption=f"Parts, the largest error {first}",
        heads=(
            *("Part", "Share of the truth", "Error"),
            *(("Backtest", "Times expected") if beside else ()),
            *("Bias", "In 80\u00a0%", "Value added"),
        ),
        rows=rows,
        left_out=typed.height - len(rows),
    )
    return Segments(table=table, note=_BESIDE if beside else _ALONE)


def _segment(row: Mapping[str, Any], *, beside: bool) -> list[Cell]:
    """Return the numbers of a part; ``beside``: with those of its backtest."""
    share, sign = or_dash(percent), or_dash(signed)
    times = or_dash(lambda value: f"{value:.2f}")
    odd = row["chance"] is not None and row["chance"] <= SURE
    backtest = [
        Cell(text=share(row["backtest_wape"])),
        Cell(text=times(row["ratio"]), mark="warn" if odd else ""),
    ]
    return [
        Cell(text=segment_heading(row["by"], row["value"])),
        Cell(text=share(row["share"])),
        Cell(text=share(row["wape"])),
        *(backtest if beside else ()),
        Cell(text=sign(row["bias_share"])),
        Cell(text=share(row["coverage_80"])),
        Cell(text=sign(row["value_added"])),
    ]
