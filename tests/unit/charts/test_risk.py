from datetime import date

import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.risk import RiskFrames, RiskWords, risk_chart
from foresell.charts.theme import TOKENS
from foresell.errors import DataError
from foresell.risks.months import add_months

MONTHS = [add_months(date(2003, 1, 1), place) for place in range(24)]
AHEAD = [add_months(date(2005, 1, 1), place) for place in range(3)]
EMPTY = pl.DataFrame()
WORDS = RiskWords(title="SALES by month: COUNTRY USA", told="24 months", below="Monthly returns")
HISTORY = pl.DataFrame({"date": MONTHS, "y": [100.0 + 5 * (i % 12) for i in range(24)]})
FORECAST = pl.DataFrame({
    "date": AHEAD,
    "prediction": [100.0, 105.0, 110.0],
    "lower_80": [80.0, 80.0, 80.0],
    "upper_80": [120.0, 125.0, 130.0],
    "lower_95": [60.0, 60.0, 60.0],
    "upper_95": [140.0, 150.0, 160.0],
})
BACKTEST = pl.DataFrame({
    "date": MONTHS[20:], "origin": ["2004-08"] * 4, "prediction": [140.0, 145.0, 150.0, 155.0],
})  # fmt: skip
RETURNS = pl.DataFrame({"date": MONTHS[1:], "value": [0.05 * (-1) ** i for i in range(23)]})
PATH = pl.DataFrame({"date": AHEAD, "value": [0.06, 0.07, 0.08]})
WHOLE = RiskFrames(
    history=HISTORY, backtest=BACKTEST, forecast=FORECAST, returns=RETURNS, path=PATH
)
FEW = RiskFrames(history=HISTORY, backtest=EMPTY, forecast=EMPTY, returns=EMPTY, path=EMPTY)
ONE = RiskFrames(
    history=HISTORY, backtest=EMPTY, forecast=FORECAST.head(1), returns=RETURNS, path=PATH.head(1)
)


@pytest.mark.parametrize("frames", [WHOLE, FEW, ONE])
def test_the_picture_is_valid_vega_lite_in_the_colours_of_the_house(frames: RiskFrames) -> None:
    spec = risk_chart(frames, WORDS)

    alt.Chart.from_dict(spec).to_dict(validate=True)
    used = {color.lower() for color in TOKENS.values() if color in str(spec)}
    assert used >= {TOKENS["ink"], TOKENS["grid"]}


def test_what_is_drawn_is_named_and_what_is_not_is_not() -> None:
    whole, few = render_svg(risk_chart(WHOLE, WORDS)), render_svg(risk_chart(FEW, WORDS))

    for word in (WORDS.title, WORDS.told, WORDS.below, "actual"):
        assert word in whole
        assert word in few
    for word in ("forecast", "backtest", "volatility"):
        assert f">{word}<" in whole
        assert f">{word}<" not in few


def test_a_segment_without_months_says_so() -> None:
    empty = RiskFrames(
        history=HISTORY.clear(), backtest=EMPTY, forecast=EMPTY, returns=EMPTY, path=EMPTY
    )

    assert "no month to draw" in render_svg(risk_chart(empty, WORDS))


def test_a_frame_that_lacks_a_column_is_refused() -> None:
    broken = RiskFrames(
        history=HISTORY.drop("y"), backtest=EMPTY, forecast=EMPTY, returns=EMPTY, path=EMPTY
    )

    with pytest.raises(DataError, match="no column 'y'"):
        risk_chart(broken, WORDS)
