"""One look for every chart: seven colour tokens, a fixed frame, quiet axes.

The page recolours a chart by its tokens (`report.css` has one rule for each), so a colour that is
not a token looks wrong in the dark. The geometry is fixed (``autosize: none``): a chart has the
same bytes on every machine, whatever fonts it has, and small multiples line up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from foresell.errors import DataError

Spec = dict[str, Any]
Layers = alt.LayerChart | alt.Chart

INK = "#1b1d22"  # the truth, and text that matters
MUTED = "#646b76"  # axis labels, notes
GRID = "#e2e4e8"  # grid lines, quiet rules
ACCENT = "#1767b0"  # foresell, and nothing else
BASE = "#6e7580"  # the best baseline
FAINT = "#c3c8d0"  # everything else that is compared
PAPER = "#fffefb"  # the page; haloes behind text
TOKENS = {
    "ink": INK,
    "muted": MUTED,
    "grid": GRID,
    "accent": ACCENT,
    "base": BASE,
    "faint": FAINT,
    "paper": PAPER,
}

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
FONT_SIZE = 12

# Thousands as k, millions as M; d3's G and its
# m for a thousandth mean nothing to a reader of sales.
NUMBER_LABEL = (
    "abs(datum.value) < 1 ? format(datum.value, '~g') "
    ": replace(format(datum.value, '~s'), 'G', 'B')"
)
PERCENT_LABEL = "format(datum.value * 100, '~f') + '\u00a0%'"


@dataclass(frozen=True, kw_only=True)
class Box:
    """The outer size of a chart and the margins inside it, in CSS pixels."""

    width: int
    height: int
    left: int = 8
    right: int = 8
    top: int = 10
    bottom: int = 34

    @property
    def inner_width(self) -> int:
        """Pixels left for marks, across."""
        return self.width - self.left - self.right

    @property
    def inner_height(self) -> int:
        """Pixels left for marks, down."""
        return self.height - self.top - self.bottom


def finished(layers: Sequence[Layers], box: Box) -> Spec:
    """Return the Vega-Lite spec of ``layers`` drawn over each other in ``box``.

    The first layer lies lowest. The schema is not checked here, row by row, which would take three
    quarters of the time of a report; the tests check it for every chart.
    """
    chart = alt.layer(*layers).properties(
        width=box.inner_width,
        height=box.inner_height,
        autosize=alt.AutoSizeParams(type="none"),
        padding={"left": box.left, "right": box.right, "top": box.top, "bottom": box.bottom},
        background="transparent",
    )
    spec: Spec = chart.to_dict(validate=False)
    spec["config"] = _config()
    return spec


def nothing(message: str, width: int = 420) -> Spec:
    """Return a chart that says ``message``: what is drawn where there are no rows."""
    box = Box(width=width, height=64)
    text = (
        alt
        .Chart(inline(pl.DataFrame({"text": [message]})))
        .mark_text(color=MUTED, fontSize=FONT_SIZE, align="left", x=0)
        .encode(text="text:N")
    )
    return finished([text], box)


def inline(frame: pl.DataFrame) -> alt.InlineData:
    """Return ``frame`` as data inside the spec: dates as ISO text, NaN as null, rows in order."""
    clean = frame.with_columns(
        pl.col(pl.Date).dt.to_string("iso"),
        pl.col(pl.Float32, pl.Float64).fill_nan(None),
    )
    return alt.InlineData(values=clean.to_dicts())


def text_width(text: str) -> int:
    """Return the pixels that ``text`` takes at the size of labels, in a wide font.

    >>> text_width("Planes"), text_width("MSRP")
    (45, 36)
    """
    return round(sum(8.9 if letter.isupper() else 7.2 for letter in text))


def require(frame: pl.DataFrame, columns: Sequence[str], chart: str) -> None:
    """Check that ``frame`` has ``columns``.

    Raises:
        DataError: one is missing; all missing ones are named.
    """
    if missing := [name for name in columns if name not in frame.columns]:
        raise DataError(
            f"the chart {chart!r} has no column {', '.join(map(repr, missing))}",
            f"frame with columns {', '.join(frame.columns) or '(none)'}",
            f"give it the columns {', '.join(columns)}",
        )


def _config() -> Spec:
    """Return the Vega-Lite configuration all charts share."""
    return {
        "aria": False,  # the page describes a chart once, not mark by mark
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "domain": False,
            "ticks": False,
            "gridColor": GRID,
            "labelColor": MUTED,
            "labelFontSize": FONT_SIZE,
            "labelPadding": 6,
            "labelOverlap": False,
            "title": None,
        },
        "line": {"strokeCap": "round", "strokeJoin": "round"},
        "text": {"fontSize": FONT_SIZE, "color": INK},
    }
