import math

import numpy as np
import pytest
from arch.univariate import GARCH, ConstantMean
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from foresell.errors import CandidateError
from foresell.risks.garch import fit_garch
from foresell.risks.gauging import gauge
from foresell.risks.value_at_risk import kupiec, losses, roll
from foresell.risks.volatility import Recursion, ewma, yearly
from tests.unit.risks.segments import garch_returns


@settings(max_examples=40, deadline=None)
@given(
    returns=st.lists(st.floats(-2, 2), min_size=1, max_size=30),
    decay=st.floats(0.01, 0.99),
)
def test_ewma_is_the_recursion_worked_out_by_hand(returns: list[float], decay: float) -> None:
    squares = [one**2 for one in returns]
    by_hand = sum(squares) / len(squares)
    for square in squares:
        by_hand = decay * by_hand + (1 - decay) * square

    found = ewma(np.array(returns), decay)

    assert found.variance == pytest.approx(by_hand, rel=1e-9, abs=1e-12)
    assert found.path(3) == pytest.approx([found.variance] * 3)


@settings(max_examples=60, deadline=None)
@given(
    mean=st.floats(-1, 1),
    volatility=st.floats(1e-4, 2),
    level=st.sampled_from([90, 95, 99]),
)
def test_the_expected_shortfall_is_never_less_than_the_value_at_risk(
    mean: float, volatility: float, level: int
) -> None:
    found = losses(mean, volatility, level)

    assert found.var <= found.cvar
    assert found.var_share <= found.cvar_share + 1e-9
    assert found.cvar_share <= 1


def test_value_at_risk_is_what_a_million_drawn_months_say() -> None:
    drawn = np.random.default_rng(1).normal(0.02, 0.3, 1_000_000)
    lost = 1 - np.exp(drawn)

    found = losses(0.02, 0.3, 95)

    edge = np.quantile(drawn, 0.05)
    assert found.var == pytest.approx(-edge, rel=5e-3)
    assert found.cvar == pytest.approx(-drawn[drawn <= edge].mean(), rel=5e-3)
    assert found.var_share == pytest.approx(np.quantile(lost, 0.95), rel=5e-3)
    assert found.cvar_share == pytest.approx(lost[drawn <= edge].mean(), rel=5e-3)


def test_garch_finds_the_parameters_that_made_the_returns() -> None:
    found = fit_garch(garch_returns(6000, seed=3)).recursion

    assert found.alpha == pytest.approx(0.1, abs=0.03)
    assert found.beta == pytest.approx(0.85, abs=0.05)
    assert found.mean == pytest.approx(0.005, abs=5e-4)
    long_run = math.sqrt(found.omega / (1 - found.persistence))
    assert long_run == pytest.approx(math.sqrt(2e-6 / 0.05), rel=0.1)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_scale_of_the_returns_changes_nothing_but_the_scale(scale: float) -> None:
    returns = garch_returns(400, seed=5)

    plain, scaled = fit_garch(returns).recursion, fit_garch(returns * scale).recursion

    assert scaled.alpha == pytest.approx(plain.alpha, rel=1e-3)
    assert scaled.variance == pytest.approx(plain.variance * scale**2, rel=1e-3)


def test_the_path_of_garch_is_the_one_of_arch() -> None:
    returns = garch_returns(500, seed=8)
    scale = returns.std()
    fitted = ConstantMean(returns / scale, volatility=GARCH(), rescale=False).fit(disp="off")
    theirs = fitted.forecast(horizon=6, reindex=False).variance.to_numpy()[-1] * scale**2

    assert fit_garch(returns).recursion.path(6) == pytest.approx(theirs, rel=1e-3)


def test_the_value_at_risk_of_garch_truth_fails_as_often_as_promised() -> None:
    returns = garch_returns(1500, seed=2)

    rolled = roll(returns, first=500, every=100, gauge=gauge)

    assert rolled is not None
    assert rolled.methods == {"garch": 10}
    for level in (95, 99):
        tested = kupiec(rolled.failures(level), len(rolled.returns), level)
        assert tested.months == 1000
        assert not tested.rejected


def test_the_test_rejects_a_value_at_risk_that_knows_half_the_volatility() -> None:
    returns = garch_returns(1500, seed=2)
    rolled = roll(returns, 500, 100, lambda known: gauge(known * 0.5 + 0.5 * known.mean()))

    assert rolled is not None
    assert kupiec(rolled.failures(95), 1000, 95).rejected


def test_what_is_forecast_does_not_see_what_comes_after() -> None:
    returns = garch_returns(120, seed=4)
    changed = np.concatenate([returns[:100], returns[100:] * 9])

    plain, other = (roll(each, 60, 20, gauge) for each in (returns, changed))

    assert plain is not None
    assert other is not None
    assert plain.volatilities[:41].tolist() == other.volatilities[:41].tolist()
    assert plain.volatilities[41] != other.volatilities[41]


@pytest.mark.parametrize(("failures", "months"), [(0, 10), (10, 10), (1, 20), (50, 1000)])
def test_the_kupiec_test_has_a_value_at_both_ends(failures: int, months: int) -> None:
    found = kupiec(failures, months, 95)

    assert found.ratio >= 0
    assert 0 <= found.p_value <= 1


def test_the_kupiec_ratio_is_the_one_worked_out_by_hand() -> None:
    by_hand = -2 * (
        2 * math.log(0.05) + 98 * math.log(0.95) - 2 * math.log(0.02) - 98 * math.log(0.98)
    )

    found = kupiec(2, 100, 95)

    assert found.ratio == pytest.approx(by_hand, rel=1e-12)
    assert found.p_value == pytest.approx(chi2.sf(by_hand, 1), rel=1e-9)


def test_too_few_returns_fall_back_to_ewma_and_say_why() -> None:
    found = gauge(garch_returns(12, seed=1))

    assert found is not None
    assert found.method == "ewma"
    assert found.reason == "12 returns are too few for GARCH, which needs 20 or more"
    assert found.recursion == ewma(garch_returns(12, seed=1))


def test_returns_whose_shocks_never_end_fall_back_to_ewma_and_say_why() -> None:
    growing = np.random.default_rng(1).standard_normal(60) * 1.05 ** np.arange(60)

    with pytest.raises(CandidateError, match="not stationary"):
        fit_garch(growing)

    found = gauge(growing)
    assert found is not None
    assert found.method == "ewma"


@pytest.mark.parametrize("returns", [[0.1] * 5, [0.1] * 30, []])
def test_no_volatility_is_gauged_where_there_is_none_to_see(returns: list[float]) -> None:
    assert gauge(np.array(returns)) is None


def test_a_year_is_the_square_root_of_twelve_months() -> None:
    assert yearly(0.1) == pytest.approx(0.34641, abs=1e-5)


def test_the_path_goes_to_the_long_run() -> None:
    state = Recursion(mean=0.0, variance=9.0, omega=1.0, alpha=0.2, beta=0.3)

    assert state.path(60)[-1] == pytest.approx(2.0, rel=1e-9)
