import warnings

import numpy as np
import pytest
from statsmodels.tsa.statespace.sarimax import SARIMAX

from foresell.errors import CandidateError
from foresell.risks.backtest import ORIGINS, backtest, plan
from foresell.risks.forecasting import look_ahead
from foresell.risks.sarima import forecast_sarima, possible_orders
from tests.unit.risks.segments import seasonal_months


def test_a_season_and_a_trend_are_forecast_better_than_by_the_last_month() -> None:
    history = np.array(seasonal_months(35))
    known, truth = history[:29], history[29:]

    found = look_ahead(known, 6, nonnegative=True)

    assert found.method is not None
    assert found.method.startswith("sarima") or found.method == "seasonal_naive"
    assert float(np.abs(found.values - truth).mean()) < 0.5 * float(
        np.abs(known[-1] - truth).mean()
    )
    assert found.edges is not None
    assert (
        (found.edges.lower[95] <= found.edges.lower[80]) & (found.edges.lower[80] <= truth)
    ).all()


def test_every_candidate_is_scored_on_the_same_months() -> None:
    history = np.array(seasonal_months(26))
    trial = plan(26, 4)
    assert trial is not None

    found = backtest(history, trial, nonnegative=True)

    assert trial.origins == tuple(range(21, 26))
    assert len(found.rows) == 2 * 4 + 3 + 2 + 1
    assert {one.scores["n"] for one in found.judged.values()} == {len(found.rows)}
    assert [(row.truth, row.origin + row.step - 1) for row in found.rows] == [
        (history[row.place], row.place) for row in found.rows
    ]


def test_months_after_an_origin_change_no_forecast_from_it() -> None:
    history = np.array(seasonal_months(26))
    changed = np.concatenate([history[:22], history[22:] * 3 + 500])
    trial = plan(26, 6)
    assert trial is not None

    plain, other = (backtest(each, trial, nonnegative=True) for each in (history, changed))

    early = [place for place, row in enumerate(plain.rows) if row.origin <= 22]
    assert early
    assert set(plain.judged) == set(other.judged)
    for name, one in plain.judged.items():
        assert one.values[early].tolist() == other.judged[name].values[early].tolist()


@pytest.mark.parametrize("months", [24, 29, 36, 60, 120, 400])
def test_there_are_never_more_than_twelve_origins_and_the_last_is_a_month_before_the_end(
    months: int,
) -> None:
    trial = plan(months, 6)

    assert trial is not None
    assert 3 <= len(trial.origins) <= ORIGINS
    assert trial.origins[-1] == months - 1
    assert trial.origins[0] >= max(21, months - 36)


@pytest.mark.parametrize("months", range(13, 24))
def test_a_series_too_short_for_a_season_is_judged_without_one_and_says_so(months: int) -> None:
    trial = plan(months, 6)

    assert trial is not None
    assert set(trial.tried) == {"naive", "sarima_d0_D0", "sarima_d1_D0"}
    assert trial.not_tried["seasonal_naive"] == (f"{months} months; a year to learn from needs 24")


@pytest.mark.parametrize("months", [4, 12])
def test_a_series_too_short_to_judge_gets_the_naive_forecast(months: int) -> None:
    found = look_ahead(np.array(seasonal_months(months)), 3, nonnegative=True)

    assert found.judged is None
    assert found.method == "naive"
    assert found.values.tolist() == [seasonal_months(months)[-1]] * 3
    assert found.unjudged == f"{months} months are too few; a backtest needs 13 or more"


@pytest.mark.parametrize("months", [0, 3])
def test_fewer_than_four_months_have_no_forecast(months: int) -> None:
    found = look_ahead(np.array(seasonal_months(months)), 3, nonnegative=True)

    assert found.method is None
    assert found.reason == f"{months} months are too few; the naive forecast needs 4"


def test_months_that_never_change_are_forecast_by_the_last_one() -> None:
    found = look_ahead(np.full(24, 7.0), 2, nonnegative=True)

    assert found.method == "naive"
    assert found.values.tolist() == [7.0, 7.0]
    assert found.judged is not None
    assert found.judged.failed["sarima_d0_D0"] == "the months never change"


def test_a_walk_without_memory_is_forecast_by_its_last_month() -> None:
    steps = np.random.default_rng(5).standard_normal(24)
    found = look_ahead(1000 + np.cumsum(steps) * 10, 3, nonnegative=True)

    assert found.judged is not None
    assert found.method == found.judged.best
    errors = {name: one.scores["rmse"] for name, one in found.judged.judged.items()}
    assert errors[found.method] == min(float(value or 0) for value in errors.values())


def test_no_forecast_of_sales_is_below_zero() -> None:
    falling = np.maximum(400.0 - 18 * np.arange(24.0), 0)

    free, floored = (look_ahead(falling, 6, nonnegative=one) for one in (False, True))

    assert floored.edges is not None
    assert free.edges is not None
    assert free.edges.lower[95].min() < 0
    assert floored.values.min() >= 0
    assert floored.edges.lower[95].min() == 0


def test_orders_are_few_enough_for_the_months_that_are_left() -> None:
    for months in (21, 29, 48, 90):
        for differencing in ((0, 0), (1, 0), (0, 1), (1, 1)):
            left = months - differencing[0] - 12 * differencing[1]
            found = possible_orders(differencing, months)
            assert found
            assert max(2 * one.parameters for one in found) <= left
            assert {(one.order[1], one.seasonal[1]) for one in found} == {differencing}


def test_what_statsmodels_warns_of_is_told_and_not_printed() -> None:
    history = np.array([0.0, 5.0, 0.0, 90.0, 3.0, 0.0, 0.0, 70.0, 1.0, 2.0, 0.0, 88.0] * 2)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = forecast_sarima(history, 3, (0, 0))

    assert found.troubles
    assert all(
        "\n" not in one.text and one.where.startswith("sarima_d0_D0") for one in found.troubles
    )


def test_the_order_with_the_least_aicc_is_taken() -> None:
    history = np.array(seasonal_months(36))
    found = forecast_sarima(history, 2, (0, 1))

    scaled = history / float(np.std(np.diff(history)))
    theirs = []
    for one in possible_orders((0, 1), 36):
        model = SARIMAX(
            scaled,
            order=one.order,
            seasonal_order=(*one.seasonal, 12),
            trend="c" if one.constant else "n",
            simple_differencing=True,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = model.fit(disp=False, maxiter=200)
        if fitted.mle_retvals["converged"]:
            theirs.append((float(fitted.aicc), one.text))
    assert found.told["orders"] == min(theirs)[1]
    assert found.told["aicc"] == pytest.approx(min(theirs)[0], rel=1e-6)


def test_a_history_too_short_for_yearly_differences_is_refused() -> None:
    with pytest.raises(CandidateError, match="too few after differencing"):
        forecast_sarima(np.array(seasonal_months(18)), 3, (1, 1))
