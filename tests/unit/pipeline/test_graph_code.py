"""The source of a stage is compared with what the stage declares; nothing of it is run."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from foresell.errors import ForesellError
from foresell.pipeline.graph import PANEL_STAGES, STAGES, TABULAR_STAGES
from foresell.pipeline.graph_code import check_code
from foresell.pipeline.taking import taken
from foresell.pipeline.work import Stage, Work
from foresell.spec.project import Kind

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


@pytest.mark.parametrize(
    "module", ["no_shop_stages", "no_shop.stages", "foresell.errors.more", ".stages", ".", "json.x"]
)
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


def lacking_one(kind: Kind) -> Iterator[tuple[str, str, Stage]]:
    """Yield each stage with one of its needs or outputs taken out: its side, its name, the rest."""
    for stage in STAGES[kind]:
        for name in stage.needs:
            left = tuple(one for one in stage.needs if one != name)
            yield "input", name, replace(stage, needs=left)
        for name in stage.makes:
            left = tuple(one for one in stage.makes if one != name)
            yield "output", name, replace(stage, makes=left)


@pytest.mark.parametrize(("kind", "removals"), [("panel", 73), ("tabular", 60)])
def test_a_need_or_an_output_that_is_taken_out_of_a_stage_is_missed(
    kind: Kind, removals: int
) -> None:
    tried = 0
    for side, name, stage in lacking_one(kind):
        assert [(one.where, one.what) for one in check_code([stage])] == [
            (
                f"stage {stage.name!r}",
                f"its code takes the {side} {name!r}, which it does not declare",
            )
        ]
        tried += 1
    assert tried == removals


@pytest.mark.parametrize("kind", ["panel", "tabular"])
def test_the_code_of_a_stage_takes_each_input_and_output_that_it_declares(kind: Kind) -> None:
    for stage in STAGES[kind]:
        module, _, name = str(stage.run).partition(":")
        found = taken(module, name)
        assert {one.name for one in found if one.side == "inputs"} == set(stage.needs), stage.name
        assert {one.name for one in found if one.side == "outputs"} == set(stage.makes), stage.name


_NEAR = """
from yard.far import Deep, deep, named
import yard.far
import yard.far as away
import json

WORD, OTHER = "word", "other"
LISTED = ("one", "two")
LATER = "never"

def run(work):
    {body}

def unused(work):
    return work.inputs["unused"]
"""
_FAR = """
def deep(work, inputs=None, *, name="x"):
    return inputs[name]

def named(inputs, name):
    return inputs[name] if name else deep(None, inputs, name="again")

def given(work):
    return work.inputs

def handed(work):
    return work.inputs["handed"]

class Deep:
    def __init__(self, work):
        self.work = work

    def read(self):
        return self.work.inputs["deep"]
"""
WAYS = {
    "by its name": ("work.inputs['word']", ["word"]),
    "by get": ("work.inputs.get('word')", ["word"]),
    "whether it is there": ("'word' in work.inputs", ["word"]),
    "whether it is not there": ("'word' not in work.inputs", ["word"]),
    "by a constant": ("work.inputs[WORD], work.inputs[OTHER]", ["word", "other"]),
    "by a name of its own": ("inputs, name = work.inputs, 'word'; inputs[name]", ["word"]),
    "in a loop": ("[work.inputs[name] for name in LISTED]", ["one", "two"]),
    "in a loop of statements": ("\n    for name in ['b', 'a']: work.inputs[name]", ["a", "b"]),
    "one of two": ("work.inputs['a' if work.preset else 'b']", ["a", "b"]),
    "in a function that is imported": ("deep(work, work.inputs, name='word')", ["word"]),
    "by place": ("named(work.inputs, 'word')", ["word", "again"]),
    "by the module": ("away.named(work.inputs, WORD)", ["word", "again"]),
    "of what is given back": ("away.given(work)['word']", ["word"]),
    "of a copy": ("dict(work.inputs)['word'], {**work.inputs}['more']", ["word", "more"]),
    "in a class": ("Deep(work).read()", ["deep"]),
    "in a function that is handed on": ("map(yard_handed, [work])", []),
    "imported when it runs": (
        "\n    from yard.far import handed\n    list(map(handed, [work]))",
        ["handed"],
    ),
    "inside": ("\n    def inner():\n        return work.inputs['word']\n", ["word"]),
    "by what is known only when it runs": ("work.inputs[json.loads('1')]", []),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_input_is_found_where_the_work_is_handed_on(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, names = WAYS[way]
    (tmp_path / "yard").mkdir()
    (tmp_path / "yard" / "__init__.py").touch()
    (tmp_path / "yard" / "near.py").write_text(_NEAR.format(body=body), encoding="utf-8")
    (tmp_path / "yard" / "far.py").write_text(_FAR, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "yard", raising=False)
    found = taken("yard.near", "run")
    monkeypatch.delitem(sys.modules, "yard", raising=False)
    assert sorted(one.name for one in found) == sorted(names)


def test_a_finding_names_the_module_that_takes_it() -> None:
    stages = [replace(one, needs=()) for one in PANEL_STAGES if one.name == "quality"]
    assert {one.mend for one in check_code(stages) if "'evaluation'" in one.what} == {
        "add it to needs, or take it out of foresell.pipeline.quality_sections"
    }
