"""The public verbs, where they refuse and what they list."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import foresell
from foresell import api
from foresell.api.run_result import _numbers
from foresell.errors import UsageError


def test_an_unknown_preset_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        foresell.run("retail", preset="turbo", home=tmp_path / "home")  # type: ignore[arg-type]

    assert refused.value.args == (
        "there is no preset 'turbo'",
        "preset",
        "known: best, default, fast",
    )
    assert not (tmp_path / "home").exists()


def test_a_broken_project_is_listed_beside_the_others_with_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_PROJECTS", str(tmp_path))
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "project.yaml").write_text("name: [\n")
    (tmp_path / "shop" / "contract.yaml").write_text("")

    listed = {project.name: project for project in foresell.projects()}

    assert sorted(listed) == ["california_housing", "retail", "sales_orders", "shop", "walmart"]
    assert listed["shop"].kind == "broken"
    assert listed["shop"].title.startswith("not YAML: ")
    assert listed["walmart"].horizon == 39


def test_a_forecast_before_any_run_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        foresell.forecast("walmart", home=tmp_path)

    assert refused.value.args == (
        "the project 'walmart' has no bundle yet",
        str(tmp_path / "walmart"),
        "run it first: foresell run walmart --data DIR",
    )


def test_a_project_without_a_submission_form_says_how_to_declare_one() -> None:
    with pytest.raises(UsageError, match="declares no submission form"):
        foresell.submission("retail", pl.DataFrame({"prediction": [1.0]}))


def test_a_folder_with_the_signs_of_a_pattern_is_read_as_it_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "home [1]"
    folder.mkdir()
    (folder / "board.csv").write_text("candidate,rmse\nridge,1.5\n")

    assert _numbers(folder / "board.csv").rows() == [("ridge", 1.5)]


def test_every_name_that_is_public_is_there_and_every_verb_is_at_the_top() -> None:
    listed = [name for names in api._VERBS.values() for name in names]

    assert sorted(listed) == sorted(api.__all__)
    assert set(foresell.__all__) == {name for name in api.__all__ if name.islower()}
    for module, names in api._VERBS.items():
        for name in names:
            assert getattr(api, name).__module__.startswith("foresell."), (module, name)
    for name in foresell.__all__:
        assert getattr(foresell, name) is getattr(api, name)


def test_a_verb_of_one_noun_waits_for_no_other() -> None:
    code = "import sys, foresell; foresell.projects(); print(*sorted(sys.modules))"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(asked.stdout.split())

    assert "foresell.api.runs" in loaded
    assert not loaded & {"foresell.api.predicting", "foresell.api.registry", "sqlalchemy"}
