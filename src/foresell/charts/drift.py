"""The shares of a column's bins, before and now."""

import altair as alt
import polars as pl

from foresell.charts.theme import (
    ACCENT,
    FAINT,
    MUTED,
    PERCENT_LABEL,
    Box,
    Spec,
    finished,
    inline,
    nothing,
    require,
    text_width,
)

_ROW, _WIDE, _SLIM = 19, 13, 5  # pixels: of a bin, of the bar before, of the bar now
_LONGEST = 18  # characters of a label
_MOST = 12  # bins that are drawn
_SLENDER = 400  # pixels: below, there is room for few labels


def share_bars(bins: pl.DataFrame, *, width: int = 420) -> Spec:
    """Draw the share of each bin, a broad bar before and a slim one on it now.

    ``bins``: ``label``, ``reference``, ``current`` (shares of the rows), in their order. Bins that
    are empty on both sides are left out, and of more than 12 those of the smallest shares.

    A missing column is a DataError.
    """
    require(bins, ["label", "reference", "current"], "shares")
    there = bins.with_row_index("place").filter(pl.col("reference") + pl.col("current") > 0)
    if there.is_empty():
        return nothing("No row.", width)
    size = pl.max_horizontal("reference", "current")
    drawn = (
        there
        .sort([size, "place"], descending=[True, False])
        .head(_MOST)
        .sort("place")
        .with_row_index("row")
    )
    labels = [_cut(label) for label in drawn["label"]]
    left = min(max(text_width(label) for label in labels) + 12, 150)
    box = Box(width=width, height=_ROW * drawn.height + 38, left=left, right=24, top=6, bottom=32)
    most = float(drawn.select(size.max()).item())
    data = drawn.with_columns(
        zero=pl.lit(0.0), middle=pl.col("row") + 0.5, name=pl.Series(labels, dtype=pl.String)
    )
    ticks = 4 if width >= _SLENDER else 2
    x = alt.X(
        "reference:Q",
        scale=alt.Scale(domain=[0, most], nice=True),
        axis=alt.Axis(tickCount=ticks, labelExpr=PERCENT_LABEL, labelFlush=True),
    )
    y = alt.Y("middle:Q", scale=alt.Scale(domain=[drawn.height, 0], nice=False), axis=None)
    rows = alt.Chart(inline(data))
    before = rows.mark_bar(color=FAINT, size=_WIDE, orient="horizontal")
    now = rows.mark_bar(color=ACCENT, size=_SLIM, orient="horizontal")
    words = rows.mark_text(align="right", x=-8, baseline="middle", color=MUTED)
    return finished(
        [
            before.encode(x=x, x2="zero:Q", y=y),
            now.encode(x=alt.X("current:Q"), x2="zero:Q", y=y),
            words.encode(text="name:N", y=y),
        ],
        box,
    )


def _cut(label: str) -> str:
    """Return a label that fits the margin.

    >>> _cut("Motorcycles"), _cut("Trucks and Buses of old")
    ('Motorcycles', 'Trucks and Buses …')
    """
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"
