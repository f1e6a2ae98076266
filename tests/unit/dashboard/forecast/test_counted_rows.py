"""Which rows a number of the explorer counts, where a file has more rows than the one beside it."""

from datetime import date, timedelta

import polars as pl
import pytest

from foresell.dashboard.reading.shown import Shown
from foresell.report.wording import amount
from tests.explored_shops import (
    LAST,
    STEPS,
    fridays,
    judged,
    long,
    parquet,
    published,
    run_files,
    shops_bundle,
    shops_shown,
)
from tests.unit.dashboard.forecast.explored_pages import drawn, look

_MISSING = LAST - timedelta(weeks=2)  # the week that was not observed of the shop west
_BASELINE = ("baselines", "seasonal_naive.parquet")


def every_cell() -> pl.DataFrame:
    """A baseline as a run writes it: every series at every step, observed or not."""
    return (
        long(fridays(1 - STEPS, STEPS))
        .with_row_index("at")
        .select(
            "shop",
            "dept",
            "week",
            cutoff=pl.lit(LAST - timedelta(weeks=STEPS)),
            step=pl.lit(1, pl.Int32),
            prediction=700.0 + pl.col("at") * 2.5,
        )
    )


def shown_with(baseline: pl.DataFrame) -> Shown:
    bundle = shops_bundle()
    return shops_shown(bundle, files=run_files(bundle) | {_BASELINE: parquet(baseline)})


def same_cells(*own: pl.Expr) -> pl.DataFrame:
    """The sums by week of truth, forecast and baseline, each over the rows that were judged."""
    both = judged().join(
        every_cell().rename({"prediction": "base"}), on=["shop", "dept", "week"], how="left"
    )
    return (
        both.filter(*own).group_by("week").agg(pl.col("y", "prediction", "base").sum()).sort("week")
    )


def percent_off(sums: pl.DataFrame, said: str) -> str:
    """The error of a sum as the page writes it."""
    y, told = sums["y"].to_numpy(), sums[said].to_numpy()
    return f"{100 * abs(y - told).sum() / abs(y).sum():.1f}\xa0%"


@pytest.mark.parametrize(
    ("query", "own"),
    [
        ({}, pl.lit(True)),
        ({"f.shop": "west"}, pl.col("shop") == "west"),
        ({"f.dept": "7"}, pl.col("dept") == 7),
        ({"f.shop": "west", "f.dept": "1"}, (pl.col("shop") == "west") & (pl.col("dept") == 1)),
    ],
)
def test_a_baseline_is_summed_over_the_rows_that_were_judged_and_no_others(
    query: dict[str, str], own: pl.Expr
) -> None:
    shown, sums = shown_with(every_cell()), same_cells(own)
    rows = drawn(shown, **query).filter(part="test").drop_nulls("prediction")
    assert rows["date"].to_list() == sums["week"].to_list()
    assert rows["actual"].to_list() == pytest.approx(sums["y"].to_list(), rel=1e-12)
    told = rows["baseline_seasonal_naive"].to_list()
    assert told == pytest.approx(sums["base"].to_list(), rel=1e-12)
    page = look(shown, **query)
    own_error, other = percent_off(sums, "prediction"), percent_off(sums, "base")
    assert page.standfirst == (
        f"In the test of {sums.height}\xa0weeks the forecast was {own_error} off, "
        f"the baseline seasonal_naive {other}."
    )
    assert f"seasonal_naive: {other}" in [fact.note for fact in page.facts]


def test_a_baseline_says_nothing_of_a_series_in_a_week_that_was_not_judged() -> None:
    rows = drawn(shown_with(every_cell()), **{"series": "west/7"}).filter(part="test")
    silent = rows.filter(pl.col("baseline_seasonal_naive").is_null())["date"].to_list()
    assert silent == [_MISSING]


def test_a_week_that_was_not_judged_has_neither_band_though_the_run_forecast_it() -> None:
    bundle = shops_bundle()
    whole = every_cell().join(
        judged().select("shop", "dept", "week", said="prediction"),
        on=["shop", "dept", "week"],
        how="left",
    )
    point = pl.coalesce("said", "prediction")
    rows = whole.with_columns(
        point.alias("prediction"), (point - 30.0).alias("q0.025"), (point + 30.0).alias("q0.975")
    )
    files = run_files(bundle) | {("predictions", "ridge.parquet"): parquet(rows)}
    test = drawn(shops_shown(bundle, files=files), **{"series": "west/7"}).filter(part="test")
    for name in ("prediction", "q0.025", "q0.1", "q0.9", "q0.975"):
        assert test.filter(pl.col(name).is_null())["date"].to_list() == [_MISSING]


def test_a_baseline_that_lacks_a_judged_row_is_not_summed_in_that_week_and_not_compared() -> None:
    gap = (pl.col("shop") == "north") & (pl.col("dept") == 7) & (pl.col("week") == LAST)
    shown = shown_with(every_cell().filter(~gap))
    rows = drawn(shown).filter(part="test")
    assert rows["baseline_seasonal_naive"].is_null().to_list() == [False] * (STEPS - 1) + [True]
    assert look(shown).standfirst.endswith("off.")
    other = look(shown, **{"f.shop": "south"})
    assert "the baseline seasonal_naive" in other.standfirst


def partly_asked() -> Shown:
    """North 7 was asked for in the third week alone, and zoo 7 never."""
    week = fridays(3, 1)[0]
    own = (pl.col("shop") == "north") & (pl.col("dept") == 7)
    rows = published().with_columns(by_default=pl.col("by_default") & (~own | _is(week)))
    return shops_shown(shops_bundle(published=rows))


def _is(week: date) -> pl.Expr:
    return pl.col("week") == week


def test_a_series_has_one_total_on_its_page_that_of_the_rows_asked_for() -> None:
    shown = partly_asked()
    own = published().filter((pl.col("shop") == "north") & (pl.col("dept") == 7))
    page = look(shown, **{"f.shop": "north", "f.dept": "7"})
    assert page.listing is not None
    asked = own.filter(_is(fridays(3, 1)[0]))["prediction"].item()
    row = page.listing.rows[0]
    assert row.forecast == f"{asked:.0f}"
    assert (
        page.heading == f"north, dept 7: {asked:.0f}\xa0USD in the 1\xa0week to 20\xa0Feb\xa02026"
    )
    assert [(fact.value, fact.note) for fact in page.facts if fact.label == "forecast"] == [
        (f"{asked:.0f}\xa0USD", "sum of 1\xa0week")
    ]
    shares = [fact.value for fact in page.facts if fact.label == "against the year before"]
    assert shares == [row.change]
    assert "counts the 1 row that the source asked for, of 4 that" in " ".join(page.notes)
    rows = drawn(shown, **{"series": "north/7"}).filter(part="forecast")
    assert rows["prediction"].to_list() == own["prediction"].to_list()  # all of it is drawn


def test_what_is_known_of_a_forecast_so_far_is_of_all_that_is_drawn_of_a_series() -> None:
    page = look(partly_asked(), **{"series": "north/7"})
    notes = {fact.label: fact.note for fact in page.facts}
    assert notes["error of the forecast so far"] == "1\xa0week came true since"


def test_a_series_that_nobody_asked_for_has_one_total_as_well_that_of_all_its_rows() -> None:
    page = look(partly_asked(), **{"f.shop": "zoo", "f.dept": "7"})
    own = published().filter((pl.col("shop") == "zoo") & (pl.col("dept") == 7))
    assert page.listing is not None
    assert page.listing.rows[0].forecast == amount(float(own["prediction"].sum()))
    assert page.heading.startswith(f"zoo, dept 7: {page.listing.rows[0].forecast}\xa0USD in the 4")
    assert "asked for" not in " ".join(page.notes)


def test_the_totals_of_two_series_add_up_to_the_total_of_both() -> None:
    shown = partly_asked()
    both = look(shown, **{"f.shop": "north"})
    rows = published().filter(
        (pl.col("shop") == "north") & ((pl.col("dept") == 1) | _is(fridays(3, 1)[0]))
    )
    total = amount(float(rows["prediction"].sum()), "USD")
    assert both.heading == f"north: {total} in the 4\xa0weeks to 27\xa0Feb\xa02026"
    assert "5 rows that the source asked for, of 8" in " ".join(both.notes)
