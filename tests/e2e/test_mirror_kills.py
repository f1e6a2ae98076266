"""A mirroring process killed at any point: the next one completes it, and doubles nothing."""

from itertools import count
from multiprocessing import get_context
from pathlib import Path
from signal import SIGKILL

import pytest

from foresell.adapters.mirror_rows import DIGEST, NUMBER, RETIRED
from foresell.spec.registry import Mirrored, State
from tests.mirrors import MlflowHands

MIRRORS = "tests.mlflow_mirrors"
Place = tuple[str, str]


def make_mess(hands: MlflowHands, project: str, digest: str) -> None:
    """A wrong version 1, which is live, and a version 2 that somebody has made twice."""
    for tags in ({NUMBER: "1", DIGEST: "00"}, *[{NUMBER: "2", DIGEST: digest}] * 2):
        hands.create(project, tags)
    hands.alias(project, "prod", 1)
    hands.alias(project, "staging", 3)


def check_that_all_is_there_once(hands: MlflowHands, state: State) -> None:
    project, digest = state.project, state.versions[0].digest
    shown = Mirrored(
        versions={1: digest, 2: digest},
        aliases={"prod": 2, "staging": None},
        approvals={1: "Approved", 2: "Approved"},
    )
    assert hands.mirror.state(project) == shown
    rows = {row.number: row.tags for row in hands.rows(project).rows}
    assert (sorted(rows), rows[1]) == ([1, 2, 4], {DIGEST: "00", RETIRED: "1"})
    experiment = hands.client.get_experiment_by_name(f"foresell/{project}")
    assert experiment is not None
    (model,) = hands.client.search_logged_models([experiment.experiment_id])
    assert (model.tags[DIGEST], model.status) == (digest, "READY")
    (run,) = hands.client.search_runs([experiment.experiment_id])
    assert (run.info.run_id, run.info.status) == (model.source_run_id, "FINISHED")


@pytest.mark.slow
def test_a_process_killed_after_any_write_leaves_what_the_next_one_completes(
    tmp_path: Path,
) -> None:
    from tests import mlflow_mirrors  # noqa: PLC0415 - takes seconds

    place: Place = (f"sqlite:///{tmp_path}/mlflow.db", str(tmp_path / "_mlflow"))
    mirror = mlflow_mirrors.mirror_of(*place)
    mirror.state("nobody")  # makes the database
    hands = MlflowHands(place[0], mirror)
    context = get_context("forkserver")
    context.set_forkserver_preload([MIRRORS])
    killed = 0
    for point in count():
        state = mlflow_mirrors.state_of(f"toy_{point}")
        make_mess(hands, state.project, state.versions[0].digest)
        sender = context.Process(target=mlflow_mirrors.show, args=(*place, state.project, point))
        sender.start()
        sender.join(60)
        code = sender.exitcode
        mlflow_mirrors.show(*place, state.project)
        check_that_all_is_there_once(hands, state)
        if code == 0:
            break
        assert code == -SIGKILL
        killed += 1
    assert killed > 15
