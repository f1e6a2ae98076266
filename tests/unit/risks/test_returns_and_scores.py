import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foresell.risks.candidates import Answer, bands, naive, seasonal_naive
from foresell.risks.returns import autocorrelation, safe_returns
from foresell.risks.scores import scores

months = st.lists(
    st.one_of(st.just(0.0), st.floats(-1e9, 1e9), st.floats(1e-6, 1e-3)), min_size=0, max_size=40
)


@settings(max_examples=60, deadline=None)
@given(values=months)
@example(values=[2.225073858507203e-309, 1.0])
def test_every_pair_has_a_finite_return_or_is_counted_as_left_out(values: list[float]) -> None:
    found = safe_returns(values)

    assert np.isfinite(found.values).all()
    assert sorted((*found.places, *found.left_out)) == list(range(1, len(values)))
    for place, value in zip(found.places, found.values, strict=True):
        grown = values[place - 1] * math.exp(value / 2) * math.exp(value / 2)  # one may overflow
        assert grown == pytest.approx(values[place], rel=1e-9)
    assert all(min(values[place - 1], values[place]) <= 0 for place in found.left_out)


def test_the_autocorrelation_of_returns_that_swing_is_negative() -> None:
    assert autocorrelation(np.array([1.0, -1.0] * 10)) == pytest.approx(-0.95, abs=1e-12)
    assert autocorrelation(np.array([1.0, 1.0, 1.0])) is None


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(*[st.one_of(st.just(0.0), st.floats(1e-6, 1e9))] * 2), min_size=1))
def test_scores_are_finite_at_zeros_and_count_what_they_leave_out(
    pairs: list[tuple[float, float]],
) -> None:
    truth, forecast = (np.array(side) for side in zip(*pairs, strict=True))

    found = scores(truth, forecast)

    assert found["mape_n"] == int((np.abs(truth) >= 1e-9).sum())
    assert found["smape_n"] == int((truth + forecast > 0).sum())
    for name in ("mape", "smape"):
        assert (found[f"{name}_n"] or 0) + (found[f"{name}_excluded"] or 0) == len(pairs)
        assert (found[name] is None) == (found[f"{name}_n"] == 0)
    assert found["smape"] is None or 0 <= found["smape"] <= 2
    assert float(found["mae"] or 0) <= float(found["rmse"] or 0) * (1 + 1e-9)


def test_the_naive_forecasts_and_their_errors_are_those_of_the_textbook() -> None:
    history = np.arange(24.0)

    last, year = naive(history, 3), seasonal_naive(history, 14)

    assert last.values.tolist() == [23.0, 23.0, 23.0]
    assert last.errors == pytest.approx([1.0, math.sqrt(2), math.sqrt(3)])
    assert year.values.tolist() == [*range(12, 24), 12.0, 13.0]
    assert year.errors == pytest.approx([12.0] * 12 + [12 * math.sqrt(2)] * 2)


def test_bands_are_those_of_student_and_never_below_zero_where_sales_cannot_be() -> None:
    answer = Answer(values=np.array([10.0]), errors=np.array([10.0]), freedom=5, told={})

    free, floored = bands(answer, nonnegative=False), bands(answer, nonnegative=True)

    assert free.upper[80][0] == pytest.approx(10 + 14.7588, abs=1e-3)  # t(5) at 0.9: 1.47588
    assert free.lower[95][0] == pytest.approx(10 - 25.7058, abs=1e-3)  # t(5) at 0.975: 2.57058
    assert (floored.lower[80][0], floored.lower[95][0]) == (0.0, 0.0)
