"""``foresell pipeline export`` and ``code``, and the file that says what a run is asked for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from foresell.adapters.sources import DirectorySource
from foresell.api.run_parameters import RunParameters, read_asked
from foresell.errors import SpecError, UsageError
from foresell.pipeline.fingerprint import parameters
from foresell.pipeline.reads import known_parameters, place_of
from foresell.pipeline.work import Request
from foresell.settings import Settings
from foresell.wiring.exporting import code_told
from foresell.wiring.origins import Given
from foresell.wiring.runs import declared as declared_by
from tests.builders import write_files
from tests.dvc_repo import SHIPPED
from tests.e2e.command import Foresell, three_lines

NAME = "california_housing"


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    """The declaration of a project that lies below the working folder."""
    own = {name: (SHIPPED / NAME / name).read_bytes() for name in ("project.yaml", "contract.yaml")}
    write_files(tmp_path / "declared" / NAME, own)
    return tmp_path / "declared" / NAME / "project.yaml"


def test_an_export_is_written_once_and_then_up_to_date(
    foresell: Foresell, declared: Path, tmp_path: Path
) -> None:
    first = foresell("pipeline", "export", "dvc")
    assert (first.code, first.out) == (
        0,
        "dvc.yaml is new\n14 stages of 1 project, up to date\n",
    )
    told = yaml.safe_load((tmp_path / "dvc.yaml").read_text("utf-8"))
    assert told["stages"]["code"]["deps"] == [
        f"declared/{NAME}/project.yaml",
        f"declared/{NAME}/contract.yaml",
    ]
    assert told["stages"]["code"]["always_changed"] is True  # the program is not in this folder
    assert "always_changed" not in told["stages"]["manifest"]["do"]

    again = foresell("pipeline", "export", "dvc", "--check", "--format", "json")
    assert again.code == 0
    assert json.loads(again.out) == {
        "runner": "dvc",
        "says": "14 stages of 1 project",
        "files": {"dvc.yaml": "same"},
    }


def test_a_stale_export_is_told_and_left_as_it_is(
    foresell: Foresell, declared: Path, tmp_path: Path
) -> None:
    foresell("pipeline", "export", "dvc")
    before = (tmp_path / "dvc.yaml").read_bytes()
    declared.write_text(declared.read_text("utf-8") + "\nmonitoring: {psi: 0.3}\n", "utf-8")

    said = foresell("pipeline", "export", "dvc", "--check")

    assert (said.code, said.out) == (
        1,
        "dvc.yaml is changed\nThe export is stale. Next: foresell pipeline export dvc\n",
    )
    assert (tmp_path / "dvc.yaml").read_bytes() == before


def test_an_export_beside_no_project_is_refused(foresell: Foresell) -> None:
    said = foresell("pipeline", "export", "dvc")

    assert said.code == 2
    assert "there is no project to export" in said.err


def test_dag_files_of_nobody_are_told_and_left(foresell: Foresell, tmp_path: Path) -> None:
    dags = tmp_path / "dags"
    assert foresell("pipeline", "export", "airflow", "--out", dags).code == 0
    one = next(dags.glob("*.py")).read_text("utf-8")
    write_files(dags, {"old.py": one.encode(), "own.py": b"# mine\n"})

    said = foresell("pipeline", "export", "airflow", "--out", dags, "--check")

    assert said.code == 1
    assert f"{dags / 'old.py'} is gone from the export: remove it\n" in said.out
    assert "own.py" not in said.out
    assert (dags / "old.py").is_file()


def told_code(foresell: Foresell) -> dict[str, Any]:
    said = foresell("pipeline", "code")
    assert said.code == 0
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_the_code_is_told_the_same_twice_and_in_a_file(
    foresell: Foresell, declared: Path, tmp_path: Path
) -> None:
    printed = foresell("pipeline", "code").out
    foresell("pipeline", "code", "--out", tmp_path / "new" / "code.json")

    assert (tmp_path / "new" / "code.json").read_text("utf-8") == printed
    told = json.loads(printed)
    assert set(told) == {"stages", "libraries", "generator", "parameters"}
    assert set(told["stages"]) == {"panel", "tabular"}


def test_a_declaration_is_told_without_what_no_model_learns_from(
    foresell: Foresell, declared: Path
) -> None:
    text = declared.read_text("utf-8")
    first = told_code(foresell)
    declared.write_text(f"{text}monitoring: {{psi: 0.3}}\n", "utf-8")
    watched = told_code(foresell)
    declared.write_text(text.replace("test_share: 0.2", "test_share: 0.3"), "utf-8")
    learnt = told_code(foresell)

    assert moved(first, watched) == {"monitoring"}
    assert moved(first, learnt) == {"declarations", "split"}
    assert {**learnt, "parameters": {}} == {**first, "parameters": {}}


def moved(before: Mapping[str, Any], after: Mapping[str, Any], project: str = NAME) -> set[str]:
    one, other = before["parameters"][project], after["parameters"][project]
    assert set(one) == set(other)
    return {name for name in one if one[name] != other[name]}


def seen_by_runs(project: str, settings: Settings) -> dict[str, str]:
    """The digest of every parameter, as a run without options compares it."""
    texts, placed, contract = declared_by(project, Given(), settings)
    asked = Request(
        project=placed,
        contract=contract,
        source=DirectorySource(Path()),
        project_text=texts.project_text,
        contract_text=texts.contract_text,
    )
    names = {name for name in known_parameters() if place_of(name)[0] == "project.yaml"}
    return dict(parameters(asked, names))


@pytest.mark.parametrize(
    ("project", "old", "new", "expected"),
    [
        ("retail", {"holidays": {"country": "US"}}, {"holidays": {"country": "CA"}}, {"events"}),
        ("walmart", {}, {"source": "postgres"}, {"tables", "asked"}),
        (NAME, {"bands": {"MedInc": [2, 4]}}, {"bands": {"MedInc": [2.0, 4]}}, {"bands"}),
        (
            NAME,
            {"bands": {"MedInc": [2], "HouseAge": [9]}},
            {"bands": {"HouseAge": [9], "MedInc": [2]}},
            {"bands"},
        ),
        (NAME, {}, {"seed": 7}, {"seed"}),
        (NAME, {}, {"monitoring": {"psi": 0.3}}, {"monitoring"}),
    ],
)
def test_what_a_run_takes_for_a_change_is_told_as_one(
    tmp_path: Path,
    project: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    expected: set[str],
) -> None:
    settings = Settings(home=tmp_path / "home", projects=(tmp_path,))
    text = yaml.safe_load((SHIPPED / project / "project.yaml").read_text("utf-8"))
    contract = (SHIPPED / project / "contract.yaml").read_bytes()
    seen: list[dict[str, str]] = []
    told: list[Mapping[str, Any]] = []
    for more in (old, new):
        written = yaml.safe_dump({**text, **more}, sort_keys=False).encode()
        write_files(tmp_path / project, {"project.yaml": written, "contract.yaml": contract})
        seen.append(seen_by_runs(project, settings))
        told.append(code_told(settings))

    stale = {name for name in seen[0] if seen[0][name] != seen[1][name]} - {"declarations"}

    assert stale == expected
    assert moved(told[0], told[1], project) - {"declarations"} == stale


@pytest.mark.parametrize("said", ["out/figures", "workspace"])
def test_a_file_is_refused_where_outputs_are_taken_away_from_dvc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    (tmp_path / "params.yaml").write_text("preset: fast\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORESELL_HOME", "workspace")
    monkeypatch.setenv("FIGURES_DIR", said)

    if said == "workspace":  # the home, where they are looked for
        assert read_asked(Path("params.yaml"), "default", None, None).preset == "fast"
        return
    with pytest.raises(UsageError, match="FIGURES_DIR names a place outside of the home"):
        read_asked(Path("params.yaml"), "default", None, None)
    assert read_asked(None, "best", None, None).preset == "best"


def test_a_file_is_refused_where_raw_files_are_read_from_s3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "params.yaml").write_text("preset: fast\n", "utf-8")
    monkeypatch.setenv("DATA_DIR", "s3://bucket/raw")

    with pytest.raises(UsageError, match="DATA_DIR names a place outside of the home"):
        read_asked(tmp_path / "params.yaml", "default", None, None)


def test_a_file_says_what_a_run_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("preset: fast\nselection: null\noverride: a try\n", "utf-8")

    asked = read_asked(file, "default", None, None)

    assert asked == RunParameters(preset="fast", selection=None, override="a try")
    assert read_asked(None, "best", "both", None) == RunParameters(preset="best", selection="both")


def test_a_file_that_leaves_all_out_asks_for_the_default() -> None:
    shipped = SHIPPED.parents[2] / "params.yaml"

    assert read_asked(shipped, "default", None, None) == RunParameters()


def test_a_file_and_an_option_are_refused_together(foresell: Foresell, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("preset: fast\n", "utf-8")

    said = foresell("run", NAME, "--params", "params.yaml", "--preset", "best")

    assert (said.code, said.err) == (
        2,
        three_lines(
            "a file says what the run is asked for, and an option does as well",
            "--params params.yaml",
            "leave out --preset, --selection-mode and --override, or the file",
        ),
    )


@pytest.mark.parametrize("text", ["presett: fast\n", "preset: quick\n", "preset: [fast\n"])
def test_a_file_that_means_nothing_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(SpecError):
        read_asked(file, "default", None, None)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        read_asked(tmp_path / "params.yaml", "default", None, None)
