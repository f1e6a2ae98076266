"""What a segment's forecast saves and how far its months swing: told as what it truly is."""

import math
from itertools import pairwise
from typing import Any

import pytest

from foresell.dashboard.segments import page
from foresell.report.wording import measured, percent, signed
from tests.dashboard_site import visit_of
from tests.unit.dashboard.segments.tables import Files, assessed, risk_files, shown_of


def looked(files: Files) -> page.Segments:
    return page.context(visit_of(shown_of("sales_orders", files)))


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return dict(assessed(30))


def backtested(
    told: dict[str, Any], method: str, **rmse: float
) -> tuple[dict[str, float], page.Segments]:
    """A page whose forecast is by ``method`` and whose candidates have these errors instead."""
    tried = [
        one | {"rmse": rmse.get(one["name"], one.get("rmse"))} if one["available"] else one
        for one in told["backtest"]["candidates"]
    ]
    changed = {
        **told,
        "backtest": {**told["backtest"], "candidates": tried},
        "forecast": {**told["forecast"], "method": method},
    }
    errors = {one["name"]: one["rmse"] for one in tried if one["available"]}
    return errors, looked(risk_files(changed))


def gains(context: page.Segments) -> list[str]:
    assert context.ahead is not None
    return [f"{one.value} {one.label}" for one in context.ahead.facts if "error" in one.label]


@pytest.mark.parametrize(
    ("naive", "seasonal", "says"),
    [
        (200.0, 100.0, "10\u00a0% less error than the seasonal naive forecast"),
        (100.0, 200.0, "10\u00a0% less error than the naive forecast"),
        (200.0, 80.0, "12\u00a0% more error than the seasonal naive forecast"),
    ],
)
def test_the_error_is_measured_against_the_better_naive_forecast_in_the_fact_and_in_both_tables(
    told: dict[str, Any], naive: float, seasonal: float, says: str
) -> None:
    own = told["forecast"]["method"]
    assert own not in {"naive", "seasonal_naive"}
    errors, context = backtested(told, own, naive=naive, seasonal_naive=seasonal, **{own: 90.0})
    better = min(naive, seasonal)
    assert context.ahead is not None
    assert context.ahead.tried is not None
    assert context.listed is not None

    assert gains(context) == [says]
    assert context.ahead.tried.heads[5] == (
        "Less RMSE than naive" if naive < seasonal else "Less RMSE than seasonal naive"
    )
    assert {
        row[0].text: row[5].text for row in context.ahead.tried.rows if row[0].text in errors
    } == {name: percent(1 - error / better) for name, error in errors.items()}
    assert context.listed.heads[3] == "Less RMSE than the better naive"
    assert context.listed.rows[0][3].text == percent(1 - 90 / better)


def test_a_forecast_that_is_the_better_naive_one_is_not_said_to_save_anything(
    told: dict[str, Any],
) -> None:
    _, context = backtested(told, "seasonal_naive", naive=200.0, seasonal_naive=100.0)

    assert gains(context) == []
    assert context.listed is not None
    assert context.listed.rows[0][3].text == "0.0\u00a0%"


def test_a_better_naive_forecast_without_any_error_leaves_no_share(told: dict[str, Any]) -> None:
    _, context = backtested(told, told["forecast"]["method"], naive=200.0, seasonal_naive=0.0)

    assert gains(context) == []
    assert context.listed is not None
    assert context.listed.rows[0][3].text == "–"


@pytest.mark.parametrize("swing", [0.01, 0.4, 3.0])
def test_returns_are_told_as_changes_and_those_within_the_volatility_are_counted(
    told: dict[str, Any], swing: float
) -> None:
    changed = {**told, "volatility": {**told["volatility"], "monthly": swing}}
    figure = looked(risk_files(changed)).figures["swings"]
    months = {one["month"]: one["value"] for one in told["series"]["months"]}
    sales = list(months.values())
    changes = [after / before - 1 for before, after in pairwise(sales)]
    low, high = math.exp(-swing) - 1, math.exp(swing) - 1
    within = sum(low <= one <= high for one in changes)

    assert len(changes) == told["returns"]["n"]
    assert figure.title == (
        f"{within} of {len(changes)}\u00a0months moved within one standard deviation of the next "
        f"month, from {signed(low)} to {signed(high)}."
    )
    assert figure.says == (
        f"{len(changes)}\u00a0months on the one before, from {signed(min(changes))} to "
        f"{signed(max(changes))}. Volatility of the next month: {measured(swing)} in logarithms."
    )


@pytest.mark.parametrize(
    ("lacks", "judged", "says"),
    [
        ("", ("naive", "seasonal_naive"), "Dashed: year before, the better naive forecast."),
        (
            "2004-08",
            ("naive", "seasonal_naive"),
            "Dashed: last month again; the better naive forecast, the year before, lacks a month.",
        ),
        (
            "",
            (),
            "Dashed: last month again; no backtest says which naive forecast is the better one.",
        ),
    ],
)
def test_the_dashed_line_is_called_the_better_naive_forecast_only_where_it_is_that(
    told: dict[str, Any], lacks: str, judged: tuple[str, ...], says: str
) -> None:
    months = [one for one in told["series"]["months"] if one["month"] != lacks]
    naive = {"naive", "seasonal_naive"}
    tried = [
        one for one in told["backtest"]["candidates"] if one["name"] not in naive - set(judged)
    ]
    changed = {
        **told,
        "series": {**told["series"], "months": months},
        "backtest": {**told["backtest"], "candidates": tried},
    }
    figure = looked(risk_files(changed)).figures["months"]

    assert figure.note.endswith(says)
    assert figure.rows is not None
    assert ("seasonal_naive" in figure.rows.columns) is ("Dashed: year before" in says)
