import json
import math

import pytest

from foresell.errors import UsageError
from foresell.risks.assessment import Asked, assess
from foresell.risks.document import document, document_bytes
from foresell.risks.picture import picture
from tests.unit.risks.segments import project, seasonal_months, usa

ORDERS = project("sales_orders")
ORIGIN = {"synthetic": False}
PARTS = (
    *("series", "forecast", "sarima", "backtest", "returns", "volatility", "value_at_risk"),
    "kupiec",
)


def told(months: list[float], **asked: int) -> dict[str, object]:
    return document(assess(usa(months), ORDERS, Asked(**asked)), ORIGIN)


def part(found: dict[str, object], *names: str) -> object:
    inside: object = found
    for name in names:
        assert isinstance(inside, dict)
        inside = inside[name]
    return inside


@pytest.fixture(scope="module")
def whole() -> dict[str, object]:
    months = seasonal_months(29)
    months[4] = 0.0
    return told(months, forecast_steps=4, garch_horizon=3)


def test_every_part_is_there_and_every_number_is_one_that_json_has(
    whole: dict[str, object],
) -> None:
    assert {name: part(whole, name, "available") for name in PARTS} == dict.fromkeys(PARTS, True)
    assert json.loads(document_bytes(whole)) == whole


def test_the_horizons_are_those_asked_for(whole: dict[str, object]) -> None:
    months = part(whole, "forecast", "months")
    path = part(whole, "volatility", "path")
    assert isinstance(months, list)
    assert isinstance(path, list)

    assert [one["month"] for one in months] == ["2005-06", "2005-07", "2005-08", "2005-09"]
    assert [one["month"] for one in path] == ["2005-06", "2005-07", "2005-08"]
    assert path[-1]["cumulative"] == pytest.approx(
        math.sqrt(sum(one["monthly"] ** 2 for one in path)), rel=1e-8
    )
    assert path[0]["annualised"] == pytest.approx(path[0]["monthly"] * math.sqrt(12), rel=1e-8)


def test_29_months_are_called_short(whole: dict[str, object]) -> None:
    assert part(whole, "series", "short") is True
    sentences = part(whole, "limitations")
    assert isinstance(sentences, list)
    assert sentences[0].startswith("29 months of data are short")
    assert "no row in 2003-05: counted as 0" in sentences


def test_returns_beside_the_zero_are_left_out_by_name(whole: dict[str, object]) -> None:
    assert part(whole, "returns", "left_out") == ["2003-05", "2003-06"]
    assert part(whole, "returns", "n") == 26


def test_the_value_at_risk_in_currency_is_the_share_of_the_last_month(
    whole: dict[str, object],
) -> None:
    shares, amounts = (
        part(whole, "value_at_risk", "levels"),
        part(whole, "value_at_risk", "amounts"),
    )
    assert isinstance(shares, list)
    assert isinstance(amounts, dict)
    for share, amount in zip(shares, amounts["levels"], strict=True):
        assert amount["var"] == pytest.approx(share["var_share"] * amounts["from_value"], rel=1e-8)
        assert amount["var"] <= amount["cvar"] <= amounts["from_value"]


def test_improvement_is_over_the_naive_forecast_on_the_same_months(
    whole: dict[str, object],
) -> None:
    candidates = part(whole, "backtest", "candidates")
    assert isinstance(candidates, list)
    by_name = {one["name"]: one for one in candidates if one["available"]}
    for one in by_name.values():
        share = 1 - one["rmse"] / by_name["naive"]["rmse"]
        assert one["improvement_over_naive"]["rmse"] == pytest.approx(share, abs=1e-9)
    best = min(by_name.values(), key=lambda one: one["rmse"])
    assert part(whole, "forecast", "method") == best["name"]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8, 13])
def test_short_series_say_all_that_can_be_said_and_why_the_rest_cannot(count: int) -> None:
    found = told([0.0] * (29 - count) + seasonal_months(count) if count else [0.0] * 29)

    for name in PARTS:
        if not part(found, name, "available"):
            reason = part(found, name, "reason")
            assert isinstance(reason, str)
            assert reason
    assert document_bytes(found)
    assert picture(found)["layer"]
    assert part(found, "series", "available") is bool(count)


def test_a_segment_whose_last_month_sold_nothing_has_no_amounts_at_risk() -> None:
    found = told([*seasonal_months(28), 0.0])

    assert part(found, "value_at_risk", "available") is True
    assert part(found, "value_at_risk", "amounts", "reason") == (
        "the last month, 2005-05, is not positive: nothing can fall from it"
    )
    sentences = part(found, "limitations")
    assert isinstance(sentences, list)
    assert any("the last return is that of 2005-04" in one for one in sentences)


def test_equal_rows_give_equal_bytes() -> None:
    months = seasonal_months(25)

    assert document_bytes(told(months)) == document_bytes(told(months))


@pytest.mark.parametrize("name", ["forecast_steps", "garch_horizon"])
@pytest.mark.parametrize("steps", [0, -1, 121])
def test_a_horizon_out_of_range_is_refused(name: str, steps: int) -> None:
    with pytest.raises(UsageError) as refused:
        Asked(**{name: steps})

    assert refused.value.args == (f"{name} is {steps}", name, "use 1 to 120 months")
