from dataclasses import replace
from statistics import median

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.report import captions
from foresell.report.context import RunReport
from foresell.report.standing import Standing, scale_limit, standing


def test_the_best_baseline_is_the_one_of_lowest_wape(full: RunReport) -> None:
    assert standing(full) == Standing(
        champion="ours",
        champion_is_baseline=False,
        baseline="seasonal_naive",
        metric="wape",
        error=0.08,
        baseline_error=0.1,
    )


def test_the_gain_is_the_share_by_which_the_error_is_lower(full: RunReport) -> None:
    assert standing(full).gain == pytest.approx(0.2, abs=1e-12)


@pytest.mark.parametrize(
    ("wape", "headline"),
    [
        (0.077, "Errors are 23\u00a0% below the best baseline"),
        (0.12, "Errors are 20\u00a0% above the best baseline"),
        (0.1, "Errors are level with the best baseline"),
    ],
)
def test_the_headline_says_how_far_the_errors_lie_apart(
    full: RunReport, wape: float, headline: str
) -> None:
    ours = pl.when(pl.col("champion")).then(wape).otherwise(pl.col("wape"))
    report = replace(full, leaderboard=full.leaderboard.with_columns(wape=ours))

    assert captions.headline(report, standing(report)) == headline


def test_a_baseline_that_stays_champion_gets_no_praise(full: RunReport) -> None:
    crowned = full.leaderboard.with_columns(champion=pl.col("candidate") == "seasonal_naive")
    report = replace(full, leaderboard=crowned)

    assert captions.headline(report, standing(report)) == "No candidate beat seasonal_naive"


@pytest.mark.parametrize(("late", "verb"), [(0.08, "holds"), (0.095, "narrows"), (0.06, "widens")])
def test_the_lead_along_the_horizon_is_named(full: RunReport, late: float, verb: str) -> None:
    moved = full.by_step.with_columns(
        wape=pl
        .when((pl.col("candidate") == "ours") & (pl.col("step") > 6))
        .then(late)
        .otherwise(pl.col("wape"))
    )
    report = replace(full, by_step=moved)

    sentence = captions.steps(report, standing(report))

    assert sentence.startswith(f"The lead over seasonal_naive {verb} along the horizon: 20\u00a0%")


def test_segments_where_the_baseline_is_better_are_named(full: RunReport) -> None:
    worse = full.segments.with_columns(
        wape=pl
        .when((pl.col("candidate") == "ours") & (pl.col("value") == "B"))
        .then(0.2)
        .otherwise(pl.col("wape"))
    )
    report = replace(full, segments=worse)

    assert captions.segments(report, standing(report)) == (
        "Ahead in 2 of 3 segments, behind in Type B; the widest lead is 20\u00a0%, in Type A."
    )


def test_the_total_is_compared_over_judged_dates_only(full: RunReport) -> None:
    assert captions.total(full) == (
        "Over the test window the forecasts add up to 1,035\u00a0USD, 0.9\u00a0% above the actual "
        "total. The largest miss of one day's total is 0.9\u00a0%, on 22\u00a0Apr\u00a02011."
    )


def test_the_weights_are_averaged_over_all_buckets_and_not_only_those_of_a_member(
    full: RunReport,
) -> None:
    assert captions.weights(full) == (
        "An average of 2\u00a0members; a has the largest weight, 88\u00a0% over the horizon."
    )


def test_half_of_the_errors_is_the_median_of_their_sizes(full: RunReport) -> None:
    assert captions.residuals(full.residuals["error"], "USD") == (
        "Half of all errors are smaller than 1\u00a0USD; 60\u00a0% are too high."
    )


def test_errors_that_are_shares_are_said_in_percent(full: RunReport) -> None:
    report = replace(
        full,
        residuals=pl.DataFrame({"error": [-0.3, -0.0903, 0.05]}),
        residual_share_of="the series' mean",
    )

    assert captions.residuals(report.residuals["error"], "", "the series' mean") == (
        "Half of all errors are smaller than 9.0\u00a0% of the series' mean; "
        "33\u00a0% are too high."
    )


def test_a_segment_far_beyond_the_others_is_cut_and_named(full: RunReport) -> None:
    strange = full.segments.head(1).with_columns(
        segment=pl.lit("volume_quartile"),
        value=pl.lit("no_history"),
        n=pl.lit(112, dtype=pl.Int64),
        wape=pl.lit(116.3),
    )
    report = replace(full, segments=pl.concat([full.segments, strange]))

    assert captions.cut(report, standing(report)) == (
        "The scale ends at 50\u00a0%; a triangle at its edge stands for a larger error, given as "
        "a number: series with no history (112\u00a0rows). WAPE is large where actual values are "
        "small."
    )


def test_segments_of_like_errors_are_not_cut(full: RunReport) -> None:
    assert captions.cut(full, standing(full)) == ""


@settings(deadline=None)
@given(wapes=st.lists(st.none() | st.floats(0, 1e4), max_size=20))
def test_a_scale_is_positive_and_holds_the_median(wapes: list[float | None]) -> None:
    limit = scale_limit(pl.DataFrame({"wape": pl.Series(wapes, dtype=pl.Float64)}))

    known = [wape for wape in wapes if wape is not None]
    assert limit > 0
    assert not known or median(known) <= limit
