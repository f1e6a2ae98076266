"""Are the intervals honest? Promised shares against observed ones."""

from collections.abc import Callable
from typing import Literal

import altair as alt
import polars as pl

from foresell.charts.placed import placed_text
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
    INK,
    MUTED,
    PAPER,
    PERCENT_LABEL,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
    text_width,
)

OVERALL = "all"
_FIFTHS = [0, 0.2, 0.4, 0.6, 0.8, 1]

Encoder = Callable[[alt.Chart], Layers]


def reliability(calibration: pl.DataFrame, *, width: int = 460) -> Spec:
    """Draw the share of truth found below each quantile against the share that was promised.

    ``calibration``: ``level`` (0.025 ... 0.975), ``bucket`` (`OVERALL` or a horizon bucket),
    ``observed``. On the diagonal the quantiles are honest; the buckets are drawn faint.

    A missing column is a DataError.
    """
    require(calibration, ["level", "bucket", "observed"], "reliability")
    rows = calibration.select("level", "bucket", "observed").drop_nulls().sort("bucket", "level")
    if rows.is_empty():
        return nothing("No quantiles were judged.", width)
    box = Box(width=width, height=int(0.8 * width), left=48, right=16, bottom=30)

    def encoded(chart: alt.Chart) -> Layers:
        scale = alt.Scale(domain=[0, 1], nice=False)
        axis = alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], labelExpr=PERCENT_LABEL)
        return chart.encode(
            x=alt.X("level:Q", scale=scale, axis=axis),
            y=alt.Y("observed:Q", scale=scale, axis=axis),
        )

    corner = inline(pl.DataFrame({"level": [0.0, 1.0], "observed": [0.0, 1.0]}))
    layers = [encoded(alt.Chart(corner).mark_line(color=BASE, strokeDash=[2, 3], strokeWidth=1))]
    for bucket in sorted(set(rows["bucket"].to_list()) - {OVERALL}):
        part = inline(rows.filter(pl.col("bucket") == bucket))
        layers.append(encoded(alt.Chart(part).mark_line(color=FAINT, strokeWidth=1.2)))
    overall = inline(rows.filter(pl.col("bucket") == OVERALL))
    layers.append(encoded(alt.Chart(overall).mark_line(color=ACCENT, strokeWidth=2)))
    dot = alt.Chart(overall).mark_point(color=ACCENT, filled=True, size=55, opacity=1)
    return finished([*layers, encoded(dot), *_sides(encoded)], box)


def _sides(encoded: Encoder) -> list[Layers]:
    """Return the two words that say what each side of the diagonal means."""
    layers = []
    words: tuple[tuple[tuple[float, float], Literal["left", "right"], str], ...] = (
        ((0.03, 0.95), "left", "quantiles too high"),
        ((0.97, 0.05), "right", "quantiles too low"),
    )
    for place, align, text in words:
        data = inline(pl.DataFrame({"level": [place[0]], "observed": [place[1]]}))
        layers.append(encoded(alt.Chart(data).mark_text(text=text, align=align, color=MUTED)))
    return layers


def coverage(
    buckets: pl.DataFrame, *, promised: float = 0.8, left: int = 76, width: int = 460
) -> Spec:
    """Draw, per bucket of the rows, the share of truth inside the band, beside the promised share.

    ``buckets``: ``bucket`` (text, drawn in the order given), ``coverage`` (a share). ``left`` is
    the margin of the labels in pixels.

    A missing column is a DataError.
    """
    require(buckets, ["bucket", "coverage"], "coverage")
    rows = buckets.select(pl.col("bucket").cast(pl.String), "coverage").drop_nulls()
    if rows.is_empty():
        return nothing("No interval was judged.", width)
    rows = rows.with_columns(
        text=pl.col("coverage").map_elements(
            lambda share: f"{100 * share:.1f}\u00a0%", return_dtype=pl.String
        ),
        zero=pl.lit(0.0),
    )
    box = Box(width=width, height=rows.height * 34 + 52, left=left, right=22, top=22, bottom=30)
    # The labels of a short axis would run into each other.
    shares = [0, 0.5, 1] if box.inner_width < 6 * text_width("100\u00a0%") else _FIFTHS
    x = alt.X(
        "coverage:Q",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(values=shares, labelExpr=PERCENT_LABEL, labelFlush=False),
    )
    y = alt.Y(
        "bucket:N",
        sort=None,
        scale=alt.Scale(domain=rows["bucket"].to_list()),
        axis=alt.Axis(labelColor=INK, labelLimit=box.left - 10),
    )
    base = alt.Chart(inline(rows))
    bars = base.mark_bar(color=ACCENT, opacity=1, height=18).encode(x=x, x2="zero:Q", y=y)
    numbers = base.mark_text(align="left", x=6, color=PAPER, fontWeight="bold")
    line = alt.Chart(inline(pl.DataFrame({"coverage": [promised]}))).encode(x=x)
    rule = line.mark_rule(color=INK, strokeWidth=2)
    said = f"promised {100 * promised:.0f}\u00a0%"
    half = text_width(said) / 2
    middle = min(max(promised * box.inner_width, half - left), box.inner_width + box.right - half)
    label = placed_text(said, middle, -8, align="center")
    return finished([bars, numbers.encode(y=y, text="text:N"), rule, label], box)
