"""Airflow as a test runs it: a home of its own, SQLite, and the programs of ``.venv-airflow``."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from foresell.settings import environment
from tests import held_tree
from tests.conftest import AIRFLOW
from tests.same_bytes import once

ROOT = Path(__file__).parents[1]
DAGS = ROOT / "deploy" / "airflow" / "dags"  # the generated ones
COMMAND = Path(sys.executable).parent / "foresell"
_BAG = Path(__file__).with_name("airflow_bag.py")
_PATIENCE_S = 900
_BEGIN = re.compile(r"\[DAG TEST\] starting task_id=(\S+)")
_END = re.compile(r"\[DAG TEST\] end task task_id=(\S+)")


@dataclass(frozen=True)
class Tried:
    """A task of a run. ``state``: as Airflow has it; ``tries``: 0 where it never began; ``log``:
    what its tries said."""

    state: str
    tries: int
    log: str


@dataclass(frozen=True)
class DagTest:
    """How ``airflow dags test`` ended. ``state``: of the run, empty where none was made."""

    code: int
    state: str
    run_id: str
    tasks: Mapping[str, Tried]
    said: str

    @property
    def states(self) -> dict[str, str]:
        """The state of every task."""
        return {task: tried.state for task, tried in self.tasks.items()}

    def ended(self, state: str) -> list[str]:
        """Name the tasks in this state, sorted."""
        return sorted(task for task, tried in self.tasks.items() if tried.state == state)


@dataclass(frozen=True)
class Bag:
    """What Airflow reads of a folder of DAGs.

    ``errors``: by file. ``seconds``: of parsing, by file. ``dags``: by name, with ``tasks`` by name
    and the settings that Airflow will go by. ``imported``: the modules outside the standard library
    and Airflow that reading them brought.
    """

    errors: Mapping[str, str]
    seconds: Mapping[str, float]
    dags: Mapping[str, Any]
    imported: list[str]


@dataclass(frozen=True)
class AirflowHome:
    """A home with a migrated database. ``env``: what a process needs to work in it."""

    folder: Path
    dags: Path
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """The file of its metadata."""
        return self.folder / "airflow.db"

    def command(
        self, *words: str | Path, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run ``airflow WORDS``; output and errors together in ``stdout``.

        Nothing goes on behind it, not even what a task has put into a session of its own.
        """
        return held_tree.held(
            [str(AIRFLOW / "airflow"), *map(str, words)],
            env={**self.env, **(env or {})},
            cwd=self.folder,
            patience_s=_PATIENCE_S,
        )

    def dags_test(
        self,
        dag_id: str,
        conf: Mapping[str, object] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        passed_over: str | None = None,
    ) -> DagTest:
        """Run ``airflow dags test DAG``, with parameters and with more variables in ``env``.

        ``env`` reaches the tasks: ``FORESELL_HOME`` and the like. ``passed_over``: a pattern of the
        whole names of tasks that are marked as done and not run.
        """
        before = self._newest(dag_id)
        words = ["dags", "test", dag_id]
        words += ["--conf", json.dumps(conf)] if conf is not None else []
        words += ["--mark-success-pattern", passed_over] if passed_over is not None else []
        ran = self.command(*words, env=env)
        newest = self._newest(dag_id)
        if newest == before:
            return DagTest(ran.returncode, "", "", {}, ran.stdout)
        _, run_id, state = newest
        return DagTest(ran.returncode, state, run_id, self._tried(run_id, ran.stdout), ran.stdout)

    def bag(self) -> Bag:
        """Return what Airflow reads of the folder of DAGs."""
        script = subprocess.run(
            [AIRFLOW / "python", _BAG, self.dags],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=True,
        )
        return Bag(**json.loads(script.stdout.splitlines()[-1]))

    def _newest(self, dag_id: str) -> tuple[int, str, str]:
        """Return number, name and state of a DAG's last run; zero where it never ran."""
        found = self._read(
            "SELECT id, run_id, state FROM dag_run WHERE dag_id = ? ORDER BY id DESC", dag_id
        )
        return found[0] if found else (0, "", "")

    def _tried(self, run_id: str, said: str) -> dict[str, Tried]:
        logs = _logs(said)
        return {
            task: Tried(state or "none", tries, logs.get(task, ""))
            for task, state, tries in self._read(
                "SELECT task_id, state, try_number FROM task_instance WHERE run_id = ?"
                " ORDER BY task_id",
                run_id,
            )
        }

    def _read(self, query: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()


def variables(folder: Path, dags: Path, **more: str) -> dict[str, str]:
    """Return the environment of every process of an Airflow that lives in ``folder``.

    It calls this environment's ``foresell``, reports to nobody and reads no example.
    """
    kept = {name: one for name, one in environment().items() if not name.startswith("AIRFLOW")}
    return {
        **kept,
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",  # seconds, not five minutes
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(folder / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW_VAR_FORESELL_BIN": str(COMMAND),
        "AIRFLOW_VAR_FORESELL_PRESET": "fast",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        **more,
    }


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that Airflow has just made, once a session, to be copied."""

    def migrate(folder: Path) -> None:
        done = AirflowHome(folder, DAGS, variables(folder, DAGS)).command("db", "migrate")
        assert done.returncode == 0, done.stdout

    return once(tmp_path_factory, "airflow_new", migrate) / "airflow.db"


@pytest.fixture
def airflow_home(_migrated: Path, tmp_path: Path) -> AirflowHome:
    """An Airflow with the generated DAGs, whose tasks keep what they make in ``tmp_path/home``."""
    return new_home(_migrated, tmp_path / "airflow", DAGS, FORESELL_HOME=str(tmp_path / "home"))


def new_home(migrated: Path, folder: Path, dags: Path, **more: str) -> AirflowHome:
    """Make an Airflow in ``folder`` from a copy of a ``migrated`` database."""
    folder.mkdir(parents=True)
    shutil.copyfile(migrated, folder / "airflow.db")
    return AirflowHome(folder, dags, variables(folder, dags, **more))


def _logs(said: str) -> dict[str, str]:
    """Divide what ``dags test`` said among its tasks."""
    lines: dict[str, list[str]] = {}
    task = ""
    for line in said.splitlines():
        if begun := _BEGIN.search(line):
            task = begun[1]
        if task:
            lines.setdefault(task, []).append(line)
        if _END.search(line):
            task = ""
    return {task: "\n".join(told) for task, told in lines.items()}
