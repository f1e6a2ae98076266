"""A slice of the judged rows as a picture that stands alone: the truth, the forecast, its band."""

import polars as pl

from foresell.charts.axes import End, end_labels
from foresell.charts.placed import title_above
from foresell.charts.series import HIGH, LOW
from foresell.charts.theme import (
    ACCENT,
    INK,
    Box,
    Spec,
    finished,
    nothing,
    require,
)
from foresell.charts.through_time import plane


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
    values = [value for name in names for value in rows[name].to_list()]
    box = Box(width=width, height=int(0.5 * width) + 50, left=52, right=90, top=64)
    first, last = rows["date"][0], rows["date"][-1]
    over = plane((first, last), values, at_most=6)
    layers = [over.band(rows, LOW, HIGH)] if banded else []
    drawn = (("y", "actual", INK, 1.5), ("prediction", "forecast", ACCENT, 2.5))
    layers += [over.line(rows, name, color, stroke) for name, _, color, stroke in drawn]
    ends = [
        End(text=text, value=known[-1], color=color, bold=color == ACCENT)
        for name, text, color, _ in drawn
        if (known := rows[name].drop_nulls().to_list())
    ]
    layers += end_labels(ends, last, over.domain, box.inner_height)
    below = f"{told}, in {unit}" if unit else told
    below += "; shaded: the 80 % band" if banded else ""
    return finished([*layers, *title_above(title, below, "")], box)
