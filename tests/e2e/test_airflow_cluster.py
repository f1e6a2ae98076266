"""Airflow in earnest: the chain of ``walmart`` over PostgreSQL and Redis, a worker of it killed."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.airflow_cluster import Cluster, cluster
from tests.airflow_home import DAGS
from tests.held_tree import below
from tests.retail_runs import ask
from tests.same_bytes import artifacts, objects
from tests.walmart_chain import CHAIN, runs_of, stage_at_work, staged

pytestmark = [pytest.mark.airflow, pytest.mark.redis, pytest.mark.slow]


def kill_at(running: Cluster, stage: str, home: Path) -> None:
    """Kill the worker in the midst of a stage, and start another one."""

    looks = count()

    def in_the_midst() -> bool:
        if next(looks) % 20 == 0:
            began = [state for dag in CHAIN for state in running.runs(dag).values()]
            assert "failed" not in began, running.ends_of_logs()
        at_it = stage_at_work(running, stage)
        return at_it and any((home / "walmart" / ".draft").rglob("*"))

    running.until(f"{stage} is being done", in_the_midst, seconds=600, every=0.1)
    running.kill_worker()
    running.start_worker()


def test_a_killed_worker_costs_a_try_of_its_task_and_not_a_byte(
    tmp_path: Path, postgres: Callable[[], str]
) -> None:
    home, twin = staged(tmp_path / "killed"), staged(tmp_path / "whole")
    more = {"FORESELL_HOME": str(home), "FORESELL_TRACKING": "off"}

    with cluster(postgres(), DAGS, **more) as running:
        running.switch_on(*reversed(CHAIN))  # what has a timetable begins as soon as it is on
        kill_at(running, "train", home)
        ask(twin, "run", "walmart", "--preset", "fast")
        seen = {dag: runs_of(running, dag) for dag in CHAIN}
        tasks = {dag: running.tasks(dag, next(iter(runs))) for dag, runs in seen.items()}
        said = "\n".join(running.said(dag, next(iter(runs))) for dag, runs in seen.items())
        processes = below(running.holder.pid)

    assert {state for runs in seen.values() for state in runs.values()} == {"success"}, said
    began_by = [run.partition("__")[0] for runs in seen.values() for run in runs]
    assert began_by == ["scheduled", "asset_triggered", "asset_triggered"]
    assert {state for told in tasks.values() for state, _ in told.values()} == {"success"}, said
    assert tasks["walmart_training"]["train"] == ("success", 2)
    assert artifacts(home, "walmart") == artifacts(twin, "walmart")
    assert objects(home) == objects(twin)
    assert not [one for one in processes if Path(f"/proc/{one}").exists()]
