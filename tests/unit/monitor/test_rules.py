"""What the rules promise, over many simulated years of weeks whose nature is known."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from foresell.monitor.expectations import around_zero, learned
from foresell.monitor.reference import (
    BIAS_SPREAD,
    COVERAGE_SPREAD,
    ERROR_SPREAD,
    Reference,
)
from foresell.monitor.rules import findings_of, recent_of, remarks_of
from foresell.spec.monitoring import Finding

WAPE, SAVED = 0.1, 0.2


@dataclass(frozen=True, kw_only=True)
class Nature:
    """How weeks are made: how far they differ, how alike neighbours are, and what has changed."""

    spread: float = 0.06
    alike: float = 0.3
    rise: float = 0.0
    bias: float = 0.0
    coverage: float = 0.8


def weeks(drawn: np.random.Generator, count: int, nature: Nature) -> pl.DataFrame:
    """Return weeks with all that rules look at."""

    def noise(spread: float) -> np.ndarray:
        made = drawn.normal(0, 1, count)
        for place in range(1, count):
            made[place] = nature.alike * made[place - 1] + made[place] * np.sqrt(
                1 - nature.alike**2
            )
        return spread * made

    bias = noise(0.15 * WAPE) + nature.bias
    return pl.DataFrame({
        "period": [f"{place:03}" for place in range(count)],
        "n": [1000] * count,
        "step": np.arange(1.0, count + 1),
        "actual": [1e6] * count,
        "log_error": np.log(WAPE * (1 + nature.rise)) + noise(nature.spread),
        "log_beside": np.log((1 - SAVED) * (1 + nature.rise)) + noise(nature.spread),
        "bias_of": bias,
        "coverage_80": np.clip(nature.coverage + noise(0.02), 0, 1),
    })


def reference(backtest: pl.DataFrame) -> Reference:
    """Return what weeks of a backtest let us expect."""
    steps = backtest["step"].to_list()
    return Reference(
        error=learned(backtest["log_error"].to_list(), steps, ERROR_SPREAD),
        value=learned(backtest["log_beside"].to_list(), steps, ERROR_SPREAD),
        coverage=learned(backtest["coverage_80"].to_list(), steps, COVERAGE_SPREAD),
        bias=around_zero(backtest["bias_of"].to_list(), BIAS_SPREAD * WAPE),
        wape=WAPE,
        bias_share=0.0,
        coverage_80=0.8,
        value_added=SAVED,
        usual_bias=1.0,
        weeks=backtest,
    )


def alarms(found: list[Finding]) -> set[str]:
    """Return what the alarms are about."""
    return {one.seen for one in found if one.weight == "alarm"}


@pytest.mark.parametrize("backtest", [4, 13, 39])
@pytest.mark.parametrize("alike", [0.0, 0.3])
def test_at_most_one_run_of_a_hundred_in_quiet_weeks_calls_for_training(
    backtest: int, alike: float
) -> None:
    drawn, runs = np.random.default_rng(backtest), 400
    nature = Nature(spread=0.1, alike=alike)
    called = 0
    for _ in range(runs):  # runs of one year are much alike, so each has a year of its own
        known = reference(weeks(drawn, backtest, nature))
        called += bool(alarms(findings_of(recent_of(weeks(drawn, 8, nature), "week"), known)))
    assert called / runs <= 0.01


@pytest.mark.parametrize(
    ("nature", "seen"),
    [
        (Nature(rise=0.25), {"error", "value_added"}),
        (Nature(bias=0.08), {"bias"}),
        (Nature(bias=-0.08), {"bias"}),
        (Nature(coverage=0.6), {"coverage"}),
    ],
)
def test_what_keeps_for_four_weeks_is_found_in_at_least_95_of_100(
    nature: Nature, seen: set[str]
) -> None:
    drawn, found, tries = np.random.default_rng(5), 0, 200
    for _ in range(tries):
        known = reference(weeks(drawn, 39, Nature()))
        now = findings_of(recent_of(weeks(drawn, 4, nature), "week"), known)
        found += bool(alarms(now) & seen)
    assert found / tries >= 0.95


def test_three_weeks_are_watched_and_the_fourth_calls_for_training() -> None:
    drawn = np.random.default_rng(6)
    known = reference(weeks(drawn, 39, Nature()))
    worse = weeks(drawn, 4, Nature(rise=0.6, spread=0.01))

    said = [findings_of(recent_of(worse.head(count), "week"), known) for count in (1, 2, 3, 4)]

    assert [any(one.seen == "error" for one in found) for found in said] == [True] * 4
    assert [bool(alarms(found)) for found in said] == [False, False, False, True]


def test_one_bad_week_after_good_ones_is_watched() -> None:
    drawn = np.random.default_rng(7)
    known = reference(weeks(drawn, 39, Nature()))
    good = weeks(drawn, 4, Nature(spread=0.01))
    last = good.tail(1).with_columns(pl.col("log_error") + np.log(1.5))

    found = findings_of(recent_of(pl.concat([good.head(3), last]), "week"), known)

    assert [(one.seen, one.weight) for one in found] == [("error", "note")]
    assert "the last period" in found[0].says


def test_a_bias_that_changes_sides_is_none() -> None:
    known = reference(weeks(np.random.default_rng(8), 39, Nature()))
    turns = weeks(np.random.default_rng(9), 4, Nature()).with_columns(
        bias_of=pl.Series([0.3, -0.1, 0.3, 0.3])
    )
    assert not [one for one in findings_of(recent_of(turns, "week"), known) if one.seen == "bias"]


def test_a_band_that_holds_what_it_promises_is_no_matter_however_many_it_held_before() -> None:
    wide = reference(weeks(np.random.default_rng(10), 39, Nature(coverage=0.95)))
    kept = weeks(np.random.default_rng(11), 4, Nature(coverage=0.8))
    assert "coverage" not in alarms(findings_of(recent_of(kept, "week"), wide))


def test_a_model_that_the_baseline_beat_already_is_not_told_to_be_beaten() -> None:
    behind = weeks(np.random.default_rng(12), 39, Nature()).with_columns(
        pl.col("log_beside") + np.log(1.5)
    )
    now = weeks(np.random.default_rng(13), 4, Nature()).with_columns(
        pl.col("log_beside") + np.log(1.5)
    )
    found = findings_of(recent_of(now, "week"), reference(behind))
    assert "value_added" not in {one.seen for one in found}


def test_value_that_is_all_but_gone_is_told_before_the_baseline_wins() -> None:
    known = reference(weeks(np.random.default_rng(16), 39, Nature()))
    now = weeks(np.random.default_rng(17), 4, Nature(rise=0.22, spread=0.01))

    (found,) = [
        one for one in findings_of(recent_of(now, "week"), known) if one.seen == "value_added"
    ]

    assert found.weight == "note"
    assert found.says.startswith("in the mean of the last 4 weeks the model saved 3.0 % of")
    assert "in the backtest it saved 20.0 %" in found.says


@pytest.mark.parametrize(("coverage", "told"), [(0.93, True), (0.84, False)])
def test_a_band_that_holds_far_more_than_it_promises_is_remarked(
    coverage: float, told: bool
) -> None:
    seen = weeks(np.random.default_rng(18), 4, Nature(coverage=coverage)).with_columns(
        period=pl.Series(DAYS[:4])
    )

    remarks = remarks_of(recent_of(seen, "week"), seen, "week")

    assert any("wider than it needs to be" in one for one in remarks) is told
    assert bool(remarks) is told


DAYS = ["2026-01-02", "2026-01-09", "2026-01-16", "2026-01-23", "2026-03-06"]


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ([0, 1, 2, 3], ""),
        ([0, 1, 3], "the last 3 weeks do not follow each other: 1 week between is not known"),
        ([1, 2, 3, 4], "the last 4 weeks do not follow each other: 5 weeks between are not known"),
    ],
)
def test_weeks_that_do_not_follow_each_other_are_remarked(kept: list[int], says: str) -> None:
    seen = weeks(np.random.default_rng(19), len(kept), Nature()).with_columns(
        period=pl.Series([DAYS[place] for place in kept])
    )
    assert remarks_of(recent_of(seen, "week"), seen, "week") == ([says] if says else [])


def test_a_file_without_time_needs_200_rows_to_call_for_training() -> None:
    known = reference(weeks(np.random.default_rng(14), 39, Nature()))
    one = weeks(np.random.default_rng(15), 1, Nature(rise=1.0))
    said = [
        alarms(findings_of(recent_of(one.with_columns(n=pl.lit(rows)), "all"), known))
        for rows in (199, 200)
    ]
    assert said[0] == set()
    assert "error" in said[1]
