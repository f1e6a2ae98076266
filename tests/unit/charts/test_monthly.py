from collections.abc import Callable
from datetime import date
from typing import Any

import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.monthly import Between, Line, monthly_chart, returns_chart
from foresell.charts.theme import ACCENT, BASE, INK, TOKENS, Spec, text_width
from foresell.errors import DataError

MONTHS = [date(2004, month, 1) for month in range(1, 13)]
ROWS = pl.DataFrame(
    {
        "date": MONTHS,
        "actual": [*(100.0 + month for month in range(8)), None, None, None, None],
        "prediction": [None] * 8 + [90.0, 95.0, 120.0, 110.0],
        "low": [None] * 8 + [80.0, 80.0, 100.0, 90.0],
        "high": [None] * 8 + [100.0, 110.0, 140.0, 130.0],
    },
    schema_overrides=dict.fromkeys(("actual", "prediction", "low", "high"), pl.Float64),
)
ACTUAL = Line(column="actual", name="actual", color=INK)
AHEAD = Line(column="prediction", name="foresell", color=ACCENT, after="actual")
BAND = Between(low="low", high="high", name="80 % band", opacity=0.2)
RETURNS = pl.DataFrame({"date": MONTHS[1:8], "value": [0.5, -1.5, 0.1, 0.0, -0.2, 0.4, 0.3]})
PATH = pl.DataFrame({"date": MONTHS[8:], "value": [0.6, 0.7, 0.7, 0.8]})


def rows_of(spec: Spec) -> list[dict[str, Any]]:
    return [row for rows in spec["datasets"].values() for row in rows]


def drawn() -> Spec:
    return monthly_chart(ROWS, [ACTUAL, AHEAD], bands=[BAND], start=MONTHS[8])


CHARTS: dict[str, Callable[[], Spec]] = {
    "months": drawn,
    "narrow": lambda: monthly_chart(ROWS, [ACTUAL, AHEAD], bands=[BAND], width=320),
    "one month": lambda: monthly_chart(ROWS.head(1), [ACTUAL]),
    "sums with gaps": lambda: monthly_chart(
        ROWS, [Line(column="actual", name="actual", color=INK, dots=True, dashed=True)]
    ),
    "returns": lambda: returns_chart(RETURNS, PATH),
    "returns of one month ahead": lambda: returns_chart(RETURNS, PATH.head(1)),
    "returns alone": lambda: returns_chart(RETURNS, PATH.clear()),
    "volatility alone": lambda: returns_chart(RETURNS.clear(), PATH, width=340),
}


@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_is_valid_vega_lite_in_the_colours_of_the_house_and_the_same_twice(
    name: str,
) -> None:
    spec = CHARTS[name]()

    alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "$schema"})
    svg = render_svg(spec)
    colors = {part.split('"')[0] for kind in ('fill="', 'stroke="') for part in svg.split(kind)[1:]}
    assert colors <= {*TOKENS.values(), "none", "transparent"}
    assert svg == render_svg(CHARTS[name]())


def test_every_number_is_drawn_and_the_forecast_sets_out_from_the_last_month() -> None:
    rows = rows_of(drawn())

    lines = {(row["date"], row["value"]) for row in rows if row.get("value") is not None}
    expected = {
        (day.isoformat(), value)
        for day, actual, ahead in ROWS.select("date", "actual", "prediction").iter_rows()
        for value in (actual, ahead)
        if value is not None
    }
    assert lines == expected
    first = [row["date"] for row in rows if row.get("value") == 107.0 and "text" not in row]
    assert first == ["2004-08-01", "2004-08-01"]  # the end of one line, the beginning of the other


def test_a_month_tells_what_it_has_and_nothing_else_under_the_pointer() -> None:
    spec = drawn()

    said = {row["title"]: row for row in rows_of(spec) if "title" in row}
    assert said["January 2004"] == {"date": "2004-01-01", "title": "January 2004", "c0": "100"}
    assert said["September 2004"] == {
        **{"date": "2004-09-01", "title": "September 2004"},
        **{"c0": "90", "c1": "80 to 100"},
    }
    tips = [
        [one["title"] for one in layer["encoding"]["tooltip"]]
        for layer in spec["layer"]
        if "tooltip" in layer.get("encoding", {})
    ]
    assert tips == [["title", "actual"], ["title", "foresell", "80 % band"]]


def test_a_line_that_another_goes_on_from_is_named_at_its_peak_and_others_at_their_end() -> None:
    places = {row["text"]: row for row in rows_of(drawn()) if "text" in row}
    alone = rows_of(monthly_chart(ROWS, [ACTUAL, Line(column="low", name="low", color=BASE)]))

    assert (places["actual"]["date"], places["actual"]["value"]) == ("2004-08-01", 107.0)
    assert places["foresell"]["date"] == "2004-12-01"
    assert {row["text"]: row["date"] for row in alone if "text" in row} == dict.fromkeys(
        ("actual", "low"), "2004-12-01"
    )


def test_a_logarithmic_return_is_told_as_the_change_on_the_month_before() -> None:
    said = {row["title"]: row["c0"] for row in rows_of(returns_chart(RETURNS, PATH)) if "c0" in row}

    assert said["March 2004"] == "-78 %"  # of -1.5, which is no fall by 150 %
    assert said["February 2004"] == "65 %"
    assert said["May 2004"] == "0 %"
    assert said["December 2004"] == "-55 % to 123 %"


@pytest.mark.parametrize(
    ("size", "changes"),
    [
        (0.002, "−0.2 −0.0999 0 0.1 0.2"),
        (0.05, "−3.88 −1.96 0 2 4.04"),
        (0.7, "−33.3 0 50"),
        (2.3, "−75 0 300"),
        (9.0, "−99.99 −99 0 9,900 1,000,000"),
    ],
)
def test_the_axis_of_returns_tells_changes_on_the_month_before(size: float, changes: str) -> None:
    returns = pl.DataFrame({"date": MONTHS[:3], "value": [size, -size, 0.0]})
    svg = render_svg(returns_chart(returns, PATH.clear()))
    texts = [part.split("<")[0] for part in svg.split(">") if "\u00a0%<" in part]

    assert [text.removesuffix("\u00a0%") for text in texts] == changes.split()


def test_nothing_to_draw_is_told_in_words() -> None:
    none = ROWS.with_columns(pl.lit(None, dtype=pl.Float64).alias("actual"))

    assert "No month to draw" in render_svg(monthly_chart(none, [ACTUAL]))
    assert "no returns" in render_svg(returns_chart(RETURNS.clear(), PATH.clear()))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="no column 'high'"):
        monthly_chart(ROWS.drop("high"), [ACTUAL], bands=[BAND])
    with pytest.raises(DataError, match="no column 'value'"):
        returns_chart(RETURNS.drop("value"), PATH)


@pytest.mark.parametrize("width", [320, 760])
@pytest.mark.parametrize("name", ["year before", "last month again", "segment_median"])
def test_the_name_of_a_line_fits_beside_its_end(name: str, width: int) -> None:
    spec = monthly_chart(ROWS, [Line(column="prediction", name=name, color=BASE)], width=width)
    assert [row["text"] for row in rows_of(spec) if "place" in row] == [name]
    assert spec["padding"]["right"] >= 7 + text_width(name)
