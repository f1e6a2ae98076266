import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.contracts.contract import Contract
from foresell.errors import SpecError
from foresell.spec.project import ProjectSpec, SplitSpec
from foresell.spec.sources import Table
from tests.unit.pipeline.gatehouse import Gatehouse, contract, landing

KEYED = contract(
    {"name": "order", "logicalType": "integer", "required": True, "primaryKey": True},
    {
        "name": "line",
        "logicalType": "integer",
        "required": True,
        "primaryKey": True,
        "primaryKeyPosition": 2,
    },
    {"name": "size", "logicalType": "number"},
    {"name": "paid", "logicalType": "number"},
)
KEYLESS = contract(
    {"name": "size", "logicalType": "number"}, {"name": "paid", "logicalType": "number"}
)


def tabular(columns: dict[str, Any], share: float = 0.3) -> ProjectSpec:
    return ProjectSpec(
        name="orders",
        title="Orders",
        kind="tabular",
        tables=(Table(name="orders", file="orders.csv"),),
        columns=columns,
        split=SplitSpec(test_share=share),
    )


GROUPED = tabular({"order": "group", "line": "feature", "size": "feature", "paid": "target"})
PLAIN = tabular({"size": "feature", "paid": "target"})


def orders(count: int, lines: int = 3) -> pl.DataFrame:
    rows = [
        (order, line, float((order * 7 + line) % 5), float((order * 31 + line * 17) % 23))
        for order in range(count)
        for line in range(lines)
    ]
    kinds = {"order": pl.Int64, "line": pl.Int64, "size": pl.Float64, "paid": pl.Float64}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def cut(
    frame: pl.DataFrame, project: ProjectSpec, agreed: Contract
) -> tuple[dict[str, Any], pl.DataFrame]:
    house = Gatehouse(project=project, contract=agreed).validate(landing(frame, 50))
    assert house.failure is None
    splits = house.split()
    assert splits.list() == ["assignment.parquet", "split.json"]
    return json.loads(splits.read_bytes("split.json")), splits.read_frame("assignment.parquet")


def test_lines_of_one_order_stay_together_and_both_files_agree() -> None:
    said, sides = cut(orders(100), GROUPED, KEYED)
    assert sides.columns == ["order", "line", "split"]
    assert sides.group_by("order").agg(pl.col("split").n_unique())["split"].max() == 1
    assert said == {
        "kind": "tabular",
        "test_share": 0.3,
        "seed": GROUPED.seed,
        "rows": 300,
        "test_rows": sides.filter(pl.col("split") == "test").height,
        "groups": 100,
    }
    assert 60 < said["test_rows"] < 120


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 99))
def test_the_order_of_rows_changes_neither_file(seed: int) -> None:
    frame = orders(40)
    one = cut(frame, GROUPED, KEYED)
    other = cut(frame.sample(fraction=1, shuffle=True, seed=seed), GROUPED, KEYED)
    assert one[0] == other[0]
    assert_frame_equal(one[1], other[1])


def test_without_a_key_rows_are_named_by_their_place_in_the_layer_and_equal_ones_go_together() -> (
    None
):
    frame = orders(40).select("size", "paid")
    said, sides = cut(pl.concat([frame, frame]), PLAIN, KEYLESS)
    assert (said["groups"], said["rows"]) == (None, 240)
    assert sides["__position"].to_list() == list(range(240))
    assert sides["split"].head(120).to_list() == sides["split"].tail(120).to_list()
    assert sides["split"].unique().sort().to_list() == ["test", "train"]


def test_without_a_key_rows_stay_in_reading_order() -> None:
    frame = orders(40).select("size", "paid")
    house = Gatehouse(project=PLAIN, contract=KEYLESS).validate(landing(frame, 50))
    assert house.outputs["processed"].list() == ["part-00000.parquet", "passed.json"]
    assert_frame_equal(house.rows(), frame)


def test_more_orders_change_the_side_of_none() -> None:
    _, few = cut(orders(50), GROUPED, KEYED)
    _, many = cut(orders(90), GROUPED, KEYED)
    assert_frame_equal(many.filter(pl.col("order") < 50), few)


@pytest.mark.parametrize("share", [1e-9, 1 - 1e-9])
def test_a_share_that_leaves_one_side_empty_is_refused(share: float) -> None:
    with pytest.raises(SpecError, match=r"of 30 rows would be the test"):
        cut(orders(10), tabular(dict(GROUPED.columns), share), KEYED)
