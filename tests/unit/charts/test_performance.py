from collections.abc import Callable
from datetime import date, timedelta

import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.performance import bias_over_time, coverage_over_time, error_over_time
from foresell.charts.theme import ACCENT, Spec
from foresell.errors import DataError


def weeks(count: int) -> pl.DataFrame:
    shares = [0.1 + 0.01 * place for place in range(count)]
    return pl.DataFrame(
        {
            "date": [date(2026, 1, 2) + timedelta(weeks=place) for place in range(count)],
            **dict.fromkeys(("wape", "expected_wape", "usual_low", "usual_high"), shares),
            "baseline_wape": [None, *shares[1:]],
            "bias_share": [(-1) ** place * one for place, one in enumerate(shares)],
            "coverage_80": shares,
            "coverage_95": [None, *shares[1:]],
        },
        schema_overrides={"baseline_wape": pl.Float64, "coverage_95": pl.Float64},
    )


DRAWN: list[Callable[[pl.DataFrame], Spec]] = [
    error_over_time,
    bias_over_time,
    lambda frame: coverage_over_time(frame, backtest=0.79),
]


@pytest.mark.parametrize("draw", DRAWN)
def test_each_picture_is_valid_vega_lite_and_has_the_same_bytes_twice(
    draw: Callable[[pl.DataFrame], Spec],
) -> None:
    spec = draw(weeks(6))

    alt.Chart.from_dict(spec).to_dict(validate=True)
    assert render_svg(spec) == render_svg(spec)
    assert ACCENT in render_svg(spec)


@pytest.mark.parametrize("draw", DRAWN)
def test_one_week_is_told_in_words(draw: Callable[[pl.DataFrame], Spec]) -> None:
    assert "fewer than two periods" in render_svg(draw(weeks(1)))


@pytest.mark.parametrize("draw", DRAWN)
def test_a_missing_column_is_named(draw: Callable[[pl.DataFrame], Spec]) -> None:
    with pytest.raises(DataError, match="date"):
        draw(weeks(3).drop("date"))


def test_a_bar_is_as_solid_as_in_every_other_chart() -> None:
    bars = next(one for one in bias_over_time(weeks(6))["layer"] if one["mark"]["type"] == "bar")
    assert (bars["mark"]["color"], bars["mark"]["opacity"]) == (ACCENT, 1)


def test_forecasts_without_bands_are_told_in_words() -> None:
    none = (
        weeks(4)
        .with_columns(
            pl.lit(None, dtype=pl.Float64).alias(
                "coverage_80",
            )
        )
        .with_columns(coverage_95=pl.lit(None, dtype=pl.Float64))
    )
    assert "no bands" in render_svg(coverage_over_time(none, backtest=None))
