"""The row a bundle gives as an example, and the rows it keeps of those it learnt from."""

from dataclasses import replace

import polars as pl

from foresell.contracts.contract import Contract, parse_contract
from foresell.pipeline.stages.tabular.refit import input_example, snapshot
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


def test_a_snapshot_is_the_features_and_the_target_of_the_rows_that_have_one() -> None:
    rows = ROWS.with_columns(rent=pl.Series([300.0, None, 200.0, 150.0]))
    assert snapshot(rows, project()).to_dicts() == [
        {"size": 50.0, "town": "Gent", "built": 1950, "rent": 300.0},
        {"size": 70.0, "town": "Brugge", "built": 1970, "rent": 200.0},
        {"size": None, "town": "Gent", "built": 1980, "rent": 150.0},
    ]


def test_a_drawn_snapshot_is_of_the_rows_and_the_seed_and_not_of_their_order() -> None:
    many = pl.DataFrame({"size": range(500), "rent": range(500)}).with_columns(
        pl.col("size", "rent").cast(pl.Float64), town=pl.lit("Gent"), built=pl.lit(1990)
    )
    drawn = snapshot(many, project(), 60)
    shuffled = many.sample(fraction=1, shuffle=True, seed=2)
    assert drawn.equals(snapshot(shuffled, project(), 60))
    assert (drawn.height, drawn.n_unique(), drawn["size"].is_sorted()) == (60, 60, True)
    assert 10_000 < drawn["size"].sum() < 20_000
    assert not drawn.equals(snapshot(many, replace(project(), seed=1), 60))
