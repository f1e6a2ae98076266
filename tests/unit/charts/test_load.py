import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.load import latencies
from foresell.errors import DataError

STRETCHES = pl.DataFrame({
    "second": [0.0, 1.0, 2.0],
    "p50_ms": [2.0, 3.0, 2.5],
    "p95_ms": [8.0, 9.0, 7.0],
    "p99_ms": [20.0, 16.0, 12.0],
    "requests_per_second": [900.0, 1000.0, 1100.0],
})


def test_quantiles_through_time_are_named_beside_their_lines_and_the_rate_above() -> None:
    spec = latencies(STRETCHES, 30.0)
    alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "$schema"})
    drawn = render_svg(spec)
    for text in ("p50", "p95", "p99", "milliseconds, at 1,000 requests a second"):
        assert text in drawn


def test_a_limit_far_above_is_not_drawn_for_it_would_flatten_the_lines() -> None:
    assert "strokeDash" in str(latencies(STRETCHES, 30.0))
    assert "strokeDash" not in str(latencies(STRETCHES, 500.0))


def test_a_single_second_is_no_line_and_says_so() -> None:
    assert "Too short a load" in render_svg(latencies(STRETCHES.head(1), 30.0))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="the chart 'load' has no column 'p95_ms'"):
        latencies(STRETCHES.drop("p95_ms"), 30.0)
