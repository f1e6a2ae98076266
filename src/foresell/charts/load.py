"""Latency under load through time: what half, 95 % and 99 % of the requests kept within."""

import altair as alt
import numpy as np
import polars as pl

from foresell.charts.axes import End, end_labels, value_domain
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
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

_LINES = {"p99_ms": ("p99", FAINT), "p95_ms": ("p95", ACCENT), "p50_ms": ("p50", BASE)}
_LEAST = 2  # points that make a line


def latencies(stretches: pl.DataFrame, limit_ms: float, *, width: int = 640) -> Spec:
    """Draw quantiles of latency by second; a dashed line at the limit of p95 where it is near.

    ``stretches``: ``second``, ``p50_ms``, ``p95_ms``, ``p99_ms``, ``requests_per_second``, in time
    order. The requests a second stand in the title.

    A missing column is a DataError.
    """
    require(stretches, ["second", *_LINES, "requests_per_second"], "load")
    if stretches.height < _LEAST:
        return nothing("Too short a load for a picture.", width)
    box = Box(width=width, height=260, left=52, right=48, top=34, bottom=38)
    highest = float(stretches["p99_ms"].max())  # type: ignore[arg-type]
    near = limit_ms <= 2 * highest
    domain = value_domain([0.0, highest, *([limit_ms] if near else [])], zero=True)
    first, last = stretches["second"][0], stretches["second"][-1]
    points = stretches.rename({"second": "step"})
    x = alt.X(
        "step:Q",
        scale=alt.Scale(domain=[first, last], nice=False, zero=False),
        axis=alt.Axis(tickCount=6, title="seconds", grid=False),
    )
    y_axis = alt.Axis(tickCount=4, labelExpr=NUMBER_LABEL)
    layers: list[Layers] = []
    for name, (_, color) in _LINES.items():
        y = alt.Y(f"{name}:Q", scale=alt.Scale(domain=list(domain), nice=False), axis=y_axis)
        line = alt.Chart(inline(points.select("step", name)))
        layers.append(line.mark_line(color=color, strokeWidth=1.6).encode(x=x, y=y))
    if near:
        limit = alt.Chart(inline(pl.DataFrame({"limit": [limit_ms]})))
        layers.append(limit.mark_rule(color=INK, strokeDash=[4, 3]).encode(y="limit:Q"))
    rate = stretches["requests_per_second"].to_numpy()
    said = f"milliseconds, at {float(np.median(rate)):,.0f} requests a second"
    words = pl.DataFrame({"text": [said]})
    note = alt.Chart(inline(words)).mark_text(align="left", x=0, y=-16, color=MUTED)
    ends = [
        End(value=float(stretches[name][-1]), text=text, color=color)
        for name, (text, color) in _LINES.items()
    ]
    layers += [note.encode(text="text:N"), *end_labels(ends, last, domain, box.inner_height)]
    return finished(layers, box)
