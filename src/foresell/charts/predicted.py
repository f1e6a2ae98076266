"""Rows of a table: predicted against actual, the error against the prediction, means by decile.

Five hundred rows or five thousand: rows that lie close together are one dot, the larger the more.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import altair as alt
import numpy as np
import polars as pl

from foresell.charts.axes import Domain, value_domain
from foresell.charts.placed import placed_text
from foresell.charts.theme import (
    ACCENT,
    BASE,
    GRID,
    INK,
    MUTED,
    NUMBER_LABEL,
    PAPER,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
)
from foresell.spec.ordered_sums import ordered_mean

_CELL = 8  # pixels: what falls into one square of this size is one dot
_LARGEST = 60.0  # area of the dot of the fullest square
_SMALLEST = 4.0
_ABOVE, _BELOW = 84, 18  # pixels for the words of a picture that stands alone


def predicted_against_actual(
    rows: pl.DataFrame, *, width: int = 460, above: Sequence[Layers] = (), across: str = ""
) -> Spec:
    """Draw the actual value up against the predicted one across, on one scale for both.

    ``rows``: ``y``, ``prediction``. On the dashed line a prediction was right. ``above``: what
    stands above a picture that stands alone; ``across`` then names the axis below it.

    A missing column is a DataError.
    """
    require(rows, ["y", "prediction"], "predicted against actual")
    known = _finite(rows)
    if known.is_empty():
        return nothing("No predictions to draw.", width)
    box = _box(width, 0.9)
    if above:
        box = replace(box, height=box.height + _ABOVE + _BELOW, top=_ABOVE, bottom=30 + _BELOW)
    domain = _shared_domain(known)
    dots = _dots(known["prediction"].to_numpy(), known["y"].to_numpy(), (domain, domain), box)
    marks = alt.Chart(inline(dots)).mark_point(
        color=ACCENT, filled=True, opacity=0.72, strokeWidth=0
    )
    size = alt.Size("area:Q", scale=None)
    sides = _sides("predicted too low", "predicted too high", box)
    below = box.inner_height + 36
    named = (
        [placed_text(across, box.inner_width, below, color=MUTED, align="right")] if across else []
    )
    return finished(
        [
            _diagonal(domain),
            marks.encode(x=_across(domain), y=_up("y", domain), size=size),
            *sides,
            *named,
            *above,
        ],
        box,
    )


def mean_by_prediction(bins: pl.DataFrame, *, width: int = 460) -> Spec:
    """Draw the mean actual value of each bin of predictions against the mean prediction.

    ``bins``: ``prediction``, ``y`` (means), ``error_of_mean`` (of y, null where not known); the
    whiskers reach two of these to either side.

    A missing column is a DataError.
    """
    require(bins, ["prediction", "y", "error_of_mean"], "means by prediction")
    known = _finite(bins).sort("prediction", "y")
    if known.is_empty():
        return nothing("No predictions to draw.", width)
    reach = 2 * pl.col("error_of_mean").fill_nan(None).fill_null(0.0)
    drawn = known.with_columns(low=pl.col("y") - reach, high=pl.col("y") + reach)
    box = _box(width, 0.9)
    names = ("prediction", "low", "high")
    values = [value for name in names for value in drawn[name].to_list()]
    domain = value_domain(values, zero=min(values) >= 0)
    base = alt.Chart(inline(drawn))
    whiskers = base.mark_rule(color=ACCENT, strokeWidth=1.4)
    dots = base.mark_point(color=ACCENT, filled=True, size=60, opacity=1)
    return finished(
        [
            _diagonal(domain),
            whiskers.encode(x=_across(domain), y=_up("low", domain), y2="high:Q"),
            dots.encode(x=_across(domain), y=_up("y", domain)),
            *_sides("predicted too low", "predicted too high", box),
        ],
        box,
    )


def error_against_prediction(rows: pl.DataFrame, bins: pl.DataFrame, *, width: int = 460) -> Spec:
    """Draw the error, prediction less truth, against the prediction; lines hold its middle 80 %.

    ``rows``: ``y``, ``prediction``. ``bins``: ``prediction`` (mean of each bin) and ``low``,
    ``middle``, ``high`` of the errors in it.

    A missing column is a DataError.
    """
    require(rows, ["y", "prediction"], "error against prediction")
    require(bins, ["prediction", "low", "middle", "high"], "error against prediction (bins)")
    known = _finite(rows)
    if known.is_empty():
        return nothing("No errors to draw.", width)
    box = Box(width=width, height=300, left=56, right=18, bottom=30)
    errors = (known["prediction"] - known["y"]).to_numpy()
    across = _padded(known["prediction"].to_numpy())
    largest = float(np.abs(errors).max()) * 1.05 or 1.0
    domain = (-largest, largest)
    dots = _dots(known["prediction"].to_numpy(), errors, (across, domain), box)
    marks = alt.Chart(inline(dots)).mark_point(
        color=ACCENT, filled=True, opacity=0.55, strokeWidth=0
    )
    size = alt.Size("area:Q", scale=None)
    zero = alt.Chart(inline(pl.DataFrame({"y": [0.0]}))).mark_rule(color=BASE, strokeDash=[2, 3])
    layers: list[Layers] = [
        zero.encode(y=_up("y", domain)),
        marks.encode(x=_across(across), y=_up("y", domain), size=size),
    ]
    told = bins.sort("prediction")
    for name, stroke in (("low", 1.2), ("high", 1.2), ("middle", 2.2)):
        line = alt.Chart(inline(told.select("prediction", y=pl.col(name))))
        for color, more in ((PAPER, 2.5), (INK, 0.0)):
            mark = line.mark_line(color=color, strokeWidth=stroke + more)
            layers.append(mark.encode(x=_across(across), y=_up("y", domain)))
    return finished([*layers, *_sides("predicted too high", "predicted too low", box)], box)


def _finite(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose y and prediction are known."""
    both = pl.col("y", "prediction")
    return rows.filter(pl.all_horizontal(both.is_finite().fill_null(value=False)))


def _box(width: int, share: float) -> Box:
    """Return a nearly square frame with room for numbers at the left and below."""
    return Box(width=width, height=int(share * width), left=56, right=18, bottom=30)


def _shared_domain(rows: pl.DataFrame) -> Domain:
    """Return one domain that holds every y and every prediction; from zero where none is below."""
    values = [*rows["y"].to_list(), *rows["prediction"].to_list()]
    return value_domain(values, zero=min(values) >= 0)


def _padded(values: np.ndarray) -> Domain:
    """Return a domain that holds ``values``, with a margin at both ends."""
    return value_domain(values.tolist(), zero=bool(values.min() >= 0))


def _dots(x: np.ndarray, y: np.ndarray, domains: tuple[Domain, Domain], box: Box) -> pl.DataFrame:
    """Return ``prediction``, ``y``, ``area``: one dot for all points in a small square.

    A dot lies at the mean of its points, so that one point alone is drawn where it is.
    """
    places = []
    for values, (low, high), pixels in zip(
        (x, y), domains, (box.inner_width, box.inner_height), strict=True
    ):
        cells = max(1, pixels // _CELL)
        places.append(np.clip((values - low) / (high - low) * cells, 0, cells - 1).astype(int))
    points = pl.DataFrame({"prediction": x, "y": y, "across": places[0], "up": places[1]})
    dots = (
        points
        .sort("across", "up", "prediction", "y")
        .group_by("across", "up", maintain_order=True)
        .agg(ordered_mean(pl.col("prediction", "y")), pl.len().alias("n"))
    )
    most = float(np.sqrt(float(dots["n"].to_numpy().max())))
    area = (_LARGEST * pl.col("n").sqrt() / most).clip(lower_bound=_SMALLEST)
    # Where hardly two points share a square, all dots are alike, and none need be large.
    even = pl.lit(14.0) if most < 2 else area
    return dots.select("prediction", "y", area=even)


def _across(domain: Domain) -> alt.X:
    """Return the x channel of the prediction."""
    return alt.X(
        "prediction:Q",
        scale=alt.Scale(domain=list(domain), nice=False, zero=False),
        axis=alt.Axis(tickCount=5, labelExpr=NUMBER_LABEL, gridColor=GRID, labelFlush=True),
    )


def _up(field: str, domain: Domain) -> alt.Y:
    """Return the y channel of ``field``."""
    return alt.Y(
        f"{field}:Q",
        scale=alt.Scale(domain=list(domain), nice=False, zero=False),
        axis=alt.Axis(tickCount=5, labelExpr=NUMBER_LABEL),
    )


def _diagonal(domain: Domain) -> Layers:
    """Return the dashed line on which both are equal."""
    data = inline(pl.DataFrame({"prediction": list(domain), "y": list(domain)}))
    line: alt.Chart = alt.Chart(data).mark_line(color=BASE, strokeDash=[2, 3], strokeWidth=1)
    return line.encode(x=_across(domain), y=_up("y", domain))


def _sides(above: str, below: str, box: Box) -> list[Layers]:
    """Return the words that say what it means to lie above and below the dashed line."""
    layers: list[Layers] = []
    places: tuple[tuple[str, float, float, Literal["left", "right"]], ...] = (
        (above, 8, 10, "left"),
        (below, box.inner_width - 4, box.inner_height - 12, "right"),
    )
    for text, x, y, align in places:
        data = inline(pl.DataFrame({"text": [text]}))
        halo: alt.Chart = alt.Chart(data).mark_text(
            x=x, y=y, align=align, baseline="middle", stroke=PAPER, strokeWidth=4
        )
        word: alt.Chart = alt.Chart(data).mark_text(
            x=x, y=y, align=align, baseline="middle", color=MUTED
        )
        layers += [halo.encode(text="text:N"), word.encode(text="text:N")]
    return layers
