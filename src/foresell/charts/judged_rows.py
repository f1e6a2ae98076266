"""Judged rows of a table as a picture that stands alone: the truth beside the prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import polars as pl

from foresell.charts.axes import value_domain
from foresell.charts.placed import (
    ONE,
    Strip,
    full,
    placed_rule,
    placed_text,
    short,
    ticks,
)
from foresell.charts.predicted import predicted_against_actual
from foresell.charts.series import HIGH, LOW
from foresell.charts.theme import (
    ACCENT,
    FAINT,
    GRID,
    INK,
    MUTED,
    Box,
    Layers,
    Spec,
    finished,
    nothing,
    require,
    text_width,
)

FEW = 12  # up to so many rows each has a line of its own
_ROW = 30
_TOP = 84  # pixels for the words above
_NUMBER = 84  # pixels for a number at the right
_LONGEST = 40  # letters of what names a row


@dataclass(frozen=True, kw_only=True)
class RowWords:
    """What is written: the title, the line below it, and what is measured, with its unit."""

    title: str
    told: str
    measured: str


def judged_rows_chart(
    rows: pl.DataFrame, words: RowWords, *, names: Sequence[str], width: int = 720
) -> Spec:
    """Draw up to twelve rows one below the other, more as predicted against actual values.

    ``rows``: ``y``, ``prediction``, the columns ``names`` that name a row, and for the 80 % band
    ``q0.1`` and ``q0.9``. In the order given.

    A missing column is a DataError.
    """
    require(rows, ["y", "prediction", *names], "judged rows")
    both = pl.col("y", "prediction").is_finite().fill_null(value=False)
    known = rows.filter(pl.all_horizontal(both))
    if known.is_empty():
        return nothing("No rows to draw.", width)
    if known.height <= FEW:
        return _line_by_line(known, words, names, width)
    axis = placed_text(f"actual {words.measured}", -48, -16, color=MUTED)
    return predicted_against_actual(
        known,
        width=width,
        above=[*_titles(words, words.told, -48), axis],
        across=f"predicted {words.measured}",
    )


def _titles(words: RowWords, told: str, left: float) -> list[Layers]:
    """Return the title and what stands below it."""
    return [
        placed_text(words.title, left, -64, bold=True),
        placed_text(told, left, -46, color=MUTED),
    ]


def _line_by_line(rows: pl.DataFrame, words: RowWords, names: Sequence[str], width: int) -> Spec:
    """Return the chart of few rows: a line each, the truth in ink, the prediction in the accent."""
    labels = [_label(row, names) for row in rows.to_dicts()]
    left = max(90, max(map(text_width, labels)) + 30)
    box = Box(
        width=width + max(0, left - 220),
        height=rows.height * _ROW + _TOP + 34,
        left=left,
        right=2 * _NUMBER + 16,
        top=_TOP,
    )
    banded = {LOW, HIGH} <= set(rows.columns)
    shown = ["y", "prediction", *([LOW, HIGH] if banded else [])]
    domain = value_domain([value for name in shown for value in rows[name].to_list()])
    across = Strip(box.inner_width, 0, domain)
    layers = _grid(across, box)
    for place, (label, row) in enumerate(zip(labels, rows.to_dicts(), strict=True)):
        layers += _line(label, row, (place + 0.5) * _ROW, across, box)
    ends = box.inner_width + _NUMBER, box.inner_width + 2 * _NUMBER
    layers.append(placed_text("actual", ends[0], -14, align="right", bold=True))
    layers.append(placed_text("predicted", ends[1], -14, color=ACCENT, align="right", bold=True))
    told = f"{words.told}; {words.measured}{'; line: the 80 % band' if banded else ''}"
    return finished([*layers, *_titles(words, told, 12 - left)], box)


def _label(row: Mapping[str, object], names: Sequence[str]) -> str:
    """Return what a row is called: the values that name it, cut where they are long.

    >>> _label({"order": 7, "line": None}, ["order", "line"])
    'order 7, line –'
    """
    told = ", ".join(f"{name} {'–' if row[name] is None else row[name]}" for name in names)
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"


def _line(
    label: str, row: Mapping[str, float | None], y: float, across: Strip, box: Box
) -> list[Layers]:
    """Return one row: its name, its band, both values as dots and as numbers."""
    layers: list[Layers] = [placed_text(label, -14, y, align="right")]
    low, high = row.get(LOW), row.get(HIGH)
    if low is not None and high is not None:
        layers.append(placed_rule((across.place(low), y, across.place(high), y), FAINT, 6))
    for place, (name, color) in enumerate((("y", INK), ("prediction", ACCENT)), start=1):
        value = float(row[name] or 0.0)
        dot: alt.Chart = alt.Chart(ONE).mark_point(color=color, filled=True, size=80, opacity=1)
        layers.append(dot.encode(x=alt.value(across.place(value)), y=alt.value(y)))
        end = box.inner_width + place * _NUMBER
        layers.append(placed_text(full(value), end, y, color=color, align="right"))
    return layers


def _grid(across: Strip, box: Box) -> list[Layers]:
    """Return the grid with its numbers below."""
    layers: list[Layers] = []
    for tick in ticks(*across.domain, 5):
        x = across.place(tick)
        layers.append(placed_rule((x, 0, x, box.inner_height), GRID))
        low = box.inner_height + 14
        layers.append(placed_text(short(tick), x, low, color=MUTED, align="center"))
    return layers
