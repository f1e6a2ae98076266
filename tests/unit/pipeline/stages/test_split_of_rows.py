import json
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.contracts.contract import Contract
from foresell.data.row_splits import row_splits
from foresell.errors import SpecError
from foresell.pipeline.layer import read_row_splits
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec
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


DATED = contract(
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
    {"name": "day", "logicalType": "date", "required": True},
)


def dated(**split: Any) -> ProjectSpec:
    """Orders with a day, cut as ``split`` says."""
    columns = {**GROUPED.columns, "day": "time"}
    return replace(GROUPED, columns=columns, split=SplitSpec(**split))


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
    assert sides.columns == ["order", "line", "row", "split", "fold"]
    assert sides["row"].to_list() == list(range(300))
    assert sides.group_by("order").agg(pl.col("split").n_unique())["split"].max() == 1
    counts = dict(sides.group_by("split").len().rows())
    # 30 of 100 orders, then a fifth of the other 70, and five folds of what is left.
    assert counts == {"test": 90, "calibration": 42, "train": 168}
    assert sides.group_by("fold").len().sort("fold").rows() == [
        (None, 132), (0, 33), (1, 33), (2, 36), (3, 33), (4, 33),
    ]  # fmt: skip
    assert said == {
        "kind": "tabular",
        "seed": GROUPED.seed,
        "rows": 300,
        "groups": 100,
        "identity": ["order"],
        "protocols": {
            "held-out": {
                "folder": "",
                "timed": False,
                "rows": counts,
                "groups": {"test": 30, "calibration": 14, "train": 56},
                "folds": [33, 33, 36, 33, 33],
            }
        },
    }


def test_both_cuts_lie_side_by_side_and_are_read_back_as_they_were_made() -> None:
    frame = orders(100).with_columns(day=pl.date(2024, 1, 1) + pl.duration(days=pl.col("order")))
    project = dated(test_share=0.3, test_from="2024-03-20")
    house = Gatehouse(project=project, contract=DATED).validate(landing(frame, 50))
    assert house.failure is None
    splits = house.split()
    made = row_splits(frame, project, ["order"])
    read = read_row_splits(splits)
    assert list(read) == ["", "chronological/"]
    for one, other in zip(made, read.values(), strict=True):
        assert one.timed == other.timed
        assert one.split.equals(other.split)
        assert one.fold.equals(other.fold)
    told = json.loads(splits.read_bytes("split.json"))["protocols"]["chronological"]
    assert told["days"]["test"] == ["2024-03-20", "2024-04-09"]


def test_a_cut_in_time_alone_is_the_delivered_one() -> None:
    frame = orders(100).with_columns(day=pl.date(2024, 1, 1) + pl.duration(days=pl.col("order")))
    project = dated(test_from="2024-03-20")
    house = Gatehouse(project=project, contract=DATED).validate(landing(frame, 50))
    splits = house.split()
    assert splits.read_frame("assignment.parquet").columns == [
        "order", "line", "row", "split", "fold",
    ]  # fmt: skip
    read = read_row_splits(splits)
    assert {folder: split.timed for folder, split in read.items()} == {"": True}


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
    assert (said["groups"], said["rows"]) == (frame.n_unique(), 240)
    assert said["protocols"]["held-out"]["groups"] == dict.fromkeys((
        "train",
        "calibration",
        "test",
    ))
    assert sides.columns == ["row", "split", "fold"]
    assert sides["row"].to_list() == list(range(240))
    assert sides["split"].head(120).to_list() == sides["split"].tail(120).to_list()
    assert sides["split"].unique().sort().to_list() == ["calibration", "test", "train"]


def test_without_a_key_rows_stay_in_reading_order() -> None:
    frame = orders(40).select("size", "paid")
    house = Gatehouse(project=PLAIN, contract=KEYLESS).validate(landing(frame, 50))
    assert house.outputs["processed"].list() == ["part-00000.parquet", "passed.json"]
    assert_frame_equal(house.rows(), frame)


@pytest.mark.parametrize("share", [1e-9, 1 - 1e-9])
def test_a_share_that_leaves_one_side_empty_is_refused(share: float) -> None:
    with pytest.raises(SpecError, match=r"no row would be|would be empty"):
        cut(orders(4), tabular(dict(GROUPED.columns), share), KEYED)
