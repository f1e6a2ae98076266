"""The rows that were answered worst, as a table; each leads to its what-if."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from foresell.charts.series import HIGH, LOW
from foresell.charts.signs import minus
from foresell.dashboard.addresses import path_to, query_text
from foresell.dashboard.page import Cell, Table
from foresell.dashboard.segments.question import Question
from foresell.dashboard.what_if.form import written
from foresell.evaluate.row_truth import ROW
from foresell.report.wording import NBSP, day, listed, measured

_WORST = 12  # rows of the table
_FEATURES = 2  # columns of the table, beside the declared segments
_LONGEST = 34  # letters of a value
_WHAT_IF, _FIELD = "what-if", "row."  # the page, and how its fields are called in an address


def worst(asked: Question) -> Table:
    """Return the rows that were answered worst, the farthest off first."""
    shown = telling_columns(asked)
    rows = (
        asked.kept
        .with_columns(__error=pl.col("prediction") - pl.col("y"))
        .sort(pl.col("__error").abs(), ROW, descending=[True, False])
        .head(_WORST)
    )
    banded = {LOW, HIGH} <= set(rows.columns)
    unit = f", in {asked.spec.unit}" if asked.spec.unit else ""
    named = "" if asked.judged.naming == (ROW,) else f" by {listed(list(asked.judged.naming))}"
    marked = f" Marked: the truth lies outside the 80{NBSP}% band." if banded else ""
    return Table(
        caption=f"The answers that were farthest off{unit}. Rows are named{named or ' by place'}, "
        f"and each leads to its what-if.{marked}",
        heads=("Row", *shown, "Actual", "Predicted", *_band_head(banded=banded), "Error"),
        rows=[
            [_named(row, asked), *_line(row, shown, banded=banded)]
            for row in rows.iter_rows(named=True)
        ],
        words=[name for name in shown if not rows[name].dtype.is_numeric()],
        left_out=asked.kept.height - rows.height,
    )


def _band_head(*, banded: bool) -> tuple[str, ...]:
    """Return the head of the column of bands, where there are any."""
    return (f"80{NBSP}% band",) if banded else ()


def _named(row: Mapping[str, object], asked: Question) -> Cell:
    """Return what a row is called, with a link to the what-if that begins with it."""
    features = asked.spec.with_role("feature")
    query = {f"{_FIELD}{name}": (written(row[name]),) for name in features if name in row}
    name = ", ".join(_text(row[one]) for one in asked.judged.naming)
    return Cell(text=name, href=f"{path_to(asked.spec.name, _WHAT_IF)}{query_text(query)}")


def _line(row: Mapping[str, object], shown: Sequence[str], *, banded: bool) -> list[Cell]:
    """Return what stands beside the name of a row."""
    y, said, error = (_number(row[name]) for name in ("y", "prediction", "__error"))
    low, high = (_number(row[name]) if banded else 0.0 for name in (LOW, HIGH))
    outside = banded and not low <= y <= high
    band = [Cell(text=f"{measured(low)} to {measured(high)}")] if banded else []
    sign = "+" if error > 0 else ""
    return [
        *(Cell(text=_text(row[name])) for name in shown),
        Cell(text=measured(y), mark="warn" if outside else ""),
        Cell(text=measured(said)),
        *band,
        Cell(text=f"{sign}{measured(error)}"),
    ]


def telling_columns(asked: Question) -> list[str]:
    """Return the columns that say most of a row: date, segments, the strongest features."""
    told = [*asked.spec.with_role("time"), *asked.spec.segments]
    more = [name for name in asked.telling if name not in {*told, *asked.judged.naming}]
    names = dict.fromkeys([*told, *more[:_FEATURES]])
    return [name for name in names if name in asked.kept.columns]


def _number(value: object) -> float:
    """Return a number of a row, which is known where it was judged."""
    return float(value) if isinstance(value, (int, float)) else 0.0


def _text(value: object) -> str:
    """Return a value of a row as a table shows it.

    >>> _text(None), _text(85), _text(95.7), _text(0.123456), _text(True), _text(-122.25)
    ('–', '85', '95.7', '0.123', 'yes', '−122.25')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return minus(f"{value:.10g}") if value == round(value, 2) else measured(value)
    if isinstance(value, int):
        return minus(str(value))
    if isinstance(value, date):
        return day(value)
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
