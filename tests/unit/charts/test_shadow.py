import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.shadow import delta_bars
from foresell.charts.theme import ACCENT, INK, MUTED
from foresell.errors import DataError
from foresell.evaluate.shadowing import bins


def test_the_picture_is_valid_vega_lite_and_has_the_same_bytes_twice() -> None:
    spec = delta_bars(bins([-2.0, 1.0, 1.5, 4.0]), unit="USD")

    alt.Chart.from_dict(spec).to_dict(validate=True)
    assert render_svg(spec) == render_svg(spec)
    assert "shadow lower, USD" in render_svg(spec)


@pytest.mark.parametrize("deltas", [[5.0, 5.0], [-3.0], [0.0, 1e-300]])
def test_deltas_that_are_all_alike_are_drawn_beside_the_line_at_0(deltas: list[float]) -> None:
    svg = render_svg(delta_bars(bins(deltas)))

    assert ACCENT in svg
    assert INK in svg


@pytest.mark.parametrize("deltas", [[0.0, 0.0], [-0.0, 0.0]])
def test_a_shadow_that_answers_alike_is_told_in_words(deltas: list[float]) -> None:
    assert "as the live version: 2 rows." in render_svg(delta_bars(bins(deltas)))


def test_without_rows_it_says_so() -> None:
    empty = bins([1.0]).clear()

    svg = render_svg(delta_bars(empty))

    assert "The shadow has scored no row." in svg
    assert MUTED in svg


def test_a_column_that_is_missing_is_told() -> None:
    with pytest.raises(DataError, match="'rows'"):
        delta_bars(pl.DataFrame({"low": [1.0], "high": [2.0]}))
