from dataclasses import replace
from importlib import util

import numpy as np
import polars as pl
import pytest

from foresell.answer import explaining_rows
from foresell.answer.choosing_rows import choose_rows
from foresell.answer.explaining_rows import LONG, explain_rows, explained
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import parse_contract
from foresell.errors import UsageError
from foresell.models.tabular.plain import plain_answers
from foresell.models.tabular.plain_files import write_plain
from tests.unit.models.tabular.explaining_toys import CANDIDATES, learner, table

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


def bundle(text: str = PROJECT, *, lower: float = 0.0) -> Bundle:
    """A bundle of the toys; every candidate says ``lower`` less."""
    plain, _ = learner(relative=False)
    lowered = {name: value - lower for name, value in plain.baselines.items()}
    return Bundle(
        metadata={},
        project_text=text,
        contract_text="",
        model=write_plain(replace(plain, baselines=lowered)),
        history=pl.DataFrame(),
        asked=pl.DataFrame(),
    )


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_the_long_frame_and_the_objects_sum_to_the_answers(candidate: str) -> None:
    plain, _ = learner(relative=False)
    rows = table(6, 8).with_columns(order=pl.Series(range(30, 36)), row=pl.Series(range(6)) * 2)

    long = explain_rows(bundle(), rows, candidate=candidate, names=["order"])
    objects = explained(bundle(), rows, candidate=candidate)

    said = plain_answers(plain, candidate, rows)
    sums = long.group_by("order", "row", maintain_order=True).agg(pl.col("value").sum())
    assert long.columns == ["order", *LONG]
    assert sums["row"].to_list() == [0, 2, 4, 6, 8, 10]
    assert np.allclose(sums["value"], said, rtol=1e-6, atol=0)
    for own, answer in zip(objects, said, strict=True):
        assert own.available
        assert own.base_value is not None
        assert own.contributions is not None
        assert own.prediction == pytest.approx(answer, rel=1e-6)
        total = own.base_value + sum(own.contributions.values())
        assert total == pytest.approx(own.prediction, rel=1e-9)


def test_a_row_tells_the_base_first_then_its_own_values() -> None:
    found = explain_rows(bundle(), table(1, 8), candidate="ridge")

    row = table(1, 8).row(0, named=True)
    assert found["part"].to_list() == ["base", *["column"] * 5]
    assert found["column"].to_list() == [None, "units", "price", "north", "east", "line"]
    assert found["text"][1] == str(row["units"])
    assert found["row"].to_list() == [0] * 6


def test_what_is_lifted_to_zero_is_a_part_of_its_own() -> None:
    text = f"{PROJECT}nonnegative: true\n"

    lifted = explained(bundle(text, lower=10), table(2, 8), candidate="median")[0]
    long = explain_rows(bundle(text, lower=10), table(2, 8), candidate="median")

    assert lifted.prediction == 0.0
    assert lifted.base_value == -7.75
    assert lifted.contributions is not None
    assert lifted.contributions["(floor)"] == 7.75
    assert long.filter(pl.col("part") == "floor")["value"].to_list() == [7.75, 7.75]


def test_trees_are_not_available_without_lightgbm_and_linear_parts_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        explaining_rows,
        "find_spec",
        lambda name: None if name == "lightgbm" else util.find_spec(name),
    )

    trees = explained(bundle(), table(2, 8), candidate="xgboost")
    line = explained(bundle(), table(2, 8), candidate="ridge")

    assert [one.available for one in (*trees, *line)] == [False, False, True, True]
    assert trees[0].reason == "LightGBM, whose TreeSHAP takes trees apart, is not installed"
    assert trees[0].prediction is None
    with pytest.raises(UsageError, match="LightGBM"):
        explain_rows(bundle(), table(2, 8), candidate="xgboost")


def test_more_rows_than_can_be_explained_at_once_and_unknown_candidates_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explaining_rows, "_STEPS", 1.0)

    with pytest.raises(UsageError, match="2 rows are more than the 1 of lightgbm"):
        explain_rows(bundle(), table(2, 8), candidate="lightgbm")
    with pytest.raises(UsageError, match="there is no candidate 'lightgb'"):
        explained(bundle(), table(2, 8), candidate="lightgb")


CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: toys
name: toys
version: 1.0.0
status: active
schema:
  - name: rows
    properties:
      - {name: units, logicalType: number}
      - {name: line, logicalType: string}
"""
SOME = pl.DataFrame({
    "row": pl.Series([0, 3, 5], dtype=pl.UInt32),
    "units": [1.0, 2.5, 2.5],
    "line": ["Ships", "Ships", None],
})


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({}, [0, 3, 5]),
        ({"row": 3}, [3]),
        ({"row": ["0", "5"]}, [0, 5]),
        ({"units": "2.5"}, [3, 5]),
        ({"units": 2.5, "line": "Ships"}, [3]),
    ],
)
def test_rows_are_chosen_by_the_values_of_their_columns(
    where: dict[str, object], rows: list[int]
) -> None:
    contract = parse_contract(CONTRACT, "contract.yaml")

    assert choose_rows(SOME, where, contract)["row"].to_list() == rows


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ({"unit": 1}, "there is no column 'unit'"),
        ({"row": 4}, "row 4 is no row of the test"),
        ({"row": "four"}, "row=four is no number of a row"),
        ({"line": "Trains"}, "no row of the test has line=Trains"),
        ({"row": 5, "line": "Ships"}, "no row of the test has row=5, line=Ships"),
    ],
)
def test_rows_that_are_not_there_are_refused(where: dict[str, object], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        choose_rows(SOME, where, parse_contract(CONTRACT, "contract.yaml"))
