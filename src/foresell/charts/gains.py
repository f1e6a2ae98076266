"""Where a model adds value and where it destroys some: one bar a part, largest gain first."""

from typing import Literal

import altair as alt
import polars as pl

from foresell.charts.axes import value_axis, value_domain
from foresell.charts.theme import (
    ACCENT,
    BASE,
    INK,
    PERCENT_LABEL,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
)

_FLOOR = -1.0  # twice the baseline's error: what is worse is drawn as that


def gains(rows: pl.DataFrame, *, width: int = 460) -> Spec:
    """Draw the value added in each part as a bar, largest first; grey bars hang below zero.

    ``rows``: ``value`` (the part), ``value_added`` (a share, null where it cannot be said). Ties by
    ``value``. The outermost parts are named at both ends.

    A missing column is a DataError.
    """
    require(rows, ["value", "value_added"], "value added")
    known = rows.select("value", "value_added").drop_nulls()
    if known.is_empty():
        return nothing("No part to compare.", width)
    ranked = (
        known
        .sort("value_added", "value", descending=[True, False])
        .with_row_index("rank")
        .with_columns(
            pl.col("rank").cast(pl.Int64),
            pl.col("value_added").clip(lower_bound=_FLOOR),
            color=pl.when(pl.col("value_added") < 0).then(pl.lit(BASE)).otherwise(pl.lit(ACCENT)),
            zero=pl.lit(0.0),
        )
    )
    box = Box(width=width, height=240, left=56, right=12, top=22, bottom=26)
    domain = value_domain(ranked["value_added"].to_list(), zero=True)
    x = alt.X(
        "rank:Q",
        scale=alt.Scale(domain=[-0.7, ranked.height - 0.3], nice=False),
        axis=None,
    )
    thick = max(1.0, min(26.0, 0.76 * box.inner_width / ranked.height))
    bars = (
        alt
        .Chart(inline(ranked))
        .mark_rule(strokeWidth=thick, strokeCap="butt")
        .encode(
            x=x,
            y=value_axis("value_added", domain, label=PERCENT_LABEL),
            y2="zero:Q",
            color=alt.Color("color:N", scale=None),
        )
    )
    zero = alt.Chart(inline(pl.DataFrame({"zero": [0.0]}))).mark_rule(color=INK).encode(y="zero:Q")
    return finished([bars, zero, *_ends(ranked, box)], box)


def _ends(ranked: pl.DataFrame, box: Box) -> list[Layers]:
    """Return the names of the first and the last part: above and below what is drawn."""
    first, last = ranked["value"][0], ranked["value"][-1]
    ends: list[tuple[object, Literal["left", "right"], int, int]] = [
        (first, "left", 0, -10),
        (last, "right", box.inner_width, box.inner_height + 14),
    ]
    layers: list[Layers] = []
    for text, align, x, y in ends if ranked.height > 1 else ends[:1]:
        data = inline(pl.DataFrame({"text": [str(text)]}))
        mark = alt.Chart(data).mark_text(align=align, x=x, y=y, color=INK, baseline="middle")
        layers.append(mark.encode(text="text:N"))
    return layers
