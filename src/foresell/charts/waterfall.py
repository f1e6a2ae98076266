"""The way from the base of one answer to the answer, part by part or column by column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import altair as alt
import polars as pl

from foresell.charts.axes import value_domain
from foresell.charts.explanation import PHRASES
from foresell.charts.placed import (
    ONE,
    Strip,
    full,
    placed_rule,
    placed_text,
    short,
    signed,
    ticks,
    title_above,
)
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
    FONT_SIZE,
    GRID,
    MUTED,
    Box,
    Layers,
    Spec,
    finished,
    nothing,
    require,
)
from foresell.spec.ordered_sums import one_piece, ordered_sum

_ROW, _TWO_LINES = 27, 44  # pixels of a row: its name beside its mark, or above it
_NARROW = 600  # below this width there is no room for names beside the way
_SMALL = 1e-9
_MOST_COLUMNS = 6
_MOST_OF_A_ROW = 12
_WHOLE = 100  # from here on, what is added is told without decimals
_LABEL = 43  # characters of a column and its value that fit beside the way
_LEAST_TEXT = 8  # of these, what is left to the value
_LEFT = 190  # pixels for the names of parts
_ENDS = (f"base ({PHRASES['base']})", "forecast")
_ENDS_OF_A_ROW = ("base (no column is known)", "prediction")


@dataclass(frozen=True, kw_only=True)
class _Words:
    """What stands beside the first and the last row of a waterfall, and above it.

    ``number``: how what is added is written.
    """

    base: str
    end: str
    above: Sequence[Layers]
    number: Callable[[float], str] = signed


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """How rows lie: ``high`` pixels each, the name ``above`` the mark or to its left."""

    high: int = _ROW
    above: bool = False

    def middle(self, row: int) -> float:
        """Return how far down the marks of a row lie."""
        return (row + (0.68 if self.above else 0.5)) * self.high

    def name(self, row: int, text: str, *, bold: bool = False) -> list[Layers]:
        """Return the name of a row: at the left, or above its mark."""
        if self.above:
            return [placed_text(text, 0, (row + 0.22) * self.high, bold=bold)]
        return [placed_text(text, -14, self.middle(row), align="right", bold=bold)]


def waterfall_chart(
    frame: pl.DataFrame,
    *,
    title: str = "",
    unit: str = "",
    width: int = 720,
    titled: bool = False,
    ends: tuple[str, str] = _ENDS,
) -> Spec:
    """Draw the way from the base to the forecast, part by part.

    ``frame``: ``part``, ``column`` (null, or the column of the data that the value is told by),
    ``value``; values of a part and column are summed. ``titled`` as in `explanation_chart`.
    ``ends``: what stands beside the first and the last number.

    A missing column is a DataError.
    """
    require(frame, ["part", "column", "value"], "explanation of one date")
    if frame.is_empty():
        return nothing("No forecast to explain.", width)
    base = _total(frame.filter(pl.col("part") == "base"))
    day = f"forecast of {frame['date'][0]}" if "date" in frame.columns else "forecast"
    above = title_above(f"Where the forecast comes from: {title}", day, unit, left=-_LEFT)
    words = _Words(base=ends[0], end=ends[1], above=above if titled else [])
    return _way(base, _moves(frame), words, Box(width=width, height=0, left=_LEFT))


def row_waterfall_chart(
    frame: pl.DataFrame,
    *,
    title: str = "",
    unit: str = "",
    width: int = 720,
    titled: bool = False,
    ends: tuple[str, str] = _ENDS_OF_A_ROW,
) -> Spec:
    """Draw the way from the base to the prediction of one row, column by column.

    ``frame``: ``part`` (``base``, ``column`` or ``floor``), ``column``, ``text`` (the row's own
    value of the column, or null), ``value``. Columns in the order of their size; beyond the largest
    12 together. With ``titled`` the name of the row, ``title``, stands above it.
    ``ends``: what stands beside the first and the last number.

    A missing column is a DataError.
    """
    require(frame, ["part", "column", "text", "value"], "explanation of one row")
    if frame.is_empty():
        return nothing("No prediction to explain.", width)
    base = _total(frame.filter(pl.col("part") == "base"))
    columns = frame.filter(pl.col("part") == "column")
    labels = [_label(name, text) for name, text in columns.select("column", "text").iter_rows()]
    told = columns.with_columns(pl.Series("column", labels, pl.String))
    moves = _told("", told, _MOST_OF_A_ROW)
    floor = _total(frame.filter(pl.col("part") == "floor"))
    moves += [("nothing below zero", floor)] if floor else []
    names = [ends[0], *(name for name, _ in moves)]
    left = min(340, max(210, 34 + 7 * max(map(len, names))))
    line = title_above(f"Where the prediction comes from: {title}", "prediction", unit, left=-left)
    above = line if titled else []
    words = _Words(base=ends[0], end=ends[1], above=above, number=_signed_full)
    return _way(base, moves, words, Box(width=width, height=0, left=left))


def _label(name: str, text: str | None) -> str:
    """Return a column with the row's own value, no longer than fits beside the way.

    >>> _label("COUNTRY", None), _label("COUNTRY", "x" * 100)[-6:], _label("depth", "-2.5")
    ('COUNTRY = missing', 'xxxxx…', 'depth = −2.5')
    """
    shown = "missing" if text is None else text
    if shown[:1] == "-" and shown[1:2].isdigit():
        shown = f"−{shown[1:]}"
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown)
    room = max(_LEAST_TEXT, _LABEL - len(name) - 3)
    shown = shown if len(shown) <= room else f"{shown[: room - 1]}…"
    label = f"{name} = {shown}"
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"


def _way(base: float, moves: Sequence[tuple[str, float]], words: "_Words", frame: Box) -> Spec:
    """Return the chart of ``moves`` from ``base`` on, as wide as ``frame``, as high as needed."""
    ends, running = [], base
    for _, value in moves:
        ends.append((running, running + value))
        running += value
    top = 64 if words.above else 14
    above = frame.width < _NARROW and not words.above
    down = _Rows(high=_TWO_LINES, above=True) if above else _Rows()
    rows, left = len(moves) + 2, 8 if above else frame.left
    height = rows * down.high + top + 34
    box = Box(width=frame.width, height=height, left=left, right=30, top=top)
    span = value_domain([base, running, *(end for pair in ends for end in pair)])
    wide = span[1] - span[0]
    across = Strip(box.inner_width, 0, (span[0] - 0.02 * wide, span[1] + 0.1 * wide))
    layers = [*_ticks_across(across, box)]
    layers += _joints([base, *(end for _, end in ends)], across, down)
    layers += down.name(0, words.base, bold=True)
    layers += _stop(down.middle(0), base, across, BASE, box)
    for row, ((name, value), (start, end)) in enumerate(zip(moves, ends, strict=True), start=1):
        layers += down.name(row, name)
        layers += _move(down.middle(row), (start, end), (value, words.number(value)), across, box)
    layers += down.name(rows - 1, words.end, bold=True)
    layers += _stop(down.middle(rows - 1), running, across, ACCENT, box)
    return finished([*layers, *words.above], box)


def _total(frame: pl.DataFrame) -> float:
    """Return the sum of ``value``."""
    return float(one_piece(frame["value"]).sum())


def _moves(frame: pl.DataFrame) -> list[tuple[str, float]]:
    """Return the steps from base to forecast: a part, or the columns of what was learnt."""
    summed = frame.group_by("part", "column", maintain_order=True).agg(ordered_sum(pl.col("value")))
    size = abs(_total(summed))
    moves: list[tuple[str, float]] = []
    for part in PHRASES:
        own = summed.filter(pl.col("part") == part)
        if part == "base" or own.is_empty() or one_piece(own["value"].abs()).sum() <= 1e-6 * size:
            continue
        told = own.filter(pl.col("column").is_not_null())
        moves += _told(f"{part}: ", told) if told.height else [(part, _total(own))]
    return moves


def _told(before: str, told: pl.DataFrame, most: int = _MOST_COLUMNS) -> list[tuple[str, float]]:
    """Return the largest columns one by one, and the rest together; ``before`` their names."""
    ordered = told.sort(pl.col("value").abs(), "column", descending=[True, False])
    large = ordered.head(most).filter(pl.col("value").abs() > _SMALL)
    rest = _total(ordered) - _total(large)
    rows = [(f"{before}{row['column']}", float(row["value"])) for row in large.to_dicts()]
    left = ordered.height - large.height
    more = "1 more column" if left == 1 else f"{left} more columns"
    return [*rows, (f"{before}{more}", rest)] if abs(rest) > _SMALL else rows


def _stop(y: float, value: float, across: Strip, color: str, box: Box) -> list[Layers]:
    """Return the dot at which the way begins or ends, with its value."""
    x = across.place(value)
    dot: alt.Chart = alt.Chart(ONE).mark_point(color=color, filled=True, size=90, opacity=1)
    return [
        dot.encode(x=alt.value(x), y=alt.value(y)),
        *_number(full(value), (x, x), y, box, color),
    ]


def _move(
    y: float, ends: tuple[float, float], added: tuple[float, str], across: Strip, box: Box
) -> list[Layers]:
    """Return a thick line from one sum to the next, with what was added, and as it is written."""
    left, right = (across.place(end) for end in ends)
    value, text = added
    color = ACCENT if value > 0 else BASE
    return [
        placed_rule((left, y, right, y), color, 12),
        *_number(text, (min(left, right), max(left, right)), y, box, color),
    ]


def _number(text: str, ends: tuple[float, float], y: float, box: Box, color: str) -> list[Layers]:
    """Return a number to the right of a mark, or to its left where there is no room."""
    low, high = ends
    wide = 0.62 * FONT_SIZE * len(text) + 10
    if high + wide > box.inner_width + box.right:
        return [placed_text(text, low - 9, y, color=color, align="right", bold=True)]
    return [placed_text(text, high + 9, y, color=color, bold=True)]


def _signed_full(value: float) -> str:
    """Return what is added with its sign and every digit before the point, so that it adds up."""
    sign = "+" if value > 0 else "−"
    return f"{sign}{abs(value):,.0f}" if abs(value) >= _WHOLE else signed(value)


def _joints(sums: Sequence[float], across: Strip, down: _Rows) -> list[Layers]:
    """Return the thin lines that carry a sum from one row to the next."""
    layers: list[Layers] = []
    for row, value in enumerate(sums):
        x = across.place(value)
        layers.append(placed_rule((x, down.middle(row), x, down.middle(row + 1)), FAINT))
    return layers


def _ticks_across(across: Strip, box: Box) -> list[Layers]:
    """Return the grid of the waterfall, with its numbers below."""
    layers: list[Layers] = []
    at = ticks(*across.domain, 5)
    texts = [short(tick) for tick in at]
    if len({*texts}) < len(at):  # they lie too near to each other to be told apart in short
        texts = [full(tick) for tick in at]
    for tick, text in zip(at, texts, strict=True):
        x = across.place(tick)
        layers.append(placed_rule((x, 0, x, box.inner_height), GRID))
        layers.append(placed_text(text, x, box.inner_height + 14, color=MUTED, align="center"))
    return layers
