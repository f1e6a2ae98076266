"""Charts of what-ifs: a plan beside another one, and one column at other values."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.planned import plan_chart
from foresell.charts.theme import TOKENS, Spec
from foresell.charts.varied import answer_by_number, answer_by_word
from foresell.charts.waterfall import row_waterfall_chart, waterfall_chart
from foresell.errors import DataError

DAYS = [date(2026, 1, 2) + timedelta(days=i) for i in range(10)]
ROWS = pl.DataFrame({
    "date": DAYS,
    "planned": [10.0 + i for i in range(10)],
    "changed": [10.0 + i + (5 if 3 <= i <= 5 else 0) for i in range(10)],
    "low": [8.0 + i for i in range(10)],
    "high": [20.0 + i for i in range(10)],
    "moved": [3 <= i <= 5 for i in range(10)],
})
PLANNED = ROWS.with_columns(changed=pl.lit(None, pl.Float64), moved=pl.lit(value=False))
HISTORY = pl.DataFrame({
    "date": [DAYS[0] - timedelta(days=5 - i) for i in range(5)],
    "y": [9.0, 8.0, 9.5, 10.0, 9.0],
})
EVENTS = pl.DataFrame({"date": [DAYS[4]], "name": ["easter"]})
NUMBERS = pl.DataFrame({
    "x": [1.0, 2.0, 3.0],
    "prediction": [10.0, 12.0, 11.0],
    "low": [9.0, 11.0, 10.0],
    "high": [12.0, 13.0, 12.5],
    "own": [False, True, False],
})
WORDS = NUMBERS.with_columns(x=pl.Series(["red", "blue", "a very long colour that nobody has"]))
PARTS = pl.DataFrame({
    "part": ["base", "column", "column"],
    "column": [None, "price", "line"],
    "text": [None, "5.5", "Classic Cars"],
    "value": [100.0, -30.0, 12.0],
})
STEP = pl.DataFrame({
    "part": ["base", "events", "residual"],
    "column": [None, None, "price"],
    "value": [100.0, -30.0, 12.0],
})
CHARTS: dict[str, Callable[[int], Spec]] = {
    "changed": lambda width: plan_chart(ROWS, HISTORY, EVENTS, width=width),
    "planned": lambda width: plan_chart(PLANNED, width=width),
    "sum": lambda width: plan_chart(
        ROWS.with_columns(low=pl.lit(None, pl.Float64), high=pl.lit(None, pl.Float64)), width=width
    ),
    "one day": lambda width: plan_chart(ROWS.head(1), HISTORY, width=width),
    "number": lambda width: answer_by_number(NUMBERS, name="price, USD", width=width),
    "word": lambda width: answer_by_word(WORDS, name="colour", width=width),
    "row": lambda width: row_waterfall_chart(PARTS, width=width, ends=("before", "after")),
    "step": lambda width: waterfall_chart(STEP, width=width, ends=("before", "after")),
}


def texts(spec: Spec) -> list[str]:
    rows: list[dict[str, Any]] = [row for data in spec["datasets"].values() for row in data]
    return [str(row["text"]) for row in rows if "text" in row]


@pytest.mark.parametrize("width", [340, 1040])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_valid_has_the_same_bytes_twice_and_only_colours_of_the_theme(
    name: str, width: int
) -> None:
    spec = CHARTS[name](width)
    chart = alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "$schema"})
    first, again = (render_svg(CHARTS[name](width)) for _ in range(2))
    colors = {
        part.split('"')[0] for kind in ('fill="', 'stroke="') for part in first.split(kind)[1:]
    }
    assert isinstance(chart, alt.LayerChart)
    assert first == again
    assert colors <= {*TOKENS.values(), "none", "transparent"}


def test_both_plans_are_named_at_their_ends_and_one_alone_is_the_forecast() -> None:
    assert {"as planned", "changed"} <= set(texts(plan_chart(ROWS)))
    assert "forecast" in texts(plan_chart(PLANNED))
    assert "changed" not in texts(plan_chart(PLANNED))


def test_a_day_tells_both_forecasts_to_a_pointer() -> None:
    spec = plan_chart(ROWS)
    told = [row for data in spec["datasets"].values() for row in data if "day" in row]
    told += [row for layer in spec["layer"] for row in layer.get("data", {}).get("values", ())]
    at = next(row for row in told if row.get("day") == "Mon 5 Jan 2026")
    assert (at["planned"], at["changed"], at["low"], at["high"]) == ("13", "18", "11", "23")


@pytest.mark.parametrize(
    ("draw", "lacks"),
    [
        (lambda: plan_chart(ROWS.drop("moved")), "moved"),
        (lambda: plan_chart(ROWS, HISTORY.drop("y")), "y"),
        (lambda: answer_by_number(NUMBERS.drop("low"), name="x"), "low"),
        (lambda: answer_by_word(WORDS.drop("own"), name="x"), "own"),
    ],
)
def test_a_frame_that_lacks_a_column_is_told(draw: Callable[[], Spec], lacks: str) -> None:
    with pytest.raises(DataError, match=f"no column '{lacks}'"):
        draw()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plan_chart(ROWS.clear()),
        lambda: answer_by_number(NUMBERS.clear(), name="x"),
        lambda: answer_by_word(WORDS.clear(), name="x"),
    ],
)
def test_an_empty_frame_gives_a_chart_that_says_so(draw: Callable[[], Spec]) -> None:
    assert len(texts(draw())) == 1


def test_on_a_narrow_page_names_stand_above_and_no_mark_lies_outside() -> None:
    for name in ("row", "step"):
        spec = CHARTS[name](340)
        assert spec["padding"]["left"] == 8
        assert spec["width"] > 250
        assert {"before", "after"} <= set(texts(spec))
