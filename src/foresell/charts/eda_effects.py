"""What goes with what: ratios with their intervals, groups along a column, and correlations."""

import altair as alt
import polars as pl

from foresell.charts.axes import value_axis, value_domain
from foresell.charts.eda_bars import label_axis, label_room, shortened
from foresell.charts.signs import minus
from foresell.charts.theme import (
    ACCENT,
    BASE,
    GRID,
    INK,
    MUTED,
    PAPER,
    Box,
    Layers,
    Spec,
    finished,
    inline,
    nothing,
    require,
    text_width,
)

_ROW = 26
_CHANGE = (
    "(datum.value > 1 ? '+' : datum.value < 1 ? '\u2212' : '') + "
    "format(abs(datum.value - 1) * 100, '.0f') + '\u00a0%'"
)


_OUTSIDE = ((pl.col("low") > 1) | (pl.col("high") < 1)).fill_null(value=False)
_FILL = pl.when(_OUTSIDE).then(pl.lit(ACCENT)).otherwise(pl.lit(PAPER))


def ratios(rows: pl.DataFrame, *, width: int = 420) -> Spec:
    """Draw one ratio a row with its interval, around a line at 1; filled where 1 is outside it.

    ``rows``: ``label``, ``ratio``, ``low`` and ``high`` (null: no interval), ``text`` (written
    right of it), in the order given. Labels of the axis are changes: 1.2 is +20 %.

    A missing column is a DataError.
    """
    require(rows, ["label", "ratio", "low", "high", "text"], "ratios")
    known = rows.drop_nulls("ratio")
    if known.is_empty():
        return nothing("No ratio to draw.", width)
    shown = known.with_columns(label=shortened("label"))
    labels = shown["label"].to_list()
    right = max(map(text_width, shown["text"].to_list())) + 12
    box = Box(
        width=width,
        height=shown.height * _ROW + 36,
        left=label_room(labels),
        right=right,
        top=4,
        bottom=32,
    )
    low, high = value_domain([1.0, *_values(shown, "ratio", "low", "high")])
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    axis = alt.Axis(labelExpr=_CHANGE, grid=True, values=_ticks(low, high, box.inner_width))
    y = label_axis(labels, box.left)
    drawn = shown.with_columns(fill=_FILL)
    data = inline(drawn)
    one = alt.Chart(inline(pl.DataFrame({"one": [1.0]}))).mark_rule(color=BASE)
    rule = alt.Chart(inline(drawn.drop_nulls(["low", "high"]))).mark_rule(color=ACCENT)
    dots = alt.Chart(data).mark_point(
        shape="circle", size=60, opacity=1, stroke=ACCENT, strokeWidth=1.5
    )
    words = alt.Chart(data).mark_text(
        align="left", x=box.inner_width + 8, baseline="middle", color=INK
    )
    layers: list[Layers] = [
        one.encode(x=alt.X("one:Q", scale=scale, axis=axis)),
        rule.encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q", y=y),
        dots.encode(
            x=alt.X("ratio:Q", scale=scale, axis=axis), y=y, fill=alt.Fill("fill:N", scale=None)
        ),
        words.encode(y=y, text=alt.Text("text:N")),
    ]
    return finished(layers, box)


def around(rows: pl.DataFrame, *, width: int = 320) -> Spec:
    """Draw the periods around an event with their intervals; filled where 1 is outside.

    1 is a quiet period.

    ``rows``: ``offset`` (periods from the event), ``ratio``, ``low``, ``high``, by offset.

    A missing column is a DataError.
    """
    require(rows, ["offset", "ratio", "low", "high"], "around an event")
    shown = rows.drop_nulls("ratio").sort("offset")
    if shown.is_empty():
        return nothing("No period around it to draw.", width)
    box = Box(width=width, height=int(0.56 * width), left=56, right=14)
    domain = value_domain([1.0, *_values(shown, "ratio", "low", "high")])
    offsets = shown["offset"].to_list()
    x = alt.X(
        "offset:Q",
        scale=alt.Scale(domain=[min(offsets) - 0.4, max(offsets) + 0.4], nice=False),
        axis=alt.Axis(
            grid=False,
            values=offsets,
            labelExpr="(datum.value > 0 ? '+' : datum.value < 0 ? '\u2212' : '')"
            " + abs(datum.value)",
        ),
    )
    ticks = _ticks(*domain, box.inner_height * 2)
    scale = alt.Scale(domain=list(domain), nice=False, zero=False)
    axis = alt.Axis(values=ticks, labelExpr=_CHANGE)
    y = alt.Y("ratio:Q", scale=scale, axis=axis)
    data = inline(shown.with_columns(fill=_FILL))
    one = alt.Chart(inline(pl.DataFrame({"ratio": [1.0]}))).mark_rule(color=BASE)
    rule = alt.Chart(inline(shown.drop_nulls(["low", "high"]))).mark_rule(color=ACCENT)
    dots = alt.Chart(data).mark_point(
        shape="circle", size=46, opacity=1, stroke=ACCENT, strokeWidth=1.5
    )
    return finished(
        [
            one.encode(y=y),
            rule.encode(x=x, y=alt.Y("low:Q", scale=scale, axis=axis), y2="high:Q"),
            dots.encode(x=x, y=y, fill=alt.Fill("fill:N", scale=None)),
        ],
        box,
    )


def groups_along(rows: pl.DataFrame, *, width: int = 320) -> Spec:
    """Draw the median of the target along a column, with the half of the rows around it.

    ``rows``: ``low`` and ``high`` (of the column, in each group), ``median``, ``p25``, ``p75``, in
    order. Groups stand side by side, each as wide as the next, so that far values do not press the
    others together; below are the values between which they lie.

    A missing column is a DataError.
    """
    require(rows, ["low", "high", "median", "p25", "p75"], "groups along a column")
    shown = (
        rows
        .select("low", "high", "median", "p25", "p75")
        .drop_nulls()
        .sort("low", "high")
        .with_row_index("place")
    )
    if shown.is_empty():
        return nothing("No group to draw.", width)
    box = Box(width=width, height=int(0.56 * width), left=42, right=20)
    edges = {
        0.0: shown["low"][0],
        shown.height / 2: _between(shown),
        shown.height: shown["high"][-1],
    }
    words = " : ".join(
        f"datum.value == {place:g} ? '{figures(value)}'" for place, value in edges.items()
    )
    x = alt.X(
        "place:Q",
        scale=alt.Scale(domain=[0, shown.height], nice=False),
        axis=alt.Axis(
            grid=False,
            values=[*edges],
            labelExpr=f"{words} : ''",
            domain=True,
            domainColor=GRID,
            ticks=True,
            tickColor=GRID,
            labelFlush=False,
        ),
    )
    domain = value_domain(_values(shown, "p25", "p75"))
    data = inline(shown.select(pl.col("place") + 0.5, "median", "p25", "p75"))
    alone = {"color": ACCENT, "opacity": 1, "size": 26}
    return finished(
        [
            alt
            .Chart(data)
            .mark_area(color=ACCENT, opacity=0.2)
            .encode(x=x, y=value_axis("p25", domain, ticks=3), y2="p75:Q"),
            alt
            .Chart(data)
            .mark_line(color=ACCENT, strokeWidth=2, point=alone)
            .encode(x=x, y=value_axis("median", domain, ticks=3)),
        ],
        box,
    )


def correlations(rows: pl.DataFrame, *, names: list[str], width: int = 960) -> Spec:
    """Draw a square a pair: the accent for a positive correlation, grey for a negative one.

    ``rows``: ``a``, ``b``, ``value`` (-1 to 1; null is left out), each pair once. ``names``: the
    columns in the order of rows and columns. The stronger, the darker; the number is in hundredths.

    A missing column is a DataError.
    """
    require(rows, ["a", "b", "value"], "correlations")
    known = rows.select("a", "b", "value").drop_nulls()
    if known.is_empty():
        return nothing("No two columns to compare.", width)
    turned = known.select(a="b", b="a", value="value")
    every = pl.concat([known, turned]).filter(pl.col("a").is_in(names) & pl.col("b").is_in(names))
    rows_named = [f"{i + 1}  {name}" for i, name in enumerate(names)]
    left = label_room(rows_named)
    side = min((width - left - 8) // len(names), 52)
    box = Box(
        width=width,
        height=side * len(names) + 12 + 22,
        left=left,
        right=max(8, width - left - side * len(names)),
        top=30,
        bottom=4,
    )
    color = pl.when(pl.col("value") < 0).then(pl.lit(BASE)).otherwise(pl.lit(ACCENT))
    text = (pl.col("value") * 100).round(0).cast(pl.Int64).cast(pl.String).str.replace("-", "−")
    shown = every.with_columns(
        label="a",
        color=color,
        strength=pl.col("value").abs(),
        text=text,
        ink=pl.when(pl.col("value").abs() > 0.55).then(pl.lit("#fffefb")).otherwise(pl.lit(INK)),
    )
    numbered = pl.DataFrame({"b": names, "number": [str(i + 1) for i in range(len(names))]})
    y = label_axis(rows_named, box.left)
    places = dict(zip(names, rows_named, strict=True))
    shown = shown.with_columns(label=pl.col("a").replace_strict(places))
    x = alt.X("b:N", sort=None, scale=alt.Scale(domain=names), axis=None)
    data = inline(shown.select("label", "b", "color", "strength", "text", "ink"))
    opacity = alt.Opacity(
        "strength:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 0.95]), legend=None
    )
    layers: list[Layers] = [
        alt
        .Chart(data)
        .mark_rect()
        .encode(x=x, y=y, color=alt.Color("color:N", scale=None), opacity=opacity),
        alt
        .Chart(inline(numbered))
        .mark_text(y=-12, color=MUTED)
        .encode(x=x, text=alt.Text("number:N")),
    ]
    if side >= 34:
        layers.append(
            alt
            .Chart(data)
            .mark_text(baseline="middle")
            .encode(x=x, y=y, text=alt.Text("text:N"), color=alt.Color("ink:N", scale=None))
        )
    return finished(layers, box)


def _between(groups: pl.DataFrame) -> float:
    """Return the value in the middle of the groups: between two of them, or within one."""
    half = groups.height // 2
    if groups.height % 2:
        return float(groups["low"][half] + groups["high"][half]) / 2
    return float(groups["low"][half])


def figures(value: float) -> str:
    """Return a number in four figures or fewer, for a tick.

    >>> figures(2003), figures(0.12345), figures(124600.0), figures(-121.9)
    ('2003', '0.123', '125k', '\u2212122')
    """
    size = abs(value)
    for limit, letter in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            scale = 1e3 if letter == "k" else limit
            return minus(f"{value / scale:.3g}{letter}")
    text = f"{value:.0f}" if size >= 100 else f"{value:.3g}"
    return minus(text)


def _values(frame: pl.DataFrame, *columns: str) -> list[float]:
    """Return every value of some columns that is there."""
    return [value for name in columns for value in frame[name].to_list() if value is not None]


def _ticks(low: float, high: float, room: int) -> list[float]:
    """Return round ratios within [low, high], 1 among them, as many as ``room`` pixels hold."""
    most = max(2, room // 64)
    for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0):
        first = -int((1 - low) / step + 1e-9)
        last = int((high - 1) / step + 1e-9)
        if last - first + 1 <= most:
            return [round(1 + place * step, 6) for place in range(first, last + 1)]
    return [1.0]
