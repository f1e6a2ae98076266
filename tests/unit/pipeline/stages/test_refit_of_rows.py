"""The row a bundle gives as an example."""

import polars as pl

from foresell.contracts.contract import Contract, parse_contract
from foresell.pipeline.stages.tabular.refit import input_example
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

PROJECT = """
name: flats
title: Rents
kind: tabular
tables: [{name: flats, file: flats.csv}]
columns: {size: feature, town: feature, built: feature, rent: target, owner: excluded}
split: {test_share: 0.2}
"""
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: flats
version: 1.0.0
schema:
  - name: flats
    logicalType: object
    properties:
      - {name: size, logicalType: number, examples: [SIZE]}
      - {name: town, logicalType: string, examples: [TOWN]}
      - {name: built, logicalType: integer, examples: [1990]}
      - {name: rent, logicalType: number, examples: [900.5]}
      - {name: owner, logicalType: string}
"""
ROWS = pl.DataFrame({
    "size": [50.0, 60.0, 70.0, None],
    "town": ["Gent", "Ypern", "Brugge", "Gent"],
    "built": [1950, 1960, 1970, 1980],
    "rent": [300.0, 100.0, 200.0, 150.0],
    "owner": ["A", "B", "C", "D"],
})


def project() -> ProjectSpec:
    return parse_project(PROJECT, "project.yaml")


def contract(*, whole: bool) -> Contract:
    text = CONTRACT.replace("[SIZE]", "[82.5, 9]").replace("[TOWN]", '["Aalst"]' if whole else "[]")
    return parse_contract(text, "contract.yaml")


def test_the_examples_of_the_contract_are_taken_where_every_feature_has_one() -> None:
    expected = {"size": 82.5, "town": "Aalst", "built": 1990}
    assert input_example(ROWS, project(), contract(whole=True)) == expected


def test_otherwise_it_is_the_whole_row_with_the_middle_target_and_no_other_column() -> None:
    expected = {"size": 70.0, "town": "Brugge", "built": 1970}
    assert input_example(ROWS, project(), contract(whole=False)) == expected
    shuffled = ROWS.sample(fraction=1, shuffle=True, seed=2)
    assert input_example(shuffled, project(), contract(whole=False)) == expected


def test_where_every_row_lacks_something_one_of_them_is_the_example() -> None:
    rows = ROWS.with_columns(town=pl.lit(None, dtype=pl.String)).head(3)
    example = input_example(rows, project(), contract(whole=False))
    assert example == {"size": 70.0, "town": None, "built": 1970}
