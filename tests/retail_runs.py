"""Whole runs of the real ``retail`` that several tests look at, each done once for all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.airflow_home import DAGS, new_home
from tests.same_bytes import once

PROGRAM = str(Path(sys.executable).parent / "foresell")


def ask(home: Path, *words: str) -> str:
    """Run the program in a process of its own with ``home``; what it prints."""
    env = {**os.environ, "FORESELL_HOME": str(home), "FORESELL_TRACKING": "off"}  # noqa: TID251 - a child's
    done = subprocess.run(
        [PROGRAM, *words], env=env, cwd=home.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}: {done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def retail_by_cli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home that ``foresell run retail --preset fast`` fills; to look at, not to change."""
    folder = once(
        tmp_path_factory,
        "retail_by_cli",
        lambda made: ask(made / "home", "run", "retail", "--preset", "fast"),
    )
    return folder / "home"


@pytest.fixture(scope="session")
def retail_by_airflow(tmp_path_factory: pytest.TempPathFactory, _migrated: Path) -> Path:
    """The home that the weekly DAG fills where every parameter is as by default; preset fast."""

    def make(made: Path) -> None:
        airflow = new_home(_migrated, made / "airflow", DAGS, FORESELL_HOME=str(made / "home"))
        ran = airflow.dags_test("sales_forecast_training")
        failed = {task: ran.tasks[task].log[-2000:] for task in ran.ended("failed")}
        assert ran.state == "success", failed or ran.said[-2000:]

    return once(tmp_path_factory, "retail_by_airflow", make) / "home"
