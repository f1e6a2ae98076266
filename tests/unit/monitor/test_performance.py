"""A judgement whole: verdict, findings, segments, and what is told of it."""

import json

import numpy as np
import polars as pl
import pytest

from foresell.monitor.judging import Performance
from foresell.monitor.performance import About, Unmatched, judge
from foresell.report.performance_page import performance_html

STORES, WEEKS = 8, 30
ABOUT = {
    "project": "shops",
    "kind": "panel",
    "target": "sales",
    "unit": "USD",
    "version": 3,
    "alias": "prod",
    "versions": [3],
    "judged_by": 3,
    "cutoff": "2025-12-26",
    "forecast_to": "2026-07-31",
    "baseline": "seasonal_naive",
    "matched": 100,
    "actuals": {"rows": 100, "new": 100, "revised": 0, "same": 0, "sha256": "ab"},
}


def rows(seed: int, weeks: int = WEEKS, *, every_day: bool = False) -> pl.DataFrame:
    """Return forecasts beside the truth of eight stores with five departments each."""
    drawn = np.random.default_rng(seed)
    count = weeks * STORES * 5
    truth = np.tile(np.linspace(50, 400, STORES).repeat(5), weeks)
    noise = drawn.normal(0, 0.1, count) * truth
    first = pl.date_range(pl.date(2026, 1, 2), pl.date(2028, 1, 1), "1w", eager=True)
    days = first.head(weeks).dt.to_string("iso").to_list()
    return pl.DataFrame({
        "period": np.repeat(days, STORES * 5),
        "step": np.repeat(np.arange(1.0, weeks + 1), STORES * 5),
        "store": np.tile(np.arange(STORES).repeat(5), weeks),
        "y": truth + noise,
        "prediction": truth,
        "low_80": truth * (1 - 0.128),
        "high_80": truth * (1 + 0.128),
        "naive": truth + drawn.normal(0, 0.15, count) * truth,
    }).with_columns(
        pl.lit(None, dtype=pl.Float64).alias("low_95"),
        pl.lit(None, dtype=pl.Float64).alias("high_95"),
    )


def about(**more: object) -> About:
    told: dict[str, object] = {
        "told": ABOUT,
        "every": "week",
        "table": False,
        "weekly": True,
        "by": ("store",),
    }
    return About(**{**told, **more})  # type: ignore[arg-type]


def doubled(frame: pl.DataFrame, store: int, weeks: int) -> pl.DataFrame:
    """Return rows in which a store sells twice as much in the last ``weeks``."""
    last = frame["period"].unique().sort().tail(weeks)
    moved = (pl.col("store") == store) & pl.col("period").is_in(last.implode())
    return frame.with_columns(pl.when(moved).then(pl.col("y") * 2).otherwise("y").alias("y"))


def named(found: Performance) -> dict[str, str]:
    return {one.about: one.weight for one in found.findings}


BACKTEST = rows(1)


def test_weeks_like_those_of_the_backtest_are_steady_and_say_why() -> None:
    found = judge(rows(2), BACKTEST, about())

    assert (found.verdict, found.findings) == ("steady", ())
    assert found.told["reasons"] == [
        "the last 4 weeks: error, bias, coverage and value added lie within what the backtest lets "
        "expect"
    ]
    assert found.told["recent"]["ratio"] == pytest.approx(1.0, abs=0.08)
    assert found.told["recent"]["coverage_80"] == pytest.approx(0.8, abs=0.06)
    assert found.told["backtest"]["periods"] == WEEKS


@pytest.mark.parametrize(("weeks", "weight"), [(1, "note"), (4, "alarm")])
def test_a_doubled_store_is_named_at_once_and_calls_for_training_after_four_weeks(
    weeks: int, weight: str
) -> None:
    found = judge(doubled(rows(2), 5, weeks), BACKTEST, about())

    assert named(found)["store=5"] == weight
    assert "times what was forecast came" in " ".join(found.told["reasons"])
    assert found.segments["value"][0] == "5"
    assert found.segments.filter(pl.col("value") != "5")["chance"].min() > 0.01  # type: ignore[operator]


def test_a_store_whose_errors_grow_to_both_sides_is_watched_and_calls_for_no_training() -> None:
    frame = rows(2)
    last = frame["period"].unique().sort().tail(4)
    moved = (pl.col("store") == 5) & pl.col("period").is_in(last.implode())
    side = pl.when(pl.int_range(pl.len()) % 2 == 0).then(1.4).otherwise(0.6)
    live = frame.with_columns(
        pl.when(moved).then(pl.col("prediction") * side).otherwise("y").alias("y")
    )

    found = judge(live, BACKTEST, about())

    assert named(found)["store=5"] == "note"


def test_the_same_rows_in_another_order_of_segments_tell_the_same() -> None:
    live = doubled(rows(2), 5, 2)
    first, second = judge(live, BACKTEST, about()), judge(live, BACKTEST, about())
    assert json.dumps(first.told) == json.dumps(second.told)
    assert first.segments.equals(second.segments)


def test_nothing_that_was_forecast_is_told_without_numbers() -> None:
    lost = Unmatched(why="not forecast", rows=3, actual=5.0, lately=5.0, named=("store=9",))

    found = judge(rows(2).head(0), BACKTEST, about(unmatched=(lost,)))

    assert found.verdict == "watch"
    assert found.told["recent"] is None
    assert found.told["reasons"] == [
        "100.0% of what came lately is of series that nothing was forecast for"
    ]
    assert "Nothing that was forecast has come true yet." in performance_html(found)


def test_where_no_period_was_judged_there_is_no_verdict() -> None:
    found = judge(rows(2).head(0), BACKTEST, about())

    assert (found.verdict, found.findings) == ("unknown", ())
    assert found.told["reasons"] == ["no whole week has been judged yet"]
    assert "Nothing has been judged yet" in performance_html(found)


@pytest.mark.parametrize(("own", "verdict", "periods"), [(0, "unknown", None), (3, "watch", 3)])
def test_only_what_the_version_itself_forecast_decides(
    own: int, verdict: str, periods: int | None
) -> None:
    live = doubled(rows(2), 5, 4)
    last = live["period"].unique().sort().tail(own)
    by = pl.when(pl.col("period").is_in(last.implode())).then(3).otherwise(2)
    told = {**ABOUT, "versions": [2, 3] if own else [2]}

    found = judge(live.with_columns(by.alias("version")), BACKTEST, about(told=told, version=3))

    assert (found.verdict, found.weeks.height) == (verdict, WEEKS)
    assert (found.told["recent"] or {}).get("periods") == periods
    if not own:
        says = "version 3 has no judged week yet: what is known came true of version 2"
        assert found.told["reasons"] == [says]
        assert "Nothing that version 3 forecast has come true yet." in performance_html(found)


def test_a_part_of_a_week_is_shown_and_not_judged() -> None:
    live = rows(2)
    last = live["period"][-1]
    cut = pl.concat([live.filter(pl.col("period") != last), live.tail(3)])

    found = judge(cut, BACKTEST, about())

    assert found.weeks["whole"].to_list() == [True] * (WEEKS - 1) + [False]
    assert found.told["recent"]["to"] < last
    assert found.weeks["tracking_signal"][-1] is None


def test_rows_of_a_table_are_compared_with_the_judged_rows_as_a_whole() -> None:
    plain = BACKTEST.with_columns(period=pl.lit("all"), step=pl.lit(None, dtype=pl.Float64))
    live = rows(3, 8).with_columns(period=pl.lit("all"), step=pl.lit(None, dtype=pl.Float64))
    worse = live.with_columns(y=pl.col("prediction") + (pl.col("y") - pl.col("prediction")) * 1.6)

    good, bad = (judge(one, plain, about(every="all", table=True)) for one in (live, worse))

    assert good.verdict == "steady"
    assert bad.verdict == "retrain"
    assert "error" in {one.seen for one in bad.findings}


def test_every_number_of_the_summary_is_one_that_json_holds() -> None:
    flat = rows(2).with_columns(y=pl.lit(0.0), prediction=pl.lit(0.0), naive=pl.lit(0.0))
    json.dumps(judge(flat, BACKTEST, about()).told, allow_nan=False)


def test_the_page_needs_nothing_else_and_has_the_same_bytes_twice() -> None:
    found = judge(doubled(rows(2), 5, 4), BACKTEST, about())

    page = performance_html(found)

    assert page == performance_html(found)
    assert len(page.encode()) < 300_000
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert "store 5" in page
    assert page.count("<svg") == 6


def test_a_name_in_the_data_is_no_markup() -> None:
    evil = rows(2).with_columns(pl.lit("<b>x</b>").alias("store"))
    page = performance_html(judge(evil, evil, about()))
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x" in page
