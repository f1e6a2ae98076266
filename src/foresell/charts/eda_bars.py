"""How much of what: bars across with their numbers, bars upright by place, and histograms."""

import altair as alt
import polars as pl

from foresell.charts.axes import value_axis, value_domain
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
    GRID,
    INK,
    NUMBER_LABEL,
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

ROW_HEIGHT = 24
_LEAST_LEFT, _MOST_LEFT, _LETTERS = 48, 170, 26
_TALL = 210
# A year is 2003 and not 2.003k.
_PLACE_LABEL = (
    "abs(datum.value) < 10000 ? replace(format(datum.value, '.5~g'), '-', '\u2212') : "
    + NUMBER_LABEL
)


def bars(rows: pl.DataFrame, *, width: int = 420) -> Spec:
    """Draw one bar a row, in the order given, its label left and its number right of it.

    ``rows``: ``label``, ``value`` (null is no bar), ``text`` (what is written beside it).

    A missing column is a DataError.
    """
    require(rows, ["label", "value", "text"], "bars")
    known = rows.select("label", "value", "text").drop_nulls()
    if known.is_empty():
        return nothing("Nothing to draw.", width)
    shown = known.with_columns(label=shortened("label"), zero=pl.lit(0.0))
    box = Box(
        width=width,
        height=shown.height * ROW_HEIGHT + 8,
        left=label_room(shown["label"].to_list()),
        right=max(map(text_width, shown["text"].to_list())) + 12,
        top=4,
        bottom=4,
    )
    low, high = value_domain(shown["value"].to_list(), zero=True)
    scale = alt.Scale(domain=[low, max(high, low + 1e-12)], nice=False)
    y = label_axis(shown["label"].to_list(), box.left)
    data = inline(shown)
    drawn = alt.Chart(data).mark_bar(color=ACCENT, height={"band": 0.62})
    number = alt.Chart(data).mark_text(
        align="left", x=box.inner_width + 8, baseline="middle", color=INK
    )
    return finished(
        [
            drawn.encode(x=alt.X("zero:Q", scale=scale, axis=None), x2="value:Q", y=y),
            number.encode(y=y, text=alt.Text("text:N")),
        ],
        box,
    )


def upright(rows: pl.DataFrame, *, shares: bool = False, width: int = 420) -> Spec:
    """Draw one upright bar a row, in the order given, from zero; labels stand where there is room.

    ``rows``: ``label`` (no two alike), ``value``. ``shares``: the values are shares, labelled in
    percent.

    A missing column is a DataError.
    """
    require(rows, ["label", "value"], "upright bars")
    shown = rows.select("label", "value").drop_nulls().with_columns(zero=pl.lit(0.0))
    if shown.is_empty():
        return nothing("Nothing to draw.", width)
    box = Box(width=width, height=_TALL, left=48)
    labels = shown["label"].to_list()
    every = _every(labels, box.inner_width)
    x = alt.X(
        "label:N",
        sort=None,
        scale=alt.Scale(domain=labels, padding=0.2),
        axis=alt.Axis(values=labels[::every], labelAngle=0, domain=True, domainColor=GRID),
    )
    domain = value_domain(shown["value"].to_list(), zero=True)
    drawn = alt.Chart(inline(shown)).mark_bar(color=ACCENT)
    layers: list[Layers] = [
        drawn.encode(
            x=x,
            y=value_axis("zero", domain, label=PERCENT_LABEL if shares else NUMBER_LABEL),
            y2="value:Q",
        )
    ]
    return finished(layers, box)


def histogram(bins: pl.DataFrame, *, marks: tuple[float, ...] = (), width: int = 320) -> Spec:
    """Draw the share of the rows in each bin; the outer bins hold what lies beyond them.

    ``bins``: ``low`` and ``high`` (null: open; equal: one single value), ``share``, in order.
    ``marks``: values at which a line stands, such as a cap that holds many rows.

    A missing column is a DataError.
    """
    require(bins, ["low", "high", "share"], "histogram")
    placed = _placed(bins.select("low", "high", "share"))
    if placed.is_empty():
        return nothing("No numbers to draw.", width)
    box = Box(width=width, height=int(0.56 * width), left=42, right=14)
    low, high = float(placed["left"][0]), float(placed["right"][-1])
    gap = 0.06 * (high - low) / placed.height
    drawn = alt.Chart(inline(placed.with_columns(pl.col("right") - gap, zero=pl.lit(0.0))))
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    whole = all(float(value).is_integer() for value in (*placed["left"], *placed["right"]))
    axis = alt.Axis(
        grid=False,
        tickCount=4,
        tickMinStep=1 if whole else 0,
        labelExpr=_PLACE_LABEL,
        domain=True,
        domainColor=GRID,
    )
    domain = value_domain(placed["share"].to_list(), zero=True)
    layers: list[Layers] = [
        drawn.mark_rect().encode(
            x=alt.X("left:Q", scale=scale, axis=axis),
            x2="right:Q",
            y=value_axis("zero", domain, label=PERCENT_LABEL, ticks=3),
            y2="share:Q",
            color=alt.Color("color:N", scale=None),
        )
    ]
    inside = [value for value in marks if low <= value <= high]
    if inside:
        rule = alt.Chart(inline(pl.DataFrame({"mark": inside}))).mark_rule(
            color=BASE, strokeDash=[2, 3]
        )
        layers.append(rule.encode(x=alt.X("mark:Q", scale=scale, axis=axis)))
    return finished(layers, box)


def _placed(bins: pl.DataFrame) -> pl.DataFrame:
    """Return where each bin is drawn: an open one, or a single value, is as wide as the median one.

    An open one is drawn faint, for it holds more than its place says.
    """
    width = (bins["high"] - bins["low"]).drop_nulls()
    wide = width.filter(width > 0).median()
    size = float(wide) if isinstance(wide, (int, float)) else 1.0
    open_low, open_high = pl.col("low").is_null(), pl.col("high").is_null()
    single = (pl.col("high") == pl.col("low")).fill_null(value=False)
    return (
        bins
        .filter(~(open_low & open_high))
        .with_columns(
            left=pl.when(open_low).then(pl.col("high") - size).otherwise("low"),
            right=pl
            .when(open_high)
            .then(pl.col("low") + size)
            .when(single)
            .then(pl.col("low") + size)
            .otherwise("high"),
            color=pl.when(open_low | open_high).then(pl.lit(FAINT)).otherwise(pl.lit(ACCENT)),
        )
        .select("left", "right", "share", "color")
        .sort("left", "right")
    )


def label_axis(labels: list[str], left: int) -> alt.Y:
    """Return the y channel of one row a label, in the order given."""
    return alt.Y(
        "label:N",
        sort=None,
        scale=alt.Scale(domain=labels),
        axis=alt.Axis(grid=False, labelLimit=left - 10, labelColor=INK),
    )


def label_room(labels: list[str]) -> int:
    """Return the pixels that the longest of ``labels`` needs, within reason."""
    return min(max(max(map(text_width, labels), default=0) + 14, _LEAST_LEFT), _MOST_LEFT)


def shortened(column: str) -> pl.Expr:
    """Return a label that fits; those that would become alike are told apart by their row."""
    cut = (
        pl
        .when(pl.col(column).str.len_chars() > _LETTERS)
        .then(pl.col(column).str.slice(0, _LETTERS - 1).str.strip_chars_end() + "…")
        .otherwise(pl.col(column))
    )
    place = pl.int_range(pl.len()).over(cut)
    return pl.when(place > 0).then(cut + " (" + (place + 1).cast(pl.String) + ")").otherwise(cut)


def _every(labels: list[str], room: int) -> int:
    """Return the step between labels that leaves each of them room."""
    longest = max(map(text_width, labels)) + 8
    return max(1, -(-len(labels) * longest // room))
