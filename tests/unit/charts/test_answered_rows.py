from typing import Any

import altair as alt
import polars as pl
import pytest

from foresell.charts.answered_rows import MOST, answered_rows
from foresell.charts.drawing import render_svg
from foresell.charts.theme import TOKENS, Spec
from foresell.errors import DataError

ROWS = pl.DataFrame({
    "name": ["order 1, line 1", "<script>", "order 2, line 1"],
    "y": [10.0, 20.0, 30.0],
    "prediction": [11.0, 26.0, 30.0],
    "q0.1": [9.0, 24.0, 28.0],
    "q0.9": [13.0, 28.0, 30.0],
})
MANY = pl.DataFrame({
    "name": [str(place) for place in range(MOST + 1)],
    "y": [float(place % 8) for place in range(MOST + 1)],
    "prediction": [float(place % 7) for place in range(MOST + 1)],
})


def rows_of(spec: Spec) -> list[dict[str, Any]]:
    return [row for rows in spec["datasets"].values() for row in rows]


@pytest.mark.parametrize("rows", [ROWS, ROWS.drop("q0.1", "q0.9"), ROWS.head(1), MANY])
def test_it_is_valid_vega_lite_in_the_colours_of_the_house_and_the_same_twice(
    rows: pl.DataFrame,
) -> None:
    spec = answered_rows(rows, width=400)

    alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "$schema"})
    svg = render_svg(spec)
    colors = {part.split('"')[0] for kind in ('fill="', 'stroke="') for part in svg.split(kind)[1:]}
    assert colors <= {*TOKENS.values(), "none", "transparent"}
    assert svg == render_svg(answered_rows(rows, width=400))


def test_each_row_is_drawn_once_and_says_what_it_is_and_whether_its_band_held() -> None:
    said = [row for row in rows_of(answered_rows(ROWS)) if "title" in row]

    assert said == [
        {
            "y": y,
            "prediction": prediction,
            "outside": outside,
            "title": name,
            "actual": f"{y:g}",
            "predicted": f"{prediction:g}",
            "band": band,
        }
        for name, y, prediction, band, outside in (
            ("order 1, line 1", 10.0, 11.0, "9 to 13", False),
            ("order 2, line 1", 30.0, 30.0, "28 to 30", False),  # the edges belong to the band
            ("<script>", 20.0, 26.0, "24 to 28", True),
        )
    ]


def test_without_a_band_nothing_is_said_of_one() -> None:
    assert "band" not in render_svg(answered_rows(ROWS.drop("q0.1", "q0.9")))
    assert "inside the 80 % band" in render_svg(answered_rows(ROWS))


def test_many_rows_share_dots() -> None:
    dots = [row for row in rows_of(answered_rows(MANY)) if "area" in row]

    assert 0 < len(dots) < MANY.height


def test_rows_that_are_not_known_are_left_out_and_none_is_told_in_words() -> None:
    half = ROWS.with_columns(y=pl.Series([10.0, None, float("nan")]))

    assert [row["title"] for row in rows_of(answered_rows(half)) if "title" in row] == [
        "order 1, line 1"
    ]
    assert "No row to draw" in render_svg(answered_rows(ROWS.clear()))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="no column 'name'"):
        answered_rows(ROWS.drop("name"))
