"""How steady candidates are: the error of each on every fold, the least over all of them first."""

import altair as alt
import polars as pl

from foresell.charts.axes import value_domain
from foresell.charts.theme import (
    ACCENT,
    BASE,
    INK,
    NUMBER_LABEL,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
    text_width,
)

_ROW = 25


def fold_strips(
    folds: pl.DataFrame, over: pl.DataFrame, *, champion: str, width: int = 460
) -> Spec:
    """Draw a row for each candidate: a dot for each fold, a bar at its error over all of them.

    ``folds`` and ``over``: ``candidate``, ``error`` (unit of the target). In the order of ``over``;
    a candidate of which it says nothing is left out.

    A missing column is a DataError.
    """
    require(folds, ["candidate", "error"], "error by fold")
    require(over, ["candidate", "error"], "error over all folds")
    known = pl.col("error").is_finite().fill_null(value=False)
    means = over.select("candidate", "error").filter(known)
    rows = folds.select("candidate", "error").filter(known).join(means, on="candidate", how="semi")
    if rows.is_empty():
        return nothing("No fold was judged.", width)
    names = means["candidate"].to_list()
    left = min(220, 18 + max(map(text_width, names)))
    box = Box(width=width, height=_ROW * len(names) + 40, left=left, right=18, top=6, bottom=30)
    domain = value_domain([*rows["error"].to_list(), *means["error"].to_list()])
    x = alt.X(
        "error:Q",
        scale=alt.Scale(domain=list(domain), nice=False, zero=False),
        axis=alt.Axis(tickCount=4, labelExpr=NUMBER_LABEL, labelFlush=True),
    )
    y = alt.Y(
        "candidate:N",
        sort=None,
        scale=alt.Scale(domain=names),
        axis=alt.Axis(labelColor=INK, labelLimit=left - 10),
    )
    layers: list[Layers] = []
    for own, color in ((False, BASE), (True, ACCENT)):
        chosen = (pl.col("candidate") == champion) == own
        part, middle = rows.filter(chosen).sort("candidate", "error"), means.filter(chosen)
        if part.is_empty():
            continue
        dots = alt.Chart(inline(part)).mark_point(
            color=color, filled=True, opacity=0.65, size=48, strokeWidth=0
        )
        bar = alt.Chart(inline(middle)).mark_tick(
            color=color, opacity=1, thickness=3, size=17, orient="vertical"
        )
        layers += [dots.encode(x=x, y=y), bar.encode(x=x, y=y)]
    return finished(layers, box)
