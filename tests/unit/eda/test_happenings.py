"""Events and covariates: what was planted is found, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.eda.covariates import covariate_effects
from foresell.eda.extremes import extremes
from foresell.eda.grid import Numbers, lay_grid
from foresell.eda.happenings import event_effects, event_periods
from foresell.eda.panel_sums import totals
from foresell.features.calendar import event_grids
from foresell.spec.calendar import Event, Frequency
from foresell.spec.project import ProjectSpec
from tests.described import FIRST, SHOPS, shop_rows

PLAIN = replace(SHOPS, holiday_weight=None)


def effects(rows: pl.DataFrame, project: ProjectSpec = PLAIN) -> pl.DataFrame:
    grid = lay_grid(rows, project)
    inside, begins = event_periods(project, grid.dates[0], grid.dates[-1])
    return event_effects(totals(grid, project, inside), begins, project)


def lifted(by: float, weeks: int = 150, noise: float = 0.02) -> pl.DataFrame:
    """Weeks of one level, and in those with Christmas ``by`` times as much."""
    days = [FIRST + timedelta(weeks=i) for i in range(weeks)]
    christmas = [
        any((day - timedelta(days=back)).timetuple()[1:3] == (12, 25) for back in range(7))
        for day in days
    ]
    draw = np.random.default_rng(2).normal(1, noise, weeks)
    sales = 100 * draw * np.where(christmas, by, 1.0)
    return pl.DataFrame({"shop": 1, "item": "a", "week": days, "sales": sales})


@pytest.mark.parametrize("frequency", ["D", "W-FRI"])
@settings(max_examples=20)
@given(back=st.integers(0, 60), periods=st.integers(2, 160))
def test_an_event_falls_into_the_period_that_features_lay_it_in(
    frequency: Frequency, back: int, periods: int
) -> None:
    project = replace(PLAIN, frequency=frequency)
    first = FIRST - timedelta(weeks=back)
    step = timedelta(days=1 if frequency == "D" else 7)
    inside, begins = event_periods(project, first, first + (periods - 1) * step)

    for grid in event_grids(project, first, periods):
        held = [first + int(at) * step for at in np.flatnonzero(grid.inside)]
        assert sorted(day for day, names in inside.items() if grid.name in names) == held
        assert begins.get(grid.name, []) == held


def test_a_lift_of_half_is_found_with_its_interval() -> None:
    found = effects(lifted(1.5))
    pooled = found.filter((pl.col("event") == "christmas") & pl.col("date").is_null())
    of = {row["offset"]: row for row in pooled.iter_rows(named=True)}

    assert of[0]["n"] == 2
    assert of[0]["low"] < 1.5 < of[0]["high"]
    assert of[0]["low"] > 1.4
    assert of[-1]["low"] < 1 < of[-1]["high"]


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_an_event_without_effect_has_an_interval_that_holds_one_nearly_always(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inside = []
    for _ in range(8):
        rows = lifted(1.0).with_columns(sales=pl.Series(100 * rng.normal(1, 0.05, 150)))
        pooled = effects(rows).filter(pl.col("date").is_null())
        inside += (pooled["low"] < 1).to_list() + (pooled["high"] > 1).to_list()
    assert np.mean(inside) > 0.85  # a side misses 2.5 %, and 96 sides are counted


@pytest.mark.parametrize(
    "kind", ["heavy tails", "the same season each year", "weeks hang together"]
)
def test_what_is_told_of_many_events_without_effect_is_wrong_once_in_twenty_times(
    kind: str,
) -> None:
    events = tuple(Event(name=f"e{month}", day=f"{month:02d}-15") for month in range(1, 13, 2))
    project, told, outside = replace(PLAIN, events=events), 0, []
    days = [FIRST + timedelta(weeks=i) for i in range(156)]
    for seed in range(25):
        off = _quiet_weeks(kind, np.random.default_rng(seed))
        rows = pl.DataFrame({"shop": 1, "item": "a", "week": days, "sales": 100 * np.exp(off)})
        pooled = effects(rows, project).filter(pl.col("date").is_null())
        away = (pooled["low"] > 1) | (pooled["high"] < 1)
        outside += away.to_list()
        told += bool((away & (pooled["chance"] <= 0.05)).any())

    assert told <= 3
    assert np.mean(outside) <= 0.05


def _quiet_weeks(kind: str, rng: np.random.Generator) -> Numbers:
    if kind == "heavy tails":
        return rng.standard_t(4, 156) * 0.04
    if kind == "the same season each year":
        return np.tile(rng.normal(0, 0.05, 52), 3) + rng.normal(0, 0.01, 156)
    off = rng.normal(0, 0.05, 156)
    for week in range(1, 156):
        off[week] += 0.6 * off[week - 1]
    return off


def test_of_fewer_than_nineteen_quiet_weeks_no_interval_is_told() -> None:
    found = effects(lifted(1.5).filter(pl.col("week") >= date(2010, 9, 10)).head(20))

    assert found.height > 0
    assert found.select("low", "high", "chance").null_count().row(0) == (found.height,) * 3


def test_the_days_of_one_feast_are_one_occurrence() -> None:
    days = tuple(date(2011, 5, day) for day in (3, 4, 5))
    project = replace(PLAIN, frequency="D", events=(Event(name="fair", dates=days),))
    inside, begins = event_periods(project, date(2011, 1, 1), date(2011, 12, 31))

    assert begins == {"fair": [days[0]]}
    assert inside == {day: ["fair"] for day in days}


def test_a_sale_of_nothing_has_no_interval_below_zero() -> None:
    found = effects(lifted(0.0)).filter((pl.col("event") == "christmas") & (pl.col("offset") == 0))

    assert found["ratio"].to_list() == [0.0] * found.height
    assert found["low"].to_list() == [0.0] * found.height


def test_the_declared_holiday_is_an_event() -> None:
    rows = lifted(1.3).with_columns(
        feast=pl.col("week").dt.month().eq(12) & pl.col("week").dt.day().ge(25)
    )
    found = effects(rows, SHOPS).filter(pl.col("date").is_null() & (pl.col("offset") == 0))

    ratio = dict(found.select("event", "ratio").iter_rows())
    assert ratio["feast"] == pytest.approx(ratio["christmas"])


def compared(rows: pl.DataFrame, column: str) -> dict[tuple[str, str], dict[str, float]]:
    found = covariate_effects(lay_grid(rows, SHOPS), SHOPS).filter(pl.col("column") == column)
    return {(row["group"], row["against"]): row for row in found.iter_rows(named=True)}


def test_a_promotion_of_three_tenths_is_found() -> None:
    row = compared(shop_rows(shops=8, items=4), "promo")["above zero", "zero"]

    assert row["low"] < 1.3 < row["high"]
    assert row["low"] > 1.25


def test_an_unknown_markdown_is_not_a_markdown_of_zero() -> None:
    rows = shop_rows(shops=8, items=4)
    found = compared(rows, "markdown")

    assert ("above zero", "zero") not in found
    known = found["known", "unknown"]
    late = rows.filter(pl.col("week") >= FIRST + timedelta(weeks=60))
    assert known["rows"] + known["rows_against"] == late.height


def test_what_has_no_effect_is_said_to_have_none_nearly_always() -> None:
    missed = 0
    for seed in range(40):
        found = compared(shop_rows(shops=8, items=3, seed=seed), "markdown")
        missed += sum(not row["low"] < 1 < row["high"] for row in found.values())

    assert missed <= 12  # of 80 intervals of 95 %


def test_markdowns_of_another_shop_are_said_to_have_no_effect_nearly_always() -> None:
    wrong, told = 0, 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        rows = shop_rows(shops=14, items=3, weeks=80, seed=seed)
        shop = rows["shop"].to_numpy()
        week = ((rows["week"] - FIRST).dt.total_days() // 7).to_numpy()
        level, plan = (np.cumsum(rng.normal(0, size, (14, 80)), axis=1) for size in (0.03, 1.0))
        walked = rows.with_columns(
            sales=100 * np.exp(level[shop, week] + rng.normal(0, 0.02, len(shop))),
            promo=pl.lit(0.0),
            markdown=plan[shop, week],
        )
        row = compared(walked, "markdown")["upper half", "lower half"]
        wrong += not row["low"] < 1 < row["high"]
        told += row["chance"] <= 0.05
        assert str(row["unit"]) == "shop"
        assert row["units"] == 14

    assert wrong <= 5  # of 25; as if weeks did not hang together it was more than half of them
    assert told <= 5


def test_a_group_that_sells_nothing_has_no_ratio() -> None:
    rows = shop_rows().with_columns(
        sales=pl.when(pl.col("promo") > 0).then(pl.col("sales")).otherwise(0.0)
    )

    assert ("above zero", "zero") not in compared(rows, "promo")


def test_shops_that_promote_often_are_not_measured_against_their_promotions() -> None:
    rng = np.random.default_rng(5)
    rows = shop_rows(shops=8, items=4)
    often = 0.1 + 0.1 * rows["shop"].to_numpy()
    promo = (rng.random(rows.height) < often).astype(float)
    lifted = rows.with_columns(promo=promo, sales=100 * (1 + pl.Series(promo)))
    row = compared(lifted, "promo")["above zero", "zero"]

    assert row["ratio"] == pytest.approx(2, rel=1e-4)


def test_a_season_in_which_everything_is_promoted_is_no_effect_of_promotions() -> None:
    rows = shop_rows(shops=8, items=4).with_columns(
        promo=pl.when(pl.col("week").dt.month() == 12).then(1.0).otherwise(0.0),
        sales=pl.when(pl.col("week").dt.month() == 12).then(900.0).otherwise(100.0),
    )

    assert compared(rows, "promo") == {}


def test_the_largest_jumps_are_between_neighbours_only() -> None:
    days = [FIRST + timedelta(weeks=i) for i in (0, 1, 3, 4)]
    rows = pl.DataFrame({
        "shop": [1] * 4 + [2] * 2,
        "item": "a",
        "week": [*days, *days[:2]],
        "sales": [5.0, 9.0, 500.0, 400.0, 0.0, -3.0],
    })
    found = extremes(lay_grid(rows, SHOPS), SHOPS, {days[1]: ["fair"]})

    def told(kind: str, columns: Sequence[str]) -> list[tuple[object, ...]]:
        return found.filter(pl.col("kind") == kind).select(columns).rows()

    wanted = ["shop", "date", "before", "change", "events"]
    assert told("rise", wanted) == [(1, days[1], 5.0, 4.0, "fair")]
    assert told("fall", wanted) == [
        (1, days[3], 500.0, -100.0, ""),
        (2, days[1], 0.0, -3.0, "fair"),
    ]
    assert told("highest", ["y"])[0] == (500.0,)
    assert told("lowest", ["y", "before"]) == [
        (-3.0, 0.0),
        (5.0, None),
        (9.0, 5.0),
        (400.0, 500.0),
        (500.0, None),
    ]
