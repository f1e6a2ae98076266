"""What is known of the real files holds on their processed layers."""

import json
import os
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import foresell
from foresell.contracts.contract import parse_contract
from foresell.eda.describe import Eda, EdaContext, RawFacts, describe
from foresell.spec.reading import parse_project

pytestmark = pytest.mark.realdata
FOLDERS = {
    "walmart": "walmart",
    "sales_orders": "sales_orders",
    "california_housing": "california",
}


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The workspaces of the three projects that have real files, run up to their split."""
    home = tmp_path_factory.mktemp("facts")
    data = Path(os.environ["FORESELL_TEST_DATA"])
    return {
        name: foresell.run(name, data=data / folder, until="split", home=home).workspace
        for name, folder in FOLDERS.items()
    }


def processed(workspace: Path) -> pl.DataFrame:
    return pl.read_parquet(workspace / "processed" / "**" / "*.parquet", hive_partitioning=False)


def loaded(workspace: Path, name: str) -> Any:
    return json.loads((workspace / name).read_bytes())


@pytest.mark.parametrize(
    ("project", "rows"),
    [("walmart", 421_570), ("sales_orders", 2_823), ("california_housing", 20_640)],
)
def test_every_row_that_was_read_is_kept_and_passed(
    layers: Mapping[str, Path], project: str, rows: int
) -> None:
    checks = loaded(layers[project], "checks/checks.json")

    assert (checks["read"], checks["kept"], checks["quarantined"]) == (rows, rows, 0)
    assert processed(layers[project]).height == rows
    assert {rule["broken"] for rule in checks["rules"]} == {0}


def test_walmart_is_whole(layers: Mapping[str, Path]) -> None:
    rows = processed(layers["walmart"])
    lengths = rows.group_by("Store", "Dept").len()["len"]

    assert round(rows["Weekly_Sales"].sum(), 2) == 6_737_218_987.11
    assert (rows["Date"].min(), rows["Date"].max()) == (date(2010, 2, 5), date(2012, 10, 26))
    assert set(rows["Date"].dt.weekday()) == {5}
    assert (rows["Store"].n_unique(), rows["Dept"].n_unique(), lengths.len()) == (45, 81, 3_331)
    assert (lengths.min(), lengths.max(), (lengths == 143).sum()) == (1, 143, 2_660)
    assert ((rows["Weekly_Sales"] < 0).sum(), (rows["Weekly_Sales"] == 0).sum()) == (1_285, 73)
    assert rows["IsHoliday"].dtype == pl.Boolean


def test_walmart_markdowns_are_unknown_before_november_2011_and_not_zero(
    layers: Mapping[str, Path],
) -> None:
    rows = processed(layers["walmart"])
    early = rows.filter(pl.col("Date") < date(2011, 11, 1))

    marks = [f"MarkDown{i}" for i in range(1, 6)]
    assert early.select(marks).null_count().row(0) == (early.height,) * 5
    assert rows.select(marks).null_count().row(0) != (rows.height,) * 5


def test_walmart_tables_have_the_rows_of_their_files(layers: Mapping[str, Path]) -> None:
    landing = loaded(layers["walmart"], "landing/report.json")
    manifest = loaded(layers["walmart"], "manifest/manifest.json")

    assert landing["rows_by_table"] == {"sales": 421_570, "features": 8_190, "stores": 45}
    assert {file["name"]: file["rows"] for file in manifest["files"]} == {
        "train.csv": 421_570,
        "features.csv": 8_190,
        "stores.csv": 45,
        "test.csv": 115_064,
    }
    asked = pl.read_parquet(layers["walmart"] / "asked" / "asked.parquet")
    assert (asked.height, asked["Date"].min(), asked["Date"].max()) == (
        115_064,
        date(2012, 11, 2),
        date(2013, 7, 26),
    )


def test_the_sales_export_was_read_as_cp850_and_keeps_north_america(
    layers: Mapping[str, Path],
) -> None:
    rows = processed(layers["sales_orders"])
    landing = loaded(layers["sales_orders"], "landing/report.json")

    assert [file["encoding"] for file in landing["files"]["orders"]] == ["cp850"]
    assert rows["ORDERNUMBER"].n_unique() == 307
    assert rows.select("ORDERNUMBER", "ORDERLINENUMBER").is_unique().all()
    assert (rows["TERRITORY"] == "NA").sum() == 1_074
    assert rows["TERRITORY"].null_count() == 0
    assert rows["STATE"].null_count() == 1_486
    assert (rows["ORDERDATE"].min(), rows["ORDERDATE"].max()) == (
        date(2003, 1, 6),
        date(2005, 5, 31),
    )


def test_the_price_is_capped_and_deal_size_is_the_binned_target(
    layers: Mapping[str, Path],
) -> None:
    rows = processed(layers["sales_orders"])
    capped = rows.filter(pl.col("PRICEEACH") == 100)
    product = pl.col("QUANTITYORDERED") * pl.col("PRICEEACH")

    assert (rows["PRICEEACH"].max(), capped.height) == (100, 1_304)
    assert capped.filter(pl.col("SALES") > product).height == 1_304
    bins = (
        pl
        .when(pl.col("SALES") < 3_000)
        .then(pl.lit("Small"))
        .when(pl.col("SALES") < 7_000)
        .then(pl.lit("Medium"))
        .otherwise(pl.lit("Large"))
    )
    assert rows.filter(bins == pl.col("DEALSIZE")).height == 2_823


def test_the_californian_target_is_capped(layers: Mapping[str, Path]) -> None:
    rows = processed(layers["california_housing"])

    value = rows["MedHouseVal"]

    assert len(rows.columns) == 9
    assert (value.max(), (value >= 5).sum()) == (5.00001, 992)  # 27 of them say 5.0


@pytest.fixture(scope="module")
def described(layers: Mapping[str, Path]) -> Mapping[str, Eda]:
    """The descriptions of all rows of the three projects."""
    return {name: description(workspace, name) for name, workspace in layers.items()}


def description(workspace: Path, name: str) -> Eda:
    folder = files("foresell") / "projects" / name
    asked = workspace / "asked" / "asked.parquet"
    rows = processed(workspace)
    return describe(
        rows,
        parse_project((folder / "project.yaml").read_text("utf-8"), name),
        parse_contract((folder / "contract.yaml").read_text("utf-8"), name),
        EdaContext(
            rows="all",
            of=rows.height,
            files=[RawFacts(**one) for one in loaded(workspace, "manifest/manifest.json")["files"]],
            asked=pl.read_parquet(asked) if asked.is_file() else None,
        ),
    )


def row_of(table: pl.DataFrame, column: str, value: object) -> Mapping[str, Any]:
    return table.filter(pl.col(column) == value).row(0, named=True)


def test_the_description_of_walmart_says_what_is_known(described: Mapping[str, Eda]) -> None:
    eda, facts = described["walmart"], described["walmart"].told["facts"]

    assert {one["name"]: one["rows"] for one in eda.told["files"]} == {
        "train.csv": 421_570,
        "features.csv": 8_190,
        "stores.csv": 45,
        "test.csv": 115_064,
    }
    assert eda.told["rows"] == {"which": "all", "n": 421_570, "of": 421_570, "cutoff": None}
    told = ("first", "last", "series", "shortest", "longest", "complete", "keys")
    assert {name: facts[name] for name in told} == {
        "first": "2010-02-05",
        "last": "2012-10-26",
        "series": 3_331,
        "shortest": 1,
        "longest": 143,
        "complete": 2_660,
        "keys": {"Store": 45, "Dept": 81},
    }
    target = facts["target"]
    assert (target["negatives"], target["zeros"]) == (1_285, 73)
    assert target["sum"] == 6_737_218_987.11
    asked = facts["asked"]
    assert (asked["n"], asked["first"], asked["last"], asked["periods"]) == (
        115_064,
        "2012-11-02",
        "2013-07-26",
        39,
    )
    assert set(eda.tables["totals"]["date"].dt.weekday()) == {5}
    assert eda.tables["series"].height == eda.tables["lengths"]["series"].sum() == 3_331
    assert row_of(eda.tables["lengths"], "periods", 143)["complete"] == 2_660


def test_the_description_of_walmart_knows_when_markdowns_are_known(
    described: Mapping[str, Eda],
) -> None:
    eda = described["walmart"]
    gaps, marks = eda.tables["missing_by_period"], [f"MarkDown{i}" for i in range(1, 6)]

    early = gaps.filter(pl.col("period") < date(2011, 11, 1))
    assert set(early["column"]) == set(marks)
    assert set(early["share"]) == {1.0}
    assert gaps.filter(pl.col("share") < 1)["period"].min() == date(2011, 11, 11)
    for mark in marks:
        row = row_of(eda.tables["columns"], "column", mark)
        assert row["n"] + row["missing"] == 421_570
        assert row["zeros"] < 300  # unknown is not zero
    assert any(
        "MarkDown5 lack" in one["says"] and "before 2011-11-11" in one["says"]
        for one in eda.told["findings"]
    )


def test_the_description_of_the_orders_says_what_is_known(described: Mapping[str, Eda]) -> None:
    eda = described["sales_orders"]
    columns = eda.tables["columns"]

    assert (eda.told["rows"]["n"], columns.height) == (2_823, 25)
    assert (columns["role"] == "personal").sum() == 7
    assert eda.told["facts"]["groups"] == {"ORDERNUMBER": 307}
    assert eda.tables["groups"].select("groups", "rows").sum().row(0) == (307, 2_823)
    assert row_of(eda.tables["duplicates"], "kind", "key")["rows"] == 0
    territory = eda.tables["by_category"].filter(pl.col("column") == "TERRITORY")
    assert row_of(territory, "value", "NA")["rows"] == 1_074
    assert row_of(columns, "column", "TERRITORY")["missing"] == 0
    cap = row_of(eda.tables["pile_ups"], "column", "PRICEEACH")
    assert (cap["value"], cap["rows"], cap["where"]) == (100, 1_304, "largest")
    leak = row_of(eda.tables["leaks"], "columns", "DEALSIZE")
    assert (leak["kind"], leak["share"]) == ("classes", 1)
    assert leak["evidence"] == "bins SALES at 3,000 and 7,000"
    product = row_of(eda.tables["leaks"], "columns", "QUANTITYORDERED, PRICEEACH")
    assert round(product["share"] * 2_823) == 2_823 - 1_304  # every row but those at the cap


def test_the_description_of_california_says_what_is_known(described: Mapping[str, Eda]) -> None:
    eda = described["california_housing"]

    assert (eda.told["rows"]["n"], eda.tables["columns"].height) == (20_640, 9)
    cap = row_of(eda.tables["pile_ups"], "column", "MedHouseVal")
    assert (cap["value"], cap["rows"]) == (5.00001, 992)
    assert eda.told["facts"]["first"] is None
    assert "months" not in eda.tables
