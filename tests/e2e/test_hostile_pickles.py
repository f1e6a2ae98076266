"""A pickle in a bundle may say what it likes: nothing that answers loads it."""

import ast
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import joblib
import polars as pl
import pytest

from foresell.adapters.store import DirectoryStore
from foresell.answer.explaining_rows import explain_rows
from foresell.answer.predicting import answer_rows
from foresell.bundle.bundle import CHECKSUMS, read_bundle
from foresell.models.tabular.parity import TOLERANCE
from foresell.models.tabular.proved import check_parity
from tests.e2e.command import Foresell
from tests.e2e.order_rows import LINE
from tests.row_bundles import make_bundle
from tests.tabular_files import order_files, order_lines

SRC = Path(__file__).parents[2] / "src"
LOADERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
ONE_WRITER = "foresell/models/tabular/artifacts.py"


class Hostile:
    """What writes a file when it is loaded."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"echo ran >> '{self.place}'",)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a run in which every pipeline for people is hostile, with right checksums."""
    folder = tmp_path_factory.mktemp("hostile")
    content = order_files(order_lines(60))["sales_data_sample.csv"]
    root = make_bundle("sales_orders", content, folder)
    sums = json.loads((root / CHECKSUMS).read_bytes())
    for path in (root / "model/joblib").iterdir():
        joblib.dump(Hostile(folder / "ran.txt"), path)
        name = path.relative_to(root).as_posix()
        sums[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (root / CHECKSUMS).write_text(json.dumps(sums, sort_keys=True, indent=1))
    return folder


def rows() -> pl.DataFrame:
    return pl.DataFrame([LINE, {**LINE, "COUNTRY": "Atlantis"}])


def test_every_pipeline_of_the_bundle_would_run_if_it_were_loaded(home: Path) -> None:
    root = home / "sales_orders" / "bundle" / "model" / "joblib"
    names = {path.stem for path in root.iterdir()}
    assert "pipelines" in names
    assert len(names) == 2
    for path in root.iterdir():
        subprocess.run(
            [sys.executable, "-c", f"import joblib; joblib.load({str(path)!r})"], check=True
        )
    assert (home / "ran.txt").read_text().split() == ["ran"] * len(names)
    (home / "ran.txt").unlink()


def test_reading_answering_explaining_and_checking_a_hostile_bundle_runs_nothing(
    home: Path,
) -> None:
    bundle = read_bundle(DirectoryStore(home / "sales_orders" / "bundle"))

    assert not any(name.startswith("joblib/") for name in bundle.model)
    assert answer_rows(bundle, rows())["prediction"].is_finite().all()
    assert explain_rows(bundle, rows())["value"].is_finite().all()
    assert check_parity(bundle.model) <= TOLERANCE
    assert not (home / "ran.txt").exists()


def test_asking_a_hostile_bundle_on_the_command_line_runs_nothing(
    home: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(home))
    rows().write_parquet(tmp_path / "rows.parquet")
    asked = (
        ("--json", json.dumps(LINE), "--explain"),
        ("--file", tmp_path / "rows.parquet", "--out", tmp_path / "answers.parquet"),
    )
    for words in asked:
        ran = foresell("predict", "sales_orders", *words)
        assert (ran.code, ran.err) == (0, "")
    assert not (home / "ran.txt").exists()


def test_only_the_stage_that_writes_pipelines_for_people_knows_joblib_and_it_never_loads() -> None:
    found = {
        path.relative_to(SRC).as_posix(): names
        for path in SRC.rglob("*.py")
        if (names := set(imported(path)) & LOADERS)
    }
    assert found == {ONE_WRITER: {"joblib"}}
    used = {
        node.attr
        for node in ast.walk(ast.parse((SRC / ONE_WRITER).read_bytes()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "joblib"
    }
    assert used == {"dump"}


def test_no_module_that_answers_reaches_the_one_that_knows_joblib() -> None:
    reached, ahead = set[str](), ["foresell.bundle.bundle", *modules_of("answer")]
    while ahead:
        if (name := ahead.pop()) not in reached:
            reached.add(name)
            ahead += [other for other in imported(place(name)) if other.startswith("foresell.")]
    assert "foresell.models.tabular.plain_files" in reached
    assert "foresell.models.tabular.artifacts" not in reached


def modules_of(room: str) -> list[str]:
    return [f"foresell.{room}.{path.stem}" for path in (SRC / "foresell" / room).glob("[!_]*.py")]


def place(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports anywhere, foresell's by their whole names."""
    nodes = list(ast.walk(ast.parse(path.read_bytes())))
    for plain in (node for node in nodes if isinstance(node, ast.Import)):
        yield from (name.name for name in plain.names)
    for node in (node for node in nodes if isinstance(node, ast.ImportFrom)):
        yield str(node.module)
        whole = (f"{node.module}.{name.name}" for name in node.names)
        yield from (name for name in whole if (SRC / f"{name.replace('.', '/')}.py").exists())
