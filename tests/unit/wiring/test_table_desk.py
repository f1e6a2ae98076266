"""What the desk says of rows of a table."""

from dataclasses import replace
from importlib import util

import pytest

from foresell.bundle.bundle import Bundle
from foresell.models.tabular.plain_files import write_plain
from foresell.serving.problems import Refused
from foresell.wiring.table_desk import HANDLERS
from tests.served_bundles import answering_bundle
from tests.unit.models.tabular.explaining_toys import learner

PROJECT = """
name: toys
title: Toys
kind: tabular
unit: USD
tables: [{name: rows, file: rows.csv}]
columns:
  {units: feature, price: feature, north: feature, east: feature, line: feature, sales: target}
split: {test_share: 0.2}
"""
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: toys
name: toys
version: 1.0.0
status: active
schema:
  - name: rows
    logicalType: object
    properties:
      - {name: units, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0}}
      - {name: price, logicalType: number}
      - {name: north, logicalType: number}
      - {name: east, logicalType: number}
      - {name: line, logicalType: string}
      - {name: sales, logicalType: number, required: true}
"""
ROWS: list[dict[str, object]] = [
    {"units": 3, "price": 9.5, "north": 1.0, "east": 2.0, "line": "cars"},
    {"units": 40, "price": 1.5, "north": 3.0, "east": None, "line": None},
]


def bundle(chosen: str) -> Bundle:
    plain, _ = learner(relative=False)
    return replace(
        answering_bundle(),
        project_text=PROJECT,
        contract_text=CONTRACT,
        model=write_plain(replace(plain, chosen=chosen)),
    )


def test_the_parts_of_each_row_sum_to_its_prediction() -> None:
    told = HANDLERS["explain"](bundle("lightgbm"), {"rows": ROWS})

    for one in told["explanations"]:
        assert (one["available"], one["reason"], one["method"]) == (True, None, "tree_shap")
        total = one["base_value"] + sum(one["contributions"].values())
        assert total == pytest.approx(one["prediction"], rel=1e-9)
    assert len(told["explanations"]) == 2


def test_without_lightgbm_trees_are_not_explained_and_it_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = util.find_spec
    monkeypatch.setattr(
        "foresell.answer.explaining_rows.find_spec",
        lambda name: None if name == "lightgbm" else found(name),
    )

    trees = HANDLERS["explain"](bundle("lightgbm"), {"rows": ROWS[:1]})
    line = HANDLERS["explain"](bundle("ridge"), {"rows": ROWS[:1]})

    assert trees["explanations"] == [
        {
            "available": False,
            "candidate": "lightgbm",
            "reason": "LightGBM, whose TreeSHAP takes trees apart, is not installed",
            "method": None,
            "prediction": None,
            "base_value": None,
            "contributions": None,
        }
    ]
    assert line["explanations"][0]["method"] == "linear_shap"


def test_a_row_that_breaks_the_contract_is_refused_with_its_field() -> None:
    with pytest.raises(Refused) as refused:
        HANDLERS["explain"](bundle("ridge"), {"rows": [{**ROWS[0], "units": -1}]})

    assert [(one.field, one.rule) for one in refused.value.fields] == [("units", "minimum")]
