from datetime import date, timedelta
from typing import Any

import altair as alt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.charts.drawing import render_svg
from foresell.charts.explanation import PHRASES, explanation_chart
from foresell.charts.importance import importance_chart
from foresell.charts.placed import Strip, ticks
from foresell.charts.theme import TOKENS, Spec
from foresell.charts.waterfall import row_waterfall_chart, waterfall_chart
from foresell.errors import DataError
from foresell.models.splitting import PARTS

WEEKS = [date(2012, 11, 2) + timedelta(weeks=i) for i in range(6)]
FRAME = pl.DataFrame([
    {"date": day, "part": part, "column": column, "value": value * (i + 1)}
    for i, day in enumerate(WEEKS)
    for part, column, value in (
        ("base", None, 1000.0),
        ("events", None, -80.0),
        ("residual", "CPI", 20.0),
        ("residual", "(average)", 5.0),
        ("floor", None, 0.0),
    )
])
ROW = pl.DataFrame({
    "part": ["base", "column", "column", "column", "floor"],
    "column": [None, "units", "line", "price", None],
    "text": [None, "30", "Classic Cars", None, None],
    "value": [3447.2, 17.25, -4500.0, 0.0, 1035.55],
})
IMPORTANT = pl.DataFrame({
    "name": ["price", "(average)", "units", "city"],
    "mean_abs": [2.0, 9.0, 30.5, 0.0],
})


def texts(spec: Spec) -> list[str]:
    rows: list[dict[str, Any]] = [row for data in spec["datasets"].values() for row in data]
    return [row["text"] for row in rows if "text" in row]


def test_every_part_of_an_explanation_has_its_words_in_the_picture() -> None:
    assert tuple(PHRASES) == PARTS


def test_the_picture_of_a_horizon_names_and_sums_each_part_that_says_anything() -> None:
    spec = explanation_chart(FRAME, title="Store 1", unit="USD", titled=True)

    told = texts(spec)
    assert "forecast = base + events + residual, in USD" in told
    assert "events: −1.68k in all" in told
    assert "residual: +525 in all" in told
    assert not [text for text in told if text.startswith("floor")]
    assert "Store 1" in render_svg(spec)


@pytest.mark.parametrize("draw", [explanation_chart, waterfall_chart, row_waterfall_chart])
def test_a_picture_is_valid_has_the_same_bytes_twice_and_only_colours_of_the_theme(
    draw: Any,
) -> None:
    frames = {waterfall_chart: FRAME.filter(pl.col("date") == WEEKS[0]), row_waterfall_chart: ROW}
    frame = frames.get(draw, FRAME)
    spec = draw(frame, title="Store 1", titled=True)
    chart = alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "$schema"})

    first, again = (render_svg(spec) for _ in range(2))

    colors = {
        part.split('"')[0] for kind in ('fill="', 'stroke="') for part in first.split(kind)[1:]
    }
    assert isinstance(chart, alt.LayerChart)
    assert first == again
    assert colors <= {*TOKENS.values(), "none", "transparent"}


def test_several_series_are_drawn_as_their_sum() -> None:
    twice = pl.concat([FRAME, FRAME])

    assert "events: −3.36k in all" in texts(explanation_chart(twice))


def test_the_way_from_base_to_forecast_passes_every_column_of_what_was_learnt() -> None:
    told = texts(waterfall_chart(FRAME.filter(pl.col("date") == WEEKS[0])))

    assert {"1,000", "events", "−80", "residual: CPI", "+20", "945"} <= set(told)
    assert told.index("events") < told.index("residual: CPI") < told.index("forecast")


def test_columns_beyond_the_largest_are_told_together() -> None:
    many = pl.DataFrame({
        "part": ["base"] + ["residual"] * 9,
        "column": [None, *(f"c{i}" for i in range(9))],
        "value": [100.0, *(float(i + 1) for i in range(9))],
    })

    told = texts(waterfall_chart(many))

    assert "residual: c8" in told
    assert "residual: 3 more columns" in told
    assert "+6" in told  # 1 + 2 + 3
    assert "145" in told


def test_the_way_of_a_row_names_its_columns_with_their_values_and_adds_up() -> None:
    spec = row_waterfall_chart(ROW, title="order 7", unit="USD", titled=True)

    told = texts(spec)
    moves = ["line = Classic Cars", "−4,500", "units = 30", "+17.2", "nothing below zero", "+1,036"]
    assert [text for text in told if text in moves] == moves
    assert {"base (no column is known)", "3,447", "prediction", "0"} <= set(told)
    assert {"Where the prediction comes from: order 7", "prediction, in USD"} <= set(told)
    assert not [text for text in told if text.startswith("price")]


def test_columns_of_a_row_beyond_the_largest_are_told_together() -> None:
    many = pl.DataFrame({
        "part": ["base"] + ["column"] * 15,
        "column": [None, *(f"c{i}" for i in range(15))],
        "text": [None] + ["x"] * 15,
        "value": [100.0, *(float(i + 1) for i in range(15))],
    })

    told = texts(row_waterfall_chart(many))

    assert "c14 = x" in told
    assert "3 more columns" in told
    assert "+6" in told  # 1 + 2 + 3


def test_a_picture_of_importance_that_stands_alone_says_whose_and_in_what_unit() -> None:
    told = texts(importance_chart(IMPORTANT, title="ridge", unit="USD"))

    assert {"What matters to ridge", "mean size of what each column adds, in USD"} <= set(told)


def test_bars_of_importance_leave_out_what_adds_nothing_and_the_average() -> None:
    spec = importance_chart(IMPORTANT)

    rows = [row for data in spec["datasets"].values() for row in data]
    assert [(row["words"], row["text"]) for row in rows] == [("units", "30.5"), ("price", "2")]


@pytest.mark.parametrize("draw", [explanation_chart, waterfall_chart, importance_chart])
def test_an_empty_frame_says_so_and_a_missing_column_is_named(draw: Any) -> None:
    frame = IMPORTANT if draw is importance_chart else FRAME

    assert texts(draw(frame.clear()))[0].startswith("No ")
    with pytest.raises(DataError, match="has no column"):
        draw(frame.select(frame.columns[1]).rename({frame.columns[1]: "other"}))


@given(low=st.floats(-1e9, 1e9), span=st.floats(1e-3, 1e9), most=st.integers(2, 8))
def test_ticks_lie_inside_evenly_and_are_few(low: float, span: float, most: int) -> None:
    found = ticks(low, low + span, most)

    slack = 1e-9 * max(abs(low), span)
    assert len(found) <= most + 1
    assert all(low - slack <= tick <= low + span + slack for tick in found)


def test_a_strip_puts_its_domain_between_its_edges() -> None:
    strip = Strip(10, 50, (0.0, 4.0))

    assert [strip.place(value) for value in (0.0, 1.0, 4.0)] == [50, 40, 10]
