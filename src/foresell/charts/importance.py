"""What matters: mean absolute contributions as bars."""

import altair as alt
import polars as pl

from foresell.charts.explanation import PHRASES
from foresell.charts.placed import full, title_above
from foresell.charts.theme import (
    ACCENT,
    INK,
    Box,
    Spec,
    finished,
    inline,
    nothing,
    require,
    text_width,
)

_MOST = 14
_ROW = 24


def importance_chart(
    table: pl.DataFrame, *, width: int = 460, title: str = "", unit: str = ""
) -> Spec:
    """Draw the mean absolute contribution of each name, the largest first, with its number.

    ``table``: ``name`` and ``mean_abs`` (unit of the target) of one candidate and kind. What adds
    nothing, and what a part says before it has looked at any column, is left out; so are names
    beyond the largest 14. With a ``title``, whose columns these are stands above.

    A missing column is a DataError.
    """
    require(table, ["name", "mean_abs"], "importance")
    rows = (
        table
        .select("name", "mean_abs")
        .filter((pl.col("mean_abs") > 0) & ~pl.col("name").str.starts_with("("))
        .sort("mean_abs", "name", descending=[True, False])
        .head(_MOST)
    )
    if rows.is_empty():
        return nothing("No column matters: nothing was learnt.", width)
    words = [
        f"{name} ({PHRASES[name]})" if name in PHRASES else name for name in rows["name"].to_list()
    ]
    rows = rows.with_columns(
        pl.Series("words", words),
        pl.Series("text", [full(value) for value in rows["mean_abs"].to_list()]),
        zero=pl.lit(0.0),
    )
    left = min(240, 16 + max(map(text_width, words)))
    top = 64 if title else 8
    height = _ROW * rows.height + top + 8
    box = Box(width=width, height=height, left=left, right=64, top=top, bottom=8)
    largest = float(str(rows["mean_abs"].max()))
    x = alt.X("mean_abs:Q", scale=alt.Scale(domain=[0, largest], nice=False), axis=None)
    y = alt.Y(
        "words:N",
        sort=None,
        scale=alt.Scale(domain=words),
        axis=alt.Axis(labelColor=INK, labelLimit=left - 10),
    )
    data = alt.Chart(inline(rows))
    bars = data.mark_bar(color=ACCENT, opacity=1, height=14).encode(x=x, x2="zero:Q", y=y)
    numbers = data.mark_text(align="left", dx=6, color=INK).encode(x=x, y=y, text="text:N")
    told = "mean size of what each column adds"
    above = title_above(f"What matters to {title}", told, unit, left=-left) if title else []
    return finished([bars, numbers, *above], box)
