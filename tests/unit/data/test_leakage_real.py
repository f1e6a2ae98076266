"""The guard on the real files: what leaks there is found, and nothing else."""

import csv
import io
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from time import perf_counter

import polars as pl
import pytest

from foresell.data.leakage import Finding, check_leaks
from foresell.spec.features import FeatureSpec
from foresell.spec.project import ProjectSpec, Role
from foresell.spec.reading import parse_project

pytestmark = pytest.mark.realdata


def declared(name: str) -> ProjectSpec:
    text = (files("foresell") / "projects" / name / "project.yaml").read_text("utf-8")
    return parse_project(text, name)


def using_all(project: ProjectSpec) -> ProjectSpec:
    """The same with every column that is set aside or lagged used as it stands."""
    used: Role = "feature" if project.kind == "tabular" else "known_future"
    roles: dict[str, Role] = {
        name: used if role in {"excluded", "past_only"} else role
        for name, role in project.columns.items()
    }
    return replace(project, columns=roles, features=FeatureSpec())


@pytest.fixture(scope="module")
def orders(walmart_data: Path) -> str:
    path = walmart_data.parent / "sales_orders" / "sales_data_sample.csv"
    return path.read_bytes().decode("cp850")


def order_lines(text: str) -> pl.DataFrame:
    rows = pl.read_csv(io.StringIO(text), infer_schema_length=None)
    return rows.with_columns(pl.col("ORDERDATE").str.to_date("%m/%d/%Y %k:%M"))


def identity_share(text: str) -> Decimal:
    """The share of order lines that are quantity times price to the cent, by decimals."""
    rows = list(csv.DictReader(io.StringIO(text)))
    exact = [
        Decimal(row["QUANTITYORDERED"]) * Decimal(row["PRICEEACH"]) == Decimal(row["SALES"])
        for row in rows
    ]
    return Decimal(sum(exact)) / len(exact)


def test_dealsize_is_found_explained_and_refused_unless_it_is_excluded(orders: str) -> None:
    rows, project = order_lines(orders), declared("sales_orders")

    shipped = check_leaks(rows, project)
    used = check_leaks(rows, replace(project, columns={**project.columns, "DEALSIZE": "feature"}))

    assert shipped.refusal() is None
    assert str(used.refusal()) == (
        "the column 'DEALSIZE' tells the target away: it bins SALES at 3,000 and 7,000\n"
        "  where: project 'sales_orders', columns\n"
        "  mend:  give 'DEALSIZE' the role 'excluded', or allow it by name: "
        "leakage: {allow: [DEALSIZE]}"
    )


def test_sales_are_quantity_times_price_on_part_of_the_rows_and_that_is_only_reported(
    orders: str,
) -> None:
    share = identity_share(orders)

    assert check_leaks(order_lines(orders), declared("sales_orders")).findings == (
        Finding(
            columns=("DEALSIZE",),
            kind="classes",
            verdict="report",
            share=1.0,
            evidence="bins SALES at 3,000 and 7,000",
            note="excluded, as it should be",
        ),
        Finding(
            columns=("QUANTITYORDERED", "PRICEEACH"),
            kind="identity",
            verdict="report",
            share=float(round(share, 6)),
            evidence=f"SALES = QUANTITYORDERED x PRICEEACH on {share:.1%} of rows",
            note="on part of the rows",
        ),
    )


def test_no_column_of_california_housing_is_said_to_leak(walmart_data: Path) -> None:
    rows = pl.read_csv(walmart_data.parent / "california" / "california_housing.csv")

    assert check_leaks(rows, declared("california_housing")).findings == ()


def test_no_column_of_walmart_is_said_to_leak_in_whatever_role(walmart_data: Path) -> None:
    sales = pl.read_csv(walmart_data / "train.csv", try_parse_dates=True)
    features = pl.read_csv(
        walmart_data / "features.csv",
        null_values="NA",
        try_parse_dates=True,
        infer_schema_length=None,
    )
    stores = pl.read_csv(
        io.BytesIO((walmart_data / "stores.csv").read_bytes().replace(b"\r", b"\n"))
    )
    rows = sales.join(features.drop("IsHoliday"), on=["Store", "Date"], how="left")
    rows = rows.join(stores, on="Store", how="left")

    began = perf_counter()
    as_shipped = check_leaks(rows, declared("walmart"))
    seconds = perf_counter() - began

    assert as_shipped.findings == ()
    assert check_leaks(rows, using_all(declared("walmart"))).findings == ()
    assert 150_000 < as_shipped.rows < 250_000
    assert seconds < 3  # a third of that on an idle machine


def test_no_other_column_of_the_order_lines_is_said_to_leak(orders: str) -> None:
    findings = check_leaks(order_lines(orders), using_all(declared("sales_orders"))).findings

    assert [finding.columns for finding in findings] == [
        ("DEALSIZE",),
        ("QUANTITYORDERED", "PRICEEACH"),
    ]
