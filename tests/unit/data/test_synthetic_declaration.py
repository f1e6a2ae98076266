"""The project ``retail`` declares what the generator makes."""

from dataclasses import replace
from importlib.resources import files
from pathlib import PurePosixPath

import polars as pl
import pytest

from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.gate import check_rows, row_checks
from foresell.contracts.uniqueness import repeated
from foresell.data.synthetic import generate, generate_files
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from foresell.spec.sources import Synthetic

RETAIL = files("foresell") / "projects" / "retail"


@pytest.fixture(scope="module")
def project() -> ProjectSpec:
    return parse_project((RETAIL / "project.yaml").read_text("utf-8"), "retail/project.yaml")


@pytest.fixture(scope="module")
def contract() -> Contract:
    return parse_contract((RETAIL / "contract.yaml").read_text("utf-8"), "retail/contract.yaml")


@pytest.fixture(scope="module")
def few(project: ProjectSpec) -> Synthetic:
    assert project.synthetic is not None
    return replace(project.synthetic, stores=3, products=16, start="2024-10-01")


@pytest.fixture(scope="module")
def tables(project: ProjectSpec, few: Synthetic) -> dict[str, pl.DataFrame]:
    return dict(generate(few, project.horizon))


def made_by(file: str) -> str:
    """The table of the generator that a declared file or glob stands for."""
    return PurePosixPath(file.removesuffix("/**/*.parquet")).stem


def joined(project: ProjectSpec, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    rows = tables[made_by(project.tables[0].file)]
    for table in project.tables[1:]:
        other = tables[made_by(table.file)]
        assert other.select(table.join_on).n_unique() == other.height
        rows = rows.join(other, on=list(table.join_on), how="left")
    return rows


def test_the_title_says_that_the_data_is_synthetic(project: ProjectSpec) -> None:
    assert "synthetic" in project.title


def test_every_declared_file_is_one_that_the_generator_makes(
    project: ProjectSpec, few: Synthetic
) -> None:
    assert project.asked is not None
    names = [name for name, _ in generate_files(few, project.horizon)]
    for file in (*(table.file for table in project.tables), project.asked.file):
        folder, glob, rest = file.partition("/**/*")
        assert any(
            name.startswith(f"{folder}/") and name.endswith(rest) if glob else name == file
            for name in names
        ), file


def test_the_truth_and_the_stock_are_no_part_of_the_project(project: ProjectSpec) -> None:
    declared = {made_by(table.file) for table in project.tables}
    assert not declared & {"demand", "effects", "inventory"}


def test_every_generated_row_passes_the_contract(
    project: ProjectSpec, contract: Contract, tables: dict[str, pl.DataFrame]
) -> None:
    rows = joined(project, tables)
    assert rows.columns == list(contract.columns)
    assert check_rows(rows, row_checks(contract)).rejected.is_empty()
    assert repeated(rows, contract.key).is_empty()


def test_every_number_has_a_unit_and_limits(contract: Contract) -> None:
    for column in contract.columns.values():
        if column.logical_type in {"integer", "number"}:
            assert column.unit
            assert column.options.maximum is not None
            assert column.options.minimum is not None or column.options.exclusive_minimum == 0
        assert column.description


def test_the_grouped_columns_are_the_declared_ones(project: ProjectSpec) -> None:
    assert project.grouping is not None
    assert {*project.grouping.by, *project.grouping.columns} == set(project.columns)
    assert project.grouping.by == (*project.keys, project.time)


def test_what_is_known_in_advance_is_among_the_rows_asked_for(
    project: ProjectSpec, tables: dict[str, pl.DataFrame]
) -> None:
    known = [*project.keys, project.time, *project.with_role("known_future")]
    assert tables["asked"].columns == known
