"""Error against seconds, one point for each row of the table."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import altair as alt
import polars as pl

from benchmarks.peers.judging import Outcome, wape_of
from foresell.charts.axes import value_domain
from foresell.charts.drawing import render_svg
from foresell.charts.theme import ACCENT, BASE, FONT_SIZE, INK, PAPER, Box, Layers, finished, inline

_BOX = Box(width=800, height=460, left=64, right=16, bottom=52)
_CHARACTER, _LINE, _GAP, _POINT = 6.3, 15, 9, 6  # pixels: a letter, a line, to the name, a point
_FARTHEST = 80
_OWN = "foresell"
_SCHEMA = {
    "name": pl.String,
    "seconds": pl.Float64,
    "wape": pl.Float64,
    "colour": pl.String,
    "after": pl.Boolean,
    "line": pl.Float64,
}


@dataclass(frozen=True, kw_only=True)
class Label:
    """Where a name stands, in pixels from the upper left: its edges and its middle line."""

    left: float
    right: float
    middle: float
    after: bool

    def meets(self, other: "Label") -> bool:
        """Whether two names would lie on each other."""
        apart = self.right < other.left or other.right < self.left
        return not apart and abs(self.middle - other.middle) < _LINE


def picture(outcomes: Sequence[Outcome]) -> str:
    """Return an SVG: WAPE of all rows against seconds on a log scale; lower left is better.

    Rows without a score of all rows, or without seconds, are not drawn.
    """
    drawn = [one for one in outcomes if one.whole is not None and one.seconds]
    drawn.sort(key=lambda one: (-wape_of(one.whole), one.name))
    seconds = [float(one.seconds or 0.0) for one in drawn]
    wapes = [wape_of(one.whole) for one in drawn]
    names = [one.name for one in drawn]
    spans = (min(seconds, default=1.0) / 1.6, max(seconds, default=1.0) * 1.6)
    heights = value_domain(wapes)
    labels = _labels(names, _across(seconds, spans), _down(wapes, heights))
    tall = heights[1] - heights[0]
    columns = {
        "name": names,
        "seconds": seconds,
        "wape": wapes,
        "colour": [ACCENT if name.startswith(_OWN) else BASE for name in names],
        "after": [label.after for label in labels],
        "line": [heights[1] - label.middle / _BOX.inner_height * tall for label in labels],
    }
    frame = pl.DataFrame(columns, schema=_SCHEMA)
    spec = finished(_layers(frame, spans, heights), _BOX)
    spec["background"] = PAPER
    return render_svg(spec)


def _across(seconds: Sequence[float], span: tuple[float, float]) -> list[float]:
    """Return pixels from the left."""
    whole = math.log(span[1] / span[0])
    return [_BOX.inner_width * math.log(one / span[0]) / whole for one in seconds]


def _down(wapes: Sequence[float], span: tuple[float, float]) -> list[float]:
    """Return pixels from the top."""
    return [_BOX.inner_height * (span[1] - one) / (span[1] - span[0]) for one in wapes]


def _labels(names: Sequence[str], across: Sequence[float], down: Sequence[float]) -> list[Label]:
    """Return a place for each name: the nearest to its point where it lies on nothing else."""
    placed = [
        Label(left=x - _POINT, right=x + _POINT, middle=y, after=True)
        for x, y in zip(across, down, strict=True)
    ]
    points = len(placed)
    for name, x, y in zip(names, across, down, strict=True):
        places = list(_places(len(name) * _CHARACTER, x, y))
        free = (one for one in places if not any(one.meets(other) for other in placed))
        placed.append(next(free, places[0]))
    return placed[points:]


def _places(wide: float, x: float, y: float) -> Iterator[Label]:
    """Yield where a name may stand: right and left of its point, ever farther up and down."""
    lines = (y + sign * off for off in range(_FARTHEST) for sign in (1, -1))
    for middle, after in product(lines, (True, False)):
        left = x + _GAP if after else x - _GAP - wide
        inside = left > 0 and left + wide < _BOX.inner_width
        if inside and 0 < middle < _BOX.inner_height:
            yield Label(left=left, right=left + wide, middle=middle, after=after)


def _layers(
    frame: pl.DataFrame, span: tuple[float, float], heights: tuple[float, float]
) -> list[Layers]:
    """Return the points, and their names on the side that has room."""
    x = alt.X(
        "seconds:Q",
        scale=alt.Scale(type="log", domain=span, nice=False),
        axis=alt.Axis(
            title="seconds of the whole process, log scale",
            values=[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000],
            format="~g",
        ),
    )
    y = alt.Y(
        "wape:Q",
        scale=alt.Scale(domain=heights, nice=False),
        axis=alt.Axis(title="WAPE, lower is better", format=".2f", tickCount=8),
    )
    points = (
        alt
        .Chart(inline(frame))
        .mark_point(filled=True, size=90, opacity=1)
        .encode(x=x, y=y, color=alt.Color("colour:N", scale=None, legend=None))
    )
    texts = alt.Chart(inline(frame.filter("after"))).mark_text(
        align="left", dx=_GAP, fontSize=FONT_SIZE, color=INK
    )
    before = alt.Chart(inline(frame.filter(~pl.col("after")))).mark_text(
        align="right", dx=-_GAP, fontSize=FONT_SIZE, color=INK
    )
    line = alt.Y("line:Q")
    return [points, *(one.encode(x=x, y=line, text="name:N") for one in (texts, before))]
