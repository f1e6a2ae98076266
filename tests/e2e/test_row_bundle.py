"""What a run of a table packs: graphs, a proof, files for people, and what it says of itself."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

import foresell as public
from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import Bundle, read_bundle
from foresell.models.tabular.answering import graph_answers
from foresell.models.tabular.parity import TOLERANCE
from foresell.models.tabular.proved import check_parity
from foresell.spec.reading import parse_project
from tests.builders import snapshot, write_files
from tests.tabular_files import order_files, order_lines

PROJECT = "sales_orders"
NOT_THE_BUNDLE = "provenance.json"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run of the shipped declaration with two candidates."""
    folder = tmp_path_factory.mktemp("packed")
    shipped = files("foresell").joinpath("projects", PROJECT)
    text = yaml.safe_load(shipped.joinpath("project.yaml").read_text("utf-8"))
    relative_to = text["models"]["relative_to"]
    models = {"relative_to": relative_to, "candidates": ["ridge", "lightgbm"]}
    few = yaml.safe_dump({**text, "models": models}, sort_keys=False)
    contract = shipped.joinpath("contract.yaml").read_text("utf-8")
    own = {"project.yaml": few.encode(), "contract.yaml": contract.encode()}
    write_files(folder / "declared" / PROJECT, own)
    data = write_files(folder / "data", order_files(order_lines(150)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORESELL_PROJECTS", str(folder / "declared"))
        for place in ("home", "again"):
            public.run(PROJECT, data=data, preset="fast", home=folder / place, until="refit")
        yield folder


@pytest.fixture
def packed(home: Path) -> Bundle:
    return read_bundle(DirectoryStore(home / "home" / PROJECT / "bundle"))


def test_the_same_run_packs_the_same_bytes(home: Path) -> None:
    first, second = (
        {
            name: content
            for name, content in snapshot(home / place / PROJECT / "bundle").items()
            if name != NOT_THE_BUNDLE
        }
        for place in ("home", "again")
    )
    assert first == second


def test_the_bundle_says_what_it_takes_what_it_gives_and_how_good_it_was(packed: Bundle) -> None:
    told: dict[str, Any] = dict(packed.metadata)
    assert (told["project"], told["kind"], told["target"], told["unit"]) == (
        PROJECT,
        "tabular",
        "SALES",
        "USD",
    )
    project = parse_project(packed.project_text, "project")
    assert [one["name"] for one in told["features"]] == list(project.with_role("feature"))
    assert told["features"][2] == {
        "name": "PRICEEACH",
        "role": "feature",
        "type": "number",
        "unit": "USD",
        "required": True,
        "description": "Price of one unit, capped at 100.",
    }
    assert told["roles"]["ORDERNUMBER"] == "group"
    assert "DEALSIZE" not in told["roles"]
    assert told["relative_to"] == list(project.models.relative_to)
    assert {"name": "months", "of": ["YEAR_ID", "MONTH_ID"], "how": "months"} in told["derived"]
    assert told["champion"] == told["scores"]["candidate"]
    assert set(told["protocols"]) == set(told["leaderboard"]) == {"held-out", "chronological"}
    for name, board in told["leaderboard"].items():
        champion = told["protocols"][name]["champion"]
        own = next(row for row in board if row["candidate"] == champion)
        assert own["rmse"] == told["protocols"][name]["scores"]["rmse"]
    assert told["intervals"]["method"] == "conformal_intervals"
    assert 0 < told["intervals"]["scores"]["coverage_80"] <= 1


def test_the_input_example_can_be_asked_and_holds_nothing_else_than_features(
    packed: Bundle,
) -> None:
    example: Any = packed.metadata["input_example"]
    project = parse_project(packed.project_text, "project")
    assert list(example) == sorted(project.with_role("feature"))  # as JSON keeps it
    assert json.loads(json.dumps(example)) == example
    frame = pl.DataFrame([example])
    said = graph_answers(packed.model[f"onnx/{packed.metadata['champion']}.onnx"], frame)
    assert np.isfinite(said).all()


def test_every_graph_of_the_bundle_says_what_was_proved(packed: Bundle) -> None:
    names = json.loads(packed.model["onnx/parity.json"])["models"]
    assert {"ridge", "lightgbm", "simple_ensemble", "greedy_ensemble", "size"} <= set(names)
    assert 0 <= check_parity(packed.model, *names) <= TOLERANCE


def test_the_pipeline_for_people_predicts_raw_rows_in_a_python_of_its_own(
    home: Path, packed: Bundle, tmp_path: Path
) -> None:
    rows = pl.DataFrame([packed.metadata["input_example"]] * 3).with_columns(
        QUANTITYORDERED=pl.Series([1, 30, 97]), COUNTRY=pl.Series(["USA", "Atlantis", "Spain"])
    )
    rows.write_parquet(tmp_path / "rows.parquet")
    champion = packed.metadata["champion"]
    folder = home / "home" / PROJECT / "bundle" / "model" / "joblib"
    code = f"""
import joblib, polars as pl
rows = pl.read_parquet({str(tmp_path / "rows.parquet")!r})
print(*joblib.load({str(folder / f"{champion}.joblib")!r}).predict(rows).tolist())
print(*joblib.load({str(folder / "pipelines.joblib")!r})["simple_ensemble"].predict(rows).tolist())
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name, said in zip((champion, "simple_ensemble"), ran.stdout.splitlines(), strict=True):
        expected = graph_answers(packed.model[f"onnx/{name}.onnx"], rows)
        found = [float(value) for value in said.split()]
        assert np.allclose(found, expected, rtol=TOLERANCE, atol=0)
