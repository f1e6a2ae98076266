"""Words, lines and numbers at places in pixels, for charts that lay themselves out."""

from dataclasses import dataclass
from math import floor, log10
from typing import Literal

import altair as alt
import polars as pl

from foresell.charts.axes import Domain
from foresell.charts.theme import FONT_SIZE, INK, MUTED, Layers, inline

ONE = inline(pl.DataFrame({"one": [1]}))

Align = Literal["left", "right", "center"]


@dataclass(frozen=True)
class Strip:
    """Pixels from the top of the plot between which ``domain`` is drawn."""

    top: float
    bottom: float
    domain: Domain

    def place(self, value: float) -> float:
        """Return how far down ``value`` lies."""
        low, high = self.domain
        return self.bottom - (value - low) / ((high - low) or 1.0) * (self.bottom - self.top)


def placed_text(
    text: str, x: float, y: float, *, color: str = INK, align: Align = "left", bold: bool = False
) -> Layers:
    """Return one text at a place in pixels."""
    mark: alt.Chart = alt.Chart(inline(pl.DataFrame({"text": [text]}))).mark_text(
        x=x,
        y=y,
        align=align,
        baseline="middle",
        color=color,
        fontSize=FONT_SIZE,
        fontWeight="bold" if bold else "normal",
    )
    return mark.encode(text="text:N")


def placed_rule(ends: tuple[float, float, float, float], color: str, stroke: float = 1) -> Layers:
    """Return a line between two places in pixels: left, top, right, bottom."""
    left, top, right, bottom = ends
    mark: alt.Chart = alt.Chart(ONE).mark_rule(color=color, strokeWidth=stroke, strokeCap="butt")
    return mark.encode(
        x=alt.value(left), y=alt.value(top), x2=alt.value(right), y2=alt.value(bottom)
    )


def title_above(title: str, below: str, unit: str, *, left: float = -52) -> list[Layers]:
    """Return a title and what stands below it, above the plot."""
    told = f"{below}, in {unit}" if unit else below
    return [
        placed_text(title, left + 8, -46, bold=True),
        placed_text(told, left + 8, -28, color=MUTED),
    ]


def ticks(low: float, high: float, at_most: int) -> list[float]:
    """Return at most ``at_most`` + 1 round numbers within [low, high], evenly spaced.

    >>> ticks(0.0, 10.0, 4), ticks(-1.0, 220.0, 2)
    ([0.0, 5.0, 10.0], [0.0, 200.0])
    """
    span = high - low
    if span <= 0:
        return [low]
    size = 10.0 ** floor(log10(span / at_most))
    step = next(size * times for times in (1, 2, 5, 10, 20) if span / (size * times) <= at_most)
    first = -floor(-low / step)
    return [step * place for place in range(first, floor(high / step) + 1)]


def short(value: float) -> str:
    """Return a number in few characters.

    >>> short(12345.0), short(-0.25), short(2e6)
    ('12.3k', '−0.25', '2M')
    """
    size = abs(value)
    for least, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= least:
            text = f"{size / least:.3g}{letter}"
            break
    else:
        text = f"{size:.3g}"
    return f"−{text}" if value < 0 else text


def signed(value: float) -> str:
    """Return a number in few characters with its sign.

    >>> signed(120.0), signed(-1500.0), signed(0.0)
    ('+120', '−1.5k', '0')
    """
    return f"+{short(value)}" if value > 0 else short(value)


def full(value: float) -> str:
    """Return a number to four digits or more, none left out before the point.

    >>> full(18234.56), full(2.34567)
    ('18,235', '2.346')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
