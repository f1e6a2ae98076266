from collections.abc import Callable

import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import inline_svg
from foresell.charts.judged_rows import FEW, RowWords, judged_rows_chart
from foresell.charts.theme import TOKENS, Spec
from foresell.errors import DataError

WORDS = RowWords(
    title="orders: truth and prediction", told="ridge, later rows", measured="paid, EUR"
)
ROWS = pl.DataFrame({
    "order": list(range(30)),
    "y": [100.0 + i for i in range(30)],
    "prediction": [103.0 + i for i in range(30)],
    "q0.1": [90.0 + i for i in range(30)],
    "q0.9": [120.0 + i for i in range(30)],
})


def drawn(rows: pl.DataFrame) -> Spec:
    return judged_rows_chart(rows, WORDS, names=["order"])


def texts(spec: Spec) -> list[str]:
    return [row["text"] for rows in spec["datasets"].values() for row in rows if row.get("text")]


CHARTS: dict[str, Callable[[], Spec]] = {
    "one row": lambda: drawn(ROWS.head(1)),
    "few rows without a band": lambda: drawn(ROWS.head(FEW).drop("q0.1", "q0.9")),
    "many rows": lambda: drawn(ROWS),
    "rows all alike": lambda: drawn(ROWS.head(2).with_columns(pl.exclude("order") * 0)),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_picture_is_valid_has_the_same_bytes_twice_and_only_known_colours(name: str) -> None:
    spec = CHARTS[name]()
    chart = alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "$schema"})
    first, again = (inline_svg(CHARTS[name](), name="x", title="t", text="d") for _ in range(2))
    colors = {
        part.split('"')[0] for kind in ('fill="', 'stroke="') for part in first.split(kind)[1:]
    }

    assert isinstance(chart, alt.LayerChart)
    assert first == again
    assert colors <= {*TOKENS.values(), "none", "transparent"}


def test_one_row_is_drawn_with_its_name_and_both_numbers() -> None:
    told = texts(drawn(ROWS.head(1)))

    assert {"order 0", "actual", "predicted", "100", "103"} <= set(told)
    assert "orders: truth and prediction" in told
    assert "ridge, later rows; paid, EUR; line: the 80 % band" in told


def test_many_rows_have_a_title_and_both_axes_a_name_and_a_unit() -> None:
    told = texts(drawn(ROWS))

    assert {
        "orders: truth and prediction", "ridge, later rows", "actual paid, EUR",
        "predicted paid, EUR",
    } <= set(told)  # fmt: skip


def test_no_row_is_said_and_a_missing_column_is_refused_by_name() -> None:
    assert texts(drawn(ROWS.clear())) == ["No rows to draw."]
    with pytest.raises(DataError, match="has no column 'order'"):
        drawn(ROWS.drop("order"))
