"""The stages baselines and train of a table, over layers that validate and split left."""

import json
from dataclasses import replace

import polars as pl
import pytest

from foresell.adapters.store import MemoryStore
from foresell.errors import DataError
from foresell.pipeline.layer import read_row_splits
from foresell.pipeline.stages.tabular import baselines, train
from foresell.pipeline.work import Work
from foresell.spec.forecast import quantile_columns
from foresell.spec.modelling import Modelling, Selection, Tuning
from foresell.spec.project import ProjectSpec
from foresell.spec.split import SplitSpec
from tests.unit.pipeline.gatehouse import Gatehouse, landing
from tests.unit.pipeline.stages.test_split_of_rows import DATED, GROUPED, orders

FRAME = orders(120).with_columns(day=pl.date(2024, 1, 1) + pl.duration(days=pl.col("order")))
PROJECT = replace(
    GROUPED,
    columns={**GROUPED.columns, "day": "time"},
    split=SplitSpec(test_share=0.3, test_from="2024-04-10", folds=3),
    models=Modelling(
        candidates=("ridge", "lightgbm"),
        tuning=Tuning(trials=1, spaces={"lightgbm": {"leaves": (3, 4)}}),
    ),
)
FILES = {
    f"{name}.parquet"
    for name in (
        *("ridge", "lightgbm", "simple_ensemble", "inverse_error_ensemble", "greedy_ensemble"),
        *("mean", "median"),
    )
}


class School:
    """What validate and split have left, and what is learnt of it."""

    def __init__(self, frame: pl.DataFrame = FRAME, project: ProjectSpec = PROJECT) -> None:
        self.house = Gatehouse(project=project, contract=DATED).validate(landing(frame, 50))
        self.inputs = {
            "processed": self.house.outputs["processed"],
            "splits": self.house.split(),
        }
        self.notes: list[str] = []

    def train(self, selection: Selection | None = None) -> tuple[MemoryStore, MemoryStore]:
        """Run train; return what was judged, and the predictions."""
        judged, predictions = MemoryStore(), MemoryStore()
        outputs = {"judged": judged, "predictions": predictions}
        train.run(self.work(outputs, selection))
        return judged, predictions

    def work(self, outputs: dict[str, MemoryStore], selection: Selection | None = None) -> Work:
        """What a stage is given to work with."""
        return Work(
            request=replace(self.house.request(), preset="fast", selection=selection),
            inputs=self.inputs,
            outputs=outputs,
            scratch=MemoryStore(),
            note=self.notes.append,
        )


def test_each_protocol_has_a_learner_of_its_own_and_answers_every_row_of_its_test() -> None:
    school = School()
    judged, predictions = school.train()
    sides = read_row_splits(school.inputs["splits"])
    for folder, split in sides.items():
        files = {
            name.removeprefix(folder)
            for name in predictions.list()
            if name.startswith(folder) and name.endswith(".parquet")
        }
        assert {name for name in files if "/" not in name} == FILES
        tested = pl.Series(split.side("test")).arg_true()
        for name in FILES:
            made = predictions.read_frame(f"{folder}{name}")
            assert made.columns == ["order", "line", "row", "prediction", *quantile_columns()]
            assert made["row"].to_list() == tested.to_list()
            assert made.null_count().sum_horizontal().item() == 0
        learner = json.loads(judged.read_bytes(f"{folder}learner.json"))
        assert f"{learner['chosen']}.parquet" in FILES
        assert set(learner["settings"]) == {"ridge", "lightgbm"}
        assert judged.read_frame(f"{folder}folds.parquet")["fold"].n_unique() == 3
    assert list(sides) == ["", "chronological/"]
    assert any(note.startswith("later rows: ridge judged on") for note in school.notes)


def test_the_baselines_are_those_the_models_stand_beside() -> None:
    school = School()
    out = MemoryStore()
    baselines.run(school.work({"baselines": out}))
    _, predictions = school.train()
    folders = ("", "chronological/")
    assert sorted(out.list()) == sorted(
        f"{folder}{name}.parquet" for folder in folders for name in ("mean", "median")
    )
    for name in out.list():
        made = predictions.read_frame(name).select("order", "line", "row", "prediction")
        assert made.equals(out.read_frame(name))


def test_a_weight_below_zero_of_a_test_row_is_refused_before_anything_is_learnt() -> None:
    project = replace(PROJECT, columns={**PROJECT.columns, "size": "weight"})
    tested = School().inputs["splits"].read_frame("assignment.parquet").filter(split="test")
    one = (pl.col("order") == tested["order"][0]) & (pl.col("line") == tested["line"][0])
    size = pl.when(one).then(pl.lit(-1.0)).otherwise("size")
    school = School(FRAME.with_columns(size=size), project)
    with pytest.raises(DataError, match="the weight 'size' is below 0 or not finite in 1 of 360"):
        baselines.run(school.work({"baselines": MemoryStore()}))


@pytest.mark.parametrize("folder", ["", "chronological/"])
def test_a_poisoned_test_changes_no_byte_of_what_is_learnt_or_said(folder: str) -> None:
    school = School()
    tested = read_row_splits(school.inputs["splits"])[folder].side("test")
    bad = school.inputs["splits"].read_frame("assignment.parquet").filter(tested)
    poisoned = FRAME.join(bad.select("order", "line", bad=True), on=["order", "line"], how="left")
    paid = pl.when("bad").then(pl.col("paid") + 1e6).otherwise("paid")
    other = School(poisoned.with_columns(paid=paid).drop("bad"))
    for one, two in zip(school.train(), other.train(), strict=True):
        names = [name for name in one.list() if name.startswith("chronological/") == bool(folder)]
        assert names
        assert {name: one.read_bytes(name) for name in names} == {
            name: two.read_bytes(name) for name in names
        }


def test_the_selection_asked_for_comes_before_the_preset() -> None:
    judged, predictions = School().train("both")
    assert "lightgbm_tuned.parquet" in predictions.list()
    assert set(json.loads(judged.read_bytes("learner.json"))["settings"]) == {
        *("ridge", "lightgbm", "lightgbm_tuned")
    }
