"""What happens in a shop: stock, closures, renovations, flash sales, visitors, weather."""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.data.synthetic import generate
from foresell.data.synthetic.days import Days
from foresell.data.synthetic.openings import draw_openings
from foresell.data.synthetic.weather import draw_weather
from foresell.spec.sources import Synthetic

ROW = ["store_id", "product_id", "date"]
DAY = ["store_id", "date"]
Tables = Mapping[str, pl.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return generate(
        Synthetic(stores=12, products=80, start="2023-01-01", end="2024-12-31", seed=21)
    )


@pytest.fixture(scope="module")
def whole(tables: Tables) -> pl.DataFrame:
    """Sales, stock, demand and events of every store, product and day."""
    return (
        tables["sales"]
        .join(tables["inventory"], on=ROW)
        .join(tables["demand"], on=ROW)
        .join(tables["store_events"], on=DAY)
        .sort(ROW)
    )


def assert_stock_adds_up(inventory: pl.DataFrame) -> None:
    balance = pl.col("opening") + pl.col("receipts") - pl.col("sold") - pl.col("closing")
    assert inventory.filter(balance != 0).is_empty()
    before = pl.col("closing").shift(1).over("store_id", "product_id", order_by="date")
    assert inventory.filter(before != pl.col("opening")).is_empty()
    columns = ["opening", "receipts", "sold", "closing", "on_order"]
    assert inventory.select(pl.min_horizontal(pl.col(columns).min())).item() >= 0


def test_what_opens_and_comes_in_less_what_is_sold_is_what_closes(
    tables: Tables, whole: pl.DataFrame
) -> None:
    assert whole.height == 12 * 80 * 731
    assert_stock_adds_up(tables["inventory"])


@given(
    stores=st.integers(1, 3), products=st.integers(1, 12), seed=st.integers(0, 2**40),
    days=st.integers(1, 90),
)  # fmt: skip
@settings(deadline=None, max_examples=20)
def test_stock_adds_up_in_every_world(stores: int, products: int, seed: int, days: int) -> None:
    end = date.fromordinal(date(2024, 10, 20).toordinal() + days - 1).isoformat()
    made = generate(
        Synthetic(stores=stores, products=products, start="2024-10-20", end=end, seed=seed)
    )
    assert_stock_adds_up(made["inventory"])
    joined = made["inventory"].join(made["demand"], on=ROW).join(made["sales"], on=ROW)
    assert joined.height == stores * products * days
    held = pl.min_horizontal("demand", pl.col("opening") + pl.col("receipts"))
    assert joined.filter(pl.col("units") != held).is_empty()


def test_nothing_is_sold_that_is_not_there_and_what_is_lost_is_written_beside(
    whole: pl.DataFrame,
) -> None:
    available = pl.col("opening") + pl.col("receipts")
    assert whole.filter(pl.col("units") != pl.min_horizontal("demand", available)).is_empty()
    assert whole.filter(pl.col("units") != pl.col("sold")).is_empty()
    assert whole.filter(pl.col("lost") != pl.col("demand") - pl.col("units")).is_empty()
    short = whole.filter(pl.col("lost") > 0)
    assert 0.002 < short.height / whole.height < 0.05
    assert short["stock_out"].all()
    assert 0.002 < whole.select(pl.col("lost").sum() / pl.col("demand").sum()).item() < 0.05


def test_everything_ordered_arrives_or_is_still_on_its_way(tables: Tables) -> None:
    # What is on order tonight less what was last night is what was ordered less what arrived.
    before = pl.col("on_order").shift(1, fill_value=0).over("store_id", "product_id")
    ledger = (
        tables["inventory"]
        .sort(ROW)
        .with_columns(ordered=pl.col("on_order") - before + pl.col("receipts"))
    )
    assert ledger["ordered"].min() == 0
    flow = ledger.group_by("store_id", "product_id").agg(
        way=pl.col("ordered").sum() - pl.col("receipts").sum() - pl.col("on_order").last()
    )
    assert flow["way"].to_list() == [0] * (12 * 80)


def test_only_thin_shelves_and_unreliable_suppliers_run_out(tables: Tables) -> None:
    unreliable = tables["effects"].filter(effect="unreliable_supplier")["product_id"].to_list()
    assert 0 < len(unreliable) < 20
    out = (
        tables["inventory"]
        .filter(~pl.col("product_id").is_in(unreliable))
        .group_by("store_id", "product_id")
        .agg(pl.col("stock_out").mean())
    )
    often = out.filter(pl.col("stock_out") > 0.005).height / out.height
    never = out.filter(pl.col("stock_out") == 0).height / out.height
    assert 0.1 < often < 0.25  # a fifth of the shelves is thin
    assert never > 0.7


def test_a_closed_shop_sells_nothing_and_its_rows_are_kept(whole: pl.DataFrame) -> None:
    days = whole.group_by(DAY).agg(
        pl.len(),
        pl.col("units").sum(),
        pl.col("demand").sum(),
        pl.col("receipts").sum(),
        pl.col("on_promotion").any(),
        pl.col("open").first(),
        pl.col("event").first(),
    )
    assert (days["len"] == 80).all()
    closed = days.filter(pl.col("open") == 0)
    assert set(closed["event"]) == {"closure", "holiday"}
    assert closed.filter(event="holiday").height == 12 * 2  # Christmas
    assert closed.filter(event="closure").height > 24
    assert closed.select("units", "demand", "receipts").sum().row(0) == (0, 0, 0)
    assert not closed["on_promotion"].any()
    assert days.filter(pl.col("open") > 0)["units"].min() > 0  # type: ignore[operator]


def test_days_without_a_sale_stay_as_rows_with_zero_units(whole: pl.DataFrame) -> None:
    at_work = whole.filter(pl.col("open") > 0)
    assert 0.05 < (at_work["units"] == 0).mean() < 0.5  # type: ignore[operator]


def test_a_renovation_lasts_weeks_and_takes_part_of_the_sales(whole: pl.DataFrame) -> None:
    daily = whole.group_by(*DAY, "open", "event").agg(pl.col("units").sum())
    works = daily.filter(event="renovation")
    assert works["open"].is_between(0.5, 0.85).all()
    lengths = works.group_by("store_id", pl.col("date").dt.year()).len()["len"]
    # Two to six weeks, less the days on which the shop was closed besides.
    assert lengths.is_between(12, 42).all()
    usual = daily.filter(pl.col("event").is_null()).group_by("store_id").agg(pl.col("units").mean())
    share = works.join(usual, on="store_id").select(
        share=pl.col("units") / pl.col("units_right"), wanted=pl.col("open") ** 0.7
    )
    assert 0.85 < share["share"].mean() / share["wanted"].mean() < 1.15  # type: ignore[operator]


def test_flash_sales_are_truly_applied(tables: Tables, whole: pl.DataFrame) -> None:
    flash = tables["promotions"].filter(promotion="flash_sale")
    assert flash["discount"].is_between(0.1, 0.3).all()
    shops = flash.join(tables["products"], on="product_id").group_by("store_id", "category")
    assert shops.len().height == 12 * 4
    sold = whole.join(flash, on=ROW, how="inner")
    assert sold.height == flash.filter(pl.col("date") <= date(2024, 12, 31)).height
    assert sold["on_promotion"].all()
    usual = (
        whole
        .filter(~pl.col("on_promotion"), pl.col("open") > 0)
        .group_by("store_id", "product_id")
        .agg(pl.col("demand").mean().alias("usual"))
    )
    lift = sold.join(usual, on=["store_id", "product_id"])
    # A cut of a fifth at an elasticity of about two: half as much again.
    assert 1.35 < lift.select(pl.col("demand").sum() / pl.col("usual").sum()).item() < 1.75
    runs = flash.join(tables["products"], on="product_id").group_by("store_id", "category")
    for _, found in runs:
        days = sorted(found["date"].unique())
        starts = [b for a, b in pairwise([date.min, *days]) if (b - a).days > 1]
        assert len(days) <= 4 * len(starts)  # one to three days, now and then two in a row


def test_buyers_are_visitors_and_a_closed_shop_has_neither(tables: Tables) -> None:
    traffic = tables["customer_traffic"].join(tables["store_events"], on=DAY)
    assert traffic.filter(pl.col("transactions") > pl.col("visitors")).is_empty()
    share = (pl.col("transactions") / pl.col("visitors")).fill_nan(0.0).round(4)
    assert traffic.filter(pl.col("conversion") != share).is_empty()
    closed = traffic.filter(pl.col("open") == 0)
    assert closed.select("visitors", "transactions", "conversion").sum().row(0) == (0, 0, 0.0)
    assert traffic.filter(pl.col("open") > 0)["visitors"].min() > 0  # type: ignore[operator]
    sold = tables["sales"].group_by(DAY).agg(pl.col("units").sum())
    assert traffic.join(sold, on=DAY).filter(pl.col("transactions") > pl.col("units")).is_empty()


def test_rain_keeps_visitors_away(tables: Tables) -> None:
    seen = (
        tables["customer_traffic"]
        .join(tables["stores"], on="store_id")
        .join(tables["weather"], on=["city", "date"])
        .filter(pl.col("visitors") > 0, ~pl.col("date").dt.month().is_in([11, 12]))
        .with_columns(usual=pl.col("visitors").mean().over("store_id", pl.col("date").dt.weekday()))
        .with_columns(ratio=pl.col("visitors") / pl.col("usual"))
    )
    dry, wet = (
        seen.filter(condition)["ratio"].mean()
        for condition in (pl.col("rain") == 0, pl.col("rain") > 10)
    )
    assert 0.75 < wet / dry < 0.92  # type: ignore[operator]


@given(seed=st.integers(0, 2**63))
@settings(deadline=None, max_examples=10)
def test_the_weather_of_a_year_is_weather(seed: int) -> None:
    weather = draw_weather(seed, Days(first=date(2023, 1, 1), count=365))
    assert weather.temperature.shape == weather.rain.shape == (365, 6)
    assert np.isfinite(weather.temperature).all()
    assert (weather.rain >= 0).all()
    assert (weather.rain <= 60).all()
    assert (weather.temperature[181:243].mean(axis=0) > weather.temperature[:59].mean(axis=0)).all()
    assert ((weather.rain > 0).mean(axis=0) > 0.08).all()
    assert ((weather.rain > 0).mean(axis=0) < 0.68).all()


@given(seed=st.integers(0, 2**63), store=st.integers(0, 500), year=st.integers(1990, 2080))
@settings(deadline=None, max_examples=50)
def test_every_shop_is_closed_at_christmas_and_hardly_ever_else(
    seed: int, store: int, year: int
) -> None:
    days = Days(first=date(year, 1, 1), count=365)
    openings = draw_openings(seed, store, days)
    christmas = days.dates().index(date(year, 12, 25))
    assert openings.events[christmas] == "holiday"
    assert openings.open[christmas] == 0
    assert 1 <= (openings.open == 0).sum() <= 7
    named = np.array([event is not None for event in openings.events])
    assert ((openings.open < 1) == named).all()
