"""The source of a stage is compared with what the stage declares; nothing of it is run."""

import subprocess
import sys
from pathlib import Path

import pytest

from foresell.errors import ForesellError
from foresell.pipeline.graph import PANEL_STAGES, TABULAR_STAGES
from foresell.pipeline.graph_code import check_code
from foresell.pipeline.work import Stage, Work

_STAGE = """
raise SystemExit("nobody imports a graph that is only checked")

def run(work):
    rows = work.inputs["landing"].read_frame("rows.parquet")
    work.outputs["processed"].write_frame("rows.parquet", rows)
    return work.inputs["landing"], work.inputs[named()], other["landing"]

ALSO = 1
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that must not be imported, and where it is found."""
    (tmp_path / "shop_stages.py").write_text(_STAGE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return "shop_stages"


def found(run: str, needs: tuple[str, ...], makes: tuple[str, ...]) -> list[tuple[str, str, str]]:
    stage = Stage(name="clean", run=run, needs=needs, makes=makes, says="cleans", reads=())
    return [(one.where, one.what, one.mend) for one in check_code([stage])]


def test_a_stage_that_declares_what_its_code_takes_has_no_finding(shop: str) -> None:
    assert found(f"{shop}:run", ("landing",), ("processed",)) == []


def test_an_input_that_the_code_takes_and_nobody_declared_is_found(shop: str) -> None:
    assert found(f"{shop}:run", ("asked",), ("processed",)) == [
        (
            "stage 'clean'",
            "its code takes the input 'landing', which it does not declare",
            "add it to needs, or take it out of shop_stages",
        )
    ]


def test_an_output_that_the_code_writes_and_nobody_declared_is_found(shop: str) -> None:
    assert found(f"{shop}:run", ("landing",), ("checks",)) == [
        (
            "stage 'clean'",
            "its code takes the output 'processed', which it does not declare",
            "add it to makes, or take it out of shop_stages",
        )
    ]


@pytest.mark.parametrize("run", ["", "shop_stages", "shop_stages:", ":run", "shop_stages:run()"])
def test_a_run_that_names_no_function_is_found(run: str) -> None:
    assert found(run, (), ()) == [
        ("stage 'clean'", f"its run {run!r} names no function", "write it as module:function")
    ]


@pytest.mark.parametrize("module", ["no_shop_stages", "no_shop.stages", "foresell.errors.more"])
def test_a_module_that_is_not_there_is_found(module: str) -> None:
    assert found(f"{module}:run", (), ()) == [
        (
            "stage 'clean'",
            f"its run names the module {module!r}, which is not there",
            "name the module in full, as it is imported",
        )
    ]


def test_a_function_that_its_module_does_not_define_is_found(shop: str) -> None:
    assert found(f"{shop}:rum", ("landing",), ("processed",)) == [
        (
            "stage 'clean'",
            "its run names 'rum', which 'shop_stages' does not define",
            "did you mean 'run'? Known: run",
        )
    ]


def test_what_is_no_function_is_found(shop: str) -> None:
    assert found(f"{shop}:ALSO", ("landing",), ("processed",))[0][1] == (
        "its run names 'ALSO', which 'shop_stages' does not define"
    )


def _inner(work: Work) -> ForesellError | None:
    work.outputs["graph"].write_bytes("told", b"")
    return None


def test_a_function_itself_is_looked_at_in_its_module() -> None:
    stage = Stage(name="draw", run=_inner, needs=(), makes=(), says="draws", reads=())
    assert [one.what for one in check_code([stage])] == [
        "its code takes the output 'graph', which it does not declare"
    ]


def test_the_stages_that_are_run_have_no_finding() -> None:
    assert check_code(PANEL_STAGES) == ()
    assert check_code(TABULAR_STAGES) == ()


def test_a_check_imports_no_stage_and_no_learner() -> None:
    code = (
        "import sys\n"
        "from foresell.pipeline.graph import PANEL_STAGES, TABULAR_STAGES\n"
        "from foresell.pipeline.graph_code import check_code\n"
        "assert check_code((*PANEL_STAGES, *TABULAR_STAGES)) == ()\n"
        "heavy = {'sklearn', 'lightgbm', 'onnx', 'arch', 'altair'} & set(sys.modules)\n"
        "stages = [name for name in sys.modules if name.startswith('foresell.pipeline.stages.')]\n"
        "assert not heavy, heavy\n"
        "assert set(stages) <= {'foresell.pipeline.stages.tabular'}, stages\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
