"""The value the champion adds over the best baseline, part by part: charts, sentence, table."""

from functools import partial

import polars as pl

from foresell.charts.gains import gains
from foresell.report.context import RunReport
from foresell.report.figures import Figure, half
from foresell.report.standing import Standing
from foresell.report.tables import Cell, Row, Table
from foresell.report.wording import amount, capitalized, column, count, percent, segment_value
from foresell.spec.ordered_sums import one_piece

SERIES = "series"
_SHOWN = 6  # series in the table of losses


def gain_figures(report: RunReport) -> list[Figure]:
    """Return one chart for each key column, in their order."""
    rows = report.value_added_by
    if rows.is_empty():
        return []
    found = []
    for number, key in enumerate(report.facts.keys):
        part = rows.filter(pl.col("by") == key).drop_nulls("value_added")
        if part.is_empty():
            continue
        cut = "; bars end at −100 %" if (part["value_added"] < -1).any() else ""
        named = part.with_columns(
            pl.Series("value", [segment_value(key, value) for value in part["value"]])
        )
        found.append(
            half(
                partial(gains, named),
                f"gain-{number}",
                capitalized(f"{column(key)}: {ahead(part)}"),
                f"Value added over the best baseline, one bar a {column(key)}{cut}",
            )
        )
    return found


def ahead(part: pl.DataFrame) -> str:
    """Return in how many parts ``value_added`` is above 0; where it is 0 neither is ahead.

    >>> ahead(pl.DataFrame({"value_added": [0.2, 0.1]}))
    'ahead in all 2'
    >>> ahead(pl.DataFrame({"value_added": [0.2, 0.0, -0.1]}))
    'ahead in 1 of 3, level in 1'
    """
    gained = part.filter(pl.col("value_added") > 0).height
    if gained == part.height:
        return f"ahead in all {part.height:,}"
    level = part.filter(pl.col("value_added") == 0).height
    told = f"ahead in {gained:,} of {part.height:,}"
    return f"{told}, level in {level:,}" if level else told


def says(report: RunReport, held: Standing) -> str:
    """Return how much error is saved in all, and in how many series some is added."""
    rows = report.value_added_by
    whole = rows.filter(pl.col("by") == "all")
    series = rows.filter(pl.col("by") == SERIES)
    if whole.is_empty():
        return ""
    saved = float(whole["saved"][0])
    unit = report.facts.unit
    verb = "takes away" if saved >= 0 else "adds"
    text = (
        f"Against {held.baseline}, {held.champion} {verb} {amount(abs(saved), unit)} of absolute "
        f"error over the test window"
    )
    if series.is_empty():
        return f"{text}."
    worse = series.filter(pl.col("saved") < 0)  # those of a baseline without error, too
    lost = amount(abs(float(one_piece(worse["saved"]).sum())), unit)
    return (
        f"{text}. It is worse in {count(worse.height)} of {count(series.height, 'series')}, "
        f"which adds {lost}."
    )


def losses(report: RunReport) -> Table | None:
    """Return the series in which the champion adds most error, or None where there is none."""
    rows = report.value_added_by
    if rows.is_empty():
        return None
    worse = rows.filter((pl.col("by") == SERIES) & (pl.col("saved") < 0)).sort("saved", "value")
    if worse.is_empty():
        return None
    head = ", ".join(column(key) for key in report.facts.keys)
    return Table(
        caption="The series in which the champion is furthest behind the best baseline.",
        head=(
            (capitalized(head), ""),
            ("Rows", "rows judged"),
            ("WAPE", "of the champion"),
            ("Baseline’s", "WAPE of the best baseline"),
            ("Error added", "sum of absolute errors, in the unit of the target"),
        ),
        rows=tuple(
            Row(
                head=row["value"],
                cells=(
                    Cell(text=count(row["n"])),
                    Cell(text=_share(row["wape"])),
                    Cell(text=_share(row["baseline_wape"])),
                    Cell(text=amount(-row["saved"], report.facts.unit)),
                ),
            )
            for row in worse.head(_SHOWN).iter_rows(named=True)
        ),
        wide=True,
    )


def _share(value: float | None) -> str:
    """Return a share, or a dash."""
    return "–" if value is None else percent(value)
