"""How far a shadow's answers lie from the live ones."""

import altair as alt
import polars as pl

from foresell.charts.theme import (
    ACCENT,
    INK,
    MUTED,
    NUMBER_LABEL,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
)


def delta_bars(bins: pl.DataFrame, *, unit: str = "", width: int = 640) -> Spec:
    """Draw how many rows lie how far from the live answer; a line stands at 0.

    ``bins``: ``low``, ``high`` (unit of the target), ``rows``, as
    `foresell.evaluate.shadowing.bins` makes them.

    A missing column is a DataError.
    """
    require(bins, ["low", "high", "rows"], "shadow deltas")
    if bins.is_empty():
        return nothing("The shadow has scored no row.", width)
    if bins.height == 1 and bins["low"][0] < 0 < bins["high"][0]:
        return nothing(f"The shadow answers as the live version: {bins['rows'][0]:,} rows.", width)
    box = Box(width=width, height=250, left=52, right=18, top=30, bottom=34)
    first, last = min([0.0, *bins["low"]]), max([0.0, *bins["high"]])
    x = alt.X(
        "low:Q",
        scale=alt.Scale(domain=[first, last], nice=False, zero=False),
        axis=alt.Axis(tickCount=6, labelExpr=NUMBER_LABEL, labelFlush=True, grid=False),
    )
    most = max(bins["rows"])
    y = alt.Y(
        "rows:Q",
        scale=alt.Scale(domain=[0, most], nice=False),
        axis=alt.Axis(tickCount=4, labelExpr=NUMBER_LABEL),
    )
    there = bins.filter(pl.col("rows") > 0).with_columns(zero=pl.lit(0))
    bars = (
        alt
        .Chart(inline(there))
        .mark_bar(color=ACCENT, opacity=1)
        .encode(x=x, x2="high:Q", y=y, y2="zero:Q")
    )
    rule = alt.Chart(inline(pl.DataFrame({"low": [0.0]}))).mark_rule(color=INK).encode(x=x)
    layers: list[Layers] = [bars, rule]
    words = (f"shadow lower{f', {unit}' if unit else ''}", "shadow higher")
    for text, align, place in zip(words, ("left", "right"), (0, box.inner_width), strict=True):
        note = alt.Chart(inline(pl.DataFrame({"text": [text]})))
        mark = note.mark_text(align=align, x=place, y=-14, color=MUTED)  # type: ignore[arg-type]
        layers.append(mark.encode(text="text:N"))
    return finished(layers, box)
