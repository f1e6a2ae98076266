"""Rows of a table as dots that can be pointed at: the truth up, what was said across."""

import altair as alt
import polars as pl

from foresell.charts.axes import Domain, value_domain
from foresell.charts.placed import full, placed_text
from foresell.charts.predicted import predicted_against_actual
from foresell.charts.series import HIGH, LOW
from foresell.charts.theme import (
    ACCENT,
    BASE,
    GRID,
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

MOST = 900  # rows that have a dot of their own; of more, those that lie close together share one
_INSIDE, _OUTSIDE = "inside the 80 % band", "outside of it"


def answered_rows(rows: pl.DataFrame, *, width: int = 520) -> Spec:
    """Draw the actual value up against the predicted one across, on one scale for both.

    ``rows``: ``y``, ``prediction``, ``name`` (what a row is called) and, for the 80 % band,
    ``q0.1`` and ``q0.9``: a truth outside its band is a ring in ink, the others are dots in the
    accent. On the dashed line a prediction was right. More than `MOST` rows are drawn as
    `foresell.charts.predicted.predicted_against_actual` does.

    A missing column is a DataError.
    """
    require(rows, ["y", "prediction", "name"], "answered rows")
    both = pl.col("y", "prediction").is_finite().fill_null(value=False)
    known = rows.filter(pl.all_horizontal(both))
    if known.is_empty():
        return nothing("No row to draw.", width)
    if known.height > MOST:
        return predicted_against_actual(known, width=width)
    banded = {LOW, HIGH} <= set(known.columns)
    values = [*known["y"].to_list(), *known["prediction"].to_list()]
    domain = value_domain(values, zero=min(values) >= 0)
    side = min(width, 620)
    box = Box(width=width, height=int(0.86 * side), left=56, right=18, top=30, bottom=48)
    layers: list[Layers] = [_diagonal(domain)]
    told = _told(known, banded=banded)
    for outside in (False, True):
        own = told.filter(pl.col("outside") == outside)
        if not own.is_empty():
            layers.append(_dots(own, domain, outside=outside, banded=banded))
    words = (_INSIDE, _OUTSIDE) if banded else ()
    return finished([*layers, *_words(words, box)], box)


def _told(rows: pl.DataFrame, *, banded: bool) -> pl.DataFrame:
    """Return both values of each row, whether the band missed the truth, and the texts of both."""
    inside = pl.col("y").is_between(pl.col(LOW), pl.col(HIGH)) if banded else pl.lit(value=True)
    texts = [
        {
            "title": row["name"],
            "actual": full(row["y"]),
            "predicted": full(row["prediction"]),
            "band": f"{full(row[LOW])} to {full(row[HIGH])}" if banded else "",
        }
        for row in rows.iter_rows(named=True)
    ]
    numbers = rows.select("y", "prediction", outside=~inside)
    return pl.concat([numbers, pl.DataFrame(texts)], how="horizontal")


def _dots(rows: pl.DataFrame, domain: Domain, *, outside: bool, banded: bool) -> Layers:
    """Return the dots of the rows on one side of their bands."""
    if outside:
        marks: alt.Chart = alt.Chart(inline(rows)).mark_point(
            color=INK, filled=False, size=30, strokeWidth=1.3, opacity=0.9
        )
    else:
        marks = alt.Chart(inline(rows)).mark_point(
            color=ACCENT, filled=True, size=24, opacity=0.62, strokeWidth=0
        )
    said = [("title", "title"), ("actual", "Actual"), ("predicted", "Predicted")]
    said += [("band", "80 % band")] if banded else []
    return marks.encode(
        x=_across(domain),
        y=_up(domain),
        tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in said],
    )


def _across(domain: Domain) -> alt.X:
    """Return the x channel of what was said."""
    return alt.X(
        "prediction:Q",
        scale=alt.Scale(domain=list(domain), nice=False, zero=False),
        axis=alt.Axis(tickCount=5, labelExpr=NUMBER_LABEL, gridColor=GRID, labelFlush=True),
    )


def _up(domain: Domain) -> alt.Y:
    """Return the y channel of the truth."""
    return alt.Y(
        "y:Q",
        scale=alt.Scale(domain=list(domain), nice=False, zero=False),
        axis=alt.Axis(tickCount=5, labelExpr=NUMBER_LABEL),
    )


def _diagonal(domain: Domain) -> Layers:
    """Return the dashed line on which a prediction was right."""
    data = inline(pl.DataFrame({"prediction": list(domain), "y": list(domain)}))
    line: alt.Chart = alt.Chart(data).mark_line(color=BASE, strokeDash=[2, 3], strokeWidth=1)
    return line.encode(x=_across(domain), y=_up(domain))


def _words(key: tuple[str, ...], box: Box) -> list[Layers]:
    """Return the names of the axes, and what both kinds of dots are."""
    layers = [
        placed_text("actual", -48, -18, color=INK, bold=True),
        placed_text("predicted", box.inner_width, box.inner_height + 36, align="right", bold=True),
    ]
    if key:
        inside, outside = key
        right = box.inner_width - text_width(outside)
        layers.append(placed_text(inside, right - 18, -18, color=ACCENT, align="right", bold=True))
        layers.append(placed_text(outside, box.inner_width, -18, color=INK, align="right"))
    return layers
