from dataclasses import replace
from importlib.resources import files

import polars as pl
import pytest

from foresell.contracts.contract import parse_contract
from foresell.contracts.gate import check_rows, refuse_duplicates, row_rules
from foresell.data.synthetic import generate
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

RETAIL = files("foresell") / "projects" / "retail"


@pytest.fixture(scope="module")
def project() -> ProjectSpec:
    return parse_project((RETAIL / "project.yaml").read_text("utf-8"), "retail/project.yaml")


@pytest.fixture(scope="module")
def tables(project: ProjectSpec) -> dict[str, pl.DataFrame]:
    assert project.synthetic is not None
    few = replace(project.synthetic, stores=3, products=16, start="2024-10-01")
    return dict(generate(few, project.horizon))


def joined(project: ProjectSpec, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    rows = tables[project.tables[0].name]
    for table in project.tables[1:]:
        other = tables[table.name]
        assert other.select(table.join_on).n_unique() == other.height
        rows = rows.join(other, on=list(table.join_on), how="left")
    return rows


def test_the_title_says_that_the_data_is_synthetic(project: ProjectSpec) -> None:
    assert "synthetic" in project.title


def test_every_declared_file_is_a_table_of_the_generator(
    project: ProjectSpec, tables: dict[str, pl.DataFrame]
) -> None:
    assert project.asked is not None
    declared = {table.file for table in project.tables} | {project.asked.file}
    assert declared <= {f"{name}.parquet" for name in tables}


def test_every_generated_row_passes_the_contract(
    project: ProjectSpec, tables: dict[str, pl.DataFrame]
) -> None:
    contract = parse_contract((RETAIL / "contract.yaml").read_text("utf-8"), "retail/contract.yaml")
    rows = joined(project, tables)
    assert rows.columns == list(contract.columns)
    assert check_rows(rows, row_rules(contract)).rejected.is_empty()
    refuse_duplicates(rows, contract.key, "retail")


def test_the_grouped_columns_are_the_declared_ones(project: ProjectSpec) -> None:
    assert project.grouping is not None
    assert {*project.grouping.by, *project.grouping.columns} == set(project.columns)
    assert project.grouping.by == (*project.keys, project.time)


def test_what_is_known_in_advance_is_among_the_rows_asked_for(
    project: ProjectSpec, tables: dict[str, pl.DataFrame]
) -> None:
    known = [*project.keys, project.time, *project.with_role("known_future")]
    assert tables["asked"].columns == known
