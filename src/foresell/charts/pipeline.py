"""The graph of a project as a picture: stages as boxes, arrows to what waits for them."""

from collections.abc import Sequence
from itertools import pairwise

import altair as alt
import polars as pl

from foresell.charts.layered import Laid, laid
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
    INK,
    MUTED,
    PAPER,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
)

_BOX, _HIGH = 190, 42  # a box, in pixels
_GAP, _PASS = 22, 34  # between boxes of a layer; what an arrow takes that passes one
_LAYER = 76  # from the top of a layer to that of the next
_TIP = 9  # an arrow ends straight, as long as its point
_STEPS = 20  # straight pieces of a bent arrow, from layer to layer
_LETTERS = 31  # of the small line that fit in a box


def pipeline_graph(stages: pl.DataFrame, arrows: pl.DataFrame) -> Spec:
    """Draw the graph from top to bottom, in layers: a stage lies below all it waits for.

    ``stages``: ``name``, ``makes`` (the small line in the box), ``outside`` (whether it looks at
    the world outside each time, and so is framed in colour), each behind those it waits for.
    ``arrows``: ``before``, ``after``, names of stages.

    A missing column is a DataError.
    """
    require(stages, ["name", "makes", "outside"], "pipeline graph")
    require(arrows, ["before", "after"], "pipeline graph")
    if stages.is_empty():
        return nothing("There is no stage.")
    waits: dict[str, list[str]] = {name: [] for name in stages["name"]}
    for before, after in arrows.select("before", "after").iter_rows():
        waits[after].append(before)
    places = laid(waits, box=_BOX + _GAP, pass_by=_PASS)
    high = _LAYER * max(places.layer.values()) + _HIGH
    box = Box(width=round(places.width) + 16, height=high + 62, left=8, right=8, top=8, bottom=54)
    return finished([*_ways(places, box), *_boxes(stages, places, box), *_key(box)], box)


def _x(box: Box, name: str = "x") -> alt.X:
    """Return the x channel: pixels from the left, as they are."""
    ends = [0, box.inner_width]
    return alt.X(f"{name}:Q", scale=alt.Scale(domain=ends, range=ends, nice=False), axis=None)


def _y(box: Box, name: str = "y") -> alt.Y:
    """Return the y channel: pixels from the top, as they are."""
    ends = [0, box.inner_height]
    return alt.Y(f"{name}:Q", scale=alt.Scale(domain=ends, range=ends, nice=False), axis=None)


def _ways(places: Laid, box: Box) -> list[Layers]:
    """Return the arrows: bent lines from the foot of a box to the head of another, with a point."""
    points: list[dict[str, object]] = []
    heads: list[dict[str, float]] = []
    for number, way in enumerate(places.ways.values()):
        path = _path(way)
        points += [
            {"arrow": number, "step": step, "x": x, "y": y} for step, (x, y) in enumerate(path)
        ]
        heads.append({"x": path[-1][0], "y": path[-1][1] - 2.5})
    if not points:
        return []
    lines = (
        alt
        .Chart(inline(pl.DataFrame(points)))
        .mark_line(color=BASE, strokeWidth=1.3)
        .encode(x=_x(box), y=_y(box), detail="arrow:N", order="step:Q")
    )
    tips = (
        alt
        .Chart(inline(pl.DataFrame(heads)))
        .mark_point(shape="triangle-down", filled=True, color=BASE, opacity=1, size=46)
        .encode(x=_x(box), y=_y(box))
    )
    return [lines, tips]


def _path(way: Sequence[tuple[float, int]]) -> list[tuple[float, float]]:
    """Return the points of an arrow: straight down beside boxes, bent between the layers."""
    found: list[tuple[float, float]] = []
    for (left, level), (right, _) in pairwise(way):
        top = level * _LAYER + _HIGH
        foot = (level + 1) * _LAYER
        for step in range(_STEPS + 1):
            share = step / _STEPS
            bent = share * share * (3 - 2 * share)
            x, y = left + (right - left) * bent, top + (foot - _TIP - top) * share
            found.append((round(x, 1), round(y, 1)))
        found.append((right, foot))
    return found


def _boxes(stages: pl.DataFrame, places: Laid, box: Box) -> list[Layers]:
    """Return the boxes with the names of the stages, and below each what it makes."""
    rows = pl.DataFrame([
        {
            "name": one["name"],
            "makes": _short(one["makes"]),
            "outside": one["outside"],
            "x": places.x[one["name"]],
            "left": places.x[one["name"]] - _BOX / 2,
            "right": places.x[one["name"]] + _BOX / 2,
            "top": places.layer[one["name"]] * _LAYER,
            "foot": places.layer[one["name"]] * _LAYER + _HIGH,
            "first": places.layer[one["name"]] * _LAYER + 15,
            "second": places.layer[one["name"]] * _LAYER + 31,
        }
        for one in stages.iter_rows(named=True)
    ])
    frames: list[Layers] = [
        alt
        .Chart(inline(rows.filter(pl.col("outside") == outside)))
        .mark_rect(fill=PAPER, stroke=colour, strokeWidth=width, cornerRadius=4, opacity=1)
        .encode(x=_x(box, "left"), x2="right:Q", y=_y(box, "top"), y2="foot:Q")
        for outside, colour, width in ((False, FAINT, 1.2), (True, ACCENT, 1.6))
    ]
    names = alt.Chart(inline(rows)).mark_text(color=INK, fontWeight=600, fontSize=13)
    makes = alt.Chart(inline(rows)).mark_text(color=MUTED, fontSize=10.5)
    return [
        *frames,
        names.encode(x=_x(box), y=_y(box, "first"), text="name:N"),
        makes.encode(x=_x(box), y=_y(box, "second"), text="makes:N"),
    ]


def _short(text: str) -> str:
    """Return a text that fits in a box.

    >>> _short("judged, predictions"), len(_short("a word " * 9))
    ('judged, predictions', 30)
    """
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1].rstrip(', ')}\u2026"


def _key(box: Box) -> list[Layers]:
    """Return the lines below the picture that say how to read it."""
    said = [
        (
            "in each box: the stage, and below what it makes; an arrow that follows from others",
            MUTED,
        ),
        ("is not drawn. Framed in colour: looks at the world outside each time.", MUTED),
    ]
    return [
        alt
        .Chart(inline(pl.DataFrame({"text": [text]})))
        .mark_text(align="left", x=0, y=box.inner_height + 22 + 16 * at, color=colour, fontSize=11)
        .encode(text="text:N")
        for at, (text, colour) in enumerate(said)
    ]
