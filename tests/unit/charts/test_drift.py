import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.drift import share_bars
from foresell.charts.theme import ACCENT, FAINT, MUTED
from foresell.errors import DataError

BINS = pl.DataFrame({
    "label": ["a", "b", "missing"],
    "reference": [0.6, 0.4, 0.0],
    "current": [0.2, 0.8, 0.0],
})


def test_the_picture_is_valid_vega_lite_and_has_the_same_bytes_twice() -> None:
    spec = share_bars(BINS)

    alt.Chart.from_dict(spec).to_dict(validate=True)
    svg = render_svg(spec)
    assert svg == render_svg(spec)
    assert ACCENT in svg
    assert FAINT in svg
    assert "missing" not in svg  # empty on both sides


def test_of_many_bins_those_of_the_smallest_shares_are_left_out() -> None:
    many = pl.DataFrame({
        "label": [f"level {place}" for place in range(20)],
        "reference": [place / 190 for place in range(20)],
        "current": [place / 190 for place in range(20)],
    })

    svg = render_svg(share_bars(many))

    assert "level 19" in svg
    assert ">level 7<" not in svg


def test_without_rows_it_says_so_and_a_missing_column_is_refused() -> None:
    assert MUTED in render_svg(share_bars(BINS.clear()))
    with pytest.raises(DataError, match="'current'"):
        share_bars(BINS.drop("current"))
