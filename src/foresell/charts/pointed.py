"""The numbers of a period, told when it is pointed at.

Every period has a strip of its own that answers the pointer, so that nobody has to hit a line; what
it tells is text, made here, so that the zone and the language of a browser change nothing.
"""

from collections.abc import Sequence

import altair as alt
import polars as pl

from foresell.charts.signs import minus
from foresell.charts.theme import MUTED, Box, Layers, inline

HISTORY, TEST, FUTURE = "history", "test", "forecast"  # parts of the lines of `explored`
_NONE = "not known"


def strips(lines: pl.DataFrame, box: Box, baseline: str) -> list[Layers]:
    """Return the strips that tell the numbers of a period, part by part: each knows other ones."""
    judged = [("forecast", "prediction"), *([(baseline, "baseline")] if baseline else [])]
    told = {
        HISTORY: [("actual", "y")],
        TEST: [("actual", "y"), *judged],
        FUTURE: [("forecast", "prediction")],
    }
    texts = lines.select(
        "date",
        "part",
        pl.col("date").dt.strftime("%-d %b %Y").alias("day"),
        *(_number(name) for name in ("y", "prediction", "baseline")),
        _range("q0.1", "q0.9").alias("band80"),
        _range("q0.025", "q0.975").alias("band95"),
    )
    layers: list[Layers] = []
    for part, fields in told.items():
        rows = texts.filter(pl.col("part") == part)
        more = list(fields)
        if part == FUTURE and (rows["y"] != _NONE).any():
            more.insert(0, ("came true", "y"))
        if part != HISTORY:
            more += [
                (name, column)
                for name, column in (("80 % band", "band80"), ("95 % band", "band95"))
                if (rows[column] != _NONE).any()
            ]
        if rows.height:
            kept = rows.select("date", "day", *(column for _, column in more))
            layers += _strip(kept, [("", "day"), *more], box, lines.height, part)
    return layers


def strips_of_several(shown: Sequence[tuple[str, pl.DataFrame]], box: Box) -> list[Layers]:
    """Return the strips of several subjects: the truth of each, or what is forecast of it."""
    days = shown[0][1].select("date", pl.col("date").dt.strftime("%-d %b %Y").alias("day"))
    fields = [("", "day")]
    for at, (name, rows) in enumerate(shown):
        own = rows.select(
            "date",
            pl
            .when(pl.col("part") == FUTURE)
            .then(pl.coalesce("prediction", "y"))
            .otherwise("y")
            .alias(f"v{at}"),
        ).with_columns(_number(f"v{at}"))
        days = days.join(own, on="date", how="left", maintain_order="left")
        fields.append((name.replace(".", "\u2024").replace("[", "(").replace("]", ")"), f"v{at}"))
    texts = days.with_columns(pl.col(column).fill_null(_NONE) for _, column in fields[1:])
    return _strip(texts, fields, box, days.height, "all")


def _strip(
    rows: pl.DataFrame, fields: Sequence[tuple[str, str]], box: Box, periods: int, name: str
) -> list[Layers]:
    """Return a thin rule at the period that is pointed at, and the strip that is pointed at."""
    data = inline(rows)
    near = alt.selection_point(
        name=f"at_{name}", on="pointermove", clear="pointerout", fields=["date"], empty=False
    )
    thin: alt.Chart = alt.Chart(data).mark_rule(color=MUTED, strokeWidth=1)
    shown = alt.condition(near, alt.value(0.9), alt.value(0))
    wide: alt.Chart = alt.Chart(data).mark_rule(
        color=MUTED, opacity=0, strokeWidth=max(3.0, box.inner_width / max(periods, 1)), clip=True
    )
    told = [alt.Tooltip(f"{column}:N", title=title or "date") for title, column in fields]
    return [
        thin.encode(x=alt.X("date:T"), opacity=shown),
        wide.encode(x=alt.X("date:T"), tooltip=told).add_params(near),
    ]


def _number(name: str) -> pl.Expr:
    """Return a column of numbers as text: whole from 100 on, else with two decimals."""
    text = pl.col(name).map_elements(said, return_dtype=pl.String, skip_nulls=True)
    return text.fill_null(_NONE).alias(name)


def _range(low: str, high: str) -> pl.Expr:
    """Return two columns of numbers as ``low to high``."""
    ends = [
        pl.col(name).map_elements(said, return_dtype=pl.String, skip_nulls=True)
        for name in (low, high)
    ]
    return pl.format("{} to {}", *ends).fill_null(_NONE)


def said(value: float) -> str:
    """Return a number as it is told: whole from 100 on, with two decimals below.

    >>> said(1234.5), said(-3.14159)
    ('1,234', '−3.14')
    """
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return minus(text)
