"""SQL on the layers that real runs leave: every row is there, and personal data is not."""

from pathlib import Path

import polars as pl
import pytest

import foresell
from foresell.api import layer
from tests.builders import weekly_files, write_files


def test_the_layer_of_a_run_answers_queries(tmp_path: Path) -> None:
    home = tmp_path / "home"
    data = write_files(tmp_path / "data", weekly_files(stores=2, depts=2, weeks=110))
    foresell.run("walmart", data=data, until="validate", home=home)
    sales = pl.read_csv(data / "train.csv", try_parse_dates=True)

    by_year = layer.sql("walmart", ready="by_year", home=home)
    columns = layer.sql("walmart", "DESCRIBE walmart", home=home)["column_name"].to_list()

    expected = sales.group_by(year=pl.col("Date").dt.year()).agg(
        weeks=pl.col("Date").n_unique(), sales=pl.col("Weekly_Sales").sum()
    )
    assert by_year["year"].to_list() == [2010, 2011, 2012]
    told = by_year.select("year", "weeks", "sales").rows()
    for (year, weeks, total), row in zip(expected.sort("year").rows(), told, strict=True):
        assert (year, weeks) == row[:2]
        assert total == pytest.approx(row[2], rel=1e-12)
    assert columns == [
        *("Store", "Dept", "Date", "Weekly_Sales", "IsHoliday", "Type", "Size"),
        *("Temperature", "Fuel_Price", "MarkDown1", "MarkDown2", "MarkDown3", "MarkDown4"),
        *("MarkDown5", "CPI", "Unemployment", "year"),
    ]


@pytest.mark.realdata
def test_the_order_lines_are_all_there_and_no_person_is(walmart_data: Path, tmp_path: Path) -> None:
    data = walmart_data.parent / "sales_orders"
    foresell.run("sales_orders", data=data, until="validate", home=tmp_path)

    def ask(query: str) -> pl.DataFrame:
        return layer.sql("sales_orders", query, home=tmp_path)

    raw = (data / "sales_data_sample.csv").read_bytes().decode("cp850")
    assert ask("SELECT count(*), count(DISTINCT ORDERNUMBER) FROM sales_orders").row(0) == (
        2823,
        307,
    )
    total = ask("SELECT sum(SALES) FROM sales_orders").item()
    assert total == pytest.approx(10_032_628.85, abs=0.005)
    america = "SELECT count(*) FROM sales_orders WHERE TERRITORY = 'NA'"
    assert ask(america).item() == 1074
    assert "CONTACTLASTNAME" in raw
    columns = ask("DESCRIBE sales_orders")["column_name"].to_list()
    assert not {"CUSTOMERNAME", "PHONE", "ADDRESSLINE1", "CONTACTLASTNAME"} & set(columns)
    assert layer.sql("sales_orders", ready="by_year", home=tmp_path)["orders"].sum() == 307


@pytest.mark.realdata
def test_the_weekly_sales_are_all_there(walmart_data: Path, tmp_path: Path) -> None:
    foresell.run("walmart", data=walmart_data, until="validate", home=tmp_path)

    answer = layer.sql(
        "walmart",
        "SELECT count(*) AS n, fsum(Weekly_Sales) AS total, count(DISTINCT (Store, Dept)) "
        "AS series, count(*) FILTER (Weekly_Sales < 0) AS negative FROM walmart",
        home=tmp_path,
    )

    assert answer.select("n", "series", "negative").row(0) == (421_570, 3_331, 1_285)
    assert answer["total"].item() == pytest.approx(6_737_218_987.11, abs=0.005)
    assert layer.sql("walmart", ready="by_store", home=tmp_path).height == 45
