import json
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from foresell.errors import DataError, GateError
from foresell.features.direct import direct_frame
from foresell.models.boosted import Booster
from foresell.models.explaining import Asked, explain
from foresell.models.learner import Learner, forecast
from foresell.models.learner_files import read_learner, write_learner
from foresell.models.onnx_files import (
    METADATA,
    PARITY,
    TOLERANCE,
    answering_learner,
    onnx_files,
    read_onnx,
    told_learner,
)
from foresell.models.onnx_running import run_graph
from foresell.models.seasonal import seasonal_members
from foresell.models.shape import grow_shape, shape_table
from foresell.models.trees.growing import Numbers, Table
from foresell.models.uncertainty import holiday_rows, spread_design
from foresell.spec.forecast import QUANTILES
from tests.unit.models.test_explaining import every_candidate
from tests.unit.models.toys import HORIZON, project

LEARNT = ("lad", "ridge", "lightgbm", "xgboost", "catboost")


def frame() -> pl.DataFrame:
    known, learner = every_candidate()
    return direct_frame(known, project(), learner.recipe, known.cutoff, HORIZON)


def written() -> dict[str, bytes]:
    return onnx_files(every_candidate()[1].fitted.parts, frame(), project())


@lru_cache(maxsize=1)
def with_shape() -> Learner:
    """The learner with a shape of made-up misses: a toy holds out too few rows for one."""
    known, learner = every_candidate()
    draw = np.random.default_rng(5)
    designs, tables = [], []
    for origin in range(known.cutoff - 10, known.cutoff + 1):
        rows = direct_frame(known, project(), learner.recipe, origin, HORIZON)
        parts = {name: part.forecast(rows) for name, part in learner.fitted.parts.items()}
        made = {**seasonal_members(rows), **parts}
        designs.append(spread_design(rows, made, holiday_rows(rows, project())))
        tables.append(shape_table(rows, made))
    count = 11 * frame().height
    misses = draw.normal(size=count) * np.exp(np.vstack(designs)[:, 6])
    return replace(
        learner,
        shape=grow_shape(np.vstack(designs), np.vstack(tables), misses, np.ones(count), 1),
    )


def written_with_shape() -> dict[str, bytes]:
    learner = with_shape()
    graphs = onnx_files(learner.fitted.parts, frame(), project(), learner.shape)
    return write_learner(learner) | graphs


def test_every_learnt_part_has_a_graph_that_forecasts_as_it_does() -> None:
    parts = every_candidate()[1].fitted.parts
    graphs = read_onnx(written())

    assert set(graphs) == set(parts) == set(LEARNT)
    scale = frame()["scale"].to_numpy()
    for name, part in parts.items():
        gap = np.abs(graphs[name].forecast(frame()) - part.forecast(frame()))
        assert (gap <= TOLERANCE * scale).all(), name


def test_the_proof_holds_rows_and_answers_that_anybody_can_run_again() -> None:
    files = written()
    proof = json.loads(files[PARITY])

    assert set(proof["parts"]) == set(LEARNT)
    for name, one in proof["parts"].items():
        table = np.array(one["inputs"], dtype=np.float64)  # null is NaN
        again = run_graph(files[f"onnx/{name}.onnx"], table)
        assert one["rows"] == len(table) == 96
        assert one["probes"] == (0 if name in {"lad", "ridge"} else 96)
        assert one["max_abs"] <= proof["tolerance"] == TOLERANCE
        assert np.abs(again - np.array(one["expected"])).max() <= TOLERANCE


def test_the_metadata_names_order_and_kind_of_every_input_and_the_unit() -> None:
    about = json.loads(written()[METADATA])
    booster = every_candidate()[1].fitted.parts["lightgbm"]
    assert isinstance(booster, Booster)

    assert (about["target"], about["unit"], about["without_graph"]) == ("sold", "", [])
    assert about["parts"]["lightgbm"]["columns"] == list(booster.features)
    assert about["parts"]["lightgbm"]["dtype"] == "float32"
    assert about["parts"]["lad"]["dtype"] == "float64"
    assert about["parts"]["lad"]["added_to"] == "nothing"


def test_equal_parts_give_equal_files() -> None:
    assert written() == written()


class Lying:
    """Trees that say a little more than their own text."""

    def __init__(self, booster: Booster, more: float) -> None:
        self.trees, self.more = booster.trees[0], more

    def predict(self, table: Table) -> Numbers:
        return self.trees.predict(table) + self.more

    def contributions(self, table: Table) -> Numbers:
        return self.trees.contributions(table)

    def dump(self) -> bytes:
        return self.trees.dump()

    def text(self) -> str:
        return self.trees.text()


def test_a_graph_that_says_something_else_fails_and_names_the_part() -> None:
    booster = every_candidate()[1].fitted.parts["lightgbm"]
    assert isinstance(booster, Booster)
    small = replace(booster, trees=(Lying(booster, 0.5 * TOLERANCE),))
    large = replace(booster, trees=(Lying(booster, 2 * TOLERANCE),))

    onnx_files({"lightgbm": small}, frame(), project())
    with pytest.raises(GateError, match="the ONNX graph of lightgbm misses lightgbm by 2e-05"):
        onnx_files({"lightgbm": large}, frame(), project())


def test_a_part_that_cannot_be_exported_fails_and_is_named() -> None:
    booster = every_candidate()[1].fitted.parts["lightgbm"]
    assert isinstance(booster, Booster)

    class Other(Lying):
        def text(self) -> str:
            return super().text().replace("objective=regression_l1", "objective=tweedie")

    with pytest.raises(DataError, match="lightgbm_tuned: LightGBM's 'tweedie'"):
        onnx_files(
            {"lightgbm_tuned": replace(booster, trees=(Other(booster, 0),))}, frame(), project()
        )


def test_a_learner_answers_by_its_graphs_as_it_does_by_its_parts() -> None:
    known, learner = every_candidate()
    files = write_learner(learner) | written()
    native = forecast(read_learner(files), known, project(), HORIZON)

    answer = forecast(answering_learner(files), known, project(), HORIZON)

    size = TOLERANCE * native.scale.reshape(native.point.shape)
    for name, expected in native.members.items():
        assert (np.abs(answer.members[name] - expected) <= size).all(), name
    assert (np.abs(answer.quantiles - native.quantiles) <= 3 * size[..., None]).all()


def test_what_is_told_of_a_bundle_is_what_its_graphs_answer() -> None:
    known, learner = every_candidate()
    files = write_learner(learner) | written()
    answer = forecast(answering_learner(files), known, project(), HORIZON)
    asked = Asked(steps=HORIZON, series=np.arange(12), candidate="xgboost")

    told = explain(told_learner(files), known, project(), asked)

    total = told.group_by("shop", "item", "day", maintain_order=True).agg(pl.col("value").sum())
    expected = answer.members["xgboost"].ravel()
    assert np.allclose(total["value"].to_numpy(), expected, rtol=1e-12, atol=1e-9)
    assert "residual" in set(told["part"])


def test_to_answer_by_graphs_imports_no_booster(tmp_path: Path) -> None:
    known, _ = every_candidate()
    for name, content in written_with_shape().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    frame().write_parquet(tmp_path / "frame.parquet")
    text = """
import sys
from pathlib import Path
import polars as pl
from foresell.models.learner import forecast
from foresell.models.onnx_files import answering_learner
from tests.unit.models.toys import HORIZON, panel, project
folder = Path(sys.argv[1])
files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
learner = answering_learner(files)
rows = pl.read_parquet(folder / "frame.parquet")
answer = forecast(learner, panel(120), project(), HORIZON, rows)
print(sorted(learner.fitted.parts), answer.quantiles.shape, (answer.reach != 1).all())
print(sorted({"lightgbm", "xgboost", "catboost", "onnx", "sklearn", "pandas"} & set(sys.modules)))
"""
    said = subprocess.run(
        [sys.executable, "-c", text, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    shape = (known.n_series, HORIZON, len(QUANTILES))
    assert said.stdout.splitlines() == [f"{sorted(LEARNT)} {shape} True", "[]"]


def test_a_shape_has_graphs_that_reach_as_far_and_a_proof() -> None:
    known, _ = every_candidate()
    files = written_with_shape()
    proof = json.loads(files[PARITY])["shape"]

    assert set(read_onnx(files)) == set(LEARNT)
    assert set(proof) == {"size", "below", "above"}
    for one in proof.values():
        assert one["rows"] == one["probes"] == 96
        assert one["max_abs"] <= TOLERANCE
    native = forecast(with_shape(), known, project(), HORIZON)
    for learner in (read_learner(files), answering_learner(files), told_learner(files)):
        answer = forecast(learner, known, project(), HORIZON)
        assert answer.reach == pytest.approx(native.reach, rel=1e-5)
    assert len(np.unique(native.reach)) > 50


def test_a_graph_of_a_shape_that_says_something_else_fails_and_is_named() -> None:
    shape = with_shape().shape
    assert shape is not None
    booster = every_candidate()[1].fitted.parts["lightgbm"]
    assert isinstance(booster, Booster)
    lying = Lying(replace(booster, trees=(shape.trees[1],)), 2 * TOLERANCE)  # type: ignore[arg-type]
    wrong = replace(shape, trees=(shape.trees[0], lying, shape.trees[2]))

    with pytest.raises(GateError, match="graph of the shape's below misses it by 2e-05"):
        onnx_files(with_shape().fitted.parts, frame(), project(), wrong)
