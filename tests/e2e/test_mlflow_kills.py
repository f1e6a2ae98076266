"""Senders killed at any point of telling MLflow: the next one completes it, and doubles nothing."""

import random
import time
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from signal import SIGKILL
from typing import Any

import pytest

from foresell.adapters.tracker_memory import MemoryTracker
from foresell.spec.tracking import Tracked

SENDERS = "tests.mlflow_senders"
Place = tuple[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    home = tmp_path_factory.mktemp("mlflow")
    return f"sqlite:///{home}/mlflow.db", str(home / "_mlflow")


@pytest.fixture(scope="module")
def forks() -> Any:
    """Processes that have loaded MLflow before they start."""
    context = get_context("forkserver")
    context.set_forkserver_preload([SENDERS])
    return context


def started(forks: Any, place: Place, project: str, killed_at: int | None = None) -> BaseProcess:
    from tests import mlflow_senders  # noqa: PLC0415 - takes seconds

    sender: BaseProcess = forks.Process(
        target=mlflow_senders.send, args=(*place, project, killed_at)
    )
    sender.start()
    return sender


def ended(sender: BaseProcess) -> int:
    sender.join()
    code = sender.exitcode
    sender.close()
    assert code is not None
    return code


def held(place: Place, project: str) -> tuple[Tracked, dict[str, int]]:
    """What MLflow holds of the training, and how much of everything there is."""
    from mlflow import MlflowClient  # noqa: PLC0415

    from foresell.adapters.mlflow_tracker import MlflowTracker  # noqa: PLC0415
    from tests import mlflow_senders  # noqa: PLC0415

    tracker = MlflowTracker(*place, mlflow_senders.bundle_of)
    found = tracker.recall(project, "T1")
    assert found is not None
    client = MlflowClient(place[0], place[0])
    experiment = client.get_experiment_by_name(f"foresell/{project}")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    parent: Any
    (parent,) = [run for run in runs if run.info.run_id == found.run]
    return found, {
        "runs": len(runs),
        "finished": sum(run.info.status == "FINISHED" for run in runs),
        "models": len(client.search_logged_models([experiment.experiment_id])),
        "outputs": len(parent.outputs.model_outputs),
        "inputs": len(parent.inputs.dataset_inputs),
        "metrics": sum(
            len(client.get_metric_history(run.info.run_id, name))
            for run in runs
            for name in run.data.metrics
        ),
    }


WHOLE = {"runs": 2, "finished": 2, "models": 1, "outputs": 1, "inputs": 1, "metrics": 3}


def in_memory(project: str, run: str) -> Tracked:
    """What a tracker holds that was told once, and whose sender lived."""
    from tests import mlflow_senders  # noqa: PLC0415

    twin = MemoryTracker(mlflow_senders.bundle_of)
    twin.send(mlflow_senders.note_of(project), mlflow_senders.FILES)
    found = twin.recall(project, "T1")
    assert found is not None
    return replace(found, run=run)


def test_a_sender_killed_after_any_write_leaves_what_the_next_one_completes(
    forks: Any, place: Place
) -> None:
    from tests import mlflow_senders  # noqa: PLC0415

    points = 0
    while (code := ended(started(forks, place, f"point_{points}", points))) != 0:
        assert code == -SIGKILL
        mlflow_senders.send(*place, f"point_{points}")
        found, counts = held(place, f"point_{points}")
        assert counts == WHOLE, f"killed after write {points}"
        assert found == in_memory(f"point_{points}", found.run)
        points += 1
    assert points > 15


@pytest.mark.parametrize("seed", range(2))
def test_senders_killed_at_random_moments_leave_what_the_next_one_completes(
    forks: Any, place: Place, seed: int
) -> None:
    from tests import mlflow_senders  # noqa: PLC0415

    drawn, project = random.Random(seed), f"moments_{seed}"
    for _ in range(4):
        sender = started(forks, place, project)
        time.sleep(drawn.uniform(0.0, 0.6))
        sender.kill()
        assert ended(sender) in {-SIGKILL, 0}
    mlflow_senders.send(*place, project)
    found, counts = held(place, project)
    assert counts == WHOLE
    assert found == in_memory(project, found.run)
