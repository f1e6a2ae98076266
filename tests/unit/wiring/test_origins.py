"""Where a run reads: what the user says, else what the project file says."""

from dataclasses import replace

import pytest

from foresell.errors import SpecError, UsageError
from foresell.spec.sources import Relation
from foresell.spec.warehouse import WarehouseSpec
from foresell.wiring.origins import Given, placed, reads
from tests.migrated import WALMART

PROJECT, CONTRACT = WALMART.project, WALMART.contract
KEPT = replace(PROJECT, source="postgres")


def test_from_the_warehouse_a_project_has_the_view_instead_of_its_files() -> None:
    found = placed(PROJECT, CONTRACT, Given(source="postgres"))

    (sales,) = found.tables
    names = {theirs: ours for ours, theirs in WALMART.warehouse.columns.items() if "." not in ours}
    assert sales.relation == Relation(
        name="postgres:sales", table="retailds.vw_sales_analytics", columns=names
    )
    assert set(names.values()) == set(CONTRACT.columns)
    assert found.asked is not None
    assert PROJECT.asked is not None
    assert found.asked.relation == Relation(
        name="postgres:asked",
        table="retailds.vw_sales_plan",
        columns={
            "store_id": "Store",
            "dept_id": "Dept",
            "week_date": "Date",
            "isholiday": "IsHoliday",
        },
    )
    assert found.asked.id == PROJECT.asked.id
    assert replace(found, tables=PROJECT.tables, asked=PROJECT.asked, source="files") == PROJECT


def test_a_project_that_asks_for_no_rows_asks_the_warehouse_for_none() -> None:
    found = placed(replace(PROJECT, asked=None), CONTRACT, Given(source="postgres"))
    assert found.asked is None


def test_the_project_file_says_where_rows_are_unless_the_user_does() -> None:
    assert placed(PROJECT, CONTRACT, Given()) == PROJECT
    assert placed(KEPT, CONTRACT, Given()).tables[0].relation is not None
    assert placed(KEPT, CONTRACT, Given(source="files")) == PROJECT


def test_it_is_told_where_the_rows_of_a_project_are() -> None:
    first, *others = PROJECT.tables
    asked = replace(first, file="", query="SELECT 1 AS a")
    stored = [replace(table, file=f"s3://b/{table.file}") for table in others]

    assert reads(PROJECT) == ("files",)
    assert reads(KEPT) == ("postgres",)
    assert reads(replace(PROJECT, tables=(asked, *others))) == ("files", "postgres")
    assert reads(replace(PROJECT, tables=(asked, *stored))) == ("postgres", "s3")


def test_who_names_a_place_of_files_means_files() -> None:
    assert placed(KEPT, CONTRACT, Given(data="DIR")) == PROJECT


def test_a_place_of_files_and_the_warehouse_at_once_are_refused() -> None:
    with pytest.raises(UsageError, match=r"^the rows are to be read from the warehouse, and a "):
        placed(PROJECT, CONTRACT, Given(data="DIR", source="postgres"))


def test_a_project_without_a_warehouse_cannot_be_read_from_one() -> None:
    with pytest.raises(UsageError, match=r"^the project 'walmart' says nothing of a warehouse\n"):
        placed(replace(PROJECT, warehouse=None), CONTRACT, Given(source="postgres"))


def test_a_warehouse_that_lacks_a_column_of_the_contract_is_refused_unless_it_is_dropped() -> None:
    columns = {ours: name for ours, name in WALMART.warehouse.columns.items() if ours != "CPI"}
    lacks = replace(PROJECT, warehouse=WarehouseSpec(columns=columns))

    with pytest.raises(SpecError) as caught:
        placed(lacks, CONTRACT, Given(source="postgres"))
    assert caught.value.what == "the warehouse does not hold the column 'CPI' of the contract"

    dropped = replace(PROJECT.cleaning, drop=("CPI",))
    free = replace(
        lacks,
        cleaning=dropped,
        columns={name: role for name, role in PROJECT.columns.items() if name != "CPI"},
        features=replace(PROJECT.features, covariate_lags={}),
    )
    assert placed(free, CONTRACT, Given(source="postgres")).tables[0].relation is not None
