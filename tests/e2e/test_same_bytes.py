"""Whoever runs the stages, at once or apart, here or in another process: the same bytes."""

import re
from pathlib import Path

import pytest

import foresell
from foresell.api import RunResult
from foresell.pipeline.graph import PANEL_STAGES
from tests.builders import weekly_files, write_files
from tests.retail_runs import ask
from tests.same_bytes import OF_THE_RUN, READINGS, artifacts, differences, objects
from tests.tabular_files import district_files

PAGE = Path(__file__).parents[2] / "docs" / "pipeline.md"
STAGES = [stage.name for stage in PANEL_STAGES if stage.name != "risk"]  # no segment is declared


def test_stage_by_stage_leaves_the_bytes_of_one_run(
    whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", weekly_files(ragged=True))
    for stage in STAGES:
        foresell.run("walmart", data=data, preset="fast", home=tmp_path / "home", stages=[stage])

    at_once, apart = whole[0] / "home", tmp_path / "home"
    assert differences(artifacts(apart, "walmart"), artifacts(at_once, "walmart")) == []
    assert differences(objects(apart), objects(at_once)) == []


@pytest.mark.slow
def test_two_projects_side_by_side_leave_the_bytes_of_each_alone(
    tmp_path: Path,
) -> None:
    files = {"walmart": weekly_files(ragged=True), "california_housing": district_files()}
    words = ["--preset", "fast", "--override", "toy data"]
    for home in ("both", "one"):
        for project, content in files.items():
            data = write_files(tmp_path / home / "given" / project, content)
            ask(tmp_path / home, "stage", project, str(data))
    ask(tmp_path / "both", "run", *files, *words, "--jobs", "2")
    for project in files:
        ask(tmp_path / "one", "run", project, *words)

    for project in files:
        both, one = (artifacts(tmp_path / home, project) for home in ("both", "one"))
        assert len(one) > 50
        assert differences(both, one) == [], project
    assert differences(objects(tmp_path / "both"), objects(tmp_path / "one")) == []


@pytest.mark.dvc
@pytest.mark.slow
def test_dvc_leaves_the_bytes_of_the_command_line(retail_by_cli: Path, retail_by_dvc: Path) -> None:
    made = artifacts(retail_by_cli, "retail")
    assert len(made) > 200
    assert differences(artifacts(retail_by_dvc, "retail"), made) == []
    assert differences(objects(retail_by_dvc), objects(retail_by_cli)) == []


@pytest.mark.airflow
@pytest.mark.slow
def test_airflow_leaves_the_bytes_of_the_command_line(
    retail_by_cli: Path, retail_by_airflow: Path
) -> None:
    made = artifacts(retail_by_cli, "retail")
    assert differences(artifacts(retail_by_airflow, "retail"), made) == []
    assert differences(objects(retail_by_airflow), objects(retail_by_cli)) == []


def test_the_page_names_everything_in_which_two_runners_may_differ() -> None:
    section = PAGE.read_text("utf-8").split("## Same bytes")[1].split("\n## ")[0]
    named = re.findall(r"^\| `([^`]+)` \| (.*?) \|", section, re.MULTILINE)
    fields = {
        folder: sorted(re.findall(r"`(\w+)`", told)) for folder, told in named if "/" in folder
    }

    assert [name for name, _ in named if "/" not in name] == list(OF_THE_RUN)
    assert fields == {f"{name}/": sorted(READINGS[name]) for name in READINGS}
