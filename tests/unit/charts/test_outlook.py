"""The small picture of what was and what is to come."""

from datetime import date, timedelta
from typing import Any

import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.outlook import Every, outlook
from foresell.charts.theme import Spec
from foresell.errors import DataError

WEEKS = [date(2026, 1, 2) + timedelta(weeks=place) for place in range(6)]
HISTORY = pl.DataFrame({"date": WEEKS[:4], "y": [10.0, None, 12.0, 13.0]})
POINT = pl.DataFrame({"date": WEEKS[4:], "prediction": [14.0, 15.0]})
FUTURE = POINT.with_columns(
    lower_80=pl.Series([12.0, 12.5]),
    upper_80=pl.Series([16.0, 17.5]),
    lower_95=pl.Series([10.0, 10.5]),
    upper_95=pl.Series([18.0, 19.5]),
)
NONE = pl.DataFrame()


def layers(spec: Spec, mark: str) -> list[Any]:
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]


def drawn(spec: Spec, found: list[Any]) -> list[list[dict[str, Any]]]:
    return [spec["datasets"][layer["data"]["name"]] for layer in found]


@pytest.mark.parametrize(
    ("history", "future", "every", "width"),
    [
        (HISTORY, FUTURE, "week", 340),
        (HISTORY, FUTURE, "month", 760),
        (HISTORY, POINT, "day", 520),
        (HISTORY, NONE, "week", 520),
        (NONE, FUTURE, "week", 520),
        (NONE, NONE, "week", 520),
    ],
)
def test_every_picture_is_valid_vega_lite_and_has_the_same_bytes_twice(
    history: pl.DataFrame, future: pl.DataFrame, every: Every, width: int
) -> None:
    spec = outlook(history, future, every=every, width=width)
    alt.Chart.from_dict(spec).to_dict(validate=True)
    assert spec == outlook(history, future, every=every, width=width)


def test_it_draws_the_numbers_it_is_given() -> None:
    spec = outlook(HISTORY, FUTURE, every="week")
    wide, narrow = drawn(spec, layers(spec, "area"))
    assert [(row["low"], row["high"]) for row in wide] == [(10.0, 18.0), (10.5, 19.5)]
    assert [(row["low"], row["high"]) for row in narrow] == [(12.0, 16.0), (12.5, 17.5)]
    was, ahead = drawn(spec, layers(spec, "line"))
    assert [row["y"] for row in was] == [10.0, None, 12.0, 13.0]
    assert [(row["date"], row["prediction"]) for row in ahead] == [
        ("2026-01-23", 13.0),  # it sets out from the last observed week
        ("2026-01-30", 14.0),
        ("2026-02-06", 15.0),
    ]


def test_a_forecast_without_bands_has_none() -> None:
    assert layers(outlook(HISTORY, POINT, every="week"), "area") == []


def test_the_pointer_is_told_the_numbers_of_a_period() -> None:
    spec = outlook(HISTORY, FUTURE, every="week")
    told = [layer for layer in spec["layer"] if "tooltip" in layer["encoding"]]
    was, ahead = drawn(spec, told)
    assert [(row["title"], row["c0"]) for row in was] == [
        ("2 Jan 2026", "10"),
        ("16 Jan 2026", "12"),
        ("23 Jan 2026", "13"),
    ]
    assert [(row["c0"], row["c1"], row["c2"]) for row in ahead] == [
        ("14", "12 to 16", "10 to 18"),
        ("15", "12.5 to 17.5", "10.5 to 19.5"),
    ]


def test_nothing_to_draw_is_told_in_words() -> None:
    assert "Nothing was observed" in render_svg(outlook(NONE, NONE, every="day"))


@pytest.mark.parametrize(
    ("history", "future"), [(HISTORY.drop("y"), FUTURE), (HISTORY, FUTURE.drop("prediction"))]
)
def test_a_missing_column_is_named(history: pl.DataFrame, future: pl.DataFrame) -> None:
    with pytest.raises(DataError, match=r"'y'|'prediction'"):
        outlook(history, future, every="week")
