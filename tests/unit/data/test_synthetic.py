import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.data.synthetic import generate, generate_store_sales
from foresell.data.synthetic.occasions import OCCASIONS
from foresell.errors import SpecError
from foresell.spec.sources import Synthetic

SMALL = Synthetic(stores=3, products=8, start="2023-11-01", end="2024-01-31", seed=5)
TWO_YEARS = Synthetic(stores=3, products=160, start="2022-01-01", end="2023-12-31", seed=11)
SERIES = ["store_id", "category", "date"]


def parquet(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target)
    return target.getvalue()


def by_category(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return (
        tables["sales"]
        .join(tables["products"], on="product_id")
        .group_by(SERIES)
        .agg(pl.col("units").sum(), pl.col("on_promotion").mean())
        .sort(SERIES)
    )


@pytest.fixture(scope="module")
def small() -> Mapping[str, pl.DataFrame]:
    return generate(SMALL)


@pytest.fixture(scope="module")
def two_years() -> Mapping[str, pl.DataFrame]:
    return generate(TWO_YEARS)


def test_the_same_seed_gives_the_same_bytes(small: Mapping[str, pl.DataFrame]) -> None:
    again = generate(SMALL)
    assert {name: parquet(frame) for name, frame in again.items()} == {
        name: parquet(frame) for name, frame in small.items()
    }


def test_another_seed_gives_other_sales(small: Mapping[str, pl.DataFrame]) -> None:
    other = generate(replace(SMALL, seed=6))
    for name in ("sales", "products", "promotions", "effects"):
        assert not other[name].equals(small[name])


def test_there_is_one_row_for_every_store_product_and_day(
    small: Mapping[str, pl.DataFrame],
) -> None:
    sales = small["sales"]
    assert sales.height == 3 * 8 * 92
    assert sales.select("store_id", "product_id", "date").n_unique() == sales.height
    assert sales["date"].min() == date(2023, 11, 1)
    assert sales["date"].max() == date(2024, 1, 31)
    assert sales.equals(sales.sort("store_id", "date", "product_id"))


def test_days_without_a_sale_stay_as_rows_with_zero_units(
    small: Mapping[str, pl.DataFrame],
) -> None:
    christmas = small["sales"].filter(pl.col("date") == date(2023, 12, 25))
    assert christmas["units"].to_list() == [0] * (3 * 8)
    others = small["sales"].filter(pl.col("date") != date(2023, 12, 25))
    assert 0 < others.filter(pl.col("units") == 0).height < others.height


def test_units_are_whole_and_not_negative_and_revenue_is_units_times_price(
    small: Mapping[str, pl.DataFrame],
) -> None:
    sales = small["sales"]
    assert sales.schema == {
        "store_id": pl.String,
        "product_id": pl.String,
        "date": pl.Date,
        "units": pl.Int64,
        "price": pl.Float64,
        "on_promotion": pl.Boolean,
        "revenue": pl.Float64,
    }
    assert sum(sales.null_count().row(0)) == 0
    assert sales.filter((pl.col("units") < 0) | (pl.col("price") <= 0)).is_empty()
    error = (sales["revenue"] - sales["units"] * sales["price"]).abs().max()
    assert isinstance(error, float)
    assert error <= 0.005 + 1e-9


@given(stores=st.integers(1, 5), number=st.integers(0, 4), seed=st.integers(0, 2**63))
@settings(deadline=None, max_examples=15)
def test_a_store_made_alone_is_the_same_store_among_others(
    stores: int, number: int, seed: int
) -> None:
    number %= stores
    world = replace(SMALL, stores=stores, seed=seed, start="2024-01-01")
    among = generate(world)["sales"].filter(pl.col("store_id") == f"S{number + 1:04d}")
    assert_frame_equal(generate_store_sales(replace(world, stores=5), number), among)


PAST = ("sales", "inventory", "customer_traffic", "demand", "weather")
AHEAD = ("promotions", "plan", "store_events", "calendar")


@given(more=st.integers(1, 400), horizon=st.integers(1, 40))
@settings(deadline=None, max_examples=15)
def test_a_later_end_only_appends_days(more: int, horizon: int) -> None:
    end = date.fromisoformat(SMALL.end)
    longer = generate(replace(SMALL, end=(end + timedelta(days=more)).isoformat()), horizon)
    shorter = generate(SMALL)
    for table in (*PAST, *AHEAD):
        assert_frame_equal(
            *(tables[table].filter(pl.col("date") <= end) for tables in (longer, shorter))
        )
    for table in ("stores", "products", "effects"):
        assert_frame_equal(longer[table], shorter[table])


def test_every_table_has_its_columns_and_a_row_for_each_key(
    small: Mapping[str, pl.DataFrame],
) -> None:
    keys = {
        "sales": ["store_id", "product_id", "date"],
        "inventory": ["store_id", "product_id", "date"],
        "demand": ["store_id", "product_id", "date"],
        "promotions": ["store_id", "product_id", "date"],
        "plan": ["store_id", "category", "date"],
        "customer_traffic": ["store_id", "date"],
        "store_events": ["store_id", "date"],
        "stores": ["store_id"],
        "products": ["product_id"],
        "calendar": ["date"],
        "weather": ["city", "date"],
        "asked": ["store_id", "category", "date"],
    }
    assert {*keys, "effects"} == set(small)
    for table, key in keys.items():
        assert small[table].select(key).n_unique() == small[table].height
    may_be_null = {("store_events", "event"), ("calendar", "occasion")}
    for table in keys:
        for column in small[table].columns:
            if (table, column) not in may_be_null:
                assert small[table][column].null_count() == 0
    assert small["store_events"].height == 3 * (92 + 56)
    assert small["customer_traffic"].height == 3 * 92
    assert small["weather"].height == 6 * 92
    assert small["plan"].height == 3 * 4 * (92 + 56)


def test_the_plan_of_promotions_is_what_the_shops_did(small: Mapping[str, pl.DataFrame]) -> None:
    done = by_category(small).select(*SERIES, promotion=pl.col("on_promotion").round(4))
    planned = small["plan"].filter(pl.col("date") <= date(2024, 1, 31))
    assert_frame_equal(done, planned.select(*SERIES, "promotion").sort(SERIES))


def test_a_promotion_takes_its_discount_off_the_list_price(
    small: Mapping[str, pl.DataFrame],
) -> None:
    list_price = pl.col("base_price") * (1 + 0.025) ** (pl.col("date").dt.year() - 2023)
    priced = (
        small["sales"]
        .join(small["products"], on="product_id")
        .join(small["promotions"], on=["store_id", "product_id", "date"], how="left")
        .with_columns(list_price.round(2).alias("list_price"))
    )
    assert priced["on_promotion"].equals(priced["discount"].is_not_null().alias("on_promotion"))
    wanted = priced["list_price"] * (1 - priced["discount"].fill_null(0.0))
    error = (priced["price"] - wanted).abs().max()
    assert isinstance(error, float)
    assert error < 0.005 + 1e-9


def test_promotions_and_the_calendar_are_known_past_the_end(
    small: Mapping[str, pl.DataFrame],
) -> None:
    assert small["plan"]["date"].max() == date(2024, 1, 31) + timedelta(days=56)
    assert small["calendar"]["date"].to_list() == [
        date(2023, 11, 1) + timedelta(days=i) for i in range(92 + 56)
    ]
    named = small["calendar"].drop_nulls()
    assert dict(zip(named["occasion"], named["date"], strict=True)) == {
        "thanksgiving": date(2023, 11, 23),
        "black_friday": date(2023, 11, 24),
        "cyber_monday": date(2023, 11, 27),
        "christmas": date(2023, 12, 25),
        "new_year": date(2024, 1, 1),
        "presidents_day": date(2024, 2, 19),
    }


def test_the_rows_asked_for_are_every_series_on_each_day_of_the_horizon(
    small: Mapping[str, pl.DataFrame],
) -> None:
    asked = small["asked"]
    assert asked.height == 3 * 4 * 28
    assert asked.select(SERIES).n_unique() == asked.height
    assert asked["date"].min() == date(2024, 2, 1)
    assert asked["date"].max() == date(2024, 2, 28)
    assert sum(asked.null_count().row(0)) == 0
    known = small["plan"].join(small["store_events"], on=["store_id", "date"])
    assert asked.join(known, on=asked.columns, how="anti").is_empty()


def test_the_true_weekday_effect_can_be_read_from_the_sales(
    two_years: Mapping[str, pl.DataFrame],
) -> None:
    truth = two_years["effects"].filter(pl.col("effect") == "weekday", category="grocery")
    busy = [
        day + timedelta(days=offset)
        for name, day in two_years["calendar"].drop_nulls().select("occasion", "date").iter_rows()
        for crowd in OCCASIONS[name].crowds
        for offset in range(crowd.first, crowd.last + 1)
    ]
    plain = (
        by_category(two_years)
        .filter(
            pl.col("category") == "grocery",
            pl.col("on_promotion") == 0,
            ~pl.col("date").is_in(busy),
            ~pl.col("date").dt.day().is_in([1, 2, 3, 15, 16, 17]),
            pl.col("date").dt.ordinal_day() < 320,
        )
        .group_by("store_id", level=pl.col("date").dt.weekday().cast(pl.String))
        .agg(pl.col("units").mean())
        .with_columns(found=pl.col("units") / pl.col("units").mean().over("store_id"))
        .join(truth, on=["store_id", "level"])
    )
    assert plain.height == 3 * 7
    ratio = plain["found"] / plain["value"]
    assert ratio.is_between(0.95, 1.05).all()


def test_demand_follows_the_true_elasticity_on_promotion(
    two_years: Mapping[str, pl.DataFrame],
) -> None:
    elasticity = two_years["effects"].filter(effect="elasticity", category="apparel")["value"][0]
    apparel = (
        two_years["sales"]
        .join(two_years["products"].filter(category="apparel"), on="product_id")
        .with_columns(
            usual=pl.col("units").filter(~pl.col("on_promotion")).mean().over(SERIES),
            level=pl
            .col("units")
            .filter(~pl.col("on_promotion"))
            .mean()
            .over("store_id", "product_id"),
            list_price=pl.col("price").max().over("product_id", pl.col("date").dt.year()),
        )
        .with_columns(typical=pl.col("level").mean().over(SERIES))
        .filter("on_promotion", pl.col("usual").is_not_null(), pl.col("typical") > 0)
    )
    # The shop's other apparel on the same day says what would have been sold without the cut.
    expected = (
        apparel["usual"]
        * (apparel["level"] / apparel["typical"])
        * (apparel["list_price"] / apparel["price"]) ** elasticity
    ).sum()
    assert apparel.height > 1000
    assert 0.9 <= apparel["units"].sum() / expected <= 1.1


def test_electronics_peak_before_christmas(two_years: Mapping[str, pl.DataFrame]) -> None:
    electronics = by_category(two_years).filter(category="electronics")
    december = electronics.filter(pl.col("date").dt.month() == 12, pl.col("date").dt.day() < 25)[
        "units"
    ].mean()
    october = electronics.filter(pl.col("date").dt.month() == 10)["units"].mean()
    assert isinstance(december, float)
    assert isinstance(october, float)
    assert 1.3 <= december / october <= 3.0


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (replace(SMALL, start="01/02/2023"), "synthetic.start"),
        (replace(SMALL, end="2024-02-30"), "synthetic.end"),
        (replace(SMALL, end="2023-10-31"), "synthetic.end"),
        (replace(SMALL, stores=0), "synthetic.stores"),
        (replace(SMALL, products=0), "synthetic.products"),
        (replace(SMALL, products=100_000), "synthetic.products"),
        (replace(SMALL, seed=-1), "synthetic.seed"),
        (replace(SMALL, start="0001-01-01"), "synthetic.start"),
        (replace(SMALL, end="9999-12-31"), "synthetic.end"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(wrong: Synthetic, where: str) -> None:
    with pytest.raises(SpecError) as caught:
        generate(wrong)
    assert caught.value.where == where


def test_a_store_that_was_not_declared_is_refused() -> None:
    with pytest.raises(SpecError, match="store 3 was asked of 3 stores"):
        generate_store_sales(SMALL, 3)


def test_a_single_product_makes_a_retailer_of_one_category() -> None:
    tables = generate(replace(SMALL, products=1))
    assert tables["plan"]["category"].unique().to_list() == ["grocery"]
    assert tables["asked"].height == 3 * 28
