"""A bundle that MLflow shows as a model: it answers as foresell does, or refuses to load."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.adapters.store import DirectoryStore
from foresell.answer.predicting import answer_rows
from foresell.answer.reach import default_rows
from foresell.answer.rows import answer
from foresell.api import RunResult
from foresell.errors import DataError
from foresell.models.tabular.answering import graph_answers
from foresell.spec.forecast import quantile_columns
from tests.e2e.mlflow_shown import Shown, show
from tests.e2e.order_rows import FEATURES, LINE

ROOT = Path(__file__).parents[2]
LISTS = ("unseen", "outside")
ASKED = pl.DataFrame([LINE, {**LINE, "COUNTRY": "Atlantis"}, {**LINE, "PRICEEACH": 0.5}])


@pytest.fixture(scope="module")
def mlflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mlflow")


def shown(bundle: Path, home: Path, *candidates: str) -> Shown:
    place = f"sqlite:///{home}/mlflow.db", str(home / "_mlflow")
    return show(DirectoryStore(bundle), *place, candidates)


@pytest.fixture(scope="module")
def orders(orders_home: Path, mlflow_home: Path) -> Shown:
    bundle = orders_home / "sales_orders" / "bundle"
    return shown(bundle, mlflow_home, "ridge", "lightgbm", "simple_ensemble", "mean")


@pytest.fixture(scope="module")
def weekly(whole: tuple[Path, RunResult], mlflow_home: Path) -> Shown:
    return shown(whole[0] / "home" / "walmart" / "bundle", mlflow_home, "ridge")


def test_rows_of_a_table_are_answered_by_mlflow_as_by_foresell(orders: Shown) -> None:
    ours = answer_rows(orders.bundle, ASKED.select(FEATURES))
    theirs = orders.load().predict(ASKED.to_pandas())
    assert list(theirs.columns) == ours.columns
    plain = [name for name in ours.columns if name not in LISTS]
    assert_frame_equal(pl.from_pandas(theirs[plain]), ours.select(plain), check_exact=True)
    for name in LISTS:
        assert [list(names) for names in theirs[name]] == ours[name].to_list()
    assert ours["unseen"].to_list() == [[], ["COUNTRY"], []]


def test_series_of_a_panel_are_answered_by_mlflow_as_by_foresell(weekly: Shown) -> None:
    rows = default_rows(weekly.bundle)[0].gather_every(7)
    ours = answer(weekly.bundle, rows)
    theirs = pl.from_pandas(weekly.load().predict(rows.to_pandas(date_as_object=False)))
    assert theirs.columns == ours.columns
    assert_frame_equal(theirs.with_columns(pl.col("Date").cast(pl.Date)), ours, check_exact=True)


def test_what_is_planned_has_its_say_in_what_a_panel_answers(weekly: Shown) -> None:
    model = weekly.load()
    rows = default_rows(weekly.bundle)[0].head(1)
    said = [
        model.predict(rows.with_columns(IsHoliday=pl.lit(day)).to_pandas(date_as_object=False))
        for day in (False, True)
    ]
    ours = [
        answer(weekly.bundle, rows.with_columns(IsHoliday=pl.lit(day))) for day in (False, True)
    ]
    assert [one["prediction"][0] for one in said] == [one["prediction"][0] for one in ours]


def test_the_signature_is_that_of_the_contract_and_the_example_is_answered(
    orders: Shown, weekly: Shown
) -> None:
    of_table, of_panel = orders.load(), weekly.load()
    takes = of_table.metadata.signature.inputs
    assert takes.input_names() == FEATURES
    assert [str(kind.name) for kind in takes.input_types()] == [
        *("long", "long", "double", "long", "long", "long", "long", "string", "string")
    ]
    planned = of_panel.metadata.signature.inputs
    assert planned.required_input_names() == ["Store", "Dept", "Date"]
    assert "IsHoliday" in planned.input_names()
    for model, first in ((of_table, "prediction"), (of_panel, "Store")):
        gives = model.metadata.signature.outputs.input_names()
        said = model.predict(model.input_example)
        assert list(said.columns) == gives
        assert gives[0] == first
        assert {*quantile_columns(), "interval_method"} <= set(gives)
        assert len(said) == 3


def test_each_candidate_with_a_graph_has_it_as_a_model_that_answers_frames(orders: Shown) -> None:
    models = {one.tags["foresell.candidate"]: one for one in orders.models("graph")}
    assert set(models) == {"ridge", "lightgbm", "simple_ensemble"}
    assert len({one.source_run_id for one in models.values()}) == 3
    for name, model in models.items():
        loaded = orders.load(model.model_id)
        asked = ASKED.with_columns(pl.exclude(pl.String).cast(pl.Float64)).to_pandas()
        said = loaded.predict(asked)["prediction"][:, 0]
        graph = orders.bundle.model[f"onnx/{name}.onnx"]
        assert said.tolist() == graph_answers(graph, ASKED).tolist()
        assert len(loaded.predict(loaded.input_example)["prediction"]) == 3


def test_a_row_that_breaks_the_contract_is_refused_with_the_reason(orders: Shown) -> None:
    bad = ASKED.with_columns(MONTH_ID=pl.lit(13)).to_pandas()
    with pytest.raises(DataError, match="MONTH_ID"):
        orders.load().predict(bad)


@pytest.mark.parametrize("name", ["metadata.json", "checksums.json", "model/onnx/lightgbm.onnx"])
def test_a_model_with_a_changed_byte_does_not_load(
    orders: Shown, tmp_path: Path, name: str
) -> None:
    import mlflow  # noqa: PLC0415 - takes seconds

    (kept,) = orders.models("bundle")
    copy = Path(shutil.copytree(kept.artifact_location.removeprefix("file://"), tmp_path / "m"))
    (file,) = copy.glob(f"data/*/{name}")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    assert mlflow.pyfunc.load_model(str(copy)) is not None
    file.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"not (the file that was written|part of the bundle)"):
        mlflow.pyfunc.load_model(str(copy))


def test_what_was_logged_is_logged_once_however_often_it_is_told(
    orders: Shown, orders_home: Path, mlflow_home: Path
) -> None:
    before = [one.model_id for name in ("bundle", "graph") for one in orders.models(name)]
    from foresell.adapters.mlflow_model import Shelf, bundle_model  # noqa: PLC0415

    (kept,) = orders.models("bundle")
    store: Any = DirectoryStore(orders_home / "sales_orders" / "bundle")
    shelf = Shelf(client=_client(orders), experiment=kept.experiment_id, run=kept.source_run_id)
    assert bundle_model(shelf, kept.tags["foresell.digest"], store) == kept.model_id
    anybody = Shelf(client=_client(orders), experiment=kept.experiment_id)
    assert bundle_model(anybody, kept.tags["foresell.digest"], store) == kept.model_id
    assert [one.model_id for name in ("bundle", "graph") for one in orders.models(name)] == before


def test_mlflow_says_nothing_on_the_side(tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path}/mlflow.db", str(tmp_path / "_mlflow"), "toy"
    told = f"from tests.mlflow_senders import send; send(*{place})"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert (done.stdout, done.stderr) == ("", "")


def _client(orders: Shown) -> Any:
    from mlflow import MlflowClient  # noqa: PLC0415 - takes seconds

    return MlflowClient(orders.uri, orders.uri)
