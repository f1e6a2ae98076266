"""A slice of the judged rows as a picture that stands alone: the truth, the forecast, its band."""

import altair as alt
import polars as pl

from foresell.charts.axes import End, end_labels, time_axis, value_axis, value_domain
from foresell.charts.placed import title_above
from foresell.charts.series import HIGH, LOW
from foresell.charts.theme import (
    ACCENT,
    INK,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
)


def judged_chart(
    rows: pl.DataFrame, *, title: str, told: str, unit: str = "", width: int = 720
) -> Spec:
    """Draw the truth in ink and the forecast in the accent, each named where it ends.

    ``rows``: ``date``, ascending, ``y``, ``prediction`` and, for the 80 % band, ``q0.1`` and
    ``q0.9``. ``title`` names the series; ``told`` stands below it with the ``unit``.

    A missing column is a DataError.
    """
    require(rows, ["date", "y", "prediction"], "judged rows")
    if rows.is_empty():
        return nothing("No rows to draw.", width)
    banded = {LOW, HIGH} <= set(rows.columns)
    names = ["y", "prediction", *([LOW, HIGH] if banded else [])]
    shown = rows.select("date", *names).rename({LOW: "low", HIGH: "high"}, strict=False)
    domain = value_domain(value for name in names for value in rows[name].to_list())
    box = Box(width=width, height=int(0.5 * width) + 50, left=52, right=90, top=64)
    first, last = shown["date"][0], shown["date"][-1]
    x = time_axis(first, last, 6)
    data = inline(shown)
    layers: list[Layers] = []
    if banded:
        area = alt.Chart(data).mark_area(color=ACCENT, opacity=0.2)
        layers.append(area.encode(x=x, y=value_axis("low", domain), y2="high:Q"))
    drawn = (("y", "actual", INK, 1.5), ("prediction", "forecast", ACCENT, 2.5))
    for name, _, color, stroke in drawn:
        line: alt.Chart = alt.Chart(data).mark_line(color=color, strokeWidth=stroke)
        layers.append(line.encode(x=x, y=value_axis(name, domain)))
    ends = [
        End(text=text, value=values[-1], color=color, bold=color == ACCENT)
        for name, text, color, _ in drawn
        if (values := shown[name].drop_nulls().to_list())
    ]
    layers += end_labels(ends, last, domain, box.inner_height)
    below = f"{told}, in {unit}" if unit else told
    below += "; shaded: the 80 % band" if banded else ""
    return finished([*layers, *title_above(title, below, "")], box)
