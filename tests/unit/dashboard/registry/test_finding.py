"""The sentence on two models: by which metric, how far apart, and which metric says otherwise."""

from collections.abc import Mapping

import pytest

from foresell.dashboard.registry.difference import change, metric_table
from foresell.dashboard.registry.finding import better, finding, heading
from foresell.govern.compared import Comparison, MetricDifference, SameRows, Side
from foresell.govern.comparing import metric_differences

NBSP = "\u00a0"
Scores = Mapping[str, float]


def moved(before: Scores, after: Scores, *deciding: str) -> tuple[MetricDifference, ...]:
    return metric_differences(before, after, deciding or ("rmse", "mae"))


def said(before: Scores, after: Scores, *deciding: str) -> str:
    told = finding(moved(before, after, *deciding), "version 1", "version 2")
    return told.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            {"rmse": 449.4, "mae": 255.2},
            {"rmse": 520.0, "mae": 248.4},
            "Version 2 errs 2.7 % less than version 1 on MAE, but 15.7 % more on RMSE",
        ),
        (
            {"mae": 10.0, "coverage_80": 0.79},
            {"mae": 9.0, "coverage_80": 0.70},
            "Version 2 errs 10.0 % less than version 1 on MAE, "
            "but its 80 % band held 70.0 % instead of 79.0 %",
        ),
        (
            {"mae": 10.0, "coverage_80": 0.80},
            {"mae": 9.0, "coverage_80": 0.90},
            "Version 2 errs 10.0 % less than version 1 on MAE, "
            "but its 80 % band held 90.0 % instead of 80.0 %",
        ),
        (
            {"mae": 10.0, "coverage_80": 0.70},
            {"mae": 11.0, "coverage_80": 0.79},
            "Version 2 errs 10.0 % more than version 1 on MAE, "
            "but its 80 % band held 79.0 % instead of 70.0 %",
        ),
        (
            {"rmse": 5.0, "mae": 10.0, "bias_share": 0.001},
            {"rmse": 5.5, "mae": 9.0, "bias_share": -0.02},
            "Version 2 errs 10.0 % less than version 1 on MAE, "
            "but 10.0 % more on RMSE, and its bias is −2.0 % instead of +0.1 %",
        ),
        (
            {"rmse": 8.0, "mae": 7.0},
            {"rmse": 7.0, "mae": 7.0},
            "Version 2 errs as much as version 1 on MAE, but 12.5 % less on RMSE",
        ),
        (
            {"rmse": 0.0, "mae": 0.0},
            {"rmse": 1.0, "mae": 1.0},
            "Version 2 errs more than version 1 on MAE, on which that one made no error",
        ),
        ({"coverage_80": 0.8}, {"coverage_80": 0.7}, ""),
    ],
)
def test_a_metric_that_says_otherwise_is_said(before: Scores, after: Scores, told: str) -> None:
    assert said(before, after) == told


def test_the_metric_is_the_last_that_decides_as_on_every_page() -> None:
    before, after = {"rmse": 8.0, "wmae": 4.0, "mae": 5.0}, {"rmse": 7.0, "wmae": 3.0, "mae": 4.0}
    assert said(before, after, "rmse", "wmae").endswith("on WMAE")


def test_what_is_too_small_to_be_seen_is_level() -> None:
    pairs = moved(
        {"mae": 10_000.0, "coverage_80": 0.8, "r2": 0.5, "width_80": 3.0},
        {"mae": 10_004.0, "coverage_80": 0.804, "r2": 0.6, "width_80": 2.0},
    )
    assert {one.metric: better(one) for one in pairs} == {
        "mae": 0,
        "r2": 1,
        "coverage_80": 0,
        "width_80": None,
    }


def compared(same: SameRows, metrics: tuple[MetricDifference, ...], rows: int | None) -> Comparison:
    sides = [
        Side(version=n, digest=f"d{n}", registered_at="", champion="a", protocol="", rows=rows)
        for n in (1, 2)
    ]
    return Comparison(
        project="toy",
        before=sides[0],
        after=sides[1],
        metrics=metrics,
        same_rows=same,
        notes=("something else",),
    )


def test_scores_of_other_rows_are_no_finding() -> None:
    worse = moved({"mae": 7.0}, {"mae": 9.0})
    partly, unknown = SameRows(n=5, says=""), SameRows(n=0, says="")
    level = "Version 2 errs as much as version 1 on the rows both were judged on"
    nothing = "What differs between version 1 and version 2"

    assert heading(compared(partly, worse, 12)) == level
    assert heading(compared(unknown, worse, 12)) == nothing
    assert heading(compared(partly, worse, None)) == nothing


def test_a_difference_is_no_power_of_ten_and_no_zero_with_a_sign() -> None:
    found = moved(
        {"mae": 1.0, "r2": 0.9834, "bias_share": 0.004, "rmse": 3.0},
        {"mae": 1.0002, "r2": 0.98335, "bias_share": 0.0038, "rmse": 3.0},
    )
    assert {one.metric: change(one).replace(NBSP, " ") for one in found} == {
        "rmse": "same",
        "mae": "+0.02 %",
        "bias_share": "−0.02 points",
        "r2": "−0.00005",
    }


def test_the_better_of_two_errors_is_marked_only_where_they_look_apart() -> None:
    found = moved({"mae": 10_000.0, "rmse": 8.0}, {"mae": 10_001.0, "rmse": 9.0}, "mae")
    table = metric_table("", found, ("Version 1", "Version 2"))
    marks = {row[0].text: [cell.mark for cell in row[1:]] for row in table.rows}
    assert marks == {"MAE": ["", "", ""], "RMSE": ["best", "", "warn"]}
