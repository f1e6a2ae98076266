"""The ready-made queries on the real files, against Polars on the same rows, whole values."""

import io
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.adapters.layer_sql import ask_layer
from tests.unit.adapters.test_queries import MONEY

pytestmark = pytest.mark.realdata
C = pl.col


class Layer:
    """Rows on disk as a run leaves them: a part for each year of ``time``, or one part."""

    def __init__(self, folder: Path, project: str, rows: pl.DataFrame, time: str | None) -> None:
        self.folder, self.project, self.rows = folder, project, rows
        parts = {"part-00000.parquet": rows}
        if time is not None:
            years = rows[time].dt.year()
            parts = {
                f"year={year}/part-00000.parquet": rows.filter(years == year)
                for year in years.unique().sort()
            }
        self.names = list(parts)
        for name, part in parts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            part.write_parquet(folder / name)

    def says(self, name: str, expected: pl.DataFrame) -> None:
        """Hold a query to ``expected``, money rounded to cents."""
        expected = expected.with_columns(
            C(column).round(2) for column in expected.columns if column in MONEY
        )
        path = files("foresell") / "projects" / self.project / "queries" / f"{name}.sql"
        answer = ask_layer(self.folder, self.names, self.project, path.read_text("utf-8"))
        assert_frame_equal(answer, expected, check_dtypes=False, rel_tol=1e-11, abs_tol=1e-9)


@pytest.fixture(scope="module")
def walmart(walmart_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Layer:
    sales = pl.read_csv(walmart_data / "train.csv", try_parse_dates=True)
    stores = (walmart_data / "stores.csv").read_bytes().replace(b"\r", b"\n")
    rows = sales.join(pl.read_csv(io.BytesIO(stores)), on="Store", how="left")
    return Layer(tmp_path_factory.mktemp("walmart"), "walmart", rows, "Date")


@pytest.fixture(scope="module")
def orders(walmart_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Layer:
    path = walmart_data.parent / "sales_orders" / "sales_data_sample.csv"
    text = path.read_bytes().decode("cp850")
    rows = pl.read_csv(io.StringIO(text), infer_schema_length=None)
    rows = rows.with_columns(C("ORDERDATE").str.to_date("%m/%d/%Y %k:%M"))
    return Layer(tmp_path_factory.mktemp("orders"), "sales_orders", rows, "ORDERDATE")


@pytest.fixture(scope="module")
def houses(walmart_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Layer:
    rows = pl.read_csv(walmart_data.parent / "california" / "california_housing.csv")
    return Layer(tmp_path_factory.mktemp("houses"), "california_housing", rows, None)


def test_order_lines_and_distinct_orders(orders: Layer) -> None:
    sales = orders.rows["SALES"].sum()
    orders.says(
        "lines_and_orders",
        pl.DataFrame({
            "order_lines": [2823],
            "orders": [307],
            "lines_per_order": [2823 / 307],
            "sales": [sales],
            "sales_per_line": [sales / 2823],
            "sales_per_order": [sales / 307],
        }),
    )


LINES = (pl.len().alias("order_lines"), C("ORDERNUMBER").n_unique().alias("orders"))
SALES = C("SALES").sum().alias("sales")


def test_sales_by_product_line_and_country(orders: Layer) -> None:
    units = C("QUANTITYORDERED").sum().alias("units")
    means = (
        C("PRICEEACH").mean().alias("mean_price"),
        C("SALES").mean().alias("mean_sales_per_line"),
    )
    by_line = orders.rows.group_by(product_line=C("PRODUCTLINE"))
    orders.says(
        "by_product_line", by_line.agg(*LINES, units, SALES, *means).sort("sales", descending=True)
    )
    countries = orders.rows.group_by(country=C("COUNTRY")).agg(*LINES, SALES)
    share = (C("sales") / orders.rows["SALES"].sum()).alias("share_of_all_sales")
    assert countries.height == 19
    orders.says(
        "top_countries", countries.with_columns(share).sort("sales", descending=True).head(10)
    )


def test_order_lines_by_year_quarter_and_month(orders: Layer) -> None:
    rows = orders.rows
    months = C("MONTH_ID").n_unique().alias("months")
    units = C("QUANTITYORDERED").sum().alias("units")
    orders.says(
        "by_year", rows.group_by(year=C("YEAR_ID")).agg(months, *LINES, units, SALES).sort("year")
    )
    quarters = rows.group_by(year=C("YEAR_ID"), quarter=C("QTR_ID")).agg(*LINES, SALES)
    orders.says("by_quarter", quarters.sort("year", "quarter"))
    by_month = rows.group_by(month=C("ORDERDATE").dt.month_start()).agg(*LINES, SALES)
    orders.says("by_month", by_month.sort("month"))


WEEKLY = C("Weekly_Sales").sum()


def test_weekly_sales_by_store_and_department(walmart: Layer) -> None:
    rows = walmart.rows
    stores = rows.group_by(store=C("Store"), type=C("Type"), size=C("Size")).agg(
        departments=C("Dept").n_unique(),
        weeks=C("Date").n_unique(),
        sales=WEEKLY,
        mean_weekly_sales=WEEKLY / C("Date").n_unique(),
        sales_per_square_foot=WEEKLY / C("Size").first(),
    )
    assert stores.height == 45
    walmart.says("by_store", stores.sort("sales", descending=True))
    departments = rows.group_by(department=C("Dept")).agg(
        stores=C("Store").n_unique(),
        store_weeks=pl.len(),
        sales=WEEKLY,
        mean_weekly_sales=C("Weekly_Sales").mean(),
        negative_weeks=(C("Weekly_Sales") < 0).sum(),
    )
    assert departments["negative_weeks"].sum() == 1285
    walmart.says("by_department", departments.sort("sales", descending=True))


def test_weekly_sales_by_week_year_and_type(walmart: Layer) -> None:
    rows = walmart.rows
    weeks = rows.group_by(week=C("Date")).agg(
        holiday=C("IsHoliday").any(), series=pl.len(), sales=WEEKLY
    )
    assert weeks.height == 143
    assert weeks["sales"].sum() == pytest.approx(6_737_218_987.11, abs=0.005)
    before = C("sales").shift(52).alias("sales_52_weeks_before")
    walmart.says("by_week", weeks.sort("week").with_columns(before))
    years = rows.group_by(year=C("Date").dt.year()).agg(
        first_week=C("Date").min(),
        last_week=C("Date").max(),
        weeks=C("Date").n_unique(),
        sales=WEEKLY,
        mean_weekly_sales=WEEKLY / C("Date").n_unique(),
    )
    walmart.says("by_year", years.sort("year"))
    types = rows.group_by(type=C("Type")).agg(
        stores=C("Store").n_unique(),
        sales=WEEKLY,
        mean_weekly_sales_per_store=WEEKLY / pl.struct("Store", "Date").n_unique(),
    )
    walmart.says("by_store_type", types.sort("type"))


def test_holiday_weeks_against_the_others_of_the_year(walmart: Layer) -> None:
    weeks = walmart.rows.group_by(week=C("Date")).agg(holiday=C("IsHoliday").any(), sales=WEEKLY)
    weeks = weeks.with_columns(year=C("week").dt.year())
    usual = weeks.filter(~C("holiday")).group_by("year").agg(usual_week=C("sales").mean())
    lifted = weeks.filter("holiday").join(usual, on="year").sort("week")
    lift = (C("sales") / C("usual_week") - 1).alias("lift")

    assert lifted.height == 10
    walmart.says("holiday_weeks", lifted.select("week", "sales", "usual_week", lift))


def test_house_values_by_latitude_and_income_and_where_they_are_cut_off(houses: Layer) -> None:
    value = C("MedHouseVal")
    bands = houses.rows.group_by(latitude_from=C("Latitude").floor().cast(pl.Int64)).agg(
        districts=pl.len(),
        population=C("Population").sum(),
        mean_value=value.mean(),
        median_value=value.median(),
    )
    houses.says("by_latitude", bands.sort("latitude_from"))
    incomes = houses.rows.group_by(income_from=C("MedInc").floor().cast(pl.Int64)).agg(
        districts=pl.len(),
        mean_value=value.mean(),
        median_value=value.median(),
        share_capped=(value >= 5).mean(),
    )
    houses.says("by_income", incomes.sort("income_from"))
    capped = houses.rows.group_by(capped=value >= 5).agg(
        districts=pl.len(),
        share=pl.len() / 20_640,
        mean_income=C("MedInc").mean(),
        mean_age=C("HouseAge").mean(),
        highest_value=value.max(),
    )
    assert capped.filter("capped")["districts"].to_list() == [992]
    houses.says("capped", capped.sort("capped"))
