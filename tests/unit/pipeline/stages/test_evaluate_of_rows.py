"""The stage evaluate of a table, over judged files and predictions that a test writes."""

import json
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from foresell.adapters.store import MemoryStore
from foresell.errors import DataError, UsageError
from foresell.evaluate.row_truth import row_truth
from foresell.pipeline.stages.tabular import evaluate
from foresell.pipeline.work import Request, Work
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec
from foresell.spec.split import SplitSpec
from tests.unit.pipeline.gatehouse import Gatehouse, landing
from tests.unit.pipeline.stages.test_split_of_rows import DATED, GROUPED, orders

FRAME = orders(100).with_columns(day=pl.date(2024, 1, 1) + pl.duration(days=pl.col("order")))
BOTH = SplitSpec(test_share=0.3, test_from="2024-03-20")
PROJECT = replace(
    GROUPED,
    columns={**GROUPED.columns, "day": "time"},
    split=BOTH,
    bands={"size": (2,)},
)
NAMES = {"ridge": 1.0, "linear": -2.0, "mean": 4.0, "median": 5.0}


class Court:
    """What the stages before ``evaluate`` have left, and what it makes of it."""

    def __init__(self, project: ProjectSpec = PROJECT, frame: pl.DataFrame = FRAME) -> None:
        self.frame = frame
        house = Gatehouse(project=project, contract=DATED).validate(landing(frame, 50))
        self.house = house
        self.inputs = {
            "processed": house.outputs["processed"],
            "splits": house.split(),
            "judged": MemoryStore(),
            "predictions": MemoryStore(),
        }
        sides = self.inputs["splits"].read_frame("assignment.parquet")
        folders = {"": "split", "chronological/": "late_split"}
        for folder, column in folders.items():
            if column in sides.columns:
                self.judge(folder, sides.filter(pl.col(column) == "test"))
        self.notes: list[str] = []

    def judge(self, folder: str, tested: pl.DataFrame) -> None:
        """Write a learner and predictions that are off by a constant."""
        chosen = "linear" if folder else "ridge"
        learner = {
            "chosen": chosen,
            "baselines": {"mean": 10.0, "median": 9.0},
            "failures": {"catboost": "not here"},
            "notes": ["a note"],
            "interval_method": "conformal_intervals",
        }
        self.inputs["judged"].write_bytes(f"{folder}learner.json", json.dumps(learner).encode())
        folds = pl.DataFrame({
            "candidate": ["ridge", "linear", "mean"] * 2,
            "fold": [0, 0, 0, 1, 1, 1],
            "n": [10] * 6,
            "rmse": [1.0, 2.0, 4.0, 1.5, 1.0, 4.0],
            "mae": [1.0, 2.0, 4.0, 1.5, 1.0, 4.0],
        })
        self.inputs["judged"].write_frame(f"{folder}folds.parquet", folds)
        rows = tested.join(self.frame, on=["order", "line"], how="left", maintain_order="left")
        for name, miss in NAMES.items():
            point = pl.col("paid") + miss
            made = rows.select(
                "order",
                "line",
                "row",
                prediction=point,
                **{q: point + 3 * place - 15 for place, q in enumerate(quantile_columns())},
            )
            self.inputs["predictions"].write_frame(f"{folder}{name}.parquet", made)

    def run(self) -> MemoryStore:
        """Run evaluate and return what it wrote."""
        out = MemoryStore()
        request = Request(
            project=self.house.project, contract=DATED, source=self.house.request().source
        )
        evaluate.run(
            Work(
                request=request,
                inputs=self.inputs,
                outputs={"evaluation": out},
                scratch=MemoryStore(),
                note=self.notes.append,
            )
        )
        return out


def told(out: MemoryStore) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(out.read_bytes("test.json"))
    return read


def test_each_protocol_has_its_files_its_champion_and_its_verdict() -> None:
    out = Court().run()
    tables = {
        "truth.parquet", "leaderboard.csv", "value_added.csv", "value_added_by.csv",
        "segments.parquet", "backtest.csv", "calibration.csv",
    }  # fmt: skip
    assert set(out.list()) == {
        "metrics.json", "test.json", *tables, *(f"chronological/{name}" for name in tables)
    }  # fmt: skip
    test = told(out)
    first, later = (test["protocols"][name] for name in ("held-out", "chronological"))
    assert (first["champion"], later["champion"], test["champion"]) == ("ridge", "linear", "ridge")
    assert (test["scores"], test["verdict"]) == (first["scores"], first["verdict"])
    assert (first["scores"]["rmse"], later["scores"]["rmse"]) == (1.0, 2.0)
    assert first["verdict"]["passed"]
    assert first["best_baseline"]["candidate"] == "mean"
    assert test["failed"] == {"catboost": "not here"}
    assert first["calibration_error"] == pytest.approx(1.0)
    assert first["interval_method"] == test["interval_method"] == "conformal_intervals"
    assert (first["rows"], later["rows"]) == (90, 63)
    assert len(test["result_id"]) == 16


def test_only_rows_of_the_test_are_judged_and_parts_are_scored() -> None:
    out = Court().run()
    truth = out.read_frame("truth.parquet")
    rows = FRAME.with_row_index("row").join(truth, on="row", how="semi")
    assert rows.height == 90
    assert truth["y"].to_list() == rows["paid"].to_list()
    parts = out.read_frame("segments.parquet").filter(pl.col("candidate") == "ridge")
    assert parts["segment"].unique(maintain_order=True).to_list() == [
        "size", "predicted_tercile", "month",
    ]  # fmt: skip
    assert parts.group_by("segment").agg(pl.col("n").sum())["n"].to_list() == [90] * 3


def test_the_folds_say_what_was_chosen_and_what_is_a_baseline() -> None:
    folds = pl.read_csv(Court().run().read_bytes("backtest.csv"))
    assert folds.columns == ["candidate", "kind", "chosen", "fold", "n", "rmse", "mae"]
    assert folds.select("fold", "candidate", "kind", "chosen").rows() == [
        (0, "ridge", "candidate", True),
        (0, "linear", "candidate", False),
        (0, "mean", "baseline", False),
        (1, "linear", "candidate", False),
        (1, "ridge", "candidate", True),
        (1, "mean", "baseline", False),
    ]


def test_a_cut_in_time_alone_is_judged_and_delivered() -> None:
    court = Court(replace(PROJECT, split=SplitSpec(test_from="2024-03-20")))
    out = court.run()
    assert not [name for name in out.list() if "/" in name]
    test = told(out)
    assert list(test["protocols"]) == ["chronological"]
    assert test["protocol"] == "chronological"
    assert test["rows"] == 63


def test_the_same_files_give_the_same_bytes() -> None:
    one, other = Court().run(), Court().run()
    assert {name: one.read_bytes(name) for name in one.list()} == {
        name: other.read_bytes(name) for name in other.list()
    }


WEIGHED = replace(PROJECT, columns={**PROJECT.columns, "size": "weight"}, bands={})


def test_a_row_without_a_weight_is_judged_and_does_not_count() -> None:
    blank = pl.when(pl.col("row") % 4 > 0).then(pl.col("size"))
    court = Court(WEIGHED, FRAME.with_row_index("row").with_columns(size=blank).drop("row"))
    out = court.run()
    truth = out.read_frame("truth.parquet")
    assert truth.filter(pl.col("row") % 4 == 0)["weight"].unique().to_list() == [0.0]
    assert truth.filter(pl.col("row") % 4 > 0)["weight"].max() == 4.0
    assert told(out)["scores"]["rmse"] == pytest.approx(1.0)


def test_rows_that_count_more_order_the_leaderboard_by_their_own_error() -> None:
    board = pl.read_csv(Court(WEIGHED).run().read_bytes("leaderboard.csv"))
    assert board["wmae"].is_sorted()
    assert board["wmae"].null_count() == 0


def test_a_test_of_few_rows_is_said_to_say_little() -> None:
    few = told(Court(replace(PROJECT, split=SplitSpec(test_from="2024-04-07"))).run())
    many = told(Court().run())
    assert few["rows"] < 30
    assert few["notes"] == [
        "a note",
        f"the test has {few['rows']} rows: its scores say little",
    ]
    assert many["notes"] == ["a note"]
    late = replace(BOTH, test_from="2024-04-07")
    both = told(Court(replace(PROJECT, split=late)).run())["notes"]
    assert both == ["a note", f"later rows: {few['notes'][1]}"]


def test_a_target_that_is_everywhere_the_same_is_the_reason_that_nothing_passes() -> None:
    zero = Court(frame=FRAME.with_columns(paid=pl.lit(5.0)))
    for folder in ("", "chronological/"):
        for name in NAMES:
            made = zero.inputs["predictions"].read_frame(f"{folder}{name}.parquet")
            right = made.with_columns(prediction=pl.lit(5.0))
            zero.inputs["predictions"].write_frame(f"{folder}{name}.parquet", right)
    verdict, why = told(zero.run())["verdict"], "the target is the same in every judged row"
    assert not verdict["passed"]
    assert [reason.endswith(why) for reason in verdict["reasons"]] == [True, True]


def test_a_weight_below_zero_is_refused_by_name() -> None:
    frame = FRAME.with_columns(size=pl.col("size") - 1)
    with pytest.raises(DataError, match=r"the weight 'size' is below 0 .* in \d+ of 300 rows"):
        row_truth(frame, pl.Series([True] * 300), WEIGHED, ("order", "line"))


def test_a_test_row_without_a_prediction_is_refused_and_nothing_is_told() -> None:
    court = Court()
    short = court.inputs["predictions"].read_frame("ridge.parquet").head(89)
    court.inputs["predictions"].write_frame("ridge.parquet", short)
    with pytest.raises(UsageError, match="leaves 1 of 90 rows without a finite answer"):
        court.run()
