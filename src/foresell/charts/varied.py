"""The answer to one row while one of its columns takes other values, all else as it is."""

import altair as alt
import polars as pl

from foresell.charts.axes import value_axis, value_domain
from foresell.charts.placed import full, placed_text
from foresell.charts.pointing import pointed
from foresell.charts.signs import minus
from foresell.charts.theme import (
    ACCENT,
    BASE,
    FAINT,
    GRID,
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
    text_width,
)

_ROW = 26
_MOST_LABEL = 24  # characters of a word at the left
# A year is no two thousands: what a column holds is written as it is asked for.
_PLAIN_LABEL = (
    "abs(datum.value) < 1e5 ? format(datum.value, '~g') "
    ": replace(format(datum.value, '~s'), 'G', 'B')"
)


def answer_by_number(rows: pl.DataFrame, *, name: str, width: int = 720) -> Spec:
    """Draw the answer and its band against the numbers of one column.

    ``rows``: ``x`` ascending, ``prediction``, ``low``, ``high``, ``own``: whether it is the value
    of the row itself, of which there is one; it is the dot. ``name``: of the column.

    A missing column is a DataError.
    """
    require(rows, ["x", "prediction", "low", "high", "own"], "answer by number")
    if rows.height < 2:
        return nothing("Only one value has an answer.", width)
    box = Box(width=width, height=270, left=52, right=24, top=22, bottom=50)
    values = [one for column in ("prediction", "low", "high") for one in rows[column].to_list()]
    domain = value_domain(values)
    span = [float(rows["x"][0]), float(rows["x"][-1])]
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=span, nice=False, zero=False),
        axis=alt.Axis(tickCount=4 if width < 500 else 8, labelExpr=_PLAIN_LABEL, grid=False),
    )
    data = inline(rows.select("x", "prediction", "low", "high"))
    area: alt.Chart = alt.Chart(data).mark_area(color=ACCENT, opacity=0.2)
    line: alt.Chart = alt.Chart(data).mark_line(color=ACCENT, strokeWidth=2.5)
    layers: list[Layers] = [
        area.encode(x=x, y=value_axis("low", domain), y2="high:Q"),
        line.encode(x=x, y=value_axis("prediction", domain)),
        *_own_dot(rows, x, domain, (span[0] + span[1]) / 2),
        placed_text(
            name, box.inner_width, box.inner_height + 38, color=MUTED, align="right", bold=True
        ),
    ]
    told = rows.select("x", *_tips(rows))
    return pointed(finished(layers, box), told, "x", _said(name))


def _own_dot(
    rows: pl.DataFrame, x: alt.X, domain: tuple[float, float], middle: float
) -> list[Layers]:
    """Return the row's own value as a dot, with its answer beside it."""
    own = rows.filter(pl.col("own")).head(1)
    if own.is_empty():
        return []
    right = own["x"][0] > middle
    shown = own.select("x", "prediction", text=pl.lit(full(own["prediction"][0])))
    base = alt.Chart(inline(shown))
    y = value_axis("prediction", domain)
    dot = base.mark_point(color=INK, filled=True, size=90, opacity=1)
    text = base.mark_text(
        align="right" if right else "left", dx=-9 if right else 9, dy=-11, fontWeight="bold"
    )
    return [dot.encode(x=x, y=y), text.encode(x=x, y=y, text="text:N")]


def answer_by_word(rows: pl.DataFrame, *, name: str, width: int = 720) -> Spec:
    """Draw the answer and its band for each word that one column may be, the largest first.

    ``rows``: ``x`` (text), ``prediction``, ``low``, ``high``, ``own``. ``name``: of the column.

    A missing column is a DataError.
    """
    require(rows, ["x", "prediction", "low", "high", "own"], "answer by word")
    if rows.is_empty():
        return nothing("No value has an answer.", width)
    shown = rows.sort("prediction", "x", descending=[True, False]).with_row_index("row")
    labels = [_short(text) for text in shown["x"].to_list()]
    left = min(max(60, *(text_width(text) for text in labels)) + 14, width // 2)
    box = Box(width=width, height=shown.height * _ROW + 46, left=left, right=74, top=8)
    values = [one for column in ("prediction", "low", "high") for one in shown[column].to_list()]
    domain = value_domain(values)
    x = _across(domain, "prediction", width)
    y = alt.Y(
        "row:Q",
        scale=alt.Scale(domain=[shown.height - 0.5, -0.5], nice=False, zero=False),
        axis=None,
    )
    layers: list[Layers] = []
    for own, color in ((False, BASE), (True, ACCENT)):
        part = shown.filter(pl.col("own") if own else ~pl.col("own"))
        if part.is_empty():
            continue
        base = alt.Chart(inline(part.select("row", "prediction", "low", "high")))
        whisker = base.mark_rule(color=color if own else FAINT, strokeWidth=4, strokeCap="butt")
        layers.append(whisker.encode(x=_across(domain, "low", width), x2="high:Q", y=y))
        dots = base.mark_point(color=color, filled=True, size=70, opacity=1)
        layers.append(dots.encode(x=x, y=y))
    for at, (text, point, own) in enumerate(
        zip(labels, shown["prediction"].to_list(), shown["own"].to_list(), strict=True)
    ):
        place, color = (at + 0.5) * _ROW, ACCENT if own else INK
        layers.append(placed_text(text, -12, place, color=color, align="right", bold=own))
        right = box.inner_width + 10
        layers.append(placed_text(full(point), right, place, color=color, bold=own))
    told = shown.select("row", *_tips(shown))
    tips = [alt.Tooltip(f"{one}:N", title=words) for one, words in _said(name).items()]
    rule: alt.Chart = alt.Chart(inline(told)).mark_rule(opacity=0, strokeWidth=_ROW, color=BASE)
    return finished([*layers, rule.encode(y=y, tooltip=tips)], box)


def _across(domain: tuple[float, float], field: str, width: int) -> alt.X:
    """Return the x channel of the answers."""
    return alt.X(
        f"{field}:Q",
        scale=alt.Scale(domain=list(domain), nice=False, zero=False),
        axis=alt.Axis(
            tickCount=3 if width < 500 else 6, labelExpr=NUMBER_LABEL, grid=True, gridColor=GRID
        ),
    )


def _tips(rows: pl.DataFrame) -> list[pl.Expr]:
    """Return the texts that a pointer is told."""
    shown = rows.schema["x"] == pl.String
    own = pl.col("x") if shown else pl.col("x").map_elements(_plain, pl.String)
    return [
        own.alias("said"),
        *(
            pl.col(one).map_elements(full, pl.String).alias(f"said_{one}")
            for one in ("prediction", "low", "high")
        ),
    ]


def _said(name: str) -> dict[str, str]:
    """Return what the texts of `_tips` are called."""
    return {
        "said": name,
        "said_prediction": "answer",
        "said_low": "one in ten below",
        "said_high": "one in ten above",
    }


def _plain(value: float) -> str:
    """Return a number of a column as it is asked for."""
    return minus(f"{value:.6g}")


def _short(text: str) -> str:
    """Return a word no longer than fits at the left."""
    return text if len(text) <= _MOST_LABEL else f"{text[: _MOST_LABEL - 1]}…"
