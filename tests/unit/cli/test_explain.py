import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.cli.explain import nested, show_explanation
from foresell.cli.numbers import rounded

FOUND = pl.DataFrame({
    "Store": [1] * 10,
    "Date": ["2012-11-02"] * 5 + ["2012-11-09"] * 5,
    "step": [1] * 5 + [2] * 5,
    "candidate": ["ensemble_greedy"] * 10,
    "part": ["base", "events", "residual", "residual", "floor"] * 2,
    "column": [None, None, "CPI", "(average)", None] * 2,
    "value": [100.25, -20.5, 3.125, 1.0, 0.0, 90.004, 0.004, 0.004, 0.004, 0.0],
})
amounts = st.floats(-1e7, 1e7)


@given(values=st.lists(amounts, min_size=1, max_size=8), digits=st.sampled_from([0, 2]))
def test_rounded_parts_sum_to_the_rounded_total_and_none_is_moved_by_more_than_one_unit(
    values: list[float], digits: int
) -> None:
    total = sum(values)

    shown = rounded(values, total, digits)

    unit = 10.0**-digits
    assert sum(shown) == pytest.approx(round(total, digits), rel=0, abs=unit / 100)
    assert all(abs(one - value) <= 1.5 * unit for one, value in zip(shown, values, strict=True))


def test_one_object_a_series_and_date_holds_its_parts_their_columns_and_the_sum() -> None:
    first, second = nested(FOUND)

    assert first == {
        "Store": 1,
        "Date": "2012-11-02",
        "step": 1,
        "candidate": "ensemble_greedy",
        "forecast": 83.875,
        "parts": {"base": 100.25, "events": -20.5, "residual": 4.125, "floor": 0.0},
        "columns": {"residual": {"CPI": 3.125, "(average)": 1.0}},
    }
    assert second["forecast"] == pytest.approx(90.016)


def test_the_table_of_many_forecasts_sums_in_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_explanation(FOUND)

    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines() if "2012-" in line]
    assert "BASE   + EVENTS   + RESIDUAL   = FORECAST" in out  # no part that is nothing everywhere
    for line in lines:
        base, events, residual, total = map(float, line[2:])
        assert base + events + residual == pytest.approx(total, abs=1e-9)


def test_one_forecast_is_told_part_by_part_with_its_columns_and_running_sum(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_explanation(FOUND.head(5))

    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines() if line.strip()][3:] == [
        ["base", "100.25", "100.25"],
        ["events", "-20.50", "79.75"],
        ["residual", "+4.12", "83.88"],
        ["CPI", "+3.12"],
        ["(average)", "+1.00"],
        ["forecast", "83.88"],
    ]
