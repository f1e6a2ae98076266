from collections.abc import Callable
from typing import Any

import altair as alt
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.charts import predicted
from foresell.charts.drawing import inline_svg, render_svg
from foresell.charts.folds import fold_strips
from foresell.charts.theme import ACCENT, BASE, TOKENS, Spec
from foresell.errors import DataError

ROWS = pl.DataFrame({"y": [1.0, 2.0, 4.0, 8.0], "prediction": [1.5, 2.0, 3.0, 9.0]})
BINS = pl.DataFrame({
    "prediction": [1.75, 6.0],
    "y": [1.5, 6.0],
    "error_of_mean": [0.5, None],
    "low": [-1.0, -2.0],
    "middle": [0.0, 0.5],
    "high": [1.0, 2.0],
})
FOLDS = pl.DataFrame({
    "candidate": ["a_rather_long_name_of_a_candidate", "b", "b"],
    "error": [3.0, 1.0, 2.0],
})
OVER = pl.DataFrame({"candidate": ["b", "a_rather_long_name_of_a_candidate"], "error": [1.6, 3.0]})
NEGATIVE = ROWS.with_columns(pl.all() - 20)
ALIKE = ROWS.with_columns(y=pl.lit(3.0), prediction=pl.lit(3.0))

CHARTS: dict[str, Callable[[], Spec]] = {
    "rows": lambda: predicted.predicted_against_actual(ROWS),
    "rows below zero": lambda: predicted.predicted_against_actual(NEGATIVE),
    "rows all alike": lambda: predicted.predicted_against_actual(ALIKE),
    "means": lambda: predicted.mean_by_prediction(BINS),
    "errors": lambda: predicted.error_against_prediction(ROWS, BINS),
    "no errors": lambda: predicted.error_against_prediction(ALIKE, BINS.head(1)),
    "folds": lambda: fold_strips(FOLDS, OVER, champion="b"),
    "folds of others": lambda: fold_strips(FOLDS, OVER.head(1), champion="z"),
}
EMPTY: dict[str, Callable[[], Spec]] = {
    "rows": lambda: predicted.predicted_against_actual(ROWS.clear()),
    "means": lambda: predicted.mean_by_prediction(BINS.clear()),
    "errors": lambda: predicted.error_against_prediction(ROWS.clear(), BINS.clear()),
    "folds": lambda: fold_strips(FOLDS.clear(), OVER.clear(), champion="b"),
}


def rows_of(spec: Spec) -> list[dict[str, Any]]:
    return [row for rows in spec["datasets"].values() for row in rows]


def dots_of(spec: Spec) -> list[dict[str, Any]]:
    return [row for row in rows_of(spec) if "area" in row]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_valid_vega_lite(name: str) -> None:
    spec = CHARTS[name]()

    chart = alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "$schema"})

    assert isinstance(chart, alt.LayerChart)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_the_same_bytes_twice_and_only_colours_the_page_can_turn(name: str) -> None:
    first, again = (inline_svg(CHARTS[name](), name="x", title="t", text="d") for _ in range(2))

    colors = {
        part.split('"')[0] for kind in ('fill="', 'stroke="') for part in first.split(kind)[1:]
    }
    assert first == again
    assert colors <= {*TOKENS.values(), "none", "transparent"}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_frame_gives_a_chart_that_says_so(name: str) -> None:
    texts = [row["text"] for row in rows_of(EMPTY[name]())]

    assert len(texts) == 1
    assert texts[0].startswith("No ")
    assert "No" in render_svg(EMPTY[name]())


def test_rows_that_are_not_known_are_left_out() -> None:
    unknown = pl.DataFrame({"y": [None, float("nan"), 1.0], "prediction": [1.0, 1.0, None]})

    spec = predicted.predicted_against_actual(pl.concat([ROWS, unknown]))

    assert [dot["y"] for dot in dots_of(spec)] == [1.0, 2.0, 4.0, 8.0]


def test_rows_that_lie_close_together_are_one_larger_dot() -> None:
    close = pl.concat([ROWS, *(ROWS.tail(1).with_columns(pl.all() + 1e-6) for _ in range(8))])

    dots = dots_of(predicted.predicted_against_actual(close))

    assert len(dots) == 4
    assert max(dots, key=lambda dot: dot["area"])["y"] == pytest.approx(8.0, abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(1, 400))
def test_dots_are_few_and_within_what_was_drawn_in_any_order(seed: int, n: int) -> None:
    draw = np.random.default_rng(seed)
    rows = pl.DataFrame({"y": draw.normal(0, 5, n), "prediction": draw.normal(2, 5, n)})

    dots = dots_of(predicted.predicted_against_actual(rows))

    again = dots_of(predicted.predicted_against_actual(rows.sample(n, shuffle=True, seed=seed)))
    assert dots == again
    assert 1 <= len(dots) <= n
    low, high = rows["y"].min(), rows["y"].max()
    assert all(low - 1e-9 <= dot["y"] <= high + 1e-9 for dot in dots)  # type: ignore[operator]


def test_candidates_stand_in_the_order_of_their_error_and_the_champion_in_the_accent() -> None:
    spec = fold_strips(FOLDS, OVER, champion="b")

    layers = [layer["mark"] for layer in spec["layer"]]
    colors = [mark["color"] for mark in layers]
    scale = spec["layer"][0]["encoding"]["y"]["scale"]
    assert scale["domain"] == ["b", "a_rather_long_name_of_a_candidate"]
    assert colors == [BASE, BASE, ACCENT, ACCENT]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="no column 'prediction'"):
        predicted.predicted_against_actual(ROWS.drop("prediction"))
