"""The contracts that ship, in every form, in the real thing that reads it."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import psycopg
import pytest

from foresell.contracts.agreement import role_types
from foresell.contracts.compiled.expectations import feature_suite, raw_suite
from foresell.contracts.compiled.json_schema import json_schema
from foresell.contracts.compiled.page import html, markdown
from foresell.contracts.compiled.pandera_schema import pandera_module, pandera_schema
from foresell.contracts.compiled.postgres import create_table
from foresell.contracts.compiled.request_model import request_model
from foresell.contracts.compiled.request_text import request_module
from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.gate import check_rows, row_checks
from foresell.contracts.headers import dropped_columns
from foresell.contracts.reading import read_table
from foresell.contracts.rules import contract_rules
from foresell.features.declared import feature_contract, panel_kinds
from foresell.features.direct import direct_frame
from foresell.features.pools import fit_recipe
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from tests.unit.contracts.verdicts import (
    TYPES,
    Expectations,
    accepts,
    frame_of,
    pandas_frame,
    pandera,
    postgres,
    rule_of,
)
from tests.unit.models import toys

pytestmark = pytest.mark.filterwarnings("ignore")
Database = psycopg.Connection[Any]
SHIPPED = ("california_housing", "retail", "sales_orders", "walmart")
PANELS = ("retail", "walmart")


def shipped(name: str) -> tuple[ProjectSpec, Contract]:
    folder = files("foresell") / "projects" / name
    texts = [(folder / f"{part}.yaml").read_text("utf-8") for part in ("project", "contract")]
    return parse_project(texts[0], "project.yaml"), parse_contract(texts[1], "contract.yaml")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_table_is_made_with_a_check_for_every_rule_over_a_row(
    name: str, database: Database
) -> None:
    _, contract = shipped(name)
    asked = "SELECT conname FROM pg_constraint WHERE conrelid = 'made'::regclass AND contype = 'c'"
    with database.transaction(force_rollback=True):
        database.execute(create_table(contract, "made").encode())
        made = {str(name) for (name,) in database.execute(asked)}
    kinds = {"required", "primaryKey", "unique", "missing"}
    rules = {rule.name for rule in contract_rules(contract) if rule.kind not in kinds}
    assert {name for name in made if not name.endswith(": finite")} == rules


@pytest.mark.parametrize("name", SHIPPED)
def test_a_suite_is_loaded_and_run_by_the_real_library(
    name: str, expectations: Expectations
) -> None:
    _, contract = shipped(name)
    there = [column for column in contract.columns.values() if not column.personal]
    empty = pandas_frame(contract, [dict.fromkeys(contract.columns)])
    results = expectations.results(raw_suite(contract), empty[[column.name for column in there]])
    failed = {rule_of(result) for result in results if not result.success}
    assert failed >= {f"{column.name}: required" for column in there if column.required}
    assert len(results) == len(there) + len([
        rule
        for rule in contract_rules(contract)
        if not any(contract.columns[column].personal for column in rule.columns)
    ])


@pytest.mark.parametrize("name", SHIPPED)
def test_schemas_models_modules_and_pages_are_made(name: str) -> None:
    _, contract = shipped(name)
    nothing = frame_of(contract, [])
    assert pandera_schema(contract).validate(nothing, lazy=True).equals(nothing)
    module: dict[str, Any] = {}
    exec(pandera_module(contract), module)  # noqa: S102 - our own text, which others will run
    assert module["schema"].validate(nothing, lazy=True).equals(nothing)
    exec(request_module(contract), module)  # noqa: S102
    model = request_model(contract)
    written = module[model.__name__].model_json_schema()
    assert written["required"] == model.model_json_schema()["required"]
    jsonschema.Draft202012Validator.check_schema(json_schema(contract))
    assert f"version {contract.version}" in html(contract).replace("</dt><dd>", " ").lower()
    assert all(f"`{name}`" in markdown(contract) for name in contract.columns)


def test_a_landed_frame_without_personal_columns_is_valid_to_pandera() -> None:
    project, contract = shipped("sales_orders")
    dropped = dropped_columns(contract, project.cleaning)
    landed = frame_of(contract, []).drop(dropped)
    assert pandera_schema(contract).validate(landed, lazy=True).equals(landed)
    assert set(dropped) & set(request_model(contract).model_json_schema()["properties"]) == set()


@pytest.mark.parametrize("name", PANELS)
def test_the_features_of_a_panel_are_declared_from_its_two_files_alone(name: str) -> None:
    project, contract = shipped(name)
    declared = feature_contract(project, role_types(project, contract), contract.version)
    assert declared.key == (*project.keys, project.time)
    assert {"x_step", "scale", "base"} < set(declared.columns)


def feature_rows(frame: pl.DataFrame) -> Any:
    import pandas as pd  # noqa: PLC0415 - half a second

    columns: Mapping[str, Any] = {name: frame[name].to_list() for name in frame.columns}
    return pd.DataFrame(columns).astype({"day": "datetime64[ns]"})


def test_the_suite_of_features_is_run_by_the_real_library(expectations: Expectations) -> None:
    known, project = toys.panel(120), toys.project()
    frame = direct_frame(known, project, fit_recipe(known, project), 99, 3)
    suite = feature_suite(feature_contract(project, panel_kinds(known)))
    results = expectations.results(suite, feature_rows(frame))
    assert [rule_of(result) for result in results if not result.success] == []
    wrong = frame.with_columns(x_year_sin=pl.lit(1.5), scale=pl.lit(0.0)).drop("x_step")
    names = [name for name in frame.columns if name != "x_step"]
    kept = feature_contract(project, panel_kinds(known))
    assert [c.name for c in kept.columns.values() if c.name != "x_step"] == names
    failed = [r for r in expectations.tolerant(suite, feature_rows(wrong)) if not r.success]
    assert {rule_of(result) for result in failed} == {
        "x_step: exists",
        "x_step: required",
        "x_step: minimum",
        "x_step: maximum",
        "x_year_sin: maximum",
        "scale: exclusiveMinimum",
    }


@pytest.mark.realdata
def test_all_five_keep_every_row_of_the_real_sales_export(
    walmart_data: Path, expectations: Expectations, database: Database
) -> None:
    project, contract = shipped("sales_orders")
    table = project.tables[0]
    content = (walmart_data.parent / "sales_orders" / table.file).read_bytes()
    dropped = dropped_columns(contract, project.cleaning)
    read = read_table(content, table, contract, dropped=dropped)
    whole = read.with_columns(
        pl.lit(None, TYPES[contract.columns[name].logical_type]).alias(name) for name in dropped
    )
    rows = whole.select(list(contract.columns)).to_dicts()
    assert len(rows) == 2823
    assert check_rows(read, row_checks_of(contract, read)).rejected.is_empty()
    assert pandera(contract, rows) == expectations(contract, rows) == set()
    model = request_model(contract)
    asked = [name for name in contract.columns if name not in dropped]
    assert all(accepts(model, {name: row[name] for name in asked}) for row in rows)
    assert postgres(contract, rows, database) == set()


def row_checks_of(contract: Contract, frame: pl.DataFrame) -> Any:
    return [check for check in row_checks(contract) if set(check.columns) <= set(frame.columns)]
